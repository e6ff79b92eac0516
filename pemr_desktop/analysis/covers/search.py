"""Search a library for versions of a track, with verdicts in words measured against the library's own background.

Up to a few thousand tracks every pair is aligned (`pemr.covers.alignment`), so nothing is missed by a shortlist; in a
larger library a network chooses what is aligned (`cover_shortlist`), if there is one. A pair's score is judged by how
far it lies above what unrelated tracks of these lengths reach, and above what each of the two reaches with strangers
(a sample of the library); what the network says of the pair is measured and joined in the same way. The nearest are
aligned again at twice the rate, which is what verdicts, passages and the order of matches rest on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping

import numpy as np

from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.qmax import Comparison
from pemr.covers.scores.fusion import Joining
from pemr.covers.scores.normalisation import Background, default_background
from pemr_desktop.analysis.covers.findings import (
    AllVersions,
    CoverFindings,
    FoundPair,
    Weighed,
    found_among,
    match_of,
    pair_of,
)
from pemr_desktop.analysis.covers.pair_scores import Cancelled, CoverSearchCancelled, PairScores
from pemr_desktop.analysis.covers.projection import HeardTracks, TaughtLayer
from pemr_desktop.analysis.covers.score_normalisation import PairHabit
from pemr_desktop.analysis.covers.shortlist import CoverShortlist
from pemr_desktop.analysis.covers.tracks import Candidate, CoverTracks
from pemr_desktop.analysis.covers.verdict import POSSIBLE_PROBABILITY, VERSION_PROBABILITY, call, evidence_of, is_copy
from pemr_desktop.protocol.results import NotComparable, NothingToCompare
from pemr_desktop.steps import Progress, Step

log = logging.getLogger(__name__)

SHORTLISTED = 50
LOOKED_AT, LOOKED_AT_IN_LARGE = 60, 10
"""Tracks that come nearest when all are compared, which are aligned once more at the higher rate."""
LEAST_ABOVE = 1.0


class CoverSearch:
    """The tracks of a library, ready to be compared. Any thread may call; tracks may come and go between calls."""

    def __init__(
        self,
        tracks: Iterable[tuple[int, bytes]] = (),
        background: Background | None = None,
        shortlist: CoverShortlist | None = None,
    ) -> None:
        """`tracks`: (track id, stored features). Those of another version are left out and listed in `outdated`.

        Without a `shortlist` everything is aligned, however large the library, and alignment alone decides.
        """
        self._shortlist = shortlist
        self._shortlist_lock = threading.Lock()
        self._tracks = CoverTracks(gone=self._forget)
        self._scores = PairScores(self._tracks, shortlist, self._shortlist_lock, background or default_background())
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
    def background(self) -> Background:
        """The figures that verdicts come from."""
        return self._scores.background

    @property
    def joining(self) -> Joining | None:
        """How the shipped network counts beside alignment; None where alignment alone decides."""
        return self._shortlist.joining if self._shortlist is not None else None

    @property
    def layer(self) -> TaughtLayer | None:
        """The last layer of the network if it is not the shipped one."""
        return self._scores.layer

    def use(self, background: Background, layer: TaughtLayer | None = None) -> None:
        """Judge by other figures and another last layer from now on. A layer of another network counts for nothing."""
        self._scores.use(background, layer)

    def heard(
        self, track_ids: Collection[int], progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> HeardTracks | None:
        """These tracks as the shipped network hears them, and strangers; None where alignment alone decides."""
        shipped = self.joining
        if self._shortlist is None or shipped is None:
            return None
        strangers = [one.track_id for one in self._scores.strangers() if one.track_id is not None]
        tracks = self._tracks.comparable()
        wanted = {track_id: tracks[track_id].features for track_id in {*track_ids, *strangers} if track_id in tracks}
        with self._shortlist_lock:
            vectors = self._shortlist.vectors(wanted, progress, cancelled)
        if vectors is None:
            raise CoverSearchCancelled
        return HeardTracks(self._shortlist.network_id, vectors, strangers, shipped, self._scores.background)

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
        found = self._scores.compare(asked, chosen, progress, cancelled)
        weighed = self._weigh(asked, chosen, found, len(others), POSSIBLE_PROBABILITY, progress, cancelled)
        weighed.sort(key=_order)
        matches = [
            match_of(pair.track_b, pair.verdict, pair.probability, pair.alignment)
            for pair in weighed
            if pair.verdict != "none"
        ][:limit]
        answer = found_among(matches, len(others))
        shown = {match.track_id for match in matches}
        for track_id in also:
            pair_with = self.weigh_pair(exclude_id, track_id, cancelled) if exclude_id is not None else None
            if pair_with is not None and track_id not in shown:
                matches.append(match_of(track_id, pair_with.verdict, pair_with.probability, pair_with.alignment))
        return CoverFindings(tuple(matches), len(others), answer)

    def find_all(
        self,
        *,
        found: Callable[[int, list[FoundPair]], None],
        compared: Collection[int] = (),
        least: float = VERSION_PROBABILITY,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> AllVersions:
        """Compare all tracks with one another, but not those in `compared` among themselves.

        Pairs at least so likely are reported; those too weak to be called versions have no relation.
        `found(track_id, pairs)` is called for each new track once it has been compared with all before it: store both
        at once and pass the ids as `compared` next time, and the search goes on where it stopped.
        """
        tracks = self._tracks.comparable()
        for track_id in sorted(self._tracks.problems().keys() - set(compared)):
            found(track_id, [])
        before = [track for track_id, track in tracks.items() if track_id in compared]
        fresh = [track for track_id, track in tracks.items() if track_id not in compared]
        strangers = len(self._scores.strangers())  # with these every track is compared in any case, to know its habit
        total = sum(max(len(before) + place, strangers) for place in range(len(fresh)))
        done_in_all = pairs_done = 0
        everyone = [*before, *fresh]
        places = {track.track_id: place for place, track in enumerate(everyone)}
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
                    if places.get(other.track_id, len(everyone)) < len(before)
                ]
                scores = self._scores.compare(track, chosen, within, cancelled)
                pairs = [
                    pair_of(track.track_id, pair.track_b, pair.evidence, pair.verdict, pair.probability, pair.alignment)
                    for pair in self._weigh(track, chosen, scores, self.candidates, least, None, cancelled)
                ]
            except CoverSearchCancelled:
                return AllVersions(pairs_done, True)
            found(track.track_id, pairs)
            pairs_done += len(before)
            done_in_all += max(len(before), strangers)
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

    def _weigh(
        self,
        asked: Candidate,
        others: list[Candidate],
        found: Comparison,
        candidates: int,
        least: float,
        progress: Progress | None,
        cancelled: Cancelled | None,
    ) -> list[Weighed]:
        """Pairs at least so likely to be versions, and copies, out of `candidates` tracks in all."""
        if not others:
            return []
        background = self._scores.background
        excess = self._scores.excess(asked, others, found, progress, cancelled)
        known = {other.track_id: row for other, row in zip(others, excess, strict=True)}
        own, unchoosy = self._scores.habit(asked, cancelled, known), PairHabit(joining=self._scores.joining)
        compared = own.above(excess)
        nearest = np.argsort(-compared, kind="stable")[: LOOKED_AT_IN_LARGE if self._scores.is_large else LOOKED_AT]
        nearest = nearest[compared[nearest] >= LEAST_ABOVE]
        near = [others[place] for place in nearest.tolist()]
        look = self._scores.look_closely(asked, near, found.of(nearest), excess[nearest])
        owns = own.above(look.excess, closely=True)
        at_bests = 0.5 * (owns + unchoosy.above(look.excess, closely=True))
        weighed: list[Weighed] = []
        for place, other in enumerate(near):
            hopeless = background.probability(float(at_bests[place]), 1.0, candidates) < least
            if other.track_id is None or (hopeless and not look.may_be_copy(place)):
                continue
            alignment = look.alignment(place)
            if hopeless and not is_copy(alignment):
                continue
            habit = self._scores.habit(other, cancelled)
            above = 0.5 * (owns[place] + habit.above(look.excess[place], closely=True))
            evidence = evidence_of(alignment, float(above))
            verdict, probability = call(evidence, background, candidates)
            if probability >= least:
                weighed.append(Weighed(asked.track_id, other.track_id, evidence, verdict, probability, alignment))
        return weighed

    def weigh_pair(self, track_a: int, track_b: int, cancelled: Cancelled | None = None) -> Weighed | None:
        """What speaks for two tracks, however little; None if one of them cannot be compared."""
        tracks = self._tracks.comparable()
        a, b = tracks.get(track_a), tracks.get(track_b)
        if a is None or b is None:
            return None
        found = self._scores.compare(a, [b], cancelled=cancelled)
        excess = self._scores.excess(a, [b], found, cancelled=cancelled)
        look = self._scores.look_closely(a, [b], found, excess)
        habits = (self._scores.habit(a, cancelled), self._scores.habit(b, cancelled))
        above = 0.5 * sum(habit.above(look.excess[0], closely=True) for habit in habits)
        alignment = look.alignment(0)
        evidence = evidence_of(alignment, float(above))
        return Weighed(track_a, track_b, evidence, *call(evidence, self._scores.background, self.candidates), alignment)

    def would_align(self, track_a: int, track_b: int, cancelled: Cancelled | None = None) -> bool:
        """Whether a search for one of them comes across the other at all: in a large library a shortlist decides."""
        tracks = self._tracks.comparable()
        for asked, other in ((track_a, track_b), (track_b, track_a)):
            others = [track for track_id, track in tracks.items() if track_id != asked]
            if tracks[other] in self._worth_aligning(tracks[asked], others, None, cancelled):
                return True
        return False


def _order(pair: Weighed) -> tuple[bool, float, float]:
    """Copies before versions: the closest copies first, then the likeliest versions."""
    is_copy_found = pair.verdict == "same recording"
    first = pair.alignment.closeness if is_copy_found else pair.probability
    return not is_copy_found, -first, -pair.evidence.above
