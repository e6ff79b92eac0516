"""What training needs beside what listening needs: the extra `training`, and what is said where it is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import ClassVar

from pemr.errors import PemrError

LIBRARIES = ("torch", "lightning")
INSTALL = "pip install 'pemr-desktop[training]'"


class TrainingNotInstalled(PemrError):
    """A library of the extra is missing. The message says which, and how to get it."""

    kind: ClassVar[str] = "training not installed"

    def __init__(self, library: str) -> None:
        super().__init__(f"Training needs {library}, which is not installed. Install it with: {INSTALL}")


def missing_library() -> str | None:
    """The first library of the extra that is not installed; None if all are. Loads none of them."""
    return next((name for name in LIBRARIES if find_spec(name) is None), None)


@contextmanager
def missing_libraries_explained() -> Iterator[None]:
    """An import of such a library that fails becomes `TrainingNotInstalled`."""
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in LIBRARIES:
            raise
        raise TrainingNotInstalled(library) from error
