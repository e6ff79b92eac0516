"""The tracks of a library as the cover search holds them: stored features, and the latest made ready to be aligned."""

from __future__ import annotations

import heapq
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pemr.covers.alignment.features import HEADER, CoverFeatures, CoverFeaturesError, Incomparable
from pemr.covers.alignment.qmax import AlignmentFeatures, coarse_features

MAX_FEATURES_KEPT = 4096
LOADED_AT_ONCE = 256
COHORT_SIZE = 48


@dataclass(frozen=True, eq=False)
class Candidate:
    """A track to be compared, and its id if it is a stored one."""

    features: CoverFeatures
    track_id: int | None

    @property
    def frames(self) -> int:
        """Length, 2.15 frames a second."""
        return self.features.half_rate_frames


class CoverTracks:
    """Any thread may call. `gone` is told of every track that leaves or gets other features."""

    def __init__(self, gone: Callable[[int], None]) -> None:
        self.outdated: list[int] = []
        self._gone = gone
        self._lock = threading.RLock()
        self._tracks: dict[int, Candidate] = {}
        self._problems: dict[int, Incomparable] = {}
        self._stamps: dict[int, bytes] = {}
        self._coarse_features: OrderedDict[int, AlignmentFeatures] = OrderedDict()
        self._in_order: dict[int, Candidate] | None = None
        self._features: dict[int, CoverFeatures] | None = None
        self._sample: list[Candidate] | None = None

    def __len__(self) -> int:
        return len(self._tracks) + len(self._problems)

    def __contains__(self, track_id: object) -> bool:
        return track_id in self._tracks or track_id in self._problems

    def comparable(self) -> Mapping[int, Candidate]:
        """Tracks that hold music, by rising id; stays as it is when tracks come and go."""
        with self._lock:
            if self._in_order is None:
                self._in_order = dict(sorted(self._tracks.items()))
            return self._in_order

    def features(self) -> Mapping[int, CoverFeatures]:
        """What is stored of the comparable tracks; stays as it is when tracks come and go."""
        with self._lock:
            if self._features is None:
                self._features = {track_id: track.features for track_id, track in self.comparable().items()}
            return self._features

    def sample(self) -> list[Candidate]:
        """Some of them, the cohort of all: a choice that hardly changes when tracks come or go."""
        with self._lock:
            if self._sample is None:
                chosen = heapq.nsmallest(
                    COHORT_SIZE, self._tracks, key=lambda track_id: (_shuffled(track_id), track_id)
                )
                self._sample = [self._tracks[track_id] for track_id in chosen]
            return self._sample

    def problems(self) -> dict[int, Incomparable]:
        """Tracks that cannot be compared, and why."""
        with self._lock:
            return dict(self._problems)

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
        """Take a track in, or replace it. Features of another version only make it `outdated`."""
        self.remove(track_id)
        with self._lock:
            self._stamps[track_id] = (data.to_bytes() if isinstance(data, CoverFeatures) else data)[: HEADER.size]
        try:
            features = data if isinstance(data, CoverFeatures) else CoverFeatures.from_bytes(data)
        except CoverFeaturesError:
            self.outdated.append(track_id)
            return
        with self._lock:
            self._in_order = self._features = self._sample = None
            if features.problem is None:
                self._tracks[track_id] = Candidate(features, track_id)
            else:
                self._problems[track_id] = features.problem

    def remove(self, track_id: int) -> None:
        """Forget a track; nothing happens if it is not there."""
        with self._lock:
            if self._tracks.pop(track_id, None) is not None:
                self._in_order = self._features = self._sample = None
            self._problems.pop(track_id, None)
            self._stamps.pop(track_id, None)
            self._coarse_features.pop(track_id, None)
            if track_id in self.outdated:
                self.outdated.remove(track_id)
        self._gone(track_id)

    def coarse_features(self, track: Candidate) -> AlignmentFeatures:
        """A track ready to be aligned at the coarse rate; the last few thousand are remembered."""
        if track.track_id is None:
            return coarse_features(track.features)
        with self._lock:
            known = self._coarse_features.get(track.track_id)
            if known is None:
                known = self._coarse_features[track.track_id] = coarse_features(track.features)
            self._coarse_features.move_to_end(track.track_id)
            while len(self._coarse_features) > MAX_FEATURES_KEPT:
                self._coarse_features.popitem(last=False)
        return known


def _shuffled(track_id: int) -> int:
    return track_id * 2654435761 % 2**32
