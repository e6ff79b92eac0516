"""Everything `pemr` refuses to do, as one small tree. Each message can be shown to a person as it is."""

from __future__ import annotations

import os
from typing import ClassVar


class PemrError(Exception):
    """The base of all errors this package raises on purpose. `kind` names what sort it is for programs."""

    kind: ClassVar[str] = "pemr"


def readable(path: str | os.PathLike[str]) -> str:
    """A path for people, logs and JSON: bytes of a name that are not Unicode are shown as U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


class DecodeError(PemrError):
    """An audio file holds nothing that can be decoded. The message names the file and the reason."""

    kind = "not decoded"

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(f"{readable(path)} cannot be decoded: {reason}")
        self.path = str(path)
        self.reason = reason


class ModelMismatch(PemrError):
    """A model file is damaged, of another format version, or does not fit what it is asked to do."""

    kind = "model mismatch"


class CheckpointError(PemrError):
    """A training checkpoint cannot be read, written or continued from."""

    kind = "checkpoint"


class OutputError(PemrError):
    """A file of results, a model or a table cannot be written; one that was there before is as it was."""


class CorpusError(PemrError):
    """A data folder or data set is missing, empty or not in the layout that is expected."""

    kind = "corpus"


class ArchiveError(PemrError):
    """An archive of embeddings cannot be written, or the machines that should make it cannot be reached."""

    kind = "archive"


class RecipeError(PemrError):
    """A recipe or a `--set` override names an unknown setting or holds a value of the wrong type."""

    kind = "recipe"


class TrainingDiverged(PemrError):
    """The loss became infinite or not a number. The message names the step and the tracks of the batch."""

    kind = "diverged"
