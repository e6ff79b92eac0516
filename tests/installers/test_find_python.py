"""Which Python `make` takes: 3.11 to 3.14, whatever it is called."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script for a POSIX shell")

Machine = Callable[..., subprocess.CompletedProcess[str]]


def pythons(machine: Machine, *words: str, **versions: str) -> subprocess.CompletedProcess[str]:
    """The script where `python3_13="3.13"` means that `python3.13` is that version; "" starts and fails."""
    programs = {"python3": "exit 127"} | {
        name.replace("_", "."): f"echo {version}" if version else "exit 127" for name, version in versions.items()
    }
    return machine("find-python.sh", words, programs=programs)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_python3_is_taken_where_it_will_do(machine: Machine, version: str) -> None:
    assert pythons(machine, python3=version, python3_13="3.13").stdout == "python3\n"


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.15", ""])
def test_otherwise_one_that_will_do_is_looked_for_by_name(machine: Machine, version: str) -> None:
    found = pythons(machine, python3=version, python3_14="", python3_12="3.12", python3_11="3.11", python=version)
    assert found.stdout == "python3.12\n"


def test_where_none_will_do_it_says_what_was_found(machine: Machine) -> None:
    done = pythons(machine, "--explain", python3="3.15", python="2.7")
    assert "needs Python 3.11 to 3.14 (here: python3 is 3.15, python is 2.7)" in done.stdout
    assert "make run PYTHON=" in done.stdout


def test_where_there_is_none_at_all_nothing_is_printed_to_start(machine: Machine) -> None:
    assert pythons(machine).stdout == ""


def test_the_real_one_is_found(machine: Machine) -> None:
    assert machine("find-python.sh", programs={}).stdout == "python3\n"
