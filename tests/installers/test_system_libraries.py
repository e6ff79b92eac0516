"""What `make run` does about missing system libraries, with stand-ins for the system's own programs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "installers" / "linux" / "system-libraries.sh"
SONAMES = [line.split()[0] for line in SCRIPT.read_text("utf-8").splitlines() if line.startswith("lib")]
INSTALL = "apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=900"
ROOT, USER = "echo 0", "echo 1000"
APT = 'echo "apt-get $*"'

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has these libraries")

Machine = Callable[..., subprocess.CompletedProcess[str]]


def ldconfig(*missing: str) -> str:
    """Lists every library but those whose name holds one of these words."""
    present = [name for name in SONAMES if not any(word in name for word in missing)]
    return "\n".join(f"echo '\t{name} (libc6,x86-64) => /lib/{name}'" for name in present)


def libraries(machine: Machine, *missing: str, **programs: str) -> subprocess.CompletedProcess[str]:
    """The script where these libraries are missing."""
    said = {name.replace("_", "-"): script for name, script in programs.items()}
    return machine(SCRIPT.name, programs={"ldconfig": ldconfig(*missing), **said})


def test_a_machine_that_has_everything_is_left_alone(machine: Machine) -> None:
    done = libraries(machine, apt_get=APT, id=ROOT)
    assert (done.returncode, done.stdout) == (0, "")


def test_exactly_what_is_missing_is_installed_by_name(machine: Machine) -> None:
    done = libraries(machine, "portaudio", "libEGL", apt_get=APT, id=ROOT)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == f"{INSTALL} libportaudio2 libegl1"


def test_who_is_not_root_is_asked_by_sudo(machine: Machine) -> None:
    done = libraries(machine, "portaudio", "libEGL", apt_get=APT, id=USER, sudo='echo "sudo $*"')
    assert f"sudo {INSTALL}" in done.stdout


def test_without_root_and_sudo_the_sentence_names_the_packages(machine: Machine) -> None:
    done = libraries(machine, "portaudio", "libEGL", apt_get=APT, id=USER)
    assert done.returncode == 1
    assert "apt-get install libportaudio2 libegl1" in done.stderr


def test_without_apt_get_the_libraries_are_named_and_it_goes_on(machine: Machine) -> None:
    done = libraries(machine, "portaudio", "libEGL", id=USER)
    assert done.returncode == 0
    assert "libportaudio.so.2 libEGL.so.1" in done.stderr


def test_lists_that_cannot_be_fetched_do_not_keep_it_from_trying(machine: Machine) -> None:
    offline = f'[ "$1" != update ] || exit 100\n{APT}'
    done = libraries(machine, "portaudio", apt_get=offline, id=ROOT)
    assert done.returncode == 0
    assert "going on with those that are here" in done.stderr
    assert done.stdout.splitlines()[-1] == f"{INSTALL} libportaudio2"


def test_a_failing_installation_is_not_passed_over(machine: Machine) -> None:
    assert libraries(machine, "portaudio", apt_get="exit 100", id=ROOT).returncode == 100
