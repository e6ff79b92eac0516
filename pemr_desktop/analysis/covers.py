"""Search a library for versions of a track, with verdicts in words measured against the library's own background.

Up to a few thousand tracks every pair is aligned (`pemr.covers.alignment`), so nothing is missed by a shortlist; in a
larger library a network chooses what is aligned (`cover_shortlist`), if there is one. A pair's score is judged by how
far it lies above what unrelated tracks of these lengths reach, and above what each of the two reaches with strangers
(a sample of the library).
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from pemr.covers.alignment import Alignment, Comparison, Voice, compare, explain, voice
from pemr.covers.background import Background, Habit, default_background
from pemr.covers.features import HEADER, CoverFeatures, CoverFeaturesError
from pemr_desktop.analysis.cover_findings import (
    AllVersions,
    CoverFindings,
    FoundPair,
    match_of,
    pair_of,
    sentence_of,
)
from pemr_desktop.analysis.cover_shortlist import CoverShortlist
from pemr_desktop.jobs.messages import CoverMatch
from pemr_desktop.library.rows import Verdict

log = logging.getLogger(__name__)

Progress = Callable[[int, int, str], None]
Cancelled = Callable[[], bool]

STRANGERS = 48
"""Tracks of the library that stand for strangers when a track's habit is measured."""
AT_ONCE = 32
"""References compared between two looks at progress and cancellation."""
VERSION_PROBABILITY = 0.68
POSSIBLE_PROBABILITY = 0.25
SHORTLIST_FROM = 3000
"""Libraries of more tracks than that are searched by way of a shortlist."""
SHORTLISTED = 250
VOICES_KEPT = 4096
LOADED_AT_ONCE = 256
EXPLAINED = 60
"""References, highest scores first, whose alignment is looked at closely."""
LEAST_ABOVE = 1.0
UNCHOOSY = Habit(usual=-0.5, spread=0.6)
"""The habit of a reference that would speak most for a match, before its own is measured."""
LEAST_PASSAGE_S = 10.0
SAME_COVERAGE, SAME_CLOSENESS, SAME_TEMPO = 0.75, 0.94, 0.015
SAME_PROBABILITY = 0.99


class CoverSearchCancelled(Exception):
    """The search was asked to stop."""


@dataclass(frozen=True)
class _Candidate:
    """A track to be compared, and its id if it is a stored one."""

    features: CoverFeatures
    track_id: int | None

    @property
    def frames(self) -> int:
        return len(self.features.chroma)


class CoverSearch:
    """The tracks of a library, ready to be compared. Any thread may call; tracks may come and go between calls."""

    def __init__(
        self,
        tracks: Iterable[tuple[int, bytes]] = (),
        background: Background | None = None,
        shortlist: CoverShortlist | None = None,
    ) -> None:
        """`tracks`: (track id, stored features). Those of another version are left out and listed in `outdated`.

        Without a `shortlist` everything is aligned, however large the library.
        """
        self.outdated: list[int] = []
        self._background = background or default_background()
        self._shortlist = shortlist
        self._shortlist_lock = threading.Lock()
        self._stamps: dict[int, bytes] = {}
        self._voices: OrderedDict[int, Voice] = OrderedDict()
        self._lock = threading.RLock()
        self._tracks: dict[int, _Candidate] = {}
        self._problems: dict[int, str] = {}
        self._habits: dict[int, Habit] = {}
        for track_id, data in tracks:
            self.add(track_id, data)
        if self.outdated:
            log.warning("%d tracks have cover features of another version", len(self.outdated))

    def __len__(self) -> int:
        return len(self._tracks) + len(self._problems)

    def __contains__(self, track_id: object) -> bool:
        return track_id in self._tracks or track_id in self._problems

    def bring_up_to_date(
        self,
        stamps: Mapping[int, bytes],
        features_of: Callable[[int], bytes | None],
        all_features: Callable[[], Iterable[tuple[int, bytes]]],
    ) -> int:
        """Take in what is new or changed, forget what is gone: how many tracks that were.

        `stamps`: the head of each track's stored features, which differs when they do. When much is new everything
        is read at once.
        """
        with self._lock:
            gone = [track_id for track_id in self._stamps if track_id not in stamps]
            fresh = [track_id for track_id, stamp in stamps.items() if self._stamps.get(track_id) != stamp]
        for track_id in gone:
            self.remove(track_id)
        if len(fresh) > LOADED_AT_ONCE:
            wanted = set(fresh)
            found: Iterable[tuple[int, bytes]] = (row for row in all_features() if row[0] in wanted)
        else:
            found = ((track_id, data) for track_id in fresh if (data := features_of(track_id)) is not None)
        for track_id, data in found:
            self.add(track_id, data)
        return len(gone) + len(fresh)

    def add(self, track_id: int, data: bytes | CoverFeatures) -> None:
        """Take a track in, or replace it."""
        self.remove(track_id)
        with self._lock:
            self._stamps[track_id] = (data.to_bytes() if isinstance(data, CoverFeatures) else data)[: HEADER.size]
        try:
            features = data if isinstance(data, CoverFeatures) else CoverFeatures.from_bytes(data)
        except CoverFeaturesError:
            self.outdated.append(track_id)
            return
        with self._lock:
            if features.problem is None:
                self._tracks[track_id] = _Candidate(features, track_id)
            else:
                self._problems[track_id] = features.problem

    def remove(self, track_id: int) -> None:
        """Forget a track; nothing happens if it is not there."""
        with self._lock:
            self._tracks.pop(track_id, None)
            self._problems.pop(track_id, None)
            self._habits.pop(track_id, None)
            self._stamps.pop(track_id, None)
            self._voices.pop(track_id, None)
            if track_id in self.outdated:
                self.outdated.remove(track_id)
        if self._shortlist is not None:
            with self._shortlist_lock:
                self._shortlist.forget(track_id)

    def find(
        self,
        query: bytes | CoverFeatures,
        *,
        limit: int = 50,
        exclude_id: int | None = None,
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> CoverFindings:
        """Versions of a track, best first. Raises `CoverSearchCancelled`, or `CoverFeaturesError` for damaged bytes."""
        features = query if isinstance(query, CoverFeatures) else CoverFeatures.from_bytes(query)
        with self._lock:
            others = [track for track_id, track in sorted(self._tracks.items()) if track_id != exclude_id]
            silent = len(self._problems) - (exclude_id in self._problems)
        if features.problem is not None:
            return CoverFindings((), 0, features.problem)
        if not others:
            reason = "no other track has been listened to yet" if not silent else "the others hold no music to compare"
            return CoverFindings((), 0, f"There is nothing to compare this track with: {reason}.")
        asked = _Candidate(features, exclude_id)
        chosen = self._worth_aligning(asked, others, progress, cancelled)
        found = self._compare(asked, chosen, progress, cancelled)
        matches = self._judge(asked, chosen, found, len(others), cancelled)[:limit]
        return CoverFindings(tuple(matches), len(others), sentence_of(matches, len(others)))

    def find_all(
        self,
        *,
        found: Callable[[int, list[FoundPair]], None],
        compared: Collection[int] = (),
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> AllVersions:
        """Compare all tracks with one another, but not those in `compared` among themselves.

        `found(track_id, pairs)` is called for each new track once it has been compared with all before it: store both
        at once and pass the ids as `compared` next time, and the search goes on where it stopped.
        """
        with self._lock:
            tracks = dict(sorted(self._tracks.items()))
            unheard = sorted(set(self._problems) - set(compared))
        for track_id in unheard:
            found(track_id, [])
        before = [track for track_id, track in tracks.items() if track_id in compared]
        fresh = [track for track_id, track in tracks.items() if track_id not in compared]
        total = sum(len(before) + place for place in range(len(fresh)))
        pairs_done = pairs_found = 0
        everyone = [*before, *fresh]
        places = {track.track_id: place for place, track in enumerate(everyone)}
        for track in fresh:
            assert track.track_id is not None
            start = pairs_done

            def within(done: int, _of: int, doing: str, start: int = start) -> None:
                if progress is not None:
                    progress(start + done, total, doing)

            try:
                chosen = [
                    other
                    for other in self._worth_aligning(track, everyone, None, cancelled)
                    if places[other.track_id] < len(before)
                ]
                scores = self._compare(track, chosen, within, cancelled)
                pairs = [
                    pair_of(track.track_id, match)
                    for match in self._judge(track, chosen, scores, len(tracks) - 1, cancelled)
                    if match.verdict != "possible"
                ]
            except CoverSearchCancelled:
                return AllVersions(pairs_done, pairs_found, True)
            found(track.track_id, pairs)
            pairs_done += len(before)
            pairs_found += len(pairs)
            before.append(track)
        return AllVersions(pairs_done, pairs_found, False)

    def _worth_aligning(
        self,
        asked: _Candidate,
        others: list[_Candidate],
        progress: Progress | None,
        cancelled: Cancelled | None,
    ) -> list[_Candidate]:
        """All others in a library of a few thousand; those that the shortlist names in a larger one."""
        if self._shortlist is None or len(others) <= SHORTLIST_FROM:
            return others
        known = {other.track_id: other for other in others if other.track_id is not None}
        with self._shortlist_lock:
            features = {track_id: other.features for track_id, other in known.items()}
            itself = () if asked.track_id is None else (asked.track_id,)
            best = self._shortlist.choose(
                asked.features, features, SHORTLISTED, exclude=itself, progress=progress, cancelled=cancelled
            )
        if best is None:
            raise CoverSearchCancelled
        return [known[track_id] for track_id in sorted(best)]

    def _voice(self, track: _Candidate) -> Voice:
        """A track ready to be compared; the last few thousand are remembered."""
        if track.track_id is None:
            return voice(track.features)
        with self._lock:
            known = self._voices.get(track.track_id)
            if known is None:
                known = self._voices[track.track_id] = voice(track.features)
            self._voices.move_to_end(track.track_id)
            while len(self._voices) > VOICES_KEPT:
                self._voices.popitem(last=False)
        return known

    def _compare(
        self,
        asked: _Candidate,
        others: list[_Candidate],
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
            parts.append(compare(self._voice(asked), [self._voice(other) for other in part]))
        if not parts:
            return compare(self._voice(asked), [])
        return Comparison(
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.key_shift for part in parts]),
            np.concatenate([part.speed for part in parts]),
        )

    def _judge(
        self,
        asked: _Candidate,
        others: list[_Candidate],
        found: Comparison,
        candidates: int,
        cancelled: Cancelled | None,
    ) -> list[CoverMatch]:
        """Matches that are at least possible, best first, out of `candidates` tracks in all."""
        if not others:
            return []
        background = self._background
        excess = background.excess(found.score, asked.frames, np.array([other.frames for other in others]))
        own = self._habit(asked, cancelled, {other.track_id: float(excess[i]) for i, other in enumerate(others)})
        matches: list[tuple[float, CoverMatch]] = []
        for place in np.argsort(-excess, kind="stable")[:EXPLAINED]:
            other, score = others[int(place)], float(excess[place])
            if own.above(score) < LEAST_ABOVE or other.track_id is None:
                break
            alignment = explain(self._voice(asked), self._voice(other), found, int(place))
            evidence = (alignment.likeness, candidates)
            at_best = 0.5 * (own.above(score) + UNCHOOSY.above(score))
            if background.probability(at_best, *evidence) < POSSIBLE_PROBABILITY and not _is_copy(alignment):
                continue
            above = 0.5 * (own.above(score) + self._habit(other, cancelled).above(score))
            verdict, probability = judge(alignment, background.probability(above, *evidence))
            if verdict != "none":
                matches.append((above, match_of(other.track_id, verdict, probability, alignment)))
        matches.sort(key=lambda item: (item[1].verdict != "same recording", -item[1].probability, -item[0]))
        return [match for _, match in matches]

    def _habit(
        self, track: _Candidate, cancelled: Cancelled | None, known: Mapping[int | None, float] | None = None
    ) -> Habit:
        """How a track scores with strangers of this library; `known`: excesses that need not be measured again."""
        with self._lock:
            if track.track_id in self._habits:
                return self._habits[track.track_id]
            strangers = [self._tracks[id_] for id_ in _sample(self._tracks, STRANGERS) if id_ != track.track_id]
        known = known or {}
        excesses = [known[stranger.track_id] for stranger in strangers if stranger.track_id in known]
        missing = [stranger for stranger in strangers if stranger.track_id not in known]
        if missing:
            scores = self._compare(track, missing, cancelled=cancelled).score
            frames = np.array([stranger.frames for stranger in missing])
            excesses += self._background.excess(scores, track.frames, frames).tolist()
        habit = self._background.habit(np.array(excesses))
        if track.track_id is not None:
            with self._lock:
                self._habits[track.track_id] = habit
        return habit


def judge(alignment: Alignment, probability: float) -> tuple[Verdict, float]:
    """A verdict in words, and the probability that goes with it."""
    if _is_copy(alignment):
        return "same recording", max(SAME_PROBABILITY, probability)
    if alignment.straight_s < LEAST_PASSAGE_S or probability < POSSIBLE_PROBABILITY:
        return "none", probability
    return ("version" if probability >= VERSION_PROBABILITY else "possible"), probability


def _is_copy(alignment: Alignment) -> bool:
    """Same key, same tempo, nearly the same chroma along one long straight passage."""
    return (
        alignment.key_shift == 0
        and abs(alignment.tempo_ratio - 1.0) <= SAME_TEMPO
        and alignment.coverage >= SAME_COVERAGE
        and alignment.closeness >= SAME_CLOSENESS
        and alignment.straight_s >= LEAST_PASSAGE_S
    )


def _sample(track_ids: Iterable[int], count: int) -> list[int]:
    """A choice of ids that hardly changes when tracks come or go."""
    return sorted(track_ids, key=lambda track_id: (track_id * 2654435761 % 2**32, track_id))[:count]
