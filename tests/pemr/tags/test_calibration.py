"""Calibration, threshold and support of tags: chosen on some albums, reported on others."""

from __future__ import annotations

import numpy as np
import pytest

from pemr.modelfile import TagHead
from pemr.tags.calibration import Evidence, calibrate, calibrate_tag, calibration_by_group, evidence_of, platt

JAZZ = TagHead("jazz", "genre")


def evidence(count: int, seed: int, skill: float = 3.0, albums: int = 8, share: float = 0.5) -> Evidence:
    """Points of one tag whose score is the truth plus noise; `skill` standard deviations apart."""
    random = np.random.default_rng(seed)
    truth = random.random(count) < share
    score = (truth * skill + random.normal(size=count)).astype(np.float32)
    track = np.arange(count)
    group = np.array([f"album {i % albums}" for i in range(count)])
    return Evidence(score[:, None], truth[:, None], np.ones((count, 1), bool), track, group)


def test_a_tag_that_is_heard_well_is_switched_on_with_held_out_figures() -> None:
    calibrated = calibrate_tag(JAZZ, evidence(400, 1))
    assert calibrated.head.supported and not calibrated.head.reason
    assert 0.4 <= calibrated.head.threshold < 1
    held = calibrated.held_out
    assert held.points == 400 and held.shown >= held.right
    assert held.precision is not None and held.precision > 0.6
    assert held.right > 0.6 * held.positives
    assert held.roc_auc is not None and held.roc_auc > 0.95
    assert held.calibration_error is not None and held.calibration_error < 0.06


def test_a_tag_that_only_guesses_is_off() -> None:
    calibrated = calibrate_tag(JAZZ, evidence(400, 2, skill=0.1))
    assert not calibrated.head.supported
    assert "told apart" in calibrated.head.reason


def test_a_tag_of_a_single_album_is_off() -> None:
    points = evidence(200, 3)
    only = Evidence(points.scores, (points.group == "album 3")[:, None], points.known, points.track, points.group)
    assert calibrate_tag(JAZZ, only).head.reason == "all tracks that have it are of one album"


def test_what_is_reported_has_no_part_in_what_is_chosen() -> None:
    """One album contradicts the others: the heads that are judged on it were calibrated without it."""
    points = evidence(300, 4, albums=3)
    odd = points.group == "album 0"
    contrary = Evidence(
        points.scores, np.where(odd[:, None], ~points.truth, points.truth), points.known, points.track, points.group
    )
    calibrated = calibrate_tag(JAZZ, contrary)
    promised = calibrated.promised[odd]
    assert promised[points.truth[odd, 0]].mean() > promised[~points.truth[odd, 0]].mean()


def test_a_tag_whose_suggestions_fail_on_other_albums_is_off_and_says_so() -> None:
    random = np.random.default_rng(5)
    count = 600
    group = np.arange(count) % 2
    truth = random.random(count) < np.where(group == 0, 0.6, 0.08)
    score = (truth * 1.9 + random.normal(size=count) + np.where(group == 0, -1.6, 0.9)).astype(np.float32)
    names = np.array([f"album {g}" for g in group])
    mixed = Evidence(score[:, None], truth[:, None], np.ones((count, 1), bool), np.arange(count), names)
    calibrated = calibrate_tag(JAZZ, mixed)
    assert not calibrated.head.supported
    assert calibrated.head.reason


def two_albums(positives: tuple[list[float], list[float]], negatives: list[float]) -> Evidence:
    """Scores of tracks that have a tag, on two albums, and of those on each that do not have it."""
    score = np.array([*positives[0], *negatives, *positives[1], *negatives], np.float32)
    album = np.array(["one"] * (len(positives[0]) + len(negatives)) + ["two"] * (len(positives[1]) + len(negatives)))
    truth = np.zeros(len(score), bool)
    truth[: len(positives[0])] = truth[
        len(score) - len(negatives) - len(positives[1]) : len(score) - len(negatives)
    ] = True
    return Evidence(score[:, None], truth[:, None], np.ones((len(score), 1), bool), np.arange(len(score)), album)


def test_a_tag_too_rare_to_be_suggested_without_an_album_stays_on_if_it_ranks_well() -> None:
    calibrated = calibrate_tag(JAZZ, two_albums(([5.0] * 3, [4.0] * 3), np.linspace(-3, 1, 40).tolist()))
    assert calibrated.held_out.shown == 0 and calibrated.held_out.pr_auc == 1.0
    assert calibrated.head.supported


def test_a_tag_that_no_other_album_vouches_for_is_off_and_says_so() -> None:
    """One album has it loud and clear, on the other many tracks without it sound more like it than those with it."""
    calibrated = calibrate_tag(JAZZ, two_albums(([9.0] * 5, [1.0] * 12), np.linspace(-4, 1.8, 200).tolist()))
    assert calibrated.held_out.right == 0
    assert not calibrated.head.supported
    assert "no other album vouches for it" in calibrated.head.reason


def test_parts_of_a_track_stay_together() -> None:
    scores = [np.ones((6, 2), np.float32), np.ones((2, 2), np.float32)]
    labels = [np.full((6, 2), 0.9, np.float32), np.full((2, 2), 0.1, np.float32)]
    points = evidence_of(scores, labels, np.array([0.5, 0.95], np.float32), ["a", "b"])
    assert points.track.tolist() == [0, 0, 0, 0, 1, 1]
    assert points.group.tolist() == ["a"] * 4 + ["b"] * 2
    assert points.truth[:, 0].tolist() == [True] * 4 + [False] * 2
    assert not points.truth[:, 1].any()
    both = points.joined(points)
    assert both.track.tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3]


def test_calibration_is_told_for_each_group_of_tags_and_for_all() -> None:
    first, second = evidence(300, 6), evidence(300, 7)
    points = Evidence(
        np.hstack([first.scores, second.scores]), np.hstack([first.truth, second.truth]),
        np.hstack([first.known, second.known]), first.track, first.group,
    )  # fmt: skip
    told = calibration_by_group(calibrate([JAZZ, TagHead("calm", "mood")], points))
    assert [(group.group, group.tags) for group in told] == [("genre", 1), ("mood", 1), ("all", 2)]
    assert all(group.error < 0.1 and sum(point.count for point in group.points) == 300 * group.tags for group in told)


def test_platt_finds_the_slope_that_made_the_data() -> None:
    random = np.random.default_rng(1)
    score = random.normal(2.0, 3.0, 20_000).astype(np.float32)
    truth = random.random(20_000) < 1 / (1 + np.exp(-(1.5 * score - 2.0)))
    slope, offset = platt(score, truth)
    assert slope == pytest.approx(1.5, rel=0.05)
    assert offset == pytest.approx(-2.0, rel=0.05)


def test_platt_stays_finite_when_everything_or_nothing_is_true() -> None:
    score = np.random.default_rng(1).normal(size=50).astype(np.float32)
    for truth in (np.zeros(50, bool), np.ones(50, bool), score > 0):
        slope, offset = platt(score, truth)
        assert np.isfinite([slope, offset]).all()
