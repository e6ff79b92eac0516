"""The shortlist of the cover search, with a small network whose weights are as they were drawn."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from pemr.covers.alignment.features import HALF_RATE_FRAME_S, HEADER, CoverFeatures
from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.frames import shingle_vectors
from pemr.covers.networks.network_file import NetworkSettings, TrainedNetwork
from pemr.covers.networks.registry import build_network
from pemr.covers.networks.shortlist import VersionIndex
from pemr.covers.scores.fusion import FusionWeights, ScoreFusion
from pemr_desktop.analysis.covers import pair_scores
from pemr_desktop.analysis.covers import search as covers
from pemr_desktop.analysis.covers import shortlist as cover_shortlist
from pemr_desktop.analysis.covers.pair_scores import CoverSearchCancelled
from pemr_desktop.analysis.covers.search import CoverSearch
from pemr_desktop.analysis.covers.shortlist import CoverShortlist, bundled_network
from pemr_desktop.library.versions.pairs import FoundVersion
from pemr_desktop.steps import Step

SETTINGS = NetworkSettings("pitch-class", 16, 4)


@pytest.fixture
def network() -> TrainedNetwork:
    torch.manual_seed(5)
    return TrainedNetwork(build_network(SETTINGS).eval(), SETTINGS, "0123456789abcdef", "untrained")


def track(seed: int, frames: int = 200) -> CoverFeatures:
    """A melody of held notes and its fifth; two frames of it are one at the lower rate."""
    chance = np.random.default_rng(seed)
    notes = chance.integers(0, 12, frames // 4 + 1).repeat(8)[: 2 * frames]
    chroma = np.zeros((2 * frames, 12), np.float32)
    chroma[np.arange(2 * frames), notes] = 0.9
    chroma[np.arange(2 * frames), (notes + 7) % 12] = 0.45
    return CoverFeatures.of(chroma, frames * HALF_RATE_FRAME_S, 0.01 * (seed % 40), 9.0)


def transposed(features: CoverFeatures, key: int) -> CoverFeatures:
    return CoverFeatures.of(np.roll(features.rows(), key, axis=1), features.duration_s, 0.0, features.contrast_db)


@pytest.fixture
def small_libraries_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_scores, "SHORTLIST_FROM", 10)
    monkeypatch.setattr(covers, "SHORTLISTED", 6)


def test_a_transposed_copy_is_found_through_the_shortlist(
    network: TrainedNetwork, small_libraries_are_large: None
) -> None:
    search = CoverSearch(((k, track(k).to_bytes()) for k in range(40)), shortlist=CoverShortlist(network))
    told: list[tuple[int, int, Step]] = []
    findings = search.find(transposed(track(7), 3), progress=lambda *now: told.append(now))
    assert findings.matches[0].track_id == 7
    assert findings.compared == 40
    assert max(total for _, total, step in told if step.code == "comparing features") == 6


def test_a_clip_of_a_minute_is_found_in_a_long_track(network: TrainedNetwork, small_libraries_are_large: None) -> None:
    whole = {k: track(k, 600) for k in range(30)}
    search = CoverSearch(((k, features.to_bytes()) for k, features in whole.items()), shortlist=CoverShortlist(network))
    clip = CoverFeatures(whole[11].packed[512:768], 60.0, 0.0, 9.0)
    assert search.find(clip).matches[0].track_id == 11


def test_comparing_all_with_all_uses_the_shortlist_too(
    network: TrainedNetwork, small_libraries_are_large: None
) -> None:
    tracks = {k: track(k) for k in range(20)} | {20: transposed(track(4), 5)}
    search = CoverSearch(
        ((k, features.to_bytes()) for k, features in tracks.items()), shortlist=CoverShortlist(network)
    )
    pairs: list[FoundVersion] = []
    told: list[int] = []

    def found(track_id: int, more: list[FoundVersion]) -> None:
        told.append(track_id)
        pairs.extend(more)

    search.find_all(found=found)
    assert sorted(told) == list(range(21))
    assert (4, 20) in {(pair.track_a, pair.track_b) for pair in pairs}


def test_a_search_can_be_cancelled_while_tracks_are_made_ready(
    network: TrainedNetwork, small_libraries_are_large: None
) -> None:
    search = CoverSearch(((k, track(k).to_bytes()) for k in range(12)), shortlist=CoverShortlist(network))
    with pytest.raises(CoverSearchCancelled):
        search.find(track(3), cancelled=lambda: True)


def varied(features: CoverFeatures, seed: int) -> CoverFeatures:
    """Every other pair of frames plays something else."""
    chance = np.random.default_rng(seed)
    chroma = features.rows()
    other = np.flatnonzero((chance.random(len(chroma) // 2) < 0.5).repeat(2))
    chroma[other] = np.roll(chroma[other], 5, axis=1)
    return CoverFeatures.of(chroma, features.duration_s, 0.0, features.contrast_db)


def test_what_the_network_says_counts_beside_alignment(network: TrainedNetwork) -> None:
    tracks = {k: track(k) for k in range(30)} | {30: varied(track(4), 1)}
    stored = [(k, features.to_bytes()) for k, features in tracks.items()]
    fusion = ScoreFusion(FusionWeights(2.0), FusionWeights(2.0), 9, similarity_centre=0.5, similarity_deviation=0.1)
    calibrated = dataclasses.replace(network, fusion=fusion)
    alone, beside, fused = (
        CoverSearch(stored, shortlist=shortlist)
        for shortlist in (None, CoverShortlist(network), CoverShortlist(calibrated))
    )
    assert alone.score_pair(4, 30) == beside.score_pair(4, 30)  # not calibrated: it chooses, it does not judge
    pair, same_pair, turned = alone.score_pair(4, 30), fused.score_pair(4, 30), fused.score_pair(30, 4)
    assert pair is not None and same_pair is not None and turned is not None
    score = same_pair.measurements.normalised_score
    assert score > pair.measurements.normalised_score
    assert score == pytest.approx(turned.measurements.normalised_score, abs=0.05)
    assert fused.find(tracks[30], exclude_id=30).matches[0].track_id == 4


def test_similarity_can_be_cancelled_while_tracks_are_made_ready(network: TrainedNetwork) -> None:
    fusion = ScoreFusion(FusionWeights(1.0), FusionWeights(1.0), 9, similarity_centre=0.5, similarity_deviation=0.1)
    shortlist = CoverShortlist(dataclasses.replace(network, fusion=fusion))
    assert shortlist.similarity(track(1), [(2, track(2))], cancelled=lambda: True) is None
    search = CoverSearch(((k, track(k).to_bytes()) for k in range(6)), shortlist=shortlist)
    asked: list[str] = []

    def cancelled() -> bool:
        asked.append("")
        return len(asked) > 1

    with pytest.raises(CoverSearchCancelled):
        search.find(track(3), cancelled=cancelled)


def test_the_bundled_network_is_calibrated() -> None:
    bundled = bundled_network()
    assert bundled is not None
    assert bundled.network.takes == "chroma"
    assert bundled.fusion is not None
    assert bundled.fusion.coarse.weight > bundled.fusion.fine.weight > 0.0


def test_vectors_are_kept_from_run_to_run_and_made_anew_for_another_network(
    network: TrainedNetwork, tmp_path: Path
) -> None:
    tracks = {k: track(k) for k in range(5)}
    made: list[Step] = []

    def progress(_done: int, _total: int, step: Step) -> None:
        made.append(step)

    first = CoverShortlist(network, tmp_path / "covers.msgpack")
    chosen = first.choose(track(2), tracks, 3, progress=progress)
    assert len(made) == 5
    again = CoverShortlist(network, tmp_path / "covers.msgpack")
    assert again.choose(track(2), tracks, 3, progress=progress) == chosen
    assert len(made) == 5
    tracks[4] = track(99)
    changed = CoverShortlist(network, tmp_path / "covers.msgpack")
    changed.choose(track(2), tracks, 3, progress=progress)
    assert len(made) == 6
    other = TrainedNetwork(network.network, SETTINGS, "fedcba9876543210", "another")
    CoverShortlist(other, tmp_path / "covers.msgpack").choose(track(2), tracks, 3, progress=progress)
    assert len(made) == 11


def test_a_damaged_cache_costs_time_only(network: TrainedNetwork, tmp_path: Path) -> None:
    (tmp_path / "covers.msgpack").write_bytes(b"\x00damaged")
    shortlist = CoverShortlist(network, tmp_path / "covers.msgpack")
    assert shortlist.choose(track(1), {1: track(1), 2: track(2)}, 1) == [1]


def test_the_index_forgets_and_replaces_tracks() -> None:
    index = VersionIndex(4)
    unit = np.eye(4, dtype=np.float32)
    index.add(1, unit[:2])
    index.add(2, unit[2:])
    assert index.nearest(unit[:1], 2)[0] == (1, pytest.approx(1.0))
    index.add(1, unit[3:])
    assert index.nearest(unit[:1], 1)[0][1] == pytest.approx(0.0, abs=1e-3)
    index.remove([2, 7])
    assert (2 in index, len(index)) == (False, 1)
    assert index.nearest(unit[3:], 5, exclude=[1]) == []
    assert VersionIndex(4).nearest(unit, 3) == []


def test_the_search_takes_in_only_what_is_new_or_changed() -> None:
    stored = {k: track(k).to_bytes() for k in range(4)}
    read: list[int] = []

    def features_of(track_id: int) -> bytes | None:
        read.append(track_id)
        return stored.get(track_id)

    search = CoverSearch()

    def bring_up_to_date() -> int:
        stamps = {track_id: data[: HEADER.size] for track_id, data in stored.items()}
        return search.bring_up_to_date(stamps, features_of, lambda: stored.items())

    assert bring_up_to_date() == 4
    assert bring_up_to_date() == 0
    read.clear()
    del stored[0]
    stored[1], stored[9] = track(77).to_bytes(), track(9).to_bytes()
    assert bring_up_to_date() == 3
    assert sorted(read) == [1, 9]
    assert len(search) == 4
    assert 0 not in search


def test_a_build_without_a_network_aligns_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pemr_desktop.resources.resource_roots", lambda: (tmp_path,))
    assert bundled_network() is None
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "covers.safetensors").write_bytes(b"damaged")
    assert bundled_network() is None


def test_every_track_is_embedded_once(network: TrainedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded: list[int] = []

    def counted(net: CoverNetwork, frames: np.ndarray, at_once: int = 64) -> np.ndarray:
        embedded.append(frames.shape[-1])
        return shingle_vectors(net, frames, at_once)

    monkeypatch.setattr(cover_shortlist, "shingle_vectors", counted)
    fusion = ScoreFusion(FusionWeights(0.8, 0.6), FusionWeights(0.8, 0.6), 10, 0.0, 0.1)
    ready = CoverShortlist(dataclasses.replace(network, fusion=fusion))
    search = CoverSearch(((k, track(k).to_bytes()) for k in range(8)), shortlist=ready)
    search.find_all(found=lambda track_id, pairs: None)
    assert len(embedded) == 8
    search.find(track(3), exclude_id=3)
    assert len(embedded) == 8
    search.find(transposed(track(3), 2))
    assert len(embedded) == 9
