"""Accepted tags reach files under a journal, and come back out of them, weeks later."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.views import View
from pemr_desktop.library.writing.plan import WriteOptions
from pemr_desktop.refusals import refusal, said
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan

StoreAnalyses = Callable[..., list[int]]


@pytest.fixture
def accepted(library: Library, album: list[Path], analysed: StoreAnalyses) -> list[Path]:
    """The album with jazz, calm and guitar accepted for every track."""
    analysed(library)
    library.accept_above(0.3)
    return album


def content(paths: list[Path]) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in paths}


def rewrite(path: Path, **fields: list[str]) -> None:
    apply_plan(make_plan(0, path, fields, mode="replace"))


def test_planning_writes_nothing(library: Library, accepted: list[Path]) -> None:
    before = [(path.stat().st_mtime_ns, path.read_bytes()) for path in accepted]
    plans = library.plan_writes()
    assert len(plans.plans) == 4 and plans.refused == {}
    assert [(path.stat().st_mtime_ns, path.read_bytes()) for path in accepted] == before
    assert library.read(queries.history) == []


def test_accepted_tags_go_where_players_look(library: Library, accepted: list[Path]) -> None:
    written = library.apply_writes(library.plan_writes().plans)
    assert (written.written, written.refused) == (4, {})
    fields = read_tags(accepted[3]).fields
    assert fields["genre"] == ("Pop", "Rock", "Jazz")  # spelt as the rest of the library does
    assert fields["mood"] == ("calm",)
    assert "instrument" not in fields and "comment" not in fields
    note = json.loads(fields["pemr_tags"][0])
    assert note["model"] == "0123456789abcdef"
    assert note["accepted"] == {"jazz": 0.9, "calm": 0.6, "guitar": 0.4}
    assert library.read(queries.counts).pending_writes == 0
    assert library.plan_writes().plans == ()


def test_nothing_of_us_is_written_when_the_setting_says_so(library: Library, accepted: list[Path]) -> None:
    options = WriteOptions(provenance=False)
    library.apply_writes(library.plan_writes(options=options).plans, options=options)
    fields = read_tags(accepted[2]).fields
    assert "pemr_tags" not in fields and fields["mood"] == ("calm",)


def test_replace_puts_accepted_tags_in_place_of_others(library: Library, accepted: list[Path]) -> None:
    options = WriteOptions(mode="replace", provenance=False)
    library.apply_writes(library.plan_writes(options=options).plans, options=options)
    assert read_tags(accepted[3]).fields["genre"] == ("Jazz",)


def test_a_tag_that_the_file_has_already_needs_no_writing(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    jazz = library.read(queries.track_ids, view=View("facet", "Jazz", field="genre")).tolist()
    library.decide(ids, ["jazz"], "accepted")
    plans = library.plan_writes(jazz)
    assert plans.plans == ()
    assert library.read(queries.counts).pending_writes == 2  # the two without genre Jazz


def test_the_library_knows_what_was_written_without_a_scan(library: Library, accepted: list[Path]) -> None:
    library.apply_writes(library.plan_writes().plans)
    assert len(library.read(queries.track_ids, "genre:=jazz")) == 4
    outcome = library.scan()
    assert (outcome.changed, outcome.added) == (0, 0)


def test_the_journal_tells_all(library: Library, accepted: list[Path]) -> None:
    written = library.apply_writes(library.plan_writes().plans)
    (batch,) = library.read(queries.history)
    assert (batch.id, batch.operation, batch.file_count, batch.done_count, batch.undone) == (
        written.batch_id,
        "write",
        4,
        4,
        False,
    )
    entries = library.read(queries.batch_entries, batch.id)
    assert {entry.state for entry in entries} == {"done"}
    assert {change.field for entry in entries for change in entry.changes} == {"genre", "mood", "pemr_tags"}


def test_undo_weeks_later_restores_every_byte(library: Library, accepted: list[Path], library_file: Path) -> None:
    original = content(accepted)
    batch = library.apply_writes(library.plan_writes().plans).batch_id
    assert batch is not None
    library.close()
    with open_library(library_file) as later:  # after many restarts, backups and scans
        later.scan()
        later.backup_if_due()
        undone = later.undo(batch)
        assert (undone.written, undone.refused) == (4, {})
        assert content(accepted) == original
        history = later.read(queries.history)
        assert [(row.operation, row.undone) for row in history] == [("undo", False), ("write", True)]
        assert later.read(queries.counts).pending_writes == 4


def test_an_undo_can_be_undone(library: Library, accepted: list[Path]) -> None:
    batch = library.apply_writes(library.plan_writes().plans).batch_id
    assert batch is not None
    written = content(accepted)
    undo = library.undo(batch).batch_id
    assert undo is not None
    again = library.undo(undo)
    assert again.written == 4
    assert content(accepted) == written
    assert library.read(queries.counts).pending_writes == 0
    assert library.undo(undo).written == 0  # there is nothing left to take back


def test_single_files_of_a_batch_can_be_taken_back(library: Library, accepted: list[Path]) -> None:
    original = content(accepted)
    batch = library.apply_writes(library.plan_writes().plans).batch_id
    assert batch is not None
    entry = library.read(queries.batch_entries, batch)[1]
    assert library.undo(batch, [entry.id]).written == 1
    path = Path(os.fsdecode(entry.path))
    assert [other for other in accepted if other.read_bytes() == original[other]] == [path]
    assert library.undo(batch).written == 3
    assert content(accepted) == original


def test_undo_leaves_alone_a_field_that_someone_else_changed(library: Library, accepted: list[Path]) -> None:
    batch = library.apply_writes(library.plan_writes().plans).batch_id
    assert batch is not None
    theirs = accepted[3]
    rewrite(theirs, genre=["Their own word"], title=["Their title"])
    undone = library.undo(batch)
    assert undone.written == 4
    assert undone.refused == {str(theirs): refusal("field left alone", fields="“genre”")}
    assert said(undone.refused[str(theirs)]) == "“genre” no longer holds what was written, and stays as it is."
    fields = read_tags(theirs).fields
    assert fields["genre"] == ("Their own word",)
    assert fields["title"] == ("Their title",)
    assert "mood" not in fields and "pemr_tags" not in fields


def test_undo_keeps_what_someone_added_beside_our_fields(library: Library, accepted: list[Path]) -> None:
    batch = library.apply_writes(library.plan_writes().plans).batch_id
    assert batch is not None
    rewrite(accepted[0], grouping=["added later"])
    assert library.undo(batch).refused == {}
    fields = read_tags(accepted[0]).fields
    assert fields["grouping"] == ("added later",)
    assert fields["genre"] == ("Jazz",) and "mood" not in fields


def test_undo_when_every_field_was_changed_touches_nothing(library: Library, accepted: list[Path]) -> None:
    batch = library.apply_writes(library.plan_writes().plans).batch_id
    assert batch is not None
    rewrite(accepted[2], genre=["x"], mood=["y"], pemr_tags=["z"])
    theirs = accepted[2].read_bytes()
    undone = library.undo(batch)
    assert undone.written == 3 and str(accepted[2]) in undone.refused
    assert accepted[2].read_bytes() == theirs


def test_undo_follows_a_file_that_was_moved(library: Library, accepted: list[Path], music: Path) -> None:
    original = accepted[0].read_bytes()
    batch = library.apply_writes(library.plan_writes().plans).batch_id
    assert batch is not None
    moved = accepted[0].rename(music / "moved.flac")
    library.scan()
    assert library.undo(batch).written == 4
    assert moved.read_bytes() == original


def test_undo_outlives_the_root(library: Library, accepted: list[Path]) -> None:
    original = content(accepted)
    batch = library.apply_writes(library.plan_writes().plans).batch_id
    assert batch is not None
    (root,) = library.read(queries.roots)
    library.remove_root(root.id)
    assert library.undo(batch).written == 4
    assert content(accepted) == original


def test_a_file_that_is_gone_is_named_and_the_rest_is_undone(library: Library, accepted: list[Path]) -> None:
    batch = library.apply_writes(library.plan_writes().plans).batch_id
    assert batch is not None
    accepted[1].unlink()
    undone = library.undo(batch)
    assert undone.written == 3
    assert "not there" in undone.refused[str(accepted[1])].message


def test_a_file_that_changed_since_the_plan_is_left_untouched_and_named(library: Library, accepted: list[Path]) -> None:
    plans = library.plan_writes().plans
    rewrite(accepted[1], title=["changed meanwhile"])
    theirs = accepted[1].read_bytes()
    written = library.apply_writes(plans)
    assert written.written == 3
    assert "plan again" in written.refused[str(accepted[1])].message
    assert accepted[1].read_bytes() == theirs
    (problem,) = library.read(queries.problems)
    assert (problem.stage, problem.path) == ("write", os.fsencode(accepted[1]))
    library.scan()
    again = library.apply_writes(library.plan_writes().plans)
    assert again.written == 1
    assert library.read(queries.problems) == []


def test_hard_links_are_refused_with_a_reason(library: Library, accepted: list[Path], tmp_path: Path) -> None:
    (tmp_path / "seeding.flac").hardlink_to(accepted[0])
    plans = library.plan_writes()
    assert "hard links" in plans.refused[str(accepted[0])].message
    assert len(plans.plans) == 3


def test_a_cancelled_batch_says_only_what_it_did(library: Library, accepted: list[Path]) -> None:
    original = content(accepted)
    done: list[int] = []
    written = library.apply_writes(
        library.plan_writes().plans, progress=lambda at, total, step: done.append(at), cancelled=lambda: len(done) >= 2
    )
    assert written.written == 2
    (batch,) = library.read(queries.history)
    assert (batch.file_count, batch.done_count, batch.failed_count) == (2, 2, 0)
    assert library.undo(batch.id).written == 2
    assert content(accepted) == original


def test_a_batch_that_is_told_to_stop_at_once_leaves_files_alone(library: Library, accepted: list[Path]) -> None:
    original = content(accepted)
    assert library.apply_writes(library.plan_writes().plans, cancelled=lambda: True).written == 0
    assert content(accepted) == original


def test_the_users_own_edits_are_written_and_taken_back(library: Library, album: list[Path]) -> None:
    original = content(album)
    (track,) = library.read(queries.track_ids, "cafe")
    plans = library.plan_edits({track: {"title": ["Café del Mar"], "genre": [], "bpm": ["98"]}})
    batch = library.apply_writes(plans.plans).batch_id
    assert batch is not None
    fields = read_tags(album[3]).fields
    assert (fields["title"], fields["bpm"]) == (("Café del Mar",), ("98",)) and "genre" not in fields
    library.undo(batch)
    assert content(album) == original


def test_a_window_sees_the_history_while_the_worker_writes(library: Library, accepted: list[Path]) -> None:
    with closing(open_reader(library.path)) as reader:
        seen: list[int] = []
        library.apply_writes(
            library.plan_writes().plans,
            progress=lambda at, total, step: seen.append(queries.history(reader)[0].done_count),
        )
        assert seen == [0, 1, 2, 3]
        assert len(queries.track_ids(reader, view=View("pending"))) == 0


def test_rejected_and_withdrawn_tags_are_not_written(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    library.decide(ids, ["calm", "jazz"], "accepted")
    assert library.decide(ids, ["jazz"], "rejected") == sorted(ids)
    assert library.decide(ids[:1], ["calm"], "undecided") == ids[:1]
    options = WriteOptions(provenance=False)
    plans = library.plan_writes(options=options).plans
    assert len(plans) == 3
    assert {change.field for plan in plans for change in plan.changes} == {"mood"}


def test_a_batch_that_never_was_is_refused(library: Library) -> None:
    with pytest.raises(LibraryError, match="no batch 7"):
        library.undo(7)
