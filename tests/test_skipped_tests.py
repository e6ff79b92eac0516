"""Whoever reads only the last line of a run learns what was not tried."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SUPPORT = Path(__file__).parent / "support"
SAMPLE = """
import pytest

def test_good(): pass
def test_bad(): assert False
def test_no_disk(): pytest.skip("mounting is not allowed here")
@pytest.mark.skipif(True, reason="mounting is not allowed here")
def test_no_disk_either(): pass
@pytest.mark.skipif(True, reason="needs strace")
def test_no_strace(): pass
"""


def last_line(folder: Path, *options: str) -> str:
    sample = folder / "test_sample.py"
    sample.write_text(SAMPLE)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "skipped_tests", *options, str(sample)]
    done = subprocess.run(
        [*command, "-c", "/dev/null", "--rootdir", str(folder), "-o", f"pythonpath={SUPPORT}"],
        env={"PYTHONPATH": str(SUPPORT), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


def test_the_last_line_counts_what_was_skipped_and_why(tmp_path: Path) -> None:
    told = "1 passed, 1 failed, 0 error, 3 skipped: 2 × mounting is not allowed here; 1 × needs strace"
    assert last_line(tmp_path) == told
    assert last_line(tmp_path, "-n", "2") == told


def test_where_all_was_tried_nothing_else_is_said(tmp_path: Path) -> None:
    assert last_line(tmp_path, "-k", "good") == "1 passed, 0 failed, 0 error, 0 skipped"
