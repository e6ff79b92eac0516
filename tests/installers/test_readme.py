"""What the README says is so: keys, libraries, folders and commands are those of the project."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pemr_desktop.commands.application import Commands

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
MODIFIED_KEY = re.compile(r"(?:Ctrl\+)(?:Shift\+)?(?:[A-Z0-9]|Right|Left|Up|Down|Return)\b|\bF\d+\b")


def section(title: str) -> str:
    return README.split(f"{title}\n", 1)[1].split("\n## ", 1)[0]


def test_every_key_is_one_of_the_window() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "pemr_desktop" / "ui").rglob("*.py"))
    keys = set(MODIFIED_KEY.findall(section("## Keys")))
    assert len(keys) > 15
    assert not [key for key in keys if f'"{key}"' not in code]


def test_every_library_the_project_needs_has_a_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    known_as = {
        "PySide6-Essentials": "PySide6", "av": "PyAV", "tomli-w": "tomli-w", "pytest-timeout": "pytest",
        "onnxruntime": "ONNX Runtime",
    }  # fmt: skip
    table = section("### Libraries: what for, and why this one").lower()
    extras = [requirement for extra in project["optional-dependencies"].values() for requirement in extra]
    for requirement in [*project["dependencies"], *extras]:
        name = re.split(r"[<>=!;\[ ]", requirement)[0]
        if name == project["name"]:  # an extra that takes others in
            continue
        assert known_as.get(name, name).lower() in table, name


def test_every_command_is_one_of_the_application() -> None:
    commands = Commands.lazy_commands
    named = re.findall(r"(?m)^pemr-desktop (\w+)", section("## In the terminal"))
    assert named
    assert not [name for name in named if name not in commands]
