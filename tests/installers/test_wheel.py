"""The wheel is what people install: it has to carry everything that is not code, and find it again."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built as a release is."""
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("pemr_desktop-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel unpacked by pip, away from the checkout."""
    folder = tmp_path_factory.mktemp("site")
    pip("install", "--no-deps", "--target", str(folder), str(wheel))
    return folder


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def run(installed: Path, *command: str) -> str:
    """Output of a command that sees the installed wheel before anything else, started where no checkout is."""
    environment = os.environ | {"PYTHONPATH": str(installed), "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=installed, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_wheel_carries_every_resource_and_recipe_but_no_screenshots(wheel: Path) -> None:
    carried = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "resources", "training/recipes", "pemr_desktop", "training/pemr"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if tracked.returncode:
        pytest.skip("this is no git checkout")
    targets = {"resources/": "pemr_desktop/resources/", "training/recipes/": "pemr/recipes/", "training/pemr/": "pemr/"}
    for name in filter(None, tracked.stdout.split("\0")):
        if not (ROOT / name).exists() or name.startswith("resources/screenshots/"):  # those are for the README
            continue
        for source, target in targets.items():
            if name.startswith(source):
                name = target + name.removeprefix(source)
                break
        assert name in carried, f"{name} is not in the wheel"
    assert not [name for name in carried if "screenshots" in name]


def test_the_wheel_names_both_commands_and_the_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    entry_points = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
    commands = archive.read(entry_points).decode()
    assert "pemr-desktop = pemr_desktop.__main__:main" in commands
    assert "pemr-train = pemr.command:main" in commands
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())


def test_nothing_of_tests_or_of_this_machine_is_in_the_wheel(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pemr", "pemr_desktop"}
    assert not [name for name in archive.namelist() if "__pycache__" in name]


def test_resources_are_found_from_the_installed_wheel(installed: Path) -> None:
    found = run(
        installed,
        sys.executable,
        "-c",
        "from pemr_desktop.resources import resource; print(resource('demo')); print(resource('icons', 'play.svg'))",
    ).splitlines()
    assert [Path(line) for line in found] == [
        installed / "pemr_desktop" / "resources" / "demo",
        installed / "pemr_desktop" / "resources" / "icons" / "play.svg",
    ]
    assert len(list(Path(found[0]).glob("*.opus"))) >= 8


def test_recipes_are_found_from_the_installed_wheel(installed: Path) -> None:
    listed = run(installed, sys.executable, "-m", "pemr.command", "recipes")
    for recipe in (ROOT / "training" / "recipes").glob("*.toml"):
        assert recipe.stem in listed


@pytest.mark.parametrize("command", ["pemr-desktop", "pemr-train"])
def test_both_commands_start_from_the_installed_wheel(installed: Path, command: str) -> None:
    assert "Usage" in run(installed, str(installed / "bin" / command), "--help")
