"""No command of the terminal gets there from a tag or a file name."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from pemr_desktop.commands.clean_text import clean, one_line
from pemr_desktop.commands.terminal import Terminal
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.write import apply_plan

Run = Callable[..., Any]
EVIL = "\x1b[2J\x1b]52;c;aGk=\x07 \x9b31m \u202egnp.exe\u2069 \u2028 line"
COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@given(st.text())
def test_nothing_that_is_cleaned_commands(text: str) -> None:
    assert not COMMANDS.search(clean(text))
    assert not re.search("[\n\r\t]", one_line(text))
    clean(text).encode()


def test_letters_of_all_scripts_stay() -> None:
    for text in ("Zoë – Café", "さくら", "فيروز \u200f", "👩‍🎤"):
        assert clean(text) == one_line(text) == text


@pytest.mark.parametrize("colour", [None, "truecolor"])
def test_whatever_the_console_draws_is_clean(colour: str | None) -> None:
    terminal = Terminal()
    terminal.file = io.StringIO()
    table = Table("title")
    table.add_row(EVIL)
    table.add_row(Text(EVIL))
    for thing in (EVIL, Text(EVIL, style="bold"), Text.assemble((EVIL, "red")), table, "[bold]no markup[/]"):
        terminal.print(thing)
    said = terminal.file.getvalue()
    assert not COMMANDS.search(said.replace("\x1b[1m", "").replace("\x1b[0m", ""))
    assert "[bold]no markup[/]" in said


def test_commands_print_no_command_of_the_terminal(run: Run, make_audio: Callable[..., Path], tmp_path: Path) -> None:
    folder = tmp_path / "music\x1b[31m"
    for number in range(2):
        path = make_audio(folder / f"{number}\x1b[2J\n\x9bfeigned: line.flac", seconds=1, seed=0)
        title = [f"{EVIL}{number}"]
        apply_plan(make_plan(0, path, {"title": title, "artist": [EVIL], "genre": [EVIL]}, mode="replace"))
    run("scan", folder)
    said = [run("tags"), run("edit", "1", "--set", f"genre=new {EVIL}"), run("duplicates")]
    said += [run("playlist", "make", f"list{EVIL}", "1"), run("playlist", "list"), run("playlist", "show", "1")]
    said += [run("edit", "1", "--set", "genre=new", "--apply"), run("history"), run("history", "1"), run("status")]
    (folder / "broken\x1b[2J.flac").write_bytes(b"fLaC\x00")
    said += [run("scan"), run("problems"), run("export", tmp_path / "out\x1b[2J.m3u8"), run("doctor")]
    said += [run("export", tmp_path / "a.xls\x1b[2J", code=1), run("tags", "nothing\x1b[2J", code=1)]
    for each in said:
        assert not COMMANDS.search(each.stdout + each.stderr)
        assert "\nfeigned" not in each.stdout + each.stderr
