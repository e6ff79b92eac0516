"""Search a library for versions of a track, with verdicts in words measured against the library's own background.

Every pair is aligned (`pemr.covers.alignment`), so nothing is missed by a shortlist; that is right up to a few
thousand tracks. A pair's score is judged by how far it lies above what unrelated tracks of these lengths
reach, and above what each of the two reaches with strangers (a sample of the library).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from pemr.covers.alignment import Alignment, Comparison, Voice, compare, explain, voice
from pemr.covers.background import Background, Habit, default_background
from pemr.covers.features import CoverFeatures, CoverFeaturesError
from pemr_desktop.jobs.messages import CoverMatch, Passage
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


class FoundPair(msgspec.Struct, frozen=True):
    """Two tracks of the library that are versions; key, tempo and passages read from `track_a` to `track_b`."""

    track_a: int
    track_b: int
    relation: Literal["same recording", "version"]
    probability: float
    score: float
    key_shift: int
    tempo_ratio: float
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class CoverFindings:
    """Matches of one query, best first, and the answer in a sentence."""

    matches: tuple[CoverMatch, ...]
    compared: int
    sentence: str


@dataclass(frozen=True)
class AllVersions:
    """What comparing a library with itself gave. `cancelled`: stopped early; what was reported stays valid."""

    compared_pairs: int
    found_pairs: int
    cancelled: bool


@dataclass(frozen=True)
class _Candidate:
    """A track to be compared, and its place among the stored ones if it has one."""

    voice: Voice
    frames: int
    track_id: int | None


class CoverSearch:
    """The tracks of a library, ready to be compared. Any thread may call; tracks may come and go between calls."""

    def __init__(self, tracks: Iterable[tuple[int, bytes]] = (), background: Background | None = None) -> None:
        """`tracks`: (track id, stored features). Those of another version are left out and listed in `outdated`."""
        self.outdated: list[int] = []
        self._background = background or default_background()
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

    def add(self, track_id: int, data: bytes | CoverFeatures) -> None:
        """Take a track in, or replace it."""
        self.remove(track_id)
        try:
            features = data if isinstance(data, CoverFeatures) else CoverFeatures.from_bytes(data)
        except CoverFeaturesError:
            self.outdated.append(track_id)
            return
        with self._lock:
            if features.problem is None:
                self._tracks[track_id] = _candidate(features, track_id)
            else:
                self._problems[track_id] = features.problem

    def remove(self, track_id: int) -> None:
        """Forget a track; nothing happens if it is not there."""
        with self._lock:
            self._tracks.pop(track_id, None)
            self._problems.pop(track_id, None)
            self._habits.pop(track_id, None)
            if track_id in self.outdated:
                self.outdated.remove(track_id)

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
        asked = _candidate(features, exclude_id)
        found = self._compare(asked, others, progress, cancelled)
        matches = self._judge(asked, others, found, len(others), cancelled)[:limit]
        return CoverFindings(tuple(matches), len(others), _sentence(matches, len(others)))

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
        for track in fresh:
            assert track.track_id is not None
            start = pairs_done

            def within(done: int, _of: int, doing: str, start: int = start) -> None:
                if progress is not None:
                    progress(start + done, total, doing)

            try:
                scores = self._compare(track, before, within, cancelled)
                pairs = [
                    _pair(track.track_id, match)
                    for match in self._judge(track, before, scores, len(tracks) - 1, cancelled)
                    if match.verdict != "possible"
                ]
            except CoverSearchCancelled:
                return AllVersions(pairs_done, pairs_found, True)
            found(track.track_id, pairs)
            pairs_done += len(before)
            pairs_found += len(pairs)
            before.append(track)
        return AllVersions(pairs_done, pairs_found, False)

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
            parts.append(compare(asked.voice, [other.voice for other in others[first : first + AT_ONCE]]))
        if not parts:
            return compare(asked.voice, [])
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
            alignment = explain(asked.voice, other.voice, found, int(place))
            evidence = (alignment.likeness, candidates)
            at_best = 0.5 * (own.above(score) + UNCHOOSY.above(score))
            if background.probability(at_best, *evidence) < POSSIBLE_PROBABILITY and not _is_copy(alignment):
                continue
            above = 0.5 * (own.above(score) + self._habit(other, cancelled).above(score))
            verdict, probability = judge(alignment, background.probability(above, *evidence))
            if verdict != "none":
                matches.append((above, _match(other.track_id, verdict, probability, alignment)))
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


def _candidate(features: CoverFeatures, track_id: int | None) -> _Candidate:
    return _Candidate(voice(features), len(features.chroma), track_id)


def _sample(track_ids: Iterable[int], count: int) -> list[int]:
    """A choice of ids that hardly changes when tracks come or go."""
    return sorted(track_ids, key=lambda track_id: (track_id * 2654435761 % 2**32, track_id))[:count]


def _match(track_id: int, verdict: Verdict, probability: float, alignment: Alignment) -> CoverMatch:
    passages = tuple(
        Passage(passage.a_start_s, passage.a_end_s, passage.b_start_s, passage.b_end_s)
        for passage in alignment.passages
    )
    return CoverMatch(
        track_id, verdict, round(probability, 4), alignment.score, alignment.key_shift, alignment.tempo_ratio, passages
    )


def _pair(track_id: int, match: CoverMatch) -> FoundPair:
    """The pair of a track and its match, told from the smaller id to the larger."""
    assert match.verdict in ("same recording", "version")
    if track_id < match.track_id:
        return FoundPair(
            track_id, match.track_id, match.verdict, match.probability, match.score, match.key_shift, match.tempo_ratio,
            match.passages,
        )  # fmt: skip
    turned = tuple(
        sorted(
            (Passage(part.b_start_s, part.b_end_s, part.a_start_s, part.a_end_s) for part in match.passages),
            key=lambda part: part.a_start_s,
        )
    )
    shift = (-match.key_shift + 5) % 12 - 5
    ratio = round(1.0 / max(match.tempo_ratio, 1e-3), 3)
    return FoundPair(match.track_id, track_id, match.verdict, match.probability, match.score, shift, ratio, turned)


def _sentence(matches: list[CoverMatch], compared: int) -> str:
    among = f"among {compared} track{'s' if compared != 1 else ''}"
    counts = [
        (
            sum(match.verdict == "same recording" for match in matches),
            "copy of the same recording",
            "copies of the same recording",
        ),
        (sum(match.verdict == "version" for match in matches), "version", "versions"),
    ]
    sure = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    possible = sum(match.verdict == "possible" for match in matches)
    if sure:
        more = f", and {possible} more that may be" if possible else ""
        return f"{' and '.join(sure)} found {among}{more}."
    if possible:
        return f"No sure version {among}; {possible} that may be one."
    return f"No cover found {among}."
