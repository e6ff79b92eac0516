"""Remembers, across a crash of the worker, which tracks it was listening to: one bad file must not end it for ever."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import msgspec

from pemr.durable_files import replace_whole

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3


class _Note(msgspec.Struct):
    current: set[int] = set()
    attempts: dict[int, int] = {}


class Suspects:
    """A small file beside the library, written before a track is listened to and deleted at the end. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._note = self._read()
        for track_id in self._note.current:
            self._note.attempts[track_id] = self._note.attempts.get(track_id, 0) + 1
        if self._note.current:
            self._note.current = set()
            self._write()

    def attempts(self, track_id: int) -> int:
        """How often the worker ended while it listened to this track, perhaps among others."""
        return self._note.attempts.get(track_id, 0)

    def is_hopeless(self, track_id: int) -> bool:
        """Whether it is not worth another attempt."""
        return self.attempts(track_id) >= MAX_ATTEMPTS

    def begin(self, track_id: int) -> None:
        """Listening starts."""
        with self._lock:
            self._note.current.add(track_id)
            self._write()

    def end(self, track_id: int) -> None:
        """Listening ended, however, without taking the worker with it."""
        with self._lock:
            self._note.current.discard(track_id)
            self._note.attempts.pop(track_id, None)

    def forget(self) -> None:
        """The job ended in good order."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> _Note:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Note)
        except FileNotFoundError:
            return _Note()
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("%s cannot be read: %s", self._path, error)
            return _Note()

    def _write(self) -> None:
        try:
            replace_whole(self._path, msgspec.json.encode(self._note), private=True)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error)
