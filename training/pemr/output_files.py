"""Files that a command makes: written whole, and in words when they cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pemr.durable_files import replaced
from pemr.errors import OutputError, PemrError


def write_output(path: Path, content: bytes, error: type[PemrError] = OutputError) -> None:
    """Replace a file as a whole; its folder is made if need be. Raises `error`, a sentence that names the file."""
    with output(path, error) as stream:
        stream.write(content)


@contextmanager
def output(path: Path, error: type[PemrError] = OutputError) -> Iterator[BinaryIO]:
    """A stream whose content becomes the file when the block ends (see `replaced`). Raises `error`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as stream:
            yield stream
    except OSError as refused:
        kept = "The file from before is unchanged." if path.exists() else "No file was written."
        raise error(f"{path} could not be written: {refused.strerror or refused}. {kept}") from refused
