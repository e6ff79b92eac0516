"""Search a library for versions of a track, with verdicts in words measured against the library's own background.

Up to a few thousand tracks every pair is aligned (`pemr.covers.alignment`), so nothing is missed by a shortlist; in a
larger library a network chooses what is aligned (`cover_shortlist`), if there is one. A pair's score is judged by how
far it lies above what unrelated tracks of these lengths reach, and above what each of the two reaches with strangers
(a sample of the library); what the network says of the pair is measured and joined in the same way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping

import numpy as np

from pemr.covers.alignment import Comparison, compare, explain
from pemr.covers.background import Background, default_background
from pemr.covers.features import CoverFeatures
from pemr.covers.joining import Joining
from pemr_desktop.analysis.cover_evidence import (
    POSSIBLE_PROBABILITY,
    VERSION_PROBABILITY,
    call,
    evidence_of,
    is_copy,
)
from pemr_desktop.analysis.cover_findings import (
    AllVersions,
    CoverFindings,
    FoundPair,
    Weighed,
    match_of,
    pair_of,
    sentence_of,
)
from pemr_desktop.analysis.cover_habits import Floats, PairHabit, habit_among
from pemr_desktop.analysis.cover_layer import HeardTracks, TaughtLayer
from pemr_desktop.analysis.cover_shortlist import CoverShortlist
from pemr_desktop.analysis.cover_tracks import Candidate, CoverTracks

log = logging.getLogger(__name__)

Progress = Callable[[int, int, str], None]
Cancelled = Callable[[], bool]

AT_ONCE = 32
"""References compared between two looks at progress and cancellation."""
SHORTLIST_FROM = 3000
"""Libraries of more tracks than that are searched by way of a shortlist."""
SHORTLISTED = 50
STRANGERS_IN_LARGE = 16
"""So many strangers show a habit in a library of that size, where each costs as much as a candidate."""
EXPLAINED, EXPLAINED_IN_LARGE = 60, 10
"""References, highest scores first, whose alignment is looked at closely."""
LEAST_ABOVE = 1.0
MEASURED_AGAIN = 1.25
"""A habit is measured anew once there are that many times as many strangers as it was measured with."""


class CoverSearchCancelled(Exception):
    """The search was asked to stop."""


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
        self._background = background or default_background()
        self._shortlist = shortlist
        self._shortlist_lock = threading.Lock()
        self._lock = threading.Lock()
        self._joining = self.joining
        self._habits: dict[int, tuple[PairHabit, int]] = {}
        self._tracks = CoverTracks(gone=self._forget)
        for track_id, data in tracks:
            self._tracks.add(track_id, data)
        if self.outdated:
            log.warning("%d tracks have cover features of another version", len(self.outdated))

    def __len__(self) -> int:
        return len(self._tracks)

    def __contains__(self, track_id: object) -> bool:
        return track_id in self._tracks

    @property
    def _is_large(self) -> bool:
        """Whether a network chooses what is aligned."""
        return self._shortlist is not None and len(self._tracks.comparable()) > SHORTLIST_FROM

    @property
    def outdated(self) -> list[int]:
        """Tracks whose features were made by another version."""
        return self._tracks.outdated

    @property
    def background(self) -> Background:
        """The figures that verdicts come from."""
        return self._background

    @property
    def joining(self) -> Joining | None:
        """How the shipped network counts beside alignment; None where alignment alone decides."""
        return self._shortlist.joining if self._shortlist is not None else None

    @property
    def layer(self) -> TaughtLayer | None:
        """The last layer of the network if it is not the shipped one."""
        return self._shortlist.layer if self._shortlist is not None else None

    def use(self, background: Background, layer: TaughtLayer | None = None) -> None:
        """Judge by other figures and another last layer from now on. A layer of another network counts for nothing."""
        with self._shortlist_lock, self._lock:
            if (background, layer) != (self._background, self.layer):
                self._background = background
                self._habits.clear()
                self._joining = self._shortlist.use(layer) if self._shortlist is not None else None

    def heard(
        self, track_ids: Collection[int], progress: Progress | None = None, cancelled: Cancelled | None = None
    ) -> HeardTracks | None:
        """These tracks as the shipped network hears them, and strangers; None where alignment alone decides."""
        shipped = self.joining
        if self._shortlist is None or shipped is None:
            return None
        strangers = [one.track_id for one in self._strangers() if one.track_id is not None]
        tracks = self._tracks.comparable()
        wanted = {track_id: tracks[track_id].features for track_id in {*track_ids, *strangers} if track_id in tracks}
        with self._shortlist_lock:
            vectors = self._shortlist.vectors(wanted, progress, cancelled)
        if vectors is None:
            raise CoverSearchCancelled
        return HeardTracks(self._shortlist.network_id, vectors, strangers, shipped, self._background)

    def _strangers(self) -> list[Candidate]:
        """A sample of the library that shows what tracks reach with strangers."""
        sample = self._tracks.sample()
        return sample[:STRANGERS_IN_LARGE] if self._is_large else sample

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
        with self._lock:
            self._habits.pop(track_id, None)
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
            return CoverFindings((), 0, features.problem)
        if not others:
            reason = "no other track has been listened to yet" if not silent else "the others hold no music to compare"
            return CoverFindings((), 0, f"There is nothing to compare this track with: {reason}.")
        asked = Candidate(features, exclude_id)
        chosen = self._worth_aligning(asked, others, progress, cancelled)
        found = self._compare(asked, chosen, progress, cancelled)
        weighed = self._weigh(asked, chosen, found, len(others), POSSIBLE_PROBABILITY, progress, cancelled)
        weighed.sort(key=lambda pair: (pair.verdict != "same recording", -pair.probability, -pair.evidence.above))
        matches = [
            match_of(pair.track_b, pair.verdict, pair.probability, pair.alignment)
            for pair in weighed
            if pair.verdict != "none"
        ][:limit]
        sentence = sentence_of(matches, len(others))
        shown = {match.track_id for match in matches}
        for track_id in also:
            pair_with = self.weigh_pair(exclude_id, track_id, cancelled) if exclude_id is not None else None
            if pair_with is not None and track_id not in shown:
                matches.append(match_of(track_id, pair_with.verdict, pair_with.probability, pair_with.alignment))
        return CoverFindings(tuple(matches), len(others), sentence)

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
        strangers = len(self._strangers())  # with these every track is compared in any case, to know its habit
        total = sum(max(len(before) + place, strangers) for place in range(len(fresh)))
        done_in_all = pairs_done = pairs_found = 0
        everyone = [*before, *fresh]
        places = {track.track_id: place for place, track in enumerate(everyone)}
        for track in fresh:
            assert track.track_id is not None
            start = done_in_all

            def within(done: int, _of: int, doing: str, start: int = start) -> None:
                if progress is not None:
                    progress(start + done, total, doing)

            try:
                chosen = [
                    other
                    for other in self._worth_aligning(track, everyone, None, cancelled)
                    if places.get(other.track_id, len(everyone)) < len(before)
                ]
                scores = self._compare(track, chosen, within, cancelled)
                pairs = [
                    pair_of(track.track_id, pair.track_b, pair.evidence, pair.verdict, pair.probability, pair.alignment)
                    for pair in self._weigh(track, chosen, scores, len(tracks) - 1, least, None, cancelled)
                ]
            except CoverSearchCancelled:
                return AllVersions(pairs_done, pairs_found, True)
            found(track.track_id, pairs)
            pairs_done += len(before)
            done_in_all += max(len(before), strangers)
            pairs_found += sum(pair.relation is not None for pair in pairs)
            before.append(track)
        return AllVersions(pairs_done, pairs_found, False)

    def _worth_aligning(
        self,
        asked: Candidate,
        others: list[Candidate],
        progress: Progress | None,
        cancelled: Cancelled | None,
    ) -> list[Candidate]:
        """All others in a library of a few thousand; those that the shortlist names in a larger one."""
        if self._shortlist is None or not self._is_large:
            return others
        with self._shortlist_lock:
            tracks, features = self._tracks.comparable(), self._tracks.features()
            best = self._shortlist.choose(
                asked.features, features, SHORTLISTED, query_id=asked.track_id, progress=progress, cancelled=cancelled
            )
        if best is None:
            raise CoverSearchCancelled
        return [tracks[track_id] for track_id in sorted(best) if track_id in tracks]

    def _compare(
        self,
        asked: Candidate,
        others: list[Candidate],
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Comparison:
        parts: list[Comparison] = []
        for first in range(0, len(others), AT_ONCE):
            if cancelled is not None and cancelled():
                raise CoverSearchCancelled
            if progress is not None:
                progress(first, len(others), "Comparing harmony and melody")
            part = others[first : first + AT_ONCE]
            parts.append(compare(self._tracks.voice(asked), [self._tracks.voice(other) for other in part]))
        if not parts:
            return compare(self._tracks.voice(asked), [])
        return Comparison(
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.key_shift for part in parts]),
            np.concatenate([part.speed for part in parts]),
        )

    def _excess(
        self,
        asked: Candidate,
        others: list[Candidate],
        found: Comparison,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Floats:
        """How far these pairs lie above strangers (n, 2): by alignment, and by the network (0 without one)."""
        excess = np.zeros((len(others), 2))
        frames = np.array([other.frames for other in others])
        excess[:, 0] = self._background.excess(found.score, asked.frames, frames)
        if self._shortlist is not None and self._joining is not None:
            known = [(other.track_id, other.features) for other in others if other.track_id is not None]
            with self._shortlist_lock:
                likeness = self._shortlist.likeness(
                    asked.features, known, query_id=asked.track_id, progress=progress, cancelled=cancelled
                )
            if likeness is None:
                raise CoverSearchCancelled
            excess[:, 1] = self._joining.excess(likeness)
        return excess

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
        background = self._background
        excess = self._excess(asked, others, found, progress, cancelled)
        own = self._habit(asked, cancelled, {other.track_id: row for other, row in zip(others, excess, strict=True)})
        owns, at_bests = own.above(excess), 0.5 * (own.above(excess) + PairHabit(joining=self._joining).above(excess))
        weighed: list[Weighed] = []
        for place in np.argsort(-owns, kind="stable")[: EXPLAINED_IN_LARGE if self._is_large else EXPLAINED]:
            other, at_best = others[int(place)], float(at_bests[place])
            if owns[place] < LEAST_ABOVE or other.track_id is None:
                break
            alignment = explain(self._tracks.voice(asked), self._tracks.voice(other), found, int(place))
            if background.probability(at_best, alignment.likeness, candidates) < least and not is_copy(alignment):
                continue
            above = 0.5 * (owns[place] + self._habit(other, cancelled).above(excess[place]))
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
        found = self._compare(a, [b], cancelled=cancelled)
        excess = self._excess(a, [b], found, cancelled=cancelled)[0]
        above = 0.5 * (self._habit(a, cancelled).above(excess) + self._habit(b, cancelled).above(excess))
        alignment = explain(self._tracks.voice(a), self._tracks.voice(b), found, 0)
        evidence = evidence_of(alignment, float(above))
        return Weighed(track_a, track_b, evidence, *call(evidence, self._background, len(tracks) - 1), alignment)

    def would_align(self, track_a: int, track_b: int, cancelled: Cancelled | None = None) -> bool:
        """Whether a search for one of them comes across the other at all: in a large library a shortlist decides."""
        tracks = self._tracks.comparable()
        for asked, other in ((track_a, track_b), (track_b, track_a)):
            others = [track for track_id, track in tracks.items() if track_id != asked]
            if tracks[other] in self._worth_aligning(tracks[asked], others, None, cancelled):
                return True
        return False

    def _habit(
        self, track: Candidate, cancelled: Cancelled | None, known: Mapping[int | None, Floats] | None = None
    ) -> PairHabit:
        """How a track scores with strangers of this library; `known`: excesses that need not be measured again.

        It is remembered until the library holds so many more that it can be known better.
        """
        strangers = [stranger for stranger in self._strangers() if stranger.track_id != track.track_id]
        if track.track_id is not None:
            with self._lock:
                habit, measured_with = self._habits.get(track.track_id, (PairHabit(), 0))
            if measured_with and len(strangers) < MEASURED_AGAIN * measured_with:
                return habit
        known = known or {}
        excesses = [known[stranger.track_id] for stranger in strangers if stranger.track_id in known]
        missing = [stranger for stranger in strangers if stranger.track_id not in known]
        if missing:
            scores = self._compare(track, missing, cancelled=cancelled)
            excesses += list(self._excess(track, missing, scores, cancelled=cancelled))
        habit = habit_among(np.array(excesses).reshape(-1, 2), self._background, self._joining)
        if track.track_id is not None:
            with self._lock:
                self._habits[track.track_id] = habit, len(excesses)
        return habit
