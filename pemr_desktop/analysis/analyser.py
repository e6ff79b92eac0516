"""Analyses tracks: a few at a time, each decoded in a child and embedded by an encoder of its own, then stored."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pemr.errors import PemrError
from pemr_desktop.analysis.crash_memory import Suspects
from pemr_desktop.analysis.decoding.pool import DecodePool, NoSound, Sound
from pemr_desktop.analysis.track_analysis import AnalysedSound, listen
from pemr_desktop.errors import training_reason
from pemr_desktop.library.embeddings.analyses import ToAnalyse, TrackAnalysis
from pemr_desktop.library.library import Library
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.steps import Progress, Step
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.identity import FileIdentity, identity

if TYPE_CHECKING:
    from pemr.embed import Encoder

log = logging.getLogger(__name__)

STORE_AFTER_TRACKS = 8
STORE_AFTER_S = 0.5
MAX_LISTENINGS = 3


@dataclass(frozen=True)
class Analysed:
    """What an analysis came to. `spent_s`: seconds by part, summed over all that ran at the same time."""

    analysed: int
    problems: int
    unreachable: int
    audio_s: float
    wall_s: float
    spent_s: dict[str, float]
    cancelled: bool


@dataclass(frozen=True)
class _Order:
    track: ToAnalyse
    listening: int = 1


@dataclass
class _Tally:
    total: int
    started_s: float = field(default_factory=time.perf_counter)
    done: int = 0
    analysed: int = 0
    problems: int = 0
    unreachable: int = 0
    audio_s: float = 0.0
    spent_s: dict[str, float] = field(default_factory=dict)

    def spend(self, part: str, seconds: float) -> None:
        self.spent_s[part] = self.spent_s.get(part, 0.0) + seconds


class Analyser:
    """One analysis of some tracks. Call `run` once.

    `listeners` tracks are analysed at the same time, each on one core: that is faster than one track on all cores, and
    it does not suffer when other programs want the cores too. `suspects`: what the file beside the library ends with
    that remembers crashes; of two analysers at the same time each needs its own.
    """

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        *,
        listeners: int,
        patience_s: float,
        keep_segments: bool = True,
        changed: Callable[[list[int]], None] = lambda _ids: None,
        suspects: str = ".listening",
    ) -> None:
        self._library = library
        self._encoder = encoder
        self._listeners = listeners
        self._patience_s = patience_s
        self._keep_segments = keep_segments
        self._changed = changed
        self._suspects = Suspects(library.path.with_name(library.path.name + suspects))
        self._unstored: list[TrackAnalysis] = []
        self._stored_at_s = time.perf_counter()
        self._tally = _Tally(0)

    def run(self, tracks: Sequence[ToAnalyse], progress: Progress, cancelled: Callable[[], bool]) -> Analysed:
        """Listen to all tracks. What is stored stays, whatever happens afterwards; cancelling ends between two.

        Tracks during which the worker ended before come last and one by one, so that the guilty one is found.
        """
        tally = self._tally = _Tally(len(tracks))
        trusted = [track for track in tracks if not self._suspects.attempts(track.track_id)]
        suspected = [track for track in tracks if self._suspects.attempts(track.track_id)]
        stopped = self._analyse(trusted, self._listeners, progress, cancelled) or self._analyse(
            suspected, 1, progress, cancelled
        )
        self._store()
        self._suspects.forget()
        wall_s = time.perf_counter() - tally.started_s
        return Analysed(
            tally.analysed, tally.problems, tally.unreachable, tally.audio_s, wall_s, tally.spent_s, stopped
        )

    def _analyse(
        self, tracks: Sequence[ToAnalyse], listeners: int, progress: Progress, cancelled: Callable[[], bool]
    ) -> bool:
        """Analyse tracks, `listeners` at a time; True if the user stopped it."""
        tally = self._tally
        rate = self._encoder.sample_rate
        with DecodePool(min(listeners, len(tracks)), rate, self._patience_s, self._listen) as pool:
            for track in tracks:
                if self._suspects.is_hopeless(track.track_id):
                    self._give_up(track, refusal("listening ended the program"))
                else:
                    pool.order(_Order(track), track.path, track.duration_s or 0.0)
            for order, analysed in pool.results(stop=cancelled):
                self._take(pool, order, analysed)
                progress(tally.done, tally.total, Step("listened", order.track.path.stem))
            return not pool.is_done

    def _listen(self, _listener: int, order: _Order, sound: Sound | NoSound) -> AnalysedSound | NoSound:
        """In a thread of the pool: what the encoder makes of a sound. No exception leaves it but bugs."""
        if isinstance(sound, NoSound):
            return sound
        track_id = order.track.track_id
        self._suspects.begin(track_id)
        try:
            return listen(self._encoder, track_id, sound, keep_segments=self._keep_segments)
        except PemrError as error:
            return NoSound(training_reason(error))
        except (RuntimeError, ValueError, ArithmeticError):
            log.exception("Listening to %s failed", order.track.path)
            return NoSound(refusal("listening failed"))
        finally:
            self._suspects.end(track_id)

    def _take(
        self, pool: DecodePool[_Order, AnalysedSound | NoSound], order: _Order, analysed: AnalysedSound | NoSound
    ) -> None:
        """Deal with one file: it ends analysed, in the problems list, or is ordered once more."""
        track = order.track
        if isinstance(analysed, NoSound):
            if track.path.exists():
                self._give_up(track, analysed.why)
            else:
                self._tally.unreachable += 1
                self._tally.done += 1
        elif _identity(track.path) == analysed.sound.before:
            self._keep(track, analysed)
        elif order.listening < MAX_LISTENINGS:
            # what was analysed is neither the old file nor the new one
            log.info("%s changed while it was listened to; once more", track.path)
            pool.order(_Order(track, order.listening + 1), track.path, track.duration_s or 0.0)
        else:
            self._give_up(track, refusal("written all the time"))

    def _keep(self, track: ToAnalyse, analysed: AnalysedSound) -> None:
        tally, sound = self._tally, analysed.sound
        self._unstored.append(analysed.analysis._replace(quick_digest=track.quick_digest))
        tally.done += 1
        tally.analysed += 1
        tally.audio_s += len(sound.samples) / sound.sample_rate
        for part, seconds in analysed.spent_s.items():
            tally.spend(part, seconds)
        late = time.perf_counter() - self._stored_at_s > STORE_AFTER_S
        if late or len(self._unstored) >= STORE_AFTER_TRACKS or sound.truncated:
            self._store()
        if sound.truncated:
            self._complain(track, refusal("cut off, listened to in part", seconds=f"{sound.duration_s:.0f}"))

    def _store(self) -> None:
        """Put what was analysed into the library, in one transaction."""
        started_s = self._stored_at_s = time.perf_counter()
        if not self._unstored:
            return
        self._library.store_analyses(self._unstored)
        self._changed([analysis.track_id for analysis in self._unstored])
        self._unstored = []
        self._tally.spend("storage", time.perf_counter() - started_s)

    def _give_up(self, track: ToAnalyse, why: Refusal) -> None:
        self._tally.done += 1
        self._complain(track, why)

    def _complain(self, track: ToAnalyse, why: Refusal) -> None:
        self._tally.problems += 1
        state = _identity(track.path)
        self._library.record_problem(track.path, "analyse", why, track_id=track.track_id, identity=state)


def _identity(path: Path) -> FileIdentity | None:
    try:
        return identity(path)
    except TagReadError:
        return None
