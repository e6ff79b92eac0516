"""Where another program holds the package system, `make` waits, says for whom, and goes on by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

APT = 'echo "apt-get $*"'
HOLDER = """
import fcntl, sys, time
with open(sys.argv[1], "w") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="dpkg locks like this on Linux")

Machine = Callable[..., subprocess.CompletedProcess[str]]


@contextmanager
def held(lock: Path, seconds: float) -> Iterator[int]:
    """Another process holds the lock as dpkg does, for so long -> its number."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, lock, str(seconds)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder.pid
        holder.kill()


def install(machine: Machine, lock: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    programs = {"apt-get": APT, "id": "echo 0"}
    return machine("install-packages.sh", ("strace",), programs=programs, PACKAGE_LOCKS=str(lock), **environment)


def test_it_waits_for_who_holds_the_lock_and_says_so(machine: Machine, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with held(lock, 3.0) as process:
        done = install(machine, lock)
    assert done.returncode == 0
    waiting = [line for line in done.stdout.splitlines() if f"(process {process})" in line]
    assert len(waiting) == 1
    assert "The package system is in use by python" in waiting[0]
    assert "waiting until it is done, 15 minutes at most." in waiting[0]
    assert done.stdout.splitlines()[-1].endswith("-o DPkg::Lock::Timeout=900 strace")


def test_after_its_patience_apt_get_has_the_last_word(machine: Machine, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with held(lock, 300.0):
        done = install(machine, lock, PATIENCE_S="1")
    assert done.stdout.splitlines()[-1].endswith("-o DPkg::Lock::Timeout=1 strace")


def test_a_lock_that_nobody_holds_is_no_lock(machine: Machine, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    assert "in use" not in install(machine, lock).stdout
