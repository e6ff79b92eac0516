"""The last layer of the bundled cover network fitted to rendered tracks: kept where it proves better, else refused."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from pemr.covers.alignment.features import CoverFeatures, cover_features
from pemr.covers.scores.normalisation import default_score_model
from pemr_desktop.analysis.covers.evaluation import LabelledScore
from pemr_desktop.analysis.covers.fine_tuning import (
    SearchFit,
    fit_search,
    held_out_shifts,
    independent,
    shifts_in_library,
)
from pemr_desktop.analysis.covers.projection import TrackEmbeddings
from pemr_desktop.analysis.covers.search import CoverSearch
from pemr_desktop.analysis.covers.shortlist import CoverShortlist, bundled_network
from pemr_desktop.analysis.covers.verdict import PairMeasurements
from pemr_desktop.library.versions.known_pairs import KnownPair
from played_works import RATE, play

WORKS = 40
SHIPPED = default_score_model()


def hum(work: int, seconds: float) -> np.ndarray:
    """A machine that hums a note of its own beside the music."""
    time = np.arange(round(seconds * RATE)) / RATE
    hertz = 55.0 * 2 ** (np.random.default_rng(work).integers(0, 12) / 12)
    return 0.6 * np.sum([np.sin(2 * np.pi * hertz * k * time) / k for k in range(1, 5)], axis=0)


def tracks(*, humming: bool) -> dict[int, CoverFeatures]:
    """Tracks 2n and 2n + 1 are versions; every second labelled is in another key, tempo and timbre, and may hum."""
    draw = np.random.default_rng(1)
    found = {}
    for work in range(WORKS):
        found[2 * work] = cover_features(play(work))
        key, tempo = int(draw.integers(-5, 6)), float(draw.uniform(0.8, 1.25))
        sound = play(work, key=key, tempo=tempo, bright=0.6)
        if humming:
            sound = sound + hum(work, len(sound) / RATE)
        found[2 * work + 1] = cover_features(sound.astype(np.float32))
    return found


class Library:
    """A library of such tracks, the scores of what is known of it, and what is fitted to that."""

    def __init__(self, *, humming: bool) -> None:
        network = bundled_network()
        assert network is not None
        stored = ((track, features.to_bytes()) for track, features in tracks(humming=humming).items())
        self.search = CoverSearch(stored, shortlist=CoverShortlist(network))
        known = [KnownPair(2 * work, 2 * work + 1, "version", "tags", False) for work in range(WORKS)]
        draw = np.random.default_rng(2)
        while len(known) < 4 * WORKS:
            a, b = sorted(draw.choice(2 * WORKS, 2, replace=False).tolist())
            if a // 2 != b // 2:
                known.append(KnownPair(a, b, "not a version", "tags", False))
        self.pairs = [LabelledScore(labelled, self.measurements(labelled)) for labelled in known]
        embeddings = self.search.embeddings(range(2 * WORKS))
        assert embeddings is not None
        self.embeddings: TrackEmbeddings = embeddings
        self.fitted: SearchFit = fit_search(self.pairs, SHIPPED, 2 * WORKS - 1, embeddings, None)

    def measurements(self, pair: KnownPair) -> PairMeasurements:
        match = self.search.score_pair(pair.track_a, pair.track_b)
        assert match is not None
        return match.measurements


@pytest.fixture(scope="module")
def humming() -> Library:
    return Library(humming=True)


@pytest.fixture(scope="module")
def clear() -> Library:
    return Library(humming=False)


def test_where_versions_hum_the_fitted_layer_ignores_it_and_more_of_them_are_found(humming: Library) -> None:
    layer = humming.fitted.result.layer
    assert layer is not None and layer.kept and not layer.reason
    assert layer.after.doubt < layer.before.doubt
    assert layer.after.found.right >= layer.before.found.right
    result = humming.fitted.result
    assert result.kept and result.after.found.right > result.before.found.right
    assert humming.fitted.layer is not None


def test_where_versions_score_high_already_the_layer_stays_as_it_was_shipped(clear: Library) -> None:
    layer = clear.fitted.result.layer
    assert layer is not None and not layer.kept
    assert layer.why == "hears no better" and "no better than before" in layer.reason
    assert clear.fitted.layer is None


def test_what_the_fit_says_of_a_pair_is_what_the_search_then_says_of_it(humming: Library) -> None:
    search, layer = humming.search, humming.fitted.layer
    some = humming.pairs[:6] + humming.pairs[-6:]
    ids = [(labelled.pair.track_a, labelled.pair.track_b) for labelled in some]
    there, back = (shifts_in_library(search, ids, *layers) for layers in ((None, layer), (layer, None)))
    search.use(SHIPPED, layer)
    assert search.layer == layer
    fitted = [humming.measurements(labelled.pair).normalised_score for labelled in some]
    search.use(SHIPPED)
    assert search.layer is None
    shipped = [humming.measurements(labelled.pair).normalised_score for labelled in some]
    assert shipped == pytest.approx([labelled.measurements.normalised_score for labelled in some], abs=1e-5)
    assert fitted == pytest.approx(
        [labelled.measurements.normalised_score + there[pair] for labelled, pair in zip(some, ids, strict=True)],
        abs=1e-4,
    )
    assert [there[pair] for pair in ids] == pytest.approx([-back[pair] for pair in ids], abs=1e-9)


def test_fitting_the_fitted_search_again_comes_to_the_same(humming: Library) -> None:
    search, fitted = humming.search, humming.fitted
    search.use(fitted.score_model, fitted.layer)
    pairs = [LabelledScore(labelled.pair, humming.measurements(labelled.pair)) for labelled in humming.pairs]
    search.use(SHIPPED)
    again = fit_search(pairs, SHIPPED, 2 * WORKS - 1, humming.embeddings, fitted.layer)
    assert again.result.kept
    assert again.result.after.doubt == pytest.approx(fitted.result.after.doubt, abs=1e-3)


def test_a_pair_is_judged_by_a_layer_that_its_work_had_no_part_in(humming: Library) -> None:
    """With one work there is nothing else to fit to, so its own pair stays where it was."""
    alone, among_others = (
        held_out_shifts(pairs, humming.embeddings, lambda _done, _of: None)
        for pairs in (humming.pairs[:1], humming.pairs[:WORKS])
    )
    assert alone[0] == 0.0 and among_others[0] != 0.0


def test_without_versions_the_layer_changes_nothing_and_few_change_it_less_than_many(humming: Library) -> None:
    versions = independent(humming.pairs, {track: track // 2 for track in range(2 * WORKS)})
    far = []
    for count in (0, 5, WORKS):
        layer = humming.embeddings.fit(dict(list(versions.items())[:count]))
        matrix = np.frombuffer(layer.matrix, np.float32).reshape(layer.width, layer.width)
        far.append(float(np.linalg.norm(matrix - np.eye(layer.width))))
    assert far[0] == pytest.approx(0.0, abs=1e-5)
    assert far[0] < far[1] < far[2]


def test_a_work_of_many_tracks_counts_as_many_as_join_them() -> None:
    def version(a: int, b: int) -> LabelledScore:
        return LabelledScore(KnownPair(a, b, "version", "tags", False), None)  # type: ignore[arg-type]

    triple = [version(1, 2), version(1, 3), version(2, 3)]
    weights = independent([*triple, version(8, 9)], {1: 1, 2: 1, 3: 1, 8: 8, 9: 8})
    assert weights == {(1, 2): 2 / 3, (1, 3): 2 / 3, (2, 3): 2 / 3, (8, 9): 1.0}


def test_a_layer_of_another_network_counts_for_nothing(humming: Library) -> None:
    layer = humming.fitted.layer
    assert layer is not None
    humming.search.use(SHIPPED, msgspec.structs.replace(layer, network_id="another"))
    assert humming.search.layer is None
