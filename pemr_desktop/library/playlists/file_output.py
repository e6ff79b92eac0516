"""Writing a file for the user: wholly there or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from pemr_desktop.library.errors import LibraryError
from pemr_desktop.tagfiles.errors import readable
from pemr_desktop.tagfiles.identity import system_reason


def write_file(path: Path, content: bytes) -> None:
    """Write to a hidden name beside it, sync, and rename. Raises LibraryError; then an earlier file is as it was."""
    part = path.parent / f".pemr-{secrets.token_hex(8)}.part"
    try:
        try:
            with part.open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise LibraryError(f"{readable(path)} could not be written. {system_reason(error)}") from error
