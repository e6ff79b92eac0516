from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pemr.covers.alignment.features import HALF_RATE_FRAME_S, CoverFeatures, cover_features
from pemr.covers.alignment.passages import align
from pemr.covers.alignment.qmax import (
    NEIGHBOUR_SHARE,
    STACKED,
    coarse_features,
    compare,
    fine_features,
    qmax,
    rescore,
    squeeze,
)


@pytest.fixture(scope="module")
def works(player: Callable[..., np.ndarray]) -> list[CoverFeatures]:
    """Eight unrelated works, played alike."""
    return [cover_features(player(work)) for work in range(10, 18)]


@pytest.mark.parametrize(("key", "tempo"), [(0, 1.0), (3, 1.0), (-4, 1.25), (6, 0.8), (-1, 1.45), (2, 0.7)])
def test_another_key_tempo_and_timbre_is_found_with_its_key_and_tempo(
    player: Callable[..., np.ndarray], works: list[CoverFeatures], key: int, tempo: float
) -> None:
    version = cover_features(player(10, key=key, tempo=tempo, bright=0.8, seed=5))
    found = align(works[0], [version, *works[1:]])
    assert found[0].key_shift == key
    assert found[0].tempo_ratio == pytest.approx(tempo, rel=0.04)
    assert found[0].score > 1.5 * max(other.score for other in found[1:])
    assert found[0].coverage > 0.6


def test_the_matching_passage_is_where_the_quotation_is(player: Callable[..., np.ndarray]) -> None:
    theme = player(20)
    inside = np.concatenate([player(21), theme[: 25 * 16_000], player(22, notes=60)])
    result = align(cover_features(theme), [cover_features(inside)])[0]
    longest = max(result.passages, key=lambda passage: passage.a_end_s - passage.a_start_s)
    assert longest.a_start_s == pytest.approx(0.0, abs=2.0)
    assert longest.a_end_s > 22.0
    assert longest.b_start_s - longest.a_start_s == pytest.approx(40.0, abs=1.0)


def test_passages_lie_inside_the_tracks_and_run_forward(
    player: Callable[..., np.ndarray], works: list[CoverFeatures]
) -> None:
    version = cover_features(player(10, tempo=0.8, seed=3))
    for result in align(works[0], [version, *works]):
        for passage in result.passages:
            assert 0 <= passage.a_start_s < passage.a_end_s <= works[0].duration_s + 2 * HALF_RATE_FRAME_S
            assert 0 <= passage.b_start_s < passage.b_end_s <= version.duration_s + 2 * HALF_RATE_FRAME_S


def test_a_track_with_itself_agrees_wholly(works: list[CoverFeatures]) -> None:
    result = align(works[0], [works[0]])[0]
    assert result.key_shift == 0
    assert result.tempo_ratio == 1.0
    assert result.coverage == 1.0
    assert result.similarity > 0.999


def test_a_batch_scores_like_one_by_one(works: list[CoverFeatures]) -> None:
    tracks = [coarse_features(work) for work in works]
    batch = compare(tracks[0], tracks)
    for index, other in enumerate(tracks):
        single = compare(tracks[0], [other])
        assert single.score[0] == batch.score[index]
        assert single.key_shift[0] == batch.key_shift[index]
        assert single.speed[0] == batch.speed[index]


def test_the_score_does_not_depend_on_which_track_asks(
    player: Callable[..., np.ndarray], works: list[CoverFeatures]
) -> None:
    tracks = [coarse_features(work) for work in [*works, cover_features(player(10, key=2, tempo=1.3, notes=90))]]
    table = np.stack([compare(query, tracks).score for query in tracks])
    assert np.allclose(table, table.T, atol=0.2)


def plain_qmax(query: np.ndarray, reference: np.ndarray) -> float:
    """Serrà, Serra, Andrzejak 2009, eq. 1 to 5, written out with loops; gap penalties 0.5."""
    n, m = len(query) - STACKED + 1, len(reference) - STACKED + 1
    similarity = np.array(
        [
            [sum(int(3600 * (query[i + k] @ reference[j + k])) for k in range(STACKED)) for j in range(m)]
            for i in range(n)
        ]
    )
    row_rank = np.sort(similarity, axis=1)[:, m - int(np.ceil(NEIGHBOUR_SHARE * m)) - 1]
    column_rank = np.sort(similarity, axis=0)[n - int(np.ceil(NEIGHBOUR_SHARE * n)) - 1]
    quality = np.zeros((n + 2, m + 2))
    for i in range(n):
        for j in range(m):
            close = similarity[i, j] > row_rank[i] and similarity[i, j] > max(column_rank[j], 3600 * STACKED // 2)
            before = max(quality[i + 1, j + 1], quality[i, j + 1], quality[i + 1, j])
            quality[i + 2, j + 2] = before + 1 if close else max(0.0, before - 0.5)
    return float(quality.max())


def test_the_batched_recurrence_equals_the_published_one(player: Callable[..., np.ndarray]) -> None:
    query = coarse_features(cover_features(player(10, notes=60))).rows
    references = [
        coarse_features(cover_features(player(work, notes=45, tempo=tempo))).rows
        for work, tempo in [(10, 1.2), (11, 1.0)]
    ]
    assert qmax(query, references).tolist() == [plain_qmax(query, reference) for reference in references]


def test_silence_inside_two_tracks_does_not_make_them_alike(player: Callable[..., np.ndarray]) -> None:
    pause = np.zeros(40 * 16_000, np.float32)
    a = cover_features(np.concatenate([player(30, notes=90), pause, player(31, notes=90)]))
    b = cover_features(np.concatenate([player(32, notes=90), pause, player(33, notes=90)]))
    assert align(a, [b])[0].score < 0.5 * align(a, [a])[0].score


def test_tracks_with_nothing_to_compare_score_nothing(works: list[CoverFeatures]) -> None:
    nothing = [
        cover_features(np.zeros(30 * 16_000, np.float32)),
        cover_features(np.random.default_rng(0).normal(size=30 * 16_000).astype(np.float32) * 0.1),
        cover_features(np.zeros(0, np.float32)),
    ]
    for result in [*align(nothing[0], nothing), *align(works[0], nothing), *align(nothing[1], works)]:
        assert result.score == 0.0
        assert result.passages == ()


def test_squeezing_keeps_rows_at_unit_length_and_scales_their_number() -> None:
    rows = np.abs(np.random.default_rng(2).normal(size=(100, 12))).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    squeezed = squeeze(rows, 0.7)
    assert squeezed.shape == (70, 12)
    assert np.allclose(np.linalg.norm(squeezed, axis=1), 1.0, atol=1e-5)
    assert squeeze(rows[:0], 0.7).shape == (0, 12)


def test_a_clip_shorter_than_the_stack_matches_nothing() -> None:
    clip = CoverFeatures.of(np.full((8, 12), 12**-0.5, np.float32), 6.0, 0.0, 8.0)
    assert compare(coarse_features(clip), [coarse_features(clip)]).score[0] == 0.0
    assert align(clip, [clip])[0].score == 0.0


def test_rescoring_gives_the_best_of_its_tempo_whatever_lies_beside_it(
    player: Callable[..., np.ndarray], works: list[CoverFeatures]
) -> None:
    versions = [cover_features(player(10, key=4, tempo=tempo, seed=4)) for tempo in (1.0, 1.45, 0.7)]
    references = [*versions, *works[1:]]
    found = compare(coarse_features(works[0]), [coarse_features(reference) for reference in references])
    fine = [fine_features(reference) for reference in references]
    rescored = rescore(fine_features(works[0]), fine, found)
    assert len(set(found.speed[:3].tolist())) == 3
    assert rescored.speed.tolist() == found.speed.tolist()
    assert rescored.key_shift[:3].tolist() == [4, 4, 4]
    assert (rescored.score <= compare(fine_features(works[0]), fine).score).all()
    assert rescored.score[:3].min() > 1.5 * rescored.score[3:].max()
    for index in range(len(references)):
        alone = rescore(fine_features(works[0]), [fine[index]], found.of(np.array([index])))
        assert alone.score[0] == rescored.score[index]
