"""What the window asks: right answers, answered by indexes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pemr_desktop.library import queries
from pemr_desktop.library.errors import QueryError, UnknownTrack
from pemr_desktop.library.library import Library
from pemr_desktop.library.search import id_sets, track_ids
from pemr_desktop.library.search.track_ids import MIN_FIRST_ROWS, SORTS, first_ids, id_chunks, selection, whole
from pemr_desktop.library.views import ALL, View

StoreAnalyses = Callable[..., list[int]]


@pytest.fixture
def titles(reader: sqlite3.Connection, album: list[Path]) -> Callable[..., list[str]]:
    def ask(query: str = "", view: View = ALL, sort: str = "path", descending: bool = False) -> list[str]:
        ids = queries.track_ids(reader, query, view=view, sort=sort, descending=descending)
        return [row.title for row in queries.rows(reader, ids)]

    return ask


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["So What", "Blue in Green", "All Blues", "Café"]),
        ("blue", ["So What", "Blue in Green", "All Blues"]),  # the folder is called Kind of Blue
        ("title:blue", ["Blue in Green", "All Blues"]),
        ('title:"blues"', ["All Blues"]),
        ("cafe", ["Café"]),
        ("artist:zoe", ["Café"]),
        ("genre:pop", ["Café"]),
        ("genre:jaz", ["So What", "Blue in Green"]),
        ("genre:=jaz", []),
        ("genre:=JAZZ", ["So What", "Blue in Green"]),
        ("genre:jazz,rock", ["So What", "Blue in Green", "Café"]),
        ("-genre:jazz", ["All Blues", "Café"]),
        ("year:1950..1959", ["So What", "All Blues"]),
        ("year:>1959", ["Café"]),
        ("-has:year", ["Blue in Green"]),
        ("format:flac", ["So What"]),
        ("artist:=miles_davis", []),
        ('artist:="miles davis" format:mp3', ["Blue in Green"]),
        ("davis -format:mp3 -format:opus", ["So What"]),
        ("added:1d", ["So What", "Blue in Green", "All Blues", "Café"]),
        ("added:..2020-01-01", []),
        ("is:new", ["So What", "Blue in Green", "All Blues", "Café"]),
        ("is:missing", []),
        ("duration:<10", ["So What", "Blue in Green", "All Blues", "Café"]),
        ("path:loose", ["Café"]),
        ("file:loose", ["Café"]),
        ("length:<10 tags:rock", ["Café"]),
        ('"Album artist":zoe OR albumartist:zoe', []),
        ("year:2001 OR title:green", ["Blue in Green", "Café"]),
        ("year:2001 OR year:1959 format:flac", ["So What", "Café"]),
        ("(year:2001 OR year:1959) format:flac", ["So What"]),
        ("(year:2001 OR year:1959) AND NOT format:flac", ["All Blues", "Café"]),
        ("-(format:flac OR format:mp3)", ["All Blues", "Café"]),
        ("NOT (genre:jazz year:1959)", ["Blue in Green", "All Blues", "Café"]),
        ("NOT -genre:jazz", ["So What", "Blue in Green"]),
        ("genre:jazz (-has:year OR format:flac)", ["So What", "Blue in Green"]),
        ("blue and green", []),
        ("Blue (in Green)", ["Blue in Green"]),
        ("is:missing OR green", ["Blue in Green"]),
    ],
)
def test_queries_find_what_they_say(titles: Callable[..., list[str]], query: str, wanted: list[str]) -> None:
    assert titles(query) == wanted


def test_suggested_tags_are_found_until_they_are_rejected(
    library: Library, titles: Callable[..., list[str]], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    assert len(titles("tag:calm")) == len(titles("mood:calm")) == len(titles("instrument:guitar")) == 4
    library.decide([ids[0]], ["calm"], "rejected")
    library.decide([ids[1]], ["calm"], "accepted")
    assert len(titles("mood:calm")) == 3
    assert len(titles("suggested:calm")) == 2
    assert titles("tag:polka") == []
    assert len(titles("has:suggestions")) == len(titles(view=View("suggested"))) == 4
    assert titles("is:pending") == titles(view=View("pending")) != []


def test_views_show_what_they_say(
    library: Library, reader: sqlite3.Connection, titles: Callable[..., list[str]], music: Path, album: list[Path]
) -> None:
    everything = queries.track_ids(reader, sort="path").tolist()
    assert titles(view=View("folder", os.fsencode(music / "Kind of Blue"))) == ["So What", "Blue in Green", "All Blues"]
    assert len(titles(view=View("folder", os.fsencode(music)))) == 4
    assert titles(view=View("facet", "pop", field="genre")) == ["Café"]
    assert titles(view=View("facet", "1950s", field="decade")) == ["So What", "All Blues"]
    assert titles(view=View("ids", (everything[2], everything[0])), sort="view") == ["All Blues", "So What"]
    playlist = library.save_playlist("Evening", [everything[3], everything[0], everything[3]])
    assert titles(view=View("playlist", playlist), sort="view") == ["Café", "So What", "Café"]
    assert titles("miles", view=View("playlist", playlist), sort="view") == ["So What"]
    assert len(titles(view=View("recent"))) == len(titles(view=View("unanalysed"))) == 4
    assert titles(view=View("problems")) == titles(view=View("duplicates")) == []


def test_folders_are_told_level_by_level(
    library: Library, reader: sqlite3.Connection, music: Path, song: Callable[..., Path]
) -> None:
    """`a b` sorts between `a` and what is in it; a folder without music of its own counts what is below."""
    for number, folder in enumerate(("a/x/deep", "a b", "a", "a/y", "a-b", "only/below", "")):
        song(music / folder / "song.flac", seed=number, title=f"Song {number}")
    library.add_root(music)
    library.scan()

    def told(folder: Path, limit: int = 100) -> list[tuple[str, int, bool]]:
        found = queries.folders_in(reader, os.fsencode(folder), limit)
        return [(row.name, row.track_count, row.has_folders) for row in found]

    assert told(music) == [("a", 3, True), ("a b", 1, False), ("a-b", 1, False), ("only", 1, True)]
    assert told(music / "a") == [("x", 1, True), ("y", 1, False)]
    assert told(music / "a b") == told(music / "none") == told(music.parent) == []
    assert len(told(music, limit=2)) == 2
    (root,) = queries.roots(reader)
    every = [os.fsdecode(path) for path in queries.music_folders(reader, root.id, root.path)]
    wanted = ("", "a", "a b", "a-b", "a/x", "a/x/deep", "a/y", "only", "only/below")
    assert every[0] == str(music) and sorted(every) == sorted(str(music / folder) for folder in wanted)


def test_facets_count_spellings_as_one(
    library: Library, reader: sqlite3.Connection, music: Path, album: list[Path], song: Callable[..., Path]
) -> None:
    song(music / "more.flac", seed=7, title="More", artist="miles davis", genre="jazz")
    library.scan()
    assert [(facet.value, facet.count) for facet in queries.facets(reader, "artist")] == [
        ("Miles Davis", 4),
        ("Zoë", 1),
    ]
    assert next((facet.value, facet.count) for facet in queries.facets(reader, "genre")) == ("Jazz", 3)
    assert [facet.value for facet in queries.facets(reader, "decade")] == ["2000s", "1950s"]
    assert sum(facet.count for facet in queries.facets(reader, "format")) == 5


def test_facets_leave_missing_tracks_out(library: Library, reader: sqlite3.Connection, album: list[Path]) -> None:
    album[3].unlink()
    library.scan()
    assert [facet.value for facet in queries.facets(reader, "artist")] == ["Miles Davis"]


@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_turns_round(reader: sqlite3.Connection, album: list[Path], sort: str) -> None:
    forward = queries.track_ids(reader, sort=sort)
    assert list(reversed(forward)) == queries.track_ids(reader, sort=sort, descending=True).tolist()
    assert sorted(forward) == sorted(queries.track_ids(reader))


def test_rows_come_in_the_order_asked_and_pass_over_what_is_gone(reader: sqlite3.Connection, album: list[Path]) -> None:
    ids = queries.track_ids(reader).tolist()
    assert [row.id for row in queries.rows(reader, [ids[2], 10_000, ids[0]])] == [ids[2], ids[0]]
    with pytest.raises(UnknownTrack):
        queries.detail(reader, 10_000)


def test_details_show_every_field(
    library: Library, reader: sqlite3.Connection, album: list[Path], analysed: StoreAnalyses
) -> None:
    analysed(library)
    track = queries.track_ids(reader, "cafe")[0]
    detail = queries.detail(reader, track)
    assert detail.fields["genre"] == ("Pop", "Rock")
    assert detail.size == album[3].stat().st_size
    assert [tag.tag for tag in detail.suggestions] == ["jazz", "calm", "guitar"]
    assert detail.importance == bytes([0, 64, 128, 191, 255])
    assert detail.peaks == b"\x01\x02"
    assert detail.row.analysed


def test_counts_agree_with_the_views(
    library: Library, reader: sqlite3.Connection, album: list[Path], analysed: StoreAnalyses
) -> None:
    analysed(library)
    library.accept_above(0.8)
    counts = queries.counts(reader)
    assert counts.tracks == len(queries.track_ids(reader)) == counts.analysed
    assert counts.with_suggestions == len(queries.track_ids(reader, view=View("suggested")))
    assert counts.pending_writes == len(queries.track_ids(reader, view=View("pending"))) == 4


def test_completions_offer_fields_flags_and_values(
    library: Library, reader: sqlite3.Connection, album: list[Path], analysed: StoreAnalyses
) -> None:
    analysed(library)
    assert queries.completions(reader, "gen", 3) == ["genre:"]
    assert queries.completions(reader, "x -ar", 5) == ["-artist:"]
    assert queries.completions(reader, "artist:mi", 9) == ['artist:"Miles Davis"']
    assert queries.completions(reader, "is:mis", 6) == ["is:missing"]
    assert queries.completions(reader, "genre:ja", 8) == ["genre:Jazz"]
    assert queries.completions(reader, "mood:c", 6) == ["mood:calm"]
    assert queries.completions(reader, "", 0) == []
    assert queries.completions(reader, "len", 3) == ["length:"]
    assert queries.completions(reader, "tags:ca", 7) == ["tags:calm"]
    assert queries.completions(reader, "x OR (gen", 9) == ["genre:"]
    assert queries.completions(reader, "-(-mood:c", 9) == ["-mood:calm"]


pieces = st.sampled_from(["(", ")", "-", "blue", "year:1..9", "has:year", "is:missing", " AND ", " OR ", " NOT ", " "])


@given(st.one_of(st.text(max_size=40), st.lists(pieces, max_size=16).map("".join)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_no_line_that_is_read_breaks_the_database(reader: sqlite3.Connection, line: str) -> None:
    try:
        queries.track_ids(reader, line)
        queries.completions(reader, line, len(line))
    except QueryError:
        pass


FILTERS = (
    "",
    "blue",
    "title:blue",
    'artist:"miles davis"',
    "artist:=miles",
    "genre:jazz",
    "genre:=jazz",
    "tag:calm",
    "suggested:calm",
    "year:1950..1959 sort",
    "has:cover",
    "has:suggestions",
    "has:artwork",
    "is:problem",
    "is:pending",
    "is:duplicate",
    "bpm:100..120 blue",
    "-blue",
    "blue -green",
    "format:flac",
    "-format:=mp3 blue",
    "track:1",
    "-disc:2..3",
    "duration:>1:00",
    "added:7d",
    "is:new",
    "path:f1",
    "title:=blue",
    "has:title",
    "-has:title",
    "has:artist",
    "has:album",
    "has:genre",
    "-has:mood",
    "has:year",
    "has:bpm",
    "has:analysis",
    "-is:analysed",
    "is:offline",
    "is:missing",
    "is:written",
    "instrument:guitar",
    "tag:jazz -tag:calm",
    "genre:jazz OR year:1950..1959",
    "(blue OR has:year) -format:mp3",
    "NOT (title:green year:1950..1959)",
    "-(is:duplicate OR has:mood) title",
)
VIEWS = (
    ALL,
    View("facet", "Jazz", field="genre"),
    View("facet", "1959", field="year"),
    View("facet", "calm", field="suggestion"),
    View("folder", b"/music/a"),
    View("playlist", 1),
    View("cover-group", 1),
    View("suggested"),
    View("pending"),
    View("problems"),
    View("offline"),
    View("recent"),
    View("duplicates"),
    View("unanalysed"),
    View("facet", "1950s", field="decade"),
    View("facet", "FLAC", field="format"),
    View("ids", (1, 2, 3)),
)


def plan_of(connection: sqlite3.Connection, sql: str, values: list[object]) -> list[str]:
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def asked(connection: sqlite3.Connection, query: str, sort: str, view: View = ALL) -> tuple[str, list[object]]:
    return whole(connection, selection(connection, query, view=view, sort=sort, descending=False))


def full_scans(plan: list[str]) -> list[str]:
    """Steps that read a whole table. Whole indexes in order, tiny tables and the full-text index are no such thing."""
    small = ("SCAN formats", "SCAN m", "SCAN tags", "SCAN roots", "SCAN models", "SCAN problems")
    return [step for step in plan if step.startswith("SCAN") and "INDEX" not in step and not step.startswith(small)]


@pytest.fixture(params=["with statistics", "without statistics"])
def large(
    library: Library,
    reader: sqlite3.Connection,
    analysed: StoreAnalyses,
    album: list[Path],
    request: pytest.FixtureRequest,
) -> sqlite3.Connection:
    """A library of 5,000 tracks, once as the planner sees it when it has statistics, and once when it has none yet."""
    analysed(library)
    with library.store.writing() as connection:
        connection.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
            "INSERT INTO tracks (root_id, rel_path, folder, location, size, mtime_ns, inode, added_at, read_at, "
            "title, sort_title, sort_artist, year) SELECT 1, CAST('f' || (i % 100) || '/' || i AS BLOB), "
            "CAST('f' || (i % 100) AS BLOB), '', 1, 1, 1, 1, 1, 'title ' || i, 'title ' || i, 'artist ' || (i % 500), "
            "1900 + i % 100 FROM n"
        )
        if request.param == "with statistics":
            connection.execute("ANALYZE")
    return reader


def test_unfiltered_tables_are_read_off_an_index_in_order(large: sqlite3.Connection) -> None:
    for sort in SORTS:
        plan = plan_of(large, *asked(large, "", sort))
        assert full_scans(plan) == []
        assert not any("TEMP B-TREE" in step for step in plan), (sort, plan)
        assert any("USING COVERING INDEX" in step for step in plan), (sort, plan)


def test_no_query_reads_the_whole_table(large: sqlite3.Connection) -> None:
    for view in VIEWS:
        for query in FILTERS:
            plan = plan_of(large, *asked(large, query, "artist", view))
            assert full_scans(plan) == [], (view, query, plan)


def test_a_broad_filter_walks_the_index_in_order_and_touches_no_row(large: sqlite3.Connection) -> None:
    for sort in SORTS:
        for query in ("title", "-title:1", "year:1900..2100", "has:title -has:mood"):
            plan = plan_of(large, *asked(large, query, sort))
            walked = next(step for step in plan if f"tracks_by_{sort}" in step)
            assert "COVERING" in walked, (sort, query, plan)
            assert not any("TEMP B-TREE" in step for step in plan), (sort, query, plan)


def test_words_that_many_tracks_have_come_in_order_and_in_parts(large: sqlite3.Connection) -> None:
    for query in ("title", "-title:1", "year:1900..1950"):
        chunks = list(id_chunks(large, query, view=ALL, sort="title", descending=True))
        assert len(chunks[0]) == MIN_FIRST_ROWS
        ids = [track_id for chunk in chunks for track_id in chunk]
        assert ids == queries.track_ids(large, query, sort="title", descending=True).tolist()
        by_hand = [row.id for row in queries.rows(large, sorted(ids)) if row.id in set(ids)]
        assert sorted(ids) == by_hand


@pytest.fixture
def everything_is_broad(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a library of a million tracks."""
    for module in (id_sets, track_ids):
        monkeypatch.setattr(module, "BROAD", 50)
    monkeypatch.setattr(id_sets, "NARROW", 40)
    monkeypatch.setattr(id_sets, "NARROW_SHARE", 1_000_000)


@pytest.mark.parametrize("sort", ["artist", "added"])
def test_the_first_rows_of_a_broad_question_are_the_first_of_all(
    large: sqlite3.Connection, everything_is_broad: None, sort: str
) -> None:
    found = 0
    for view in (ALL, View("unanalysed")):
        for query in (*FILTERS, "tit", "-tit", "title art", "year:1900..2100 -year:1950..1960", "-is:missing"):
            asked = selection(large, query, view=view, sort=sort, descending=False)
            first = first_ids(large, asked).tolist()
            every = queries.track_ids(large, query, view=view, sort=sort).tolist()
            assert first == every[: len(first)], (view, query)
            parts = id_chunks(large, query, view=view, sort=sort, descending=False)
            assert [track_id for part in parts for track_id in part] == every, (view, query)
            found += len(first) >= MIN_FIRST_ROWS
    assert found >= 5


def test_the_first_rows_come_without_gathering_what_is_broad(
    large: sqlite3.Connection, everything_is_broad: None
) -> None:
    """Each track of the walk is looked up by itself: no set is put together first."""
    for query in ("tit", "year:1900..2100", "has:title", "-year:1950", "tit -format:mp3"):
        steps: list[str] = []
        asked = selection(large, query, view=ALL, sort="path", descending=False)
        large.set_trace_callback(steps.append)
        try:
            assert len(first_ids(large, asked)) >= MIN_FIRST_ROWS, query
        finally:
            large.set_trace_callback(None)
        for step in steps:
            if step.startswith("SELECT t.id"):
                plan = plan_of(large, step, [])
                assert not any("LIST SUBQUERY" in line and "json" not in step for line in plan), (query, plan)
                assert full_scans(plan) in ([], ["SCAN json_each VIRTUAL TABLE INDEX 1:"]), (query, plan)


def test_a_transaction_ends_with_the_last_part(large: sqlite3.Connection) -> None:
    parts = id_chunks(large, "title", view=ALL, sort="artist", descending=False)
    next(parts)
    assert large.in_transaction
    assert isinstance(parts, Generator)
    parts.close()
    assert not large.in_transaction
    with pytest.raises(QueryError):
        next(id_chunks(large, "year:x", view=ALL, sort="artist", descending=False))
    assert not large.in_transaction
