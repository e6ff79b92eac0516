"""Search a library for versions of a track, with verdicts in words and calibrated probabilities.

Up to a few thousand tracks every pair is aligned (`pemr.covers.alignment`), so nothing is missed by a shortlist; in a
larger library a network chooses what is aligned (`shortlist`), if there is one. The score of a pair is normalised for
the lengths of both tracks, then against what each of the two reaches with a cohort (a sample of the library); the
similarity by the network is normalised in the same way, and both are fused. The nearest are rescored at twice the rate,
which is what verdicts, passages and the order of matches rest on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.passages import Alignment
from pemr.covers.alignment.qmax import Comparison
from pemr.covers.scores.fusion import ScoreFusion
from pemr.covers.scores.normalisation import ScoreModel, default_score_model
from pemr_desktop.analysis.covers.findings import (
    AllVersions,
    CoverFindings,
    ScoredMatch,
    found_among,
    found_version,
    match_of,
)
from pemr_desktop.analysis.covers.pair_scores import Cancelled, CoverSearchCancelled, PairScores
from pemr_desktop.analysis.covers.projection import ProjectionLayer, TrackEmbeddings
from pemr_desktop.analysis.covers.score_normalisation import Floats, PairNormalisation
from pemr_desktop.analysis.covers.shortlist import CoverShortlist
from pemr_desktop.analysis.covers.tracks import Candidate, CoverTracks
from pemr_desktop.analysis.covers.verdict import (
    POSSIBLE_PROBABILITY,
    VERSION_PROBABILITY,
    classify,
    is_copy,
    measurements_of,
)
from pemr_desktop.library.versions.pairs import FoundVersion
from pemr_desktop.protocol.results import NotComparable, NothingToCompare
from pemr_desktop.steps import Progress, Step

log = logging.getLogger(__name__)

SHORTLISTED = 50
RESCORED_TRACKS, RESCORED_TRACKS_IN_LARGE_LIBRARY = 60, 10
"""So many tracks that score highest when all are compared are rescored at the fine rate."""
MIN_RESCORED_SCORE = 1.0


class CoverSearch:
    """The tracks of a library, ready to be compared. Any thread may call; tracks may come and go between calls."""

    def __init__(
        self,
        tracks: Iterable[tuple[int, bytes]] = (),
        score_model: ScoreModel | None = None,
        shortlist: CoverShortlist | None = None,
    ) -> None:
        """`tracks`: (track id, stored features). Those of another version are left out and listed in `outdated`.

        Without a `shortlist` everything is aligned, however large the library, and alignment alone decides.
        """
        self._shortlist = shortlist
        self._shortlist_lock = threading.Lock()
        self._tracks = CoverTracks(gone=self._forget)
        self._scores = PairScores(self._tracks, shortlist, self._shortlist_lock, score_model or default_score_model())
        for track_id, data in tracks:
            self._tracks.add(track_id, data)
        if self.outdated:
            log.warning("%d tracks have cover features of another version", len(self.outdated))

    def __len__(self) -> int:
        return len(self._tracks)

    def __contains__(self, track_id: object) -> bool:
        return track_id in self._tracks

    @property
    def candidates(self) -> int:
        """How many tracks each is looked for among."""
        return max(1, len(self._tracks.comparable()) - 1)

    @property
    def outdated(self) -> list[int]:
        """Tracks whose features were made by another version."""
        return self._tracks.outdated

    @property
    def score_model(self) -> ScoreModel:
        """The figures that verdicts come from."""
        return self._scores.score_model

    @property
    def fusion(self) -> ScoreFusion | None:
        """How the shipped network counts beside alignment; None where alignment alone decides."""
        return self._shortlist.fusion if self._shortlist is not None else None

    @property
    def layer(self) -> ProjectionLayer | None:
        """The last layer of the network if it is not the shipped one."""
        return self._scores.layer

    def use(self, score_model: ScoreModel, layer: ProjectionLayer | None = None) -> None:
        """Judge by other figures and another last layer from now on. A layer of another network counts for nothing."""
        self._scores.use(score_model, layer)

    def embeddings(
        self, track_ids: Collection[int], progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> TrackEmbeddings | None:
        """Of these tracks by the shipped network, and of the cohort; None where alignment alone decides."""
        shipped = self.fusion
        if self._shortlist is None or shipped is None:
            return None
        cohort = [track.track_id for track in self._scores.cohort() if track.track_id is not None]
        tracks = self._tracks.comparable()
        wanted = {track_id: tracks[track_id].features for track_id in {*track_ids, *cohort} if track_id in tracks}
        with self._shortlist_lock:
            vectors = self._shortlist.vectors(wanted, progress, cancelled)
        if vectors is None:
            raise CoverSearchCancelled
        return TrackEmbeddings(self._shortlist.network_id, vectors, cohort, shipped, self._scores.score_model)

    def bring_up_to_date(
        self,
        stamps: Mapping[int, bytes],
        features_of: Callable[[int], bytes | None],
        all_features: Callable[[], Iterable[tuple[int, bytes]]],
    ) -> int:
        """Take in what is new or changed, forget what is gone (see `CoverTracks`): how many tracks that were."""
        return self._tracks.bring_up_to_date(stamps, features_of, all_features)

    def add(self, track_id: int, data: bytes | CoverFeatures) -> None:
        """Take a track in, or replace it."""
        self._tracks.add(track_id, data)

    def remove(self, track_id: int) -> None:
        """Forget a track; nothing happens if it is not there."""
        self._tracks.remove(track_id)

    def _forget(self, track_id: int) -> None:
        """A track is gone or has new features."""
        self._scores.forget(track_id)
        if self._shortlist is not None:
            with self._shortlist_lock:
                self._shortlist.forget(track_id)

    def find(
        self,
        query: bytes | CoverFeatures,
        *,
        limit: int = 50,
        exclude_id: int | None = None,
        also: Collection[int] = (),
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> CoverFindings:
        """Versions of a track, best first. Raises `CoverSearchCancelled`, or `CoverFeaturesError` for damaged bytes.

        `also`: tracks that are told of however unlikely they are, at the end of the list.
        """
        features = query if isinstance(query, CoverFeatures) else CoverFeatures.from_bytes(query)
        others = [track for track_id, track in self._tracks.comparable().items() if track_id != exclude_id]
        silent = self._tracks.problems().keys() - {exclude_id}
        if features.problem is not None:
            return CoverFindings((), 0, NotComparable(*features.problem))
        if not others:
            return CoverFindings((), 0, NothingToCompare("all silent" if silent else "none analysed"))
        asked = Candidate(features, exclude_id)
        chosen = self._worth_aligning(asked, others, progress, cancelled)
        comparison = self._scores.compare(asked, chosen, progress, cancelled)
        scored = self._score_pairs(asked, chosen, comparison, len(others), POSSIBLE_PROBABILITY, progress, cancelled)
        scored.sort(key=_order)
        matches = [
            match_of(pair.track_b, pair.verdict, pair.probability, pair.alignment)
            for pair in scored
            if pair.verdict != "none"
        ][:limit]
        answer = found_among(matches, len(others))
        shown = {match.track_id for match in matches}
        for track_id in also:
            pair_with = self.score_pair(exclude_id, track_id, cancelled) if exclude_id is not None else None
            if pair_with is not None and track_id not in shown:
                matches.append(match_of(track_id, pair_with.verdict, pair_with.probability, pair_with.alignment))
        return CoverFindings(tuple(matches), len(others), answer)

    def find_all(
        self,
        *,
        found: Callable[[int, list[FoundVersion]], None],
        compared: Collection[int] = (),
        least: float = VERSION_PROBABILITY,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> AllVersions:
        """Compare all tracks with one another, but not those in `compared` among themselves.

        Pairs at least so likely are reported; those not likely enough to be called versions have no relation.
        `found(track_id, pairs)` is called for each new track once it has been compared with all before it: store both
        at once and pass the ids as `compared` next time, and the search goes on where it stopped.
        """
        tracks = self._tracks.comparable()
        for track_id in sorted(self._tracks.problems().keys() - set(compared)):
            found(track_id, [])
        before = [track for track_id, track in tracks.items() if track_id in compared]
        fresh = [track for track_id, track in tracks.items() if track_id not in compared]
        cohort = len(self._scores.cohort())  # every track is compared with the cohort in any case, to be normalised
        total = sum(max(len(before) + index, cohort) for index in range(len(fresh)))
        done_in_all = pairs_done = 0
        everyone = [*before, *fresh]
        index_of = {track.track_id: index for index, track in enumerate(everyone)}
        for track in fresh:
            assert track.track_id is not None
            start = done_in_all

            def within(done: int, _of: int, step: Step, start: int = start) -> None:
                if progress is not None:
                    progress(start + done, total, step)

            try:
                chosen = [
                    other
                    for other in self._worth_aligning(track, everyone, None, cancelled)
                    if index_of.get(other.track_id, len(everyone)) < len(before)
                ]
                comparison = self._scores.compare(track, chosen, within, cancelled)
                pairs = [
                    found_version(track.track_id, match)
                    for match in self._score_pairs(track, chosen, comparison, self.candidates, least, None, cancelled)
                ]
            except CoverSearchCancelled:
                return AllVersions(pairs_done, True)
            found(track.track_id, pairs)
            pairs_done += len(before)
            done_in_all += max(len(before), cohort)
            before.append(track)
        return AllVersions(pairs_done, False)

    def _worth_aligning(
        self,
        asked: Candidate,
        others: list[Candidate],
        progress: Progress | None,
        cancelled: Cancelled | None,
    ) -> list[Candidate]:
        """All others in a library of a few thousand; those that the shortlist names in a larger one."""
        if self._shortlist is None or not self._scores.is_large:
            return others
        with self._shortlist_lock:
            tracks, features = self._tracks.comparable(), self._tracks.features()
            best = self._shortlist.choose(
                asked.features, features, SHORTLISTED, query_id=asked.track_id, progress=progress, cancelled=cancelled
            )
        if best is None:
            raise CoverSearchCancelled
        return [tracks[track_id] for track_id in sorted(best) if track_id in tracks]

    def _score_pairs(
        self,
        query: Candidate,
        references: list[Candidate],
        comparison: Comparison,
        candidates: int,
        least: float,
        progress: Progress | None,
        cancelled: Cancelled | None,
    ) -> list[ScoredMatch]:
        """Pairs at least so likely to be versions, and copies, out of `candidates` tracks in all."""
        if not references:
            return []
        score_model = self._scores.score_model
        scores = self._scores.length_normalised_scores(query, references, comparison, progress, cancelled)
        known = {reference.track_id: row for reference, row in zip(references, scores, strict=True)}
        own = self._scores.normalisation(query, cancelled, known)
        nearest = self._nearest(own.normalised_score(scores))
        near = [references[index] for index in nearest.tolist()]
        rescored = self._scores.rescore(query, near, comparison.of(nearest), scores[nearest])
        one_sided = own.normalised_score(rescored.scores, rescored=True)
        favourable = PairNormalisation(fusion=self._scores.fusion)
        upper_bounds = 0.5 * (one_sided + favourable.normalised_score(rescored.scores, rescored=True))
        matches: list[ScoredMatch] = []
        for index, reference in enumerate(near):
            hopeless = score_model.probability(float(upper_bounds[index]), 1.0, candidates) < least
            if reference.track_id is None or (hopeless and not rescored.may_be_copy(index)):
                continue
            alignment = rescored.alignment(index)
            if hopeless and not is_copy(alignment):
                continue
            other = self._scores.normalisation(reference, cancelled)
            score = 0.5 * (one_sided[index] + other.normalised_score(rescored.scores[index], rescored=True))
            match = self._match(query.track_id, reference.track_id, alignment, float(score), candidates)
            if match.probability >= least:
                matches.append(match)
        return matches

    def _nearest(self, normalised: Floats) -> npt.NDArray[np.int64]:
        """Which references are rescored, highest first, by their normalised coarse scores (n,)."""
        count = RESCORED_TRACKS_IN_LARGE_LIBRARY if self._scores.is_large else RESCORED_TRACKS
        nearest = np.argsort(-normalised, kind="stable")[:count]
        return nearest[normalised[nearest] >= MIN_RESCORED_SCORE]

    def _match(
        self, track_a: int | None, track_b: int, alignment: Alignment, normalised_score: float, candidates: int
    ) -> ScoredMatch:
        """A pair with its verdict, found among so many candidates."""
        measurements = measurements_of(alignment, normalised_score)
        verdict, probability = classify(measurements, self._scores.score_model, candidates)
        return ScoredMatch(track_a, track_b, measurements, verdict, probability, alignment)

    def score_pair(self, track_a: int, track_b: int, cancelled: Cancelled | None = None) -> ScoredMatch | None:
        """How two tracks match, however little; None if one of them cannot be compared."""
        tracks = self._tracks.comparable()
        a, b = tracks.get(track_a), tracks.get(track_b)
        if a is None or b is None:
            return None
        comparison = self._scores.compare(a, [b], cancelled=cancelled)
        scores = self._scores.length_normalised_scores(a, [b], comparison, cancelled=cancelled)
        rescored = self._scores.rescore(a, [b], comparison, scores)
        sides = (self._scores.normalisation(a, cancelled), self._scores.normalisation(b, cancelled))
        score = 0.5 * sum(side.normalised_score(rescored.scores[0], rescored=True) for side in sides)
        return self._match(track_a, track_b, rescored.alignment(0), float(score), self.candidates)

    def would_align(self, track_a: int, track_b: int, cancelled: Cancelled | None = None) -> bool:
        """Whether a search for one of them comes across the other at all: in a large library a shortlist decides."""
        tracks = self._tracks.comparable()
        for asked, other in ((track_a, track_b), (track_b, track_a)):
            others = [track for track_id, track in tracks.items() if track_id != asked]
            if tracks[other] in self._worth_aligning(tracks[asked], others, None, cancelled):
                return True
        return False


def _order(pair: ScoredMatch) -> tuple[bool, float, float]:
    """Copies before versions: the closest copies first, then the likeliest versions."""
    is_copy_found = pair.verdict == "same recording"
    first = pair.alignment.closeness if is_copy_found else pair.probability
    return not is_copy_found, -first, -pair.measurements.normalised_score
