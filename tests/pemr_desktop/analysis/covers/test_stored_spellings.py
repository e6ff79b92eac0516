"""What libraries and model files keep of the cover search is spelled as it was first written, whatever code says."""

from __future__ import annotations

import msgspec
import pytest

from pemr.covers.scores.fusion import ScoreFusion
from pemr.covers.scores.normalisation import default_score_model
from pemr_desktop.analysis.covers.calibration import StoredFit
from pemr_desktop.protocol.cover_quality import CoverFitReport, CoverQuality

FUSION = (
    b'{"compared":{"weight":1.0,"scale":0.5,"offset":0.0},"closely":{"weight":0.7,"scale":0.8,"offset":-0.6},'
    b'"pairs":600,"likeness_middle":0.15,"likeness_spread":0.1}'
)
FIT = (
    b'{"figures":{"evidence_bias":-1.0,"evidence_above":1.5,"evidence_likeness":0.2},"layer":{"network_id":"ab",'
    b'"width":2,"matrix":"MTIzNDEyMzQxMjM0MTIzNA==","likeness_middle":0.5,"likeness_spread":0.1}}'
)
QUALITY = (
    b'{"by_you":12,"by_tags":60,"called":{"right":41,"of":44},"called_low":0.818,"called_high":0.977,'
    b'"found":{"right":41,"of":60},"found_same_recording":{"right":0,"of":0},"found_same_artist":{"right":20,"of":22},'
    b'"found_other_artist":{"right":21,"of":38},"confirmed":{"right":8,"of":9},"strangers":{"right":398,"of":400},'
    b'"strangers_in_all":12345,"bands":[{"low":0.6,"high":0.9,"expected":11.3,"right":12,"of":15}],"sureness":"fits",'
    b'"wrong":[{"track_a":1,"track_b":2,"said":"version","probability":0.8,"truth":"not a version","told_by":"you",'
    b'"reached":true}],"not_compared":0,"taught":false,"known":{"by_you":1,"by_tags":2,"naming_works":3}}'
)
REPORT = (
    b'{"versions":30,"strangers":40,"works":12,"before":{"called":{"right":33,"of":41},"found":{"right":33,"of":50},'
    b'"doubt":0.4},"after":{"called":{"right":33,"of":41},"found":{"right":33,"of":50},"doubt":0.4},"kept":true,'
    b'"reason":"","changed_pairs":3,"layer":{"before":{"called":{"right":33,"of":41},"found":{"right":33,"of":50},'
    b'"doubt":0.4},"after":{"called":{"right":33,"of":41},"found":{"right":33,"of":50},"doubt":0.4},"kept":true,'
    b'"reason":""}}'
)


@pytest.mark.parametrize(
    ("kind", "stored"),
    [(ScoreFusion, FUSION), (StoredFit, FIT), (CoverQuality, QUALITY), (CoverFitReport, REPORT)],
    ids=["fusion", "fit", "quality", "report"],
)
def test_what_an_earlier_version_stored_is_read_and_written_with_the_same_keys(kind: type, stored: bytes) -> None:
    """Fields may be added to what is written."""
    written = msgspec.json.decode(msgspec.json.encode(msgspec.json.decode(stored, type=kind)))
    assert _as_far_as(msgspec.json.decode(stored), written) == msgspec.json.decode(stored)


def test_a_calibration_fitted_by_an_earlier_version_still_counts() -> None:
    """It is kept with a digest of the shipped figures, which depends on their names and order."""
    figures = msgspec.json.decode(msgspec.json.encode(default_score_model()))
    assert list(figures) == [
        "provenance", "unrelated_pairs", "compared", "closely", "usual_weight", "spread_weight", "evidence_bias",
        "evidence_above", "evidence_likeness", "versions_a_track",
    ]  # fmt: skip
    assert list(figures["compared"]) == ["intercept", "shorter_slope", "longer_slope", "spread"]


def _as_far_as(stored: object, written: object) -> object:
    """What was written, of what is stored."""
    if isinstance(stored, dict) and isinstance(written, dict):
        return {key: _as_far_as(value, written[key]) for key, value in stored.items()}
    return written
