"""Old code pages in the terminal: which are likely, what would change, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mutagen.id3 import ID3, TIT2, TPE1

from pemr_desktop.tagfiles.read import read_tags

Run = Callable[..., Any]


@pytest.fixture
def scanned(run: Run, tmp_path: Path, make_audio: Callable[..., Path]) -> list[Path]:
    """Two songs in Windows-1251, and one in Unicode."""
    for number, (title, page) in enumerate((("Группа крови", "cp1251"), ("Кукушка", "cp1251"), ("Песня", "utf-8"))):
        path = make_audio(tmp_path / "music" / f"{number}.mp3", seconds=1.0)
        tag = ID3()
        if page == "utf-8":
            tag.add(TIT2(encoding=3, text=title))
        else:
            tag.add(TIT2(encoding=0, text=title.encode(page).decode("latin-1")))
            tag.add(TPE1(encoding=0, text="Кино".encode(page).decode("latin-1")))
        tag.save(path)
    run("scan", tmp_path / "music")
    return sorted((tmp_path / "music").iterdir())


def test_likely_pages_are_listed_with_what_they_read(run: Run, scanned: list[Path]) -> None:
    original = [path.read_bytes() for path in scanned]
    said = run("recode", *scanned)
    first = next(line for line in said.stdout.splitlines() if "%" in line)
    assert "cp1251" in first and "Группа крови · Кино · Кукушка" in first
    assert "2 files have text in an old code page." in said.stderr and "--from" in said.stderr
    assert run("recode", *scanned, "--list", "--from", "koi8-r").stdout == said.stdout
    assert [path.read_bytes() for path in scanned] == original


def test_a_recoding_is_shown_then_written_then_undone(run: Run, scanned: list[Path]) -> None:
    original = [path.read_bytes() for path in scanned]
    said = run("recode", *scanned, "--from", "windows-1251")
    assert "+Группа крови" in said.stdout and "2 files would change" in said.stderr
    assert [path.read_bytes() for path in scanned] == original
    run("recode", *scanned, "--from", "cp1251", "--except", "artist", "--apply")
    assert [read_tags(path).fields["title"] for path in scanned] == [("Группа крови",), ("Кукушка",), ("Песня",)]
    assert read_tags(scanned[0]).fields["artist"] != ("Кино",)
    assert scanned[2].read_bytes() == original[2]
    run("undo")
    assert [path.read_bytes() for path in scanned] == original
    run("recode", "title:Песня", "--from", "cp1251", "--apply")
    assert [path.read_bytes() for path in scanned] == original


def test_an_unknown_page_is_refused_with_those_that_are_known(run: Run, scanned: list[Path]) -> None:
    assert "cp1251, koi8-r" in run("recode", scanned[0], "--from", "rot13", code=1).stderr
    refused = run("recode", scanned[0], "--from", "utf-8", code=0)
    assert "Not all of it can be UTF-8" in refused.stderr
