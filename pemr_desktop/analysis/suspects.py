"""Remembers, across a crash of the worker, which track it was listening to: one bad file must not end it for ever."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3


class _Note(msgspec.Struct):
    current: int | None = None
    attempts: dict[int, int] = {}


class Suspects:
    """A small file beside the library. It is written before a track is listened to, and deleted at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._note = self._read()
        if self._note.current is not None:
            track_id = self._note.current
            self._note.attempts[track_id] = self._note.attempts.get(track_id, 0) + 1
            self._note.current = None
            self._write()

    def is_hopeless(self, track_id: int) -> bool:
        """Whether the worker ended each of the last times it listened to this track."""
        return self._note.attempts.get(track_id, 0) >= MAX_ATTEMPTS

    def begin(self, track_id: int) -> None:
        """Listening starts."""
        self._note.current = track_id
        self._write()

    def end(self, track_id: int) -> None:
        """Listening ended, however, without taking the worker with it."""
        self._note.current = None
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
            self._path.write_bytes(msgspec.json.encode(self._note))
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error)
