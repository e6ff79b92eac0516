"""Cover search on music made by arithmetic: twenty works, some of them in a second version."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from pemr.covers.alignment.features import CoverFeatures, cover_features
from pemr.covers.alignment.passages import align
from pemr_desktop.analysis.covers.findings import AllVersions
from pemr_desktop.analysis.covers.pair_scores import CoverSearchCancelled
from pemr_desktop.analysis.covers.search import CoverSearch
from pemr_desktop.analysis.covers.verdict import VERSION_PROBABILITY, measurements_of
from pemr_desktop.library.versions.pairs import FoundVersion
from pemr_desktop.protocol.cover_sentences import answer_of
from pemr_desktop.protocol.results import Passage
from played_works import RATE, play


@pytest.fixture(scope="module")
def features() -> dict[int, CoverFeatures]:
    """Tracks 1 to 20: one work each. 21 and 22: versions of 1 and 2. 23: a softer, noisier copy of 3. 24: silence."""
    tracks = {work: cover_features(play(work)) for work in range(1, 21)}
    tracks[21] = cover_features(play(1, key=3, tempo=1.2, bright=0.7))
    tracks[22] = cover_features(play(2, key=-4, tempo=0.8, bright=0.6))
    hiss = np.random.default_rng(0).normal(size=len(play(3))).astype(np.float32) * 0.002
    tracks[23] = cover_features(play(3) * 0.5 + hiss)
    tracks[24] = cover_features(np.zeros(30 * RATE, np.float32))
    return tracks


@pytest.fixture
def search(features: dict[int, CoverFeatures]) -> CoverSearch:
    return CoverSearch((track_id, track.to_bytes()) for track_id, track in features.items())


def test_a_version_is_found_first_with_its_key_and_tempo(
    search: CoverSearch, features: dict[int, CoverFeatures]
) -> None:
    findings = search.find(features[1].to_bytes(), exclude_id=1)
    best = findings.matches[0]
    assert (best.track_id, best.verdict, best.key_shift) == (21, "version", 3)
    assert best.tempo_ratio == pytest.approx(1.2, rel=0.04)
    assert best.probability > 0.8
    assert best.passages
    assert "1 version found among 22 tracks" in answer_of(findings.answer)


def test_the_same_sound_in_another_file_is_the_same_recording(
    search: CoverSearch, features: dict[int, CoverFeatures]
) -> None:
    best = search.find(features[3], exclude_id=3).matches[0]
    assert (best.track_id, best.verdict) == (23, "same recording")
    assert best.probability >= 0.99
    assert search.find(features[3]).matches[0].track_id == 3


def test_a_copy_cut_half_a_frame_later_is_still_the_same_recording(features: dict[int, CoverFeatures]) -> None:
    cut = cover_features(play(4)[int(16.5 * 3720 * 2) :])
    assert measurements_of(align(features[4], [cut])[0], normalised_score=0.0).is_copy


def test_a_work_that_stands_alone_has_no_version(search: CoverSearch, features: dict[int, CoverFeatures]) -> None:
    for track_id in range(5, 11):
        findings = search.find(features[track_id], exclude_id=track_id)
        assert [match for match in findings.matches if match.verdict != "possible"] == []
        assert findings.compared == 22


def test_silence_matches_nothing_and_says_why(search: CoverSearch, features: dict[int, CoverFeatures]) -> None:
    findings = search.find(features[24], exclude_id=24)
    assert findings.matches == ()
    assert answer_of(findings.answer) == "This track is silent, so it cannot be compared."


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (np.random.default_rng(1).normal(size=30 * RATE).astype(np.float32) * 0.1, "no clear pitches"),
        (play(1)[: 4 * RATE], "too short"),
        (np.zeros(0, np.float32), "too short"),
    ],
)
def test_noise_and_short_clips_match_nothing_and_say_why(search: CoverSearch, sound: np.ndarray, reason: str) -> None:
    findings = search.find(cover_features(sound))
    assert findings.matches == ()
    assert reason in answer_of(findings.answer)


def test_a_clip_of_six_seconds_gets_no_confident_answer(search: CoverSearch) -> None:
    findings = search.find(cover_features(play(7)[: 6 * RATE]))
    assert all(match.verdict == "possible" for match in findings.matches)


def test_a_library_without_another_track_says_so(features: dict[int, CoverFeatures]) -> None:
    alone = CoverSearch([(1, features[1].to_bytes())])
    findings = alone.find(features[1], exclude_id=1)
    assert findings.matches == ()
    assert "no other track" in answer_of(findings.answer)
    silent = CoverSearch([(24, features[24].to_bytes())])
    assert "hold no music" in answer_of(silent.find(features[1]).answer)


def test_in_a_library_of_two_a_version_is_found_and_no_unrelated_track(
    features: dict[int, CoverFeatures],
) -> None:
    assert CoverSearch([(21, features[21].to_bytes())]).find(features[1]).matches[0].track_id == 21
    unrelated = CoverSearch([(5, features[5].to_bytes())]).find(features[1])
    assert all(match.verdict == "possible" for match in unrelated.matches)


def test_features_of_another_version_are_left_out_and_listed(features: dict[int, CoverFeatures]) -> None:
    old = bytearray(features[1].to_bytes())
    old[4] += 1
    search = CoverSearch([(1, bytes(old)), (2, features[2].to_bytes())])
    assert search.outdated == [1]
    assert len(search) == 1
    search.add(1, features[1].to_bytes())
    assert search.outdated == []
    assert 1 in search and 2 in search
    search.remove(1)
    assert 1 not in search


def everything(search: CoverSearch, **options: Any) -> tuple[dict[int, list[FoundVersion]], AllVersions]:
    reported: dict[int, list[FoundVersion]] = {}
    outcome = search.find_all(found=lambda track_id, pairs: reported.update({track_id: pairs}), **options)
    return reported, outcome


def test_all_versions_are_found_once_and_each_track_is_reported(search: CoverSearch) -> None:
    reported, outcome = everything(search)
    assert set(reported) == set(range(1, 25))
    pairs = [pair for found in reported.values() for pair in found]
    assert {(pair.track_a, pair.track_b, pair.relation) for pair in pairs} == {
        (1, 21, "version"),
        (2, 22, "version"),
        (3, 23, "same recording"),
    }
    assert outcome.compared_pairs == 23 * 22 // 2
    first = next(pair for pair in pairs if pair.track_a == 1)
    assert first.key_shift == 3
    assert first.tempo_ratio == pytest.approx(1.2, rel=0.04)
    passage = msgspec.json.decode(first.passages, type=tuple[Passage, ...])[0]
    assert passage.b_end_s < passage.a_end_s


def test_a_cancelled_pass_goes_on_where_it_stopped(search: CoverSearch) -> None:
    whole, _ = everything(search)
    seen: list[int] = []
    part: dict[int, list[FoundVersion]] = {}

    def note(track_id: int, pairs: list[FoundVersion]) -> None:
        part[track_id] = pairs
        seen.append(track_id)

    stopped = search.find_all(found=note, cancelled=lambda: len(seen) >= 12)
    assert stopped.cancelled
    assert 0 < len(part) < len(whole)
    rest, outcome = everything(search, compared=set(part))
    assert not outcome.cancelled
    assert not set(part) & set(rest)
    assert stopped.compared_pairs + outcome.compared_pairs == 23 * 22 // 2

    def ids(found: dict[int, list[FoundVersion]]) -> set[tuple[int, int]]:
        return {(pair.track_a, pair.track_b) for pairs in found.values() for pair in pairs}

    assert ids(part) | ids(rest) == ids(whole)


def test_a_new_track_is_compared_with_all_and_the_others_not_again(
    search: CoverSearch, features: dict[int, CoverFeatures]
) -> None:
    old = set(features) - {21}
    reported, outcome = everything(search, compared=old)
    assert list(reported) == [21]
    assert [(pair.track_a, pair.track_b) for pair in reported[21]] == [(1, 21)]
    assert outcome.compared_pairs == 22


def test_progress_counts_every_track_with_its_cohort(search: CoverSearch, features: dict[int, CoverFeatures]) -> None:
    steps: list[tuple[int, int, str]] = []
    everything(search, progress=lambda done, total, doing: steps.append((done, total, doing)))
    comparable = len(features) - 1
    assert all(total == comparable**2 and 0 <= done <= total and doing for done, total, doing in steps)
    assert [done for done, _, _ in steps] == sorted(done for done, _, _ in steps)


def test_a_cancelled_search_raises(search: CoverSearch, features: dict[int, CoverFeatures]) -> None:
    with pytest.raises(CoverSearchCancelled):
        search.find(features[1], cancelled=lambda: True)


def test_the_same_pair_gets_the_same_answer_from_both_sides(
    search: CoverSearch, features: dict[int, CoverFeatures]
) -> None:
    there = search.find(features[1], exclude_id=1).matches[0]
    back = search.find(features[21], exclude_id=21).matches[0]
    assert there.verdict == back.verdict
    assert there.key_shift == -back.key_shift
    assert there.tempo_ratio * back.tempo_ratio == pytest.approx(1.0, abs=0.05)


def test_the_limit_cuts_the_list(search: CoverSearch, features: dict[int, CoverFeatures]) -> None:
    assert len(search.find(features[1], limit=1).matches) == 1
    assert search.find(features[1], limit=0).matches == ()


def test_the_same_key_tempo_and_notes_on_another_instrument_are_a_version_and_no_copy(
    features: dict[int, CoverFeatures],
) -> None:
    other = cover_features(play(1, tempo=1.05, bright=0.9))
    assert not measurements_of(align(features[1], [other])[0], normalised_score=9.0).is_copy


def test_cohort_statistics_are_measured_again_when_the_library_has_grown(
    features: dict[int, CoverFeatures],
) -> None:
    small = CoverSearch([(work, features[work].to_bytes()) for work in (1, 2, 5, 6, 7, 8, 9, 10)])
    before = small.score_pair(1, 5)
    for work in range(11, 21):
        small.add(work, features[work])
    grown = small.score_pair(1, 5)
    anew = CoverSearch([(work, features[work].to_bytes()) for work in (1, 2, *range(5, 21))]).score_pair(1, 5)
    assert before is not None and grown is not None and anew is not None
    assert grown.measurements == anew.measurements != before.measurements


def test_two_tracks_are_scored_as_a_search_would(search: CoverSearch, features: dict[int, CoverFeatures]) -> None:
    match = search.find(features[1], exclude_id=1).matches[0]
    pair = search.score_pair(1, match.track_id)
    assert pair is not None
    assert (pair.verdict, pair.alignment.key_shift) == (match.verdict, match.key_shift)
    assert pair.probability == pytest.approx(match.probability, abs=0.02)
    unrelated = search.score_pair(1, 9)
    assert unrelated is not None and unrelated.verdict in ("none", "possible")
    assert search.score_pair(1, 24) is None


def test_unlikely_pairs_are_reported_when_asked_for(search: CoverSearch) -> None:
    sure, _ = everything(search)
    more, _ = everything(search, least=0.001)
    weak = [pair for pairs in more.values() for pair in pairs if pair.relation is None]
    assert weak and all(pair.probability < VERSION_PROBABILITY for pair in weak)
    called = [pair for pairs in more.values() for pair in pairs if pair.relation is not None]
    assert called == [pair for pairs in sure.values() for pair in pairs]
