"""A machine with the programs of a test's choice, for the scripts that ask what a machine has."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

LINUX = Path(__file__).resolve().parents[2] / "installers" / "linux"
USUAL = ("sh", "dirname", "uname", "grep", "stat", "cat", "sleep", "printf")


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`machine("script.sh", ["its", "words"], programs={name: script}, NAME="value")` runs one of `installers/linux`.

    Of programs it finds those few that any Linux has, `python3`, and stand-ins with the given scripts.
    """

    def run(
        script: str, words: tuple[str, ...] = (), *, programs: Mapping[str, str], **environment: str
    ) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "programs"
        folder.mkdir()
        for name, text in programs.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        for name in (*USUAL, "python3"):
            if name not in programs:
                (folder / name).symlink_to(sys.executable if name == "python3" else f"/usr/bin/{name}")
        return subprocess.run(
            ["/bin/sh", str(LINUX / script), *words],
            env={"PATH": str(folder), "HOME": str(tmp_path), "PACKAGE_LOCKS": str(tmp_path / "no-lock"), **environment},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run
