"""Listens to tracks: decoded in children, embedded here, stored a few at a time. Decoding runs ahead of the encoder."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pemr.errors import PemrError
from pemr_desktop.analysis.decoding import DecodePool, NoSound, Sound
from pemr_desktop.analysis.suspects import Suspects
from pemr_desktop.library.heard import ToAnalyse, TrackAnalysis
from pemr_desktop.tagfiles.errors import TagReadError
from pemr_desktop.tagfiles.identity import identity
from pemr_desktop.tagfiles.plan import FileIdentity

if TYPE_CHECKING:
    from pemr.embed import Encoder, TrackEmbedding
    from pemr_desktop.library.library import Library

log = logging.getLogger(__name__)

STORE_AFTER_TRACKS = 8
STORE_AFTER_S = 0.5
MAX_LISTENINGS = 3
PARTS = {"frontend_s": "front end", "encoder_s": "encoder", "heads_s": "heads"}
"""What the encoder calls its parts, and what people call them."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Analysed:
    """What an analysis came to. `spent_s` are seconds by part; `decode` is the sum over the children."""

    analysed: int
    problems: int
    unreachable: int
    audio_s: float
    wall_s: float
    spent_s: dict[str, float]
    cancelled: bool


@dataclass
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
    """One analysis of some tracks with one encoder. Call `run` once."""

    def __init__(
        self,
        library: Library,
        encoder: Encoder,
        *,
        decoders: int,
        patience_s: float,
        keep_segments: bool = True,
        changed: Callable[[list[int]], None] = lambda _ids: None,
    ) -> None:
        self._library = library
        self._encoder = encoder
        self._decoders = decoders
        self._patience_s = patience_s
        self._keep_segments = keep_segments
        self._changed = changed
        self._suspects = Suspects(library.path.with_name(library.path.name + ".listening"))
        self._unstored: list[TrackAnalysis] = []
        self._stored_at_s = time.perf_counter()
        self._tally = _Tally(0)

    def run(self, tracks: Sequence[ToAnalyse], progress: Progress, cancelled: Callable[[], bool]) -> Analysed:
        """Listen to all tracks. What is stored stays, whatever happens afterwards; cancelling ends between two."""
        tally = self._tally = _Tally(len(tracks))
        stopped = False
        with DecodePool[_Order](self._decoders, self._encoder.sample_rate, self._patience_s) as pool:
            for track in tracks:
                self._order(pool, _Order(track))
            for order, heard in pool.results():
                stopped = cancelled()
                if stopped:
                    break
                self._take(pool, order, heard)
                progress(tally.done, tally.total, f"Listened to {order.track.path.stem}")
        self._store()
        self._suspects.forget()
        wall_s = time.perf_counter() - tally.started_s
        return Analysed(
            tally.analysed, tally.problems, tally.unreachable, tally.audio_s, wall_s, tally.spent_s, stopped
        )

    def _order(self, pool: DecodePool[_Order], order: _Order) -> None:
        if self._suspects.is_hopeless(order.track.track_id):
            self._give_up(order, "listening to it ended the program several times; it is not tried again")
            return
        pool.order(order, order.track.path)

    def _take(self, pool: DecodePool[_Order], order: _Order, heard: Sound | NoSound) -> None:
        """Deal with one decoded file: it ends analysed, in the problems list, or is ordered once more."""
        track = order.track
        if isinstance(heard, NoSound):
            if track.path.exists():
                self._give_up(order, heard.reason)
            else:
                self._tally.unreachable += 1
                self._tally.done += 1
            return
        self._tally.spend("decode", heard.spent_s)
        self._suspects.begin(track.track_id)
        try:
            analysis = self._listen(track, heard)
        except PemrError as error:
            self._give_up(order, str(error))
            return
        except (RuntimeError, ValueError, ArithmeticError) as error:
            log.exception("Listening to %s failed", track.path)
            self._give_up(order, f"it could not be listened to ({error})")
            return
        finally:
            self._suspects.end(track.track_id)
        if _identity(track.path) != heard.before:
            self._listen_again(pool, order)
            return
        self._keep(order, heard, analysis)

    def _listen(self, track: ToAnalyse, sound: Sound) -> TrackAnalysis:
        """Embedding, importance, tag probabilities and cover features of one sound."""
        from pemr.covers.features import FEATURE_VERSION, cover_features

        started_s = time.perf_counter()
        embedding: TrackEmbedding = self._encoder.embed_samples(sound.samples)
        for name, part in PARTS.items():
            self._tally.spend(part, embedding.timings[name])
        covers_s = time.perf_counter()
        self._tally.spend("other", covers_s - started_s - sum(embedding.timings.values()))
        features = cover_features(sound.samples, sound.sample_rate)
        self._tally.spend("covers", time.perf_counter() - covers_s)
        tags = [tag.name for tag in self._encoder.vocabulary]
        kept = len(embedding.segments) if self._keep_segments else 0
        return TrackAnalysis(
            track_id=track.track_id,
            model_id=self._encoder.model_id,
            vector=embedding.track,
            segments=embedding.segments[:kept],
            starts_s=embedding.segment_starts_s[:kept],
            importance=embedding.importance,
            importance_step_s=embedding.importance_step_s,
            predictions=list(zip(tags, map(float, embedding.tag_probabilities), strict=True)),
            peaks=sound.peaks,
            duration_s=sound.duration_s,
            cover_features=features.to_bytes(),
            cover_version=FEATURE_VERSION,
        )

    def _listen_again(self, pool: DecodePool[_Order], order: _Order) -> None:
        """The file was written to while it was listened to: what was heard is neither the old nor the new one."""
        if order.listening >= MAX_LISTENINGS:
            self._give_up(order, "it is being written to all the time; listen to it again when that is over")
            return
        log.info("%s changed while it was listened to; once more", order.track.path)
        pool.order(_Order(order.track, order.listening + 1), order.track.path)

    def _keep(self, order: _Order, sound: Sound, analysis: TrackAnalysis) -> None:
        track, tally = order.track, self._tally
        self._unstored.append(analysis)
        tally.done += 1
        tally.analysed += 1
        tally.audio_s += len(sound.samples) / sound.sample_rate
        late = time.perf_counter() - self._stored_at_s > STORE_AFTER_S
        if late or len(self._unstored) >= STORE_AFTER_TRACKS or sound.truncated:
            self._store()
        if sound.truncated:
            self._complain(track, f"the file is cut off: only {sound.duration_s:.0f} s of it could be listened to")

    def _store(self) -> None:
        """Put what was heard into the library, in one transaction."""
        started_s = self._stored_at_s = time.perf_counter()
        if not self._unstored:
            return
        self._library.store_analyses(self._unstored)
        self._changed([analysis.track_id for analysis in self._unstored])
        self._unstored = []
        self._tally.spend("storage", time.perf_counter() - started_s)

    def _give_up(self, order: _Order, reason: str) -> None:
        self._tally.done += 1
        self._complain(order.track, reason)

    def _complain(self, track: ToAnalyse, reason: str) -> None:
        self._tally.problems += 1
        sentence = reason[:1].upper() + reason[1:].rstrip(".") + "."
        state = _identity(track.path)
        self._library.record_problem(track.path, "analyse", sentence, track_id=track.track_id, identity=state)


def _identity(path: Path) -> FileIdentity | None:
    try:
        return identity(path)
    except TagReadError:
        return None
