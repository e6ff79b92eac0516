"""Probes on frozen features, and the figures they print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import pytest
import torch

from pemr import events
from pemr.datasets.labelled import LabelledSet
from pemr.errors import CorpusError
from pemr.metrics import average_precision, roc_auc
from pemr.protocols.encoders import open_encoder
from pemr.protocols.evaluation import evaluate_vectors
from pemr.protocols.examples import Examples, Floats
from pemr.protocols.features import track_features
from pemr.protocols.probe import ProbeSettings, probe
from pemr.protocols.probing import probe_encoder

Splits = dict[str, Examples]


@pytest.fixture
def made_features(tone_examples: Splits) -> dict[str, list[Floats]]:
    """Four segments of each track: the first number is its label, blurred, the others are noise."""
    random = np.random.default_rng(1)
    features: dict[str, list[Floats]] = {}
    for split, examples in tone_examples.items():
        features[split] = []
        for evaluated, target in zip(examples.evaluated, examples.track_targets, strict=True):
            rows = random.normal(size=(len(evaluated.starts), 6)).astype(np.float32)
            rows[:, 0] = 2 * target[0] - 1 + 0.1 * rows[:, 0]
            features[split].append(rows)
    return features


@pytest.mark.parametrize("head", ["linear", "mlp", "knn"])
def test_every_head_finds_what_is_there(
    tone_examples: Splits, made_features: dict[str, list[Floats]], head: Literal["linear", "mlp", "knn"]
) -> None:
    settings = ProbeSettings(head=head, learning_rate=1e-2, batch_size=8, epochs=40, neighbours=(3,))
    found = probe(tone_examples, made_features, settings)
    assert found.validation.tags.macro_roc_auc == found.test.tags.macro_roc_auc == 1.0
    assert (found.test.scores.argmax(axis=1) == tone_examples["test"].truth.argmax(axis=1)).all()


def test_the_same_seed_gives_the_same_scores(tone_examples: Splits, made_features: dict[str, list[Floats]]) -> None:
    first, again, other = (
        probe(tone_examples, made_features, ProbeSettings(seed=seed, epochs=3)).test.scores for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0


def test_training_ends_when_validation_gets_no_better_and_the_best_epoch_is_kept(
    tone_examples: Splits, made_features: dict[str, list[Floats]]
) -> None:
    settings = ProbeSettings(learning_rate=1e-2, batch_size=8, criterion="roc_auc", stop_patience=3)
    values: list[float] = []
    found = probe(tone_examples, made_features, settings, lambda _, found: values.append(found.value("roc_auc")))
    assert found.best == values.index(max(values)) + 1
    assert len(values) == found.best + 3


def test_a_track_s_score_is_the_mean_of_its_segments_sigmoids(tone_examples: Splits) -> None:
    examples = tone_examples["test"]
    head = torch.nn.Linear(3, 2)
    vectors = [np.random.default_rng(n).normal(size=(4, 3)).astype(np.float32) for n in range(2)]
    evaluation = evaluate_vectors(head, vectors, examples)
    for track, rows in enumerate(vectors):
        expected = torch.sigmoid(head(torch.from_numpy(rows))).mean(dim=0).detach().numpy()
        np.testing.assert_allclose(evaluation.scores[track], expected, rtol=1e-5)
        assert not np.allclose(expected, torch.sigmoid(head(torch.from_numpy(rows).mean(dim=0))).detach().numpy())


def test_tags_without_a_positive_or_a_negative_track_are_in_no_mean_and_named(tone_examples: Splits) -> None:
    test = tone_examples["test"]
    targets = np.array([[1, 0, 0, 1], [0, 1, 0, 1]], np.float32)
    tags = tuple((name, "x") for name in ("a", "b", "never", "always"))
    evaluated = tuple(
        replace(old, targets=np.tile(row, (4, 1))) for old, row in zip(test.evaluated, targets, strict=True)
    )
    four = replace(test, tags=tags, track_targets=targets, evaluated=evaluated)
    head = torch.nn.Linear(3, 4)
    vectors = [np.random.default_rng(n).normal(size=(4, 3)).astype(np.float32) for n in range(2)]
    evaluation = evaluate_vectors(head, vectors, four)
    assert evaluation.tags.skipped == ("never", "always")
    columns = [(four.truth[:, i], evaluation.scores[:, i]) for i in (0, 1)]
    assert evaluation.tags.macro_roc_auc == pytest.approx(np.mean([roc_auc(*column) for column in columns]))
    assert evaluation.tags.macro_pr_auc == pytest.approx(np.mean([average_precision(*column) for column in columns]))


def test_features_are_computed_once_and_made_again_where_the_cache_is_damaged(
    tone_examples: Splits, tmp_path: Path
) -> None:
    examples = tone_examples["test"]
    encoder = open_encoder("random")

    def listen() -> list[Floats]:
        return track_features(encoder, examples, tmp_path, torch.device("cpu"), lambda done, total: None)

    first = listen()
    files = sorted((tmp_path / "features" / encoder.key).glob("*.npy"))
    assert len(files) == len(examples.tracks)
    before = files[0].stat().st_mtime_ns
    files[1].write_bytes(b"\x93NUMPY broken")
    for heard, again in zip(first, listen(), strict=True):
        np.testing.assert_array_equal(heard, again)
    assert files[0].stat().st_mtime_ns == before


def test_the_whole_way_from_a_set_to_figures(tones: LabelledSet, tmp_path: Path) -> None:
    settings = ProbeSettings(learning_rate=1e-2, batch_size=8, epochs=30)
    received: list[events.AnyEvent] = []
    found = probe_encoder(open_encoder("random:bundled"), tones, settings, tmp_path, 60.0, received.append)
    assert found.tracks == {"train": 8, "validation": 2, "test": 2}
    assert found.split == "by album"
    assert (found.roc_auc, found.accuracy) == (1.0, 1.0)
    assert found.roc_auc_interval == (1.0, 1.0)
    assert [(tag.name, tag.positives) for tag in found.tags] == [("low", 1), ("high", 1)]
    assert events.parse(msgspec.json.encode(found)) == found
    assert {event.name for event in received if isinstance(event, events.Probe)} == {
        "validation_loss", "validation_roc_auc", "validation_pr_auc",
    }  # fmt: skip


def test_fresh_weights_depend_on_the_seed_alone_and_hear_normalised_music(tone_examples: Splits) -> None:
    first, same, other = (open_encoder("random:bundled", seed) for seed in (1, 1, 2))
    assert first.key == same.key != other.key
    measured = first.measured_on(tone_examples["train"], 1)
    assert measured.front_end.mean_db != 0.0
    assert measured.key != first.key


def test_a_split_that_cannot_be_decoded_is_a_named_error(
    tones: LabelledSet, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    files = tuple(replace(file, path=broken) if file.split == "test" else file for file in tones.files)
    with pytest.raises(CorpusError, match="tones has no track for test that can be decoded"):
        probe_encoder(
            open_encoder("mfcc-chroma"), replace(tones, files=files), ProbeSettings(), tmp_path, 9.0, lambda event: None
        )
