"""How a running job tells how far it is: ten times a second at most, with the time left and what it changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from pemr_desktop.protocol.messages import Changed, Progress
from pemr_desktop.steps import Step

MIN_INTERVAL_S = 0.1
MAX_CHANGED_IDS = 2000
FIRST_ESTIMATE_AFTER_S = 1.0
SMOOTHING_S = 20.0

FLAGS = ("everything", "roots", "playlists", "problems", "versions", "journal", "models")


def merged(first: Changed, second: Changed) -> Changed:
    """Both changes in one; `everything` when the ids would be too many."""
    flags = {flag: getattr(first, flag) or getattr(second, flag) for flag in FLAGS}
    ids = tuple(dict.fromkeys(first.track_ids + second.track_ids))
    if len(ids) > MAX_CHANGED_IDS or flags["everything"]:
        return Changed(**{**flags, "everything": True})
    return Changed(track_ids=ids, **flags)


class TimeLeft:
    """Seconds until the end, from the recent pace: old items count less than new ones."""

    def __init__(self, now_s: float) -> None:
        self._started_s = now_s
        self._last_s = now_s
        self._last_done: int | None = None
        self._seconds_per_item: float | None = None

    def update(self, now_s: float, done: int, total: int) -> float | None:
        """The estimate after `done` of `total`, None while nothing can be said."""
        if self._last_done is None or done < self._last_done:
            self._last_done, self._last_s = done, now_s
        elif done > self._last_done:
            pace = (now_s - self._last_s) / (done - self._last_done)
            weight = min(1.0, (now_s - self._last_s) / SMOOTHING_S + 1.0 / max(1, done))
            old = pace if self._seconds_per_item is None else self._seconds_per_item
            self._seconds_per_item = old + weight * (pace - old)
            self._last_done, self._last_s = done, now_s
        if self._seconds_per_item is None or now_s - self._started_s < FIRST_ESTIMATE_AFTER_S or total <= 0:
            return None
        return max(0.0, (total - done) * self._seconds_per_item - (now_s - self._last_s))


class Reporter:
    """The progress of one job. Any thread may report; `emit` is called with events that are due."""

    def __init__(
        self, job_id: int, emit: Callable[[Progress], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._job_id = job_id
        self._emit = emit
        self._clock = clock
        self._lock = threading.Lock()
        self._time_left = TimeLeft(clock())
        self._last_emitted_s = -1e9
        self._untold = Changed()
        self.changed = Changed()

    def progress(self, done: int, total: int, step: Step) -> None:
        """Tell how far the job is; most calls are swallowed, the next due one carries what they said."""
        with self._lock:
            now_s = self._clock()
            seconds_left = self._time_left.update(now_s, done, total)
            if now_s - self._last_emitted_s < MIN_INTERVAL_S and not (done == total and total > 0):
                return
            self._last_emitted_s = now_s
            untold, self._untold = self._untold, Changed()
        self._emit(Progress(self._job_id, done, total, seconds_left, step, untold))

    def touched(self, track_ids: Iterable[int] = (), **flags: bool) -> None:
        """Note what has changed; it goes out with the next progress and, all together, with the end of the job."""
        news = Changed(track_ids=tuple(track_ids), **flags)
        with self._lock:
            self._untold = merged(self._untold, news)
            self.changed = merged(self.changed, news)
