"""What `make test` does about programs that the tests use."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "installers" / "linux" / "test-programs.sh"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="these are packages of Debian")

Machine = Callable[..., subprocess.CompletedProcess[str]]


def packages() -> list[str]:
    table = SCRIPT.read_text("utf-8").split('NEEDED="\n')[1].split('\n"')[0]
    return [line.split()[1] for line in table.splitlines()]


def test_what_is_missing_is_installed_and_what_is_here_is_not(machine: Machine) -> None:
    done = machine(SCRIPT.name, programs={"apt-get": 'echo "apt-get $*"', "id": "echo 0", "strace": "", "git": ""})
    asked = done.stdout.splitlines()[-1].split()
    assert "dbus" in asked
    assert "pulseaudio" in asked
    assert "strace" not in asked
    assert "git" not in asked


@pytest.mark.parametrize(
    "programs",
    [{"id": "echo 1000"}, {"id": "echo 1000", "apt-get": ""}, {"id": "echo 0", "apt-get": "exit 100"}],
    ids=["no apt-get", "no right to use it", "apt-get fails"],
)
def test_what_cannot_be_installed_is_named_and_it_goes_on(machine: Machine, programs: dict[str, str]) -> None:
    done = machine(SCRIPT.name, programs=programs)
    assert done.returncode == 0
    assert re.search(r"Missing here, as Debian calls it: strace dbus .* skipped", done.stderr)


def test_no_soundfont_of_the_final_examination_is_brought() -> None:
    """FluidSynth depends on a soundfont; the one it would bring itself is kept for the final examination."""
    assert "timgm6mb-soundfont" not in packages()
    assert "fluidr3mono-gm-soundfont" in packages()


def test_every_package_that_a_skip_names_is_brought() -> None:
    named = {
        package
        for path in (ROOT / "tests").rglob("*.py")
        for said in re.findall(r"\(Debian: ([\w, .+-]+)\)", path.read_text("utf-8"))
        for package in said.split(", ")
    }
    assert "pulseaudio" in named
    assert named <= set(packages())


def test_a_check_is_make_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[-1] == "exec make test"
    assert not [line for line in lines if "apt-get" in line or "installers" in line]
