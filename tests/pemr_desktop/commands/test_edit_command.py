"""Editing tags by hand in the terminal, and taking it back by batch, by file and by day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pemr_desktop.tagfiles.read import read_tags

Run = Callable[..., Any]


@pytest.fixture
def scanned(run: Run, music: Path) -> list[Path]:
    run("scan", music)
    return sorted(music.iterdir())


def contents(paths: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


def test_an_edit_is_only_shown_unless_it_is_to_be_applied(run: Run, scanned: list[Path]) -> None:
    original = contents(scanned)
    said = run("edit", scanned[0], "--set", "genre=Jazz", "--add", "mood=calm", "--remove", "title")
    assert "-Folk" in said.stdout and "+Jazz" in said.stdout and "+calm" in said.stdout and "-Tune 0" in said.stdout
    assert "Nothing was written" in said.stderr
    assert contents(scanned) == original


def test_values_are_set_added_and_removed(run: Run, scanned: list[Path]) -> None:
    run("edit", scanned[0], "--set", "genre=Jazz", "--set", "genre=Modal", "--set", "composer=", "--apply")
    assert read_tags(scanned[0]).fields["genre"] == ("Jazz", "Modal")
    run("edit", scanned[0], "--add", "genre=Cool", "--add", "title=Another", "--remove", "genre=jazz", "--apply")
    fields = read_tags(scanned[0]).fields
    assert fields["genre"] == ("Modal", "Cool")
    assert fields["title"] == ("Tune 0", "Another")
    run("edit", scanned[0], "--remove", "genre", "--apply")
    assert "genre" not in read_tags(scanned[0]).fields


def test_an_edit_of_many_files_is_chosen_by_a_query(run: Run, scanned: list[Path]) -> None:
    run("edit", "genre:folk", "--add", "mood=calm", "--apply")
    assert [read_tags(path).fields.get("mood") for path in scanned] == [("calm",), ("calm",), None]
    assert "No files would change" in run("edit", "genre:folk", "--add", "mood=calm", "--apply").stderr


def test_what_is_no_edit_is_refused(run: Run, scanned: list[Path]) -> None:
    assert "Say what to change" in run("edit", scanned[0], code=1).stderr
    assert "form field=value" in run("edit", scanned[0], "--set", "genre", code=1).stderr
    assert "never written" in run("edit", scanned[0], "--set", "comment=mine", "--apply", code=1).stderr


def test_undo_by_file_leaves_the_other_files(run: Run, scanned: list[Path]) -> None:
    original = contents(scanned)
    run("edit", *scanned, "--set", "genre=First", "--apply")
    run("edit", *scanned, "--set", "genre=Second", "--apply")
    run("undo", "--file", scanned[1])
    assert scanned[1].read_bytes() == original[1]
    assert [read_tags(path).fields["genre"] for path in (scanned[0], scanned[2])] == [("Second",), ("Second",)]
    said = run("history", "--file", scanned[1]).stdout
    assert said.count("undone") == 2 and "+Second" in said and "-Folk" in said
    assert "nothing to undo" in run("undo", "--file", scanned[1], code=1).stderr


def test_an_undo_can_be_looked_at_first(run: Run, scanned: list[Path]) -> None:
    run("edit", *scanned, "--set", "genre=First", "--apply")
    written = contents(scanned)
    shown = run("undo", "--dry-run")
    assert shown.stdout.count("-First") == 3 and "Nothing was changed" in shown.stderr
    assert contents(scanned) == written


def test_a_wrong_query_line_is_pointed_at(run: Run, scanned: list[Path]) -> None:
    said = run("edit", "genre:jazz year:19x", "--set", "mood=calm", code=1).stderr
    assert "genre:jazz year:19x\n" + " " * 2 + " " * len("genre:jazz year:") + "^^^" in said


def test_undo_of_a_file_in_one_batch_only(run: Run, scanned: list[Path]) -> None:
    run("edit", *scanned, "--set", "genre=First", "--apply")
    run("edit", *scanned, "--set", "mood=calm", "--apply")
    run("undo", "2", "--file", scanned[0])
    fields = read_tags(scanned[0]).fields
    assert fields["genre"] == ("First",) and "mood" not in fields
    assert read_tags(scanned[1]).fields["mood"] == ("calm",)


def test_undo_of_a_day_brings_all_of_it_back(run: Run, scanned: list[Path]) -> None:
    original = contents(scanned)
    today, yesterday = datetime.now().date(), (datetime.now() - timedelta(days=1)).date()
    run("edit", *scanned, "--set", "genre=First", "--apply")
    run("edit", scanned[0], "--set", "genre=Second", "--apply")
    assert "nothing to undo" in run("undo", "--day", str(yesterday), code=1).stderr
    assert "Wrote tags into 3" in run("history", "--day", str(today)).stdout
    assert "Wrote" not in run("history", "--day", str(yesterday)).stdout
    run("undo", "--day", str(today))
    assert contents(scanned) == original


def test_a_file_that_was_never_written_has_no_history(run: Run, scanned: list[Path]) -> None:
    assert "Nothing was ever written" in run("history", "--file", scanned[0], code=1).stderr


def test_what_was_written_into_a_file_of_two_names_comes_back_into_both(
    run: Run, scanned: list[Path], tmp_path: Path
) -> None:
    other = tmp_path / f"other name{scanned[0].suffix}"
    other.hardlink_to(scanned[0])
    original = scanned[0].read_bytes()
    assert "hard links" in run("edit", scanned[0], "--set", "genre=Jazz", "--apply", code=1).stderr
    run("edit", scanned[0], "--set", "genre=Jazz", "--hard-links", "in place", "--apply")
    assert read_tags(other).fields["genre"] == ("Jazz",)
    run("undo")
    assert other.read_bytes() == original
    assert other.samefile(scanned[0])


def test_only_some_fields_of_an_edit_are_written(run: Run, scanned: list[Path]) -> None:
    words = ("edit", scanned[0], "--set", "genre=Jazz", "--add", "mood=calm", "--set", "title=Other")
    said = run(*words, "--only", "genre")
    assert "+Jazz" in said.stdout and "calm" not in said.stdout and "Other" not in said.stdout
    assert "2 changes were left out and can be written another time." in said.stderr
    run(*words, "--except", "Genre", "--except", "title", "--apply")
    fields = read_tags(scanned[0]).fields
    assert (fields["genre"], fields["mood"], fields["title"]) == (("Folk",), ("calm",), ("Tune 0",))
    assert "Written" not in run(*words, "--only", "composer", "--apply").stderr
