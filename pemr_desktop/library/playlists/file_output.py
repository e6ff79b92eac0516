"""Writing a file for the user: wholly there or not at all."""

from __future__ import annotations

from pathlib import Path

from pemr.durable_files import replaced
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.tagfiles.errors import readable


def write_file(path: Path, content: bytes) -> None:
    """Replace a file as a whole, in a folder that is there. Raises LibraryError; an earlier file is then as it was."""
    try:
        with replaced(path) as stream:
            stream.write(content)
    except OSError as error:
        raise LibraryError("not written", path=readable(path), reason=system_reason(error)) from error
