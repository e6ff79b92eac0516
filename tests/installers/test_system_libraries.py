"""What `make run` does about missing system libraries, with stand-ins for the system's own programs."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "installers" / "linux" / "system-libraries.sh"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has these libraries")

Machine = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """`machine(programs={name: script}, wanted=[...])` runs the script where only these programs are found first."""

    def run(programs: dict[str, str], wanted: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "programs"
        folder.mkdir()
        for name, script in programs.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)
        for name in ("sh", "dirname", "uname", "grep", "python3"):
            if name not in programs:
                (folder / name).symlink_to(sys.executable if name == "python3" else f"/usr/bin/{name}")
        environment = {"PATH": str(folder), "HOME": str(tmp_path)}
        return subprocess.run(
            ["/bin/sh", str(SCRIPT), *wanted], env=environment, capture_output=True, text=True, check=False
        )

    return run


SONAMES = [line.split()[0] for line in SCRIPT.read_text("utf-8").splitlines() if line.startswith("lib")]


def ldconfig(*missing: str) -> str:
    """Lists every library but those whose name holds one of these words."""
    present = [name for name in SONAMES if not any(word in name for word in missing)]
    return "\n".join(f"echo '\t{name} (libc6,x86-64) => /lib/{name}'" for name in present)


ROOT, USER = "echo 0", "echo 1000"
APT = 'echo "apt-get $*"'


def test_a_machine_that_has_everything_is_left_alone(machine: Machine) -> None:
    done = machine({"ldconfig": ldconfig(), "apt-get": APT, "id": ROOT})
    assert (done.returncode, done.stdout) == (0, "")


def test_exactly_what_is_missing_is_installed_by_name(machine: Machine) -> None:
    done = machine({"ldconfig": ldconfig("portaudio", "libEGL"), "apt-get": APT, "id": ROOT})
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "apt-get install -y -qq --no-install-recommends libportaudio2 libegl1"


def test_who_is_not_root_is_asked_by_sudo(machine: Machine) -> None:
    done = machine({"ldconfig": ldconfig("portaudio", "libEGL"), "apt-get": APT, "id": USER, "sudo": 'echo "sudo $*"'})
    assert "sudo apt-get install" in done.stdout


def test_without_root_and_sudo_the_sentence_names_the_packages(machine: Machine) -> None:
    done = machine({"ldconfig": ldconfig("portaudio", "libEGL"), "apt-get": APT, "id": USER})
    assert done.returncode == 1
    assert "apt-get install libportaudio2 libegl1" in done.stderr


def test_without_apt_get_the_libraries_are_named_and_it_goes_on(machine: Machine) -> None:
    done = machine({"ldconfig": ldconfig("portaudio", "libEGL"), "id": USER})
    assert done.returncode == 0
    assert "libportaudio.so.2 libEGL.so.1" in done.stderr


def test_further_packages_are_installed_unless_they_are_there(machine: Machine) -> None:
    knows_make = 'case "$*" in *make) echo installed;; *) echo not-installed;; esac'
    programs = {"ldconfig": ldconfig(), "apt-get": APT, "id": ROOT, "dpkg-query": knows_make}
    done = machine(programs, ("make", "pulseaudio"))
    assert done.stdout.splitlines()[-1] == "apt-get install -y -qq --no-install-recommends pulseaudio"
