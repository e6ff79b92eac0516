"""The demo music as the user's own files: copied once, because tags will be written to it."""

from __future__ import annotations

import shutil
from pathlib import Path

from pemr_desktop.paths import Paths
from pemr_desktop.resources import resource

SUFFIX = ".opus"


def demo_folder(paths: Paths) -> Path:
    """A folder of the user that holds the demo music. Files that are there already stay as the user left them.

    Raises `ResourceMissing` when no demo music came with the installation, `OSError` when it cannot be copied.
    """
    source, target = resource("demo"), paths.data / "demo music"
    target.mkdir(parents=True, exist_ok=True)
    for clip in sorted(source.rglob(f"*{SUFFIX}")):
        copy = target / clip.relative_to(source)
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(clip, copy)
    return target
