"""What pairs of tracks score by alignment and by the network, and how far that lies above strangers of the library."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pemr.covers.alignment.passages import Alignment, explain
from pemr.covers.alignment.qmax import Comparison, Voice, close_voice, compare, compare_closely
from pemr.covers.scores.fusion import Joining, seen_closely
from pemr.covers.scores.normalisation import Background
from pemr_desktop.analysis.covers.projection import TaughtLayer
from pemr_desktop.analysis.covers.score_normalisation import Floats, PairHabit, habit_among
from pemr_desktop.analysis.covers.shortlist import CoverShortlist
from pemr_desktop.analysis.covers.tracks import Candidate, CoverTracks
from pemr_desktop.steps import Progress, Step

Cancelled = Callable[[], bool]

AT_ONCE = 64
"""References compared between two looks at progress and cancellation."""
SHORTLIST_FROM = 3000
"""Libraries of more tracks than that are searched by way of a shortlist."""
STRANGERS_IN_LARGE = 16
"""So many strangers show a habit in a library of that size, where each costs as much as a candidate."""
COPIED_SHARE = 0.3
MEASURED_AGAIN = 1.25
"""A habit is measured anew once there are that many times as many strangers as it was measured with."""


class CoverSearchCancelled(Exception):
    """The search was asked to stop."""


@dataclass(frozen=True)
class CloseLook:
    """A track looked at closely beside others: how far each pair lies above strangers (n, 2), and how it is aligned."""

    excess: Floats
    asked: Voice
    others: list[Voice]
    found: Comparison

    def may_be_copy(self, place: int) -> bool:
        """Whether a good part of the shorter track was found in the other: with less the path need not be followed."""
        shorter = min(len(self.asked.rows), len(self.others[place].rows))
        return float(self.found.score[place]) >= COPIED_SHARE * math.sqrt(shorter)

    def alignment(self, place: int) -> Alignment:
        """How a pair agrees."""
        return explain(self.asked, self.others[place], self.found, place)


class PairScores:
    """Any thread may call. `shortlist_lock` guards the shortlist, which others may use too."""

    def __init__(
        self,
        tracks: CoverTracks,
        shortlist: CoverShortlist | None,
        shortlist_lock: threading.Lock,
        background: Background,
    ) -> None:
        self._tracks = tracks
        self._shortlist = shortlist
        self._shortlist_lock = shortlist_lock
        self._background = background
        self._joining = shortlist.joining if shortlist is not None else None
        self._lock = threading.Lock()
        self._habits: dict[int, tuple[PairHabit, int]] = {}

    @property
    def background(self) -> Background:
        """The figures that pairs are judged by."""
        return self._background

    @property
    def joining(self) -> Joining | None:
        """How likeness counts beside alignment; None where alignment alone decides."""
        return self._joining

    @property
    def layer(self) -> TaughtLayer | None:
        """The last layer of the network if it is not the shipped one."""
        return self._shortlist.layer if self._shortlist is not None else None

    @property
    def is_large(self) -> bool:
        """Whether a network chooses what is aligned."""
        return self._shortlist is not None and len(self._tracks.comparable()) > SHORTLIST_FROM

    def use(self, background: Background, layer: TaughtLayer | None = None) -> None:
        """Judge by other figures and another last layer from now on. A layer of another network counts for nothing."""
        with self._shortlist_lock, self._lock:
            if layer != self.layer or not background.measures_as(self._background):
                self._habits.clear()
                self._joining = self._shortlist.use(layer) if self._shortlist is not None else None
            self._background = background

    def forget(self, track_id: int) -> None:
        """A track is gone or has new features."""
        with self._lock:
            self._habits.pop(track_id, None)

    def strangers(self) -> list[Candidate]:
        """A sample of the library that shows what tracks reach with strangers."""
        sample = self._tracks.sample()
        return sample[:STRANGERS_IN_LARGE] if self.is_large else sample

    def compare(
        self,
        asked: Candidate,
        others: list[Candidate],
        progress: Progress | None = None,
        cancelled: Cancelled | None = None,
    ) -> Comparison:
        """Align a track with others. Raises `CoverSearchCancelled`."""
        parts: list[Comparison] = []
        for first in range(0, len(others), AT_ONCE):
            if cancelled is not None and cancelled():
                raise CoverSearchCancelled
            if progress is not None:
                progress(first, len(others), Step("comparing features"))
            part = others[first : first + AT_ONCE]
            parts.append(compare(self._tracks.voice(asked), [self._tracks.voice(other) for other in part]))
        if not parts:
            return compare(self._tracks.voice(asked), [])
        return Comparison(
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.key_shift for part in parts]),
            np.concatenate([part.speed for part in parts]),
        )

    def excess(
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
        excess[:, 0] = self._background.compared.excess(found.score, asked.frames, frames)
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

    def look_closely(self, asked: Candidate, others: list[Candidate], found: Comparison, excess: Floats) -> CloseLook:
        """Align a few again at the higher rate; `found` and `excess` (n, 2) are what comparing them has given."""
        own, voices = close_voice(asked.features), [close_voice(other.features) for other in others]
        closely = compare_closely(own, voices, found)
        frames = np.array([other.frames for other in others])
        seen = excess.copy()
        seen[:, 0] = seen_closely(excess[:, 0], self._background.closely.excess(closely.score, asked.frames, frames))
        return CloseLook(seen, own, voices, closely)

    def habit(
        self, track: Candidate, cancelled: Cancelled | None, known: Mapping[int | None, Floats] | None = None
    ) -> PairHabit:
        """How a track scores with strangers of this library; `known`: excesses that need not be measured again.

        It is remembered until the library holds so many more that it can be known better.
        """
        strangers = [stranger for stranger in self.strangers() if stranger.track_id != track.track_id]
        if track.track_id is not None:
            with self._lock:
                habit, measured_with = self._habits.get(track.track_id, (PairHabit(), 0))
            if measured_with and len(strangers) < MEASURED_AGAIN * measured_with:
                return habit
        known = known or {}
        excesses = [known[stranger.track_id] for stranger in strangers if stranger.track_id in known]
        missing = [stranger for stranger in strangers if stranger.track_id not in known]
        if missing:
            scores = self.compare(track, missing, cancelled=cancelled)
            excesses += list(self.excess(track, missing, scores, cancelled=cancelled))
        habit = habit_among(np.array(excesses).reshape(-1, 2), self._background, self._joining)
        if track.track_id is not None:
            with self._lock:
                self._habits[track.track_id] = habit, len(excesses)
        return habit
