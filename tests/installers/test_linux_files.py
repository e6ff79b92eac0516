"""The menu entry and the software-centre entry hold to the freedesktop standards; the scripts do what they say."""

from __future__ import annotations

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

LINUX = Path(__file__).resolve().parents[2] / "installers" / "linux"
DESKTOP = LINUX / "org.pemr.Desktop.desktop"
METAINFO = LINUX / "org.pemr.Desktop.metainfo.xml"
SCRIPTS = sorted([*LINUX.parent.rglob("*.sh"), *Path(__file__).parent.rglob("*.sh")])


def test_the_menu_entry_is_valid() -> None:
    if not shutil.which("desktop-file-validate"):
        pytest.skip("needs desktop-file-validate (Debian: desktop-file-utils)")
    done = subprocess.run(["desktop-file-validate", str(DESKTOP)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_software_centre_entry_is_valid() -> None:
    if not shutil.which("appstreamcli"):
        pytest.skip("needs appstreamcli (Debian: appstream)")
    command = ["appstreamcli", "validate", "--no-net", str(METAINFO)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_both_entries_name_the_same_program() -> None:
    component = ET.parse(METAINFO).getroot()
    assert component.findtext("launchable") == DESKTOP.name
    assert component.findtext("id") == DESKTOP.stem
    assert f"Icon={DESKTOP.stem}\n" in DESKTOP.read_text("utf-8")


def test_the_program_can_be_put_into_the_menu_and_taken_out_again(tmp_path: Path) -> None:
    environment = os.environ | {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    checkout = tmp_path / "checkout"
    shutil.copytree(LINUX, checkout / "installers" / "linux")
    shutil.copytree(LINUX.parents[1] / "resources" / "icons", checkout / "resources" / "icons")
    programs = checkout / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("pemr-desktop", "pemr-train"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    script = str(checkout / "installers" / "linux" / "install.sh")

    subprocess.run([script], env=environment, check=True, capture_output=True)
    entry = tmp_path / "data" / "applications" / DESKTOP.name
    assert f'Exec="{tmp_path}/.local/bin/pemr-desktop" window %F' in entry.read_text("utf-8")
    assert (tmp_path / ".local" / "bin" / "pemr-desktop").resolve() == programs / "pemr-desktop"

    subprocess.run([script, "--remove"], env=environment, check=True, capture_output=True)
    left = [path for path in (tmp_path / "data").rglob("*") if path.is_file() and DESKTOP.stem in path.name]
    assert left == []
    assert not (tmp_path / ".local" / "bin" / "pemr-desktop").exists()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_read_by_a_plain_shell(script: Path) -> None:
    done = subprocess.run(["sh", "-n", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert os.access(script, os.X_OK)
