"""Single changes of a plan are left out: they stay accepted, and stand in the next plan again."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from full_files import make_full_file
from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.library.writing.choice import choosable, chosen_plans, without
from pemr_desktop.library.writing.plan import WriteOptions
from pemr_desktop.refusals import said
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.plan import FilePlan
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan

StoreAnalyses = Callable[..., list[int]]
NOTE = "pemr_tags"
LATIN_1_CHUNK = b"Caf\xc3\xa9\0"


@pytest.fixture
def accepted(library: Library, album: list[Path], analysed: StoreAnalyses) -> list[Path]:
    """The album with jazz (a genre), calm (a mood) and guitar (an instrument) accepted for every track."""
    analysed(library)
    library.accept_above(0.3)
    return album


def fields_of(plan: FilePlan) -> set[str]:
    return {change.field for change in plan.changes}


def note_of(path: Path) -> set[str]:
    return set(json.loads(read_tags(path).fields[NOTE][0])["accepted"])


def test_a_change_that_is_left_out_comes_again_and_alone(library: Library, accepted: list[Path]) -> None:
    plans = library.plan_writes().plans
    assert {plan.only_noted for plan in plans} == {("guitar",)}
    library.apply_writes(chosen_plans(plans, but={"genre"}))
    waiting = [Path(os.fsdecode(plan.path)) for plan in plans if "genre" in fields_of(plan)]
    assert waiting
    for path in accepted:
        assert read_tags(path).fields["mood"] == ("calm",)
        assert note_of(path) == {"calm", "guitar"} | (set() if path in waiting else {"jazz"}), "what the file says"
    assert library.read(queries.counts).pending_writes == len(waiting)
    again = library.plan_writes().plans
    assert [fields_of(plan) for plan in again] == [{"genre", NOTE}] * len(waiting)
    library.apply_writes(again)
    assert all("Jazz" in read_tags(path).fields["genre"] for path in accepted)
    assert all(note_of(path) == {"jazz", "calm", "guitar"} for path in accepted)
    assert library.plan_writes().plans == ()


def test_without_the_note_an_instrument_waits_for_the_next_plan(library: Library, accepted: list[Path]) -> None:
    library.apply_writes(chosen_plans(library.plan_writes().plans, but={NOTE}))
    assert all(NOTE not in read_tags(path).fields for path in accepted)
    again = library.plan_writes().plans
    assert [fields_of(plan) for plan in again] == [{NOTE}] * 4
    assert {plan.only_noted for plan in again} == {("guitar",)}


def test_a_note_with_nothing_to_note_is_not_written(library: Library, accepted: list[Path]) -> None:
    (plan, *_) = library.plan_writes().plans
    bare = FilePlan(plan.track_id, plan.path, plan.identity, plan.changes)
    assert without(bare, {"genre", "mood"}).changes == ()
    assert fields_of(without(plan, {"genre", "mood"})) == {NOTE}, "the guitar is named nowhere else"
    assert without(plan, set()) is plan


def test_what_was_left_out_is_not_noted_as_written(library: Library, accepted: list[Path]) -> None:
    original = [path.read_bytes() for path in accepted]
    written = library.apply_writes(chosen_plans(library.plan_writes().plans, only={"genre"}))
    assert written.batch_id is not None
    entries = library.read(queries.batch_entries, written.batch_id)
    assert {change.field for entry in entries for change in entry.changes} == {"genre"}
    library.undo(written.batch_id)
    assert [path.read_bytes() for path in accepted] == original


def test_tags_without_any_place_are_named(library: Library, accepted: list[Path]) -> None:
    planned = library.plan_writes(options=WriteOptions(provenance=False))
    assert sorted(planned.without_field) == sorted(str(path) for path in accepted)
    assert set(planned.without_field.values()) == {("guitar",)}
    assert {plan.only_noted for plan in planned.plans} == {()}


def test_a_field_that_cannot_be_held_costs_that_field_alone(make_audio: Callable[..., Path], tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.mp3", tags={"title": "Song"})
    plan = make_plan(1, path, {"bpm": ["fast"], "genre": ["Jazz"]}, mode="replace")
    assert fields_of(plan) == {"genre"}
    assert "only whole numbers in “bpm”. This field stays as it is." in said(plan.warnings[-1])
    apply_plan(plan)
    assert read_tags(path).fields["genre"] == ("Jazz",)


def with_info(path: Path) -> Path:
    """Give a WAV file an INFO list as its only tags."""
    content = path.read_bytes()
    items = b"".join(
        name + len(text).to_bytes(4, "little") + text + b"\0" * (len(text) % 2)
        for name, text in ((b"INAM", LATIN_1_CHUNK), (b"IART", b"Somebody\0"))
    )
    body = content[8:] + b"LIST" + (4 + len(items)).to_bytes(4, "little") + b"INFO" + items
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)
    return path


def test_what_a_new_block_takes_along_is_no_choice(make_audio: Callable[..., Path], tmp_path: Path) -> None:
    path = with_info(make_audio(tmp_path / "a.wav"))
    plan = make_plan(1, path, {"genre": ["Jazz"], "mood": ["calm"]})
    assert set(plan.carried) == {"tsse", "title", "artist"}
    assert [change.field for change in choosable(plan)] == ["genre", "mood"]
    assert without(plan, {"genre", "mood"}).changes == ()
    apply_plan(without(plan, {"mood"}))
    fields = read_tags(path).fields
    assert (fields["title"], fields["artist"], fields["genre"]) == (("Café",), ("Somebody",), ("Jazz",))
    assert "mood" not in fields


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".m4a", ".wav", ".aiff", ".wma", ".wv"])
def test_any_part_of_a_plan_is_written(tmp_path: Path, suffix: str) -> None:
    wanted = {
        "title": ["New"],
        "genre": ["Jazz", "Blues"],
        "date": ["1999"],
        "artist": [],
        "mood": ["calm"],
        "own": ["x"],
    }
    chance = random.Random(suffix)
    path = make_full_file(tmp_path / f"full{suffix}")
    for _ in range(6):
        whole = make_plan(1, path, wanted, mode="replace")
        left_out = {change.field for change in choosable(whole) if chance.random() < 0.5}
        part = without(whole, left_out)
        before = read_tags(path).fields
        content = path.read_bytes()
        apply_plan(part)
        after = read_tags(path).fields
        assert after == {
            **{field: values for field, values in before.items() if field not in fields_of(part)},
            **{change.field: change.after for change in part.changes if change.after},
        }
        path.write_bytes(content)
