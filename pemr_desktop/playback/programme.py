"""A programme: files decoded ahead, one directly behind the other, into one ring buffer.

Files follow one another on one time line counted in frames, so the join between two of them is exact to the sample:
nothing is stopped, started or flushed in between. Seeking, or playing something else, makes a new programme.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pemr.audio import iter_blocks, probe
from pemr.errors import PemrError, readable
from pemr_desktop.errors import training_reason
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.system_reasons import system_reason

from .ring import Frames, Ring

log = logging.getLogger(__name__)

AHEAD_S = 3.0  # how far decoding runs ahead of the ear
MIN_BUFFERED_S = 0.15
ROOM_POLL_S = 0.05

Reader = Callable[[Path, int, float], Iterator[Frames]]


def read_stereo(path: Path, sample_rate: int, start_s: float) -> Iterator[Frames]:
    """Blocks (n, 2) float32 of a file from `start_s` on. Raises PemrError with a sentence."""
    return iter_blocks(path, sample_rate, channels=2, start_s=start_s)


@dataclass
class Segment:
    """One file on the programme's time line: frames `first` to `end` (None while it is still being decoded)."""

    path: Path
    start_s: float
    first: int
    duration_s: float = 0.0
    end: int | None = None
    error: Refusal | None = None


@dataclass
class Programme:
    """Decodes `path` from `start_s` on a thread of its own, then whatever is enqueued, until `close`."""

    sample_rate: int
    path: Path
    start_s: float = 0.0
    reader: Reader = read_stereo
    segments: list[Segment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ring = Ring(round(AHEAD_S * self.sample_rate))
        self._waiting: deque[tuple[Path, float]] = deque([(self.path, self.start_s)])
        self._wake = threading.Condition()
        self._closed = threading.Event()
        self._idle = False
        self._thread = threading.Thread(target=self._decode_ahead, name="decode-ahead", daemon=True)
        self._thread.start()

    def enqueue(self, path: Path) -> None:
        """Plays `path` directly behind the last file asked for."""
        with self._wake:
            self._waiting.append((path, 0.0))
            self._idle = False
            self._wake.notify()

    def forget_waiting(self) -> None:
        """Leaves out what was asked for behind the first file and is not being decoded yet."""
        with self._wake:
            first = [] if self.segments else [self._waiting.popleft()]
            self._waiting = deque(first)

    def close(self) -> None:
        """Stops decoding; what is in the ring stays readable. Does not wait for the thread."""
        self._closed.set()
        with self._wake:
            self._wake.notify()

    @property
    def enough(self) -> bool:
        """Whether the ear can begin: some audio is there, or all of it."""
        return self._idle or self.ring.written >= MIN_BUFFERED_S * self.sample_rate

    @property
    def finished(self) -> bool:
        """Whether everything asked for was decoded and heard."""
        return self._idle and self.ring.available == 0

    def upcoming(self, heard: int) -> list[Path]:
        """Files asked for that do not sound at frame `heard` yet, in order."""
        with self._wake:
            begun = [segment.path for segment in self.segments if segment.first > heard]
            return begun + [path for path, _ in self._waiting]

    def segment_at(self, frame: int) -> Segment | None:
        """The file that sounds at `frame`; None before the first and behind the last."""
        for segment in self.segments:
            if segment.first <= frame and (segment.end is None or frame < segment.end):
                return segment
        return None

    def _decode_ahead(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closed.is_set():
                    self._idle = True
                    self._wake.wait()
                if self._closed.is_set():
                    return
                path, start_s = self._waiting.popleft()
                segment = Segment(path=path, start_s=start_s, first=self.ring.written)
                self.segments.append(segment)
            self._decode(segment)

    def _decode(self, segment: Segment) -> None:
        try:
            segment.duration_s = probe(segment.path).duration_s or 0.0
            for block in self.reader(segment.path, self.sample_rate, segment.start_s):
                if not self._write(block):
                    break
        except (PemrError, OSError) as error:
            segment.error = (
                training_reason(error)
                if isinstance(error, PemrError)
                else refusal("file not played", path=readable(segment.path), reason=system_reason(error))
            )
            log.warning("cannot play %s: %s", segment.path, error)
        except Exception:
            segment.error = refusal("decoder failed", path=readable(segment.path))
            log.exception("decoding %s failed unexpectedly", segment.path)
        segment.end = self.ring.written

    def _write(self, block: Frames) -> bool:
        """Waits for room; False when the programme was closed meanwhile."""
        while len(block):
            written = self.ring.write(block)
            block = block[written:]
            if len(block) and self._closed.wait(ROOM_POLL_S):
                return False
        return not self._closed.is_set()
