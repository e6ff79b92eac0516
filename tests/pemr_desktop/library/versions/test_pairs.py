"""Pairs and groups of versions: found, told by tags, or judged by the user, whose word wins."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import APPLICATION_ID, migrations
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.versions import pairs
from pemr_desktop.library.versions.pairs import FoundVersion
from pemr_desktop.library.views import View

StoreAnalyses = Callable[..., list[int]]
EVIDENCE_MIGRATION = 6


@pytest.fixture
def ids(library: Library, album: list[Path], analysed: StoreAnalyses) -> list[int]:
    return sorted(analysed(library))


def test_found_versions_form_a_group(library: Library, reader: sqlite3.Connection, ids: list[int]) -> None:
    library.store_versions(ids[1], [FoundVersion(ids[0], ids[1], "version", 0.9, 3, 1.1)])
    library.store_versions(
        ids[2], [FoundVersion(ids[0], ids[2], "version", 0.7), FoundVersion(ids[1], ids[2], "version", 0.8)]
    )
    assert library.compared_ids() == {ids[1], ids[2]}
    assert library.regroup() == 1
    (group,) = queries.cover_groups(reader)
    assert group.track_ids == tuple(ids[:3])
    assert sorted(queries.track_ids(reader, "has:cover")) == ids[:3]
    assert sorted(queries.track_ids(reader, view=View("cover-group", group.id))) == ids[:3]
    pair = queries.version_pairs(reader, ids[0])[0]
    assert (pair.relation, pair.source, pair.key_shift, pair.tempo_ratio) == ("version", "found", 3, 1.1)


def test_the_users_word_wins_and_can_be_taken_back(
    library: Library, reader: sqlite3.Connection, ids: list[int]
) -> None:
    library.store_versions(ids[1], [FoundVersion(ids[0], ids[1], "version", 0.9)])
    library.regroup()
    assert library.judge(ids[1], ids[0], "not a version") == ids[:2]
    assert queries.cover_groups(reader) == []
    assert queries.version_pairs(reader, ids[0])[0].source == "user"
    library.store_versions(ids[1], [FoundVersion(ids[0], ids[1], "version", 0.99)])
    library.regroup()
    assert queries.cover_groups(reader) == []
    library.judge(ids[0], ids[1], "undecided")
    assert len(queries.cover_groups(reader)) == 1


def test_a_pair_known_only_from_the_user_goes_when_taken_back(
    library: Library, reader: sqlite3.Connection, ids: list[int]
) -> None:
    library.judge(ids[2], ids[3], "same recording")
    assert queries.counts(reader).cover_groups == 1
    library.judge(ids[2], ids[3], "undecided")
    assert queries.version_pairs(reader, ids[2]) == []
    assert queries.counts(reader).cover_groups == 0
    with pytest.raises(LibraryError):
        library.judge(ids[0], ids[0], "version")


def test_a_group_keeps_its_id_when_it_grows(library: Library, reader: sqlite3.Connection, ids: list[int]) -> None:
    library.judge(ids[0], ids[1], "version")
    (before,) = queries.cover_groups(reader)
    library.judge(ids[1], ids[2], "version")
    (after,) = queries.cover_groups(reader)
    assert after.id == before.id and after.track_ids == tuple(ids[:3])


def test_shared_work_ids_in_files_make_pairs(
    library: Library, reader: sqlite3.Connection, music: Path, song: Callable[..., Path]
) -> None:
    song(music / "a.flac", seed=1, title="Yesterday", musicbrainz_workid="w-1")
    song(music / "b.mp3", seed=2, title="Yesterday (live)", musicbrainz_workid="W-1")
    song(music / "c.opus", seed=3, title="Other", musicbrainz_workid="w-2")
    library.add_root(music)
    library.scan()
    assert library.versions_from_tags() == 1
    (group,) = queries.cover_groups(reader)
    assert group.title == "Yesterday" and len(group.track_ids) == 2
    assert queries.version_pairs(reader, group.track_ids[0])[0].source == "tags"


def test_a_track_that_is_forgotten_leaves_no_pair(library: Library, reader: sqlite3.Connection, ids: list[int]) -> None:
    library.judge(ids[0], ids[1], "version")
    (root,) = queries.roots(reader)
    library.remove_root(root.id)
    assert queries.cover_groups(reader) == []


def test_what_is_too_weak_to_be_called_a_version_is_kept_and_shown_nowhere(
    library: Library, reader: sqlite3.Connection, ids: list[int]
) -> None:
    weak = FoundVersion(ids[0], ids[1], None, 0.1, normalised_score=2.0, similarity=0.7, straight_s=12.0)
    library.store_versions(ids[1], [weak])
    assert library.regroup() == 0
    assert queries.version_pairs(reader, ids[0]) == []
    assert library.read(pairs.measured) == [weak]


def test_measured_pairs_can_be_called_something_else(
    library: Library, reader: sqlite3.Connection, ids: list[int]
) -> None:
    library.store_versions(
        ids[1], [FoundVersion(ids[0], ids[1], None, 0.5, normalised_score=4.0, similarity=0.8, straight_s=20.0)]
    )
    with library.store.writing() as connection:
        assert pairs.reclassify(connection, [(ids[0], ids[1], "version", 0.9, 5.0)]) == ids[:2]
        assert pairs.reclassify(connection, [(ids[0], ids[1], "version", 0.9, 5.0)]) == []
    assert queries.version_pairs(reader, ids[0])[0].relation == "version"


def test_a_pass_takes_back_what_it_does_not_find_again(
    library: Library, reader: sqlite3.Connection, ids: list[int]
) -> None:
    for track_id in ids[:2]:
        library.store_versions(track_id, [FoundVersion(ids[0], ids[1], "version", 0.9, normalised_score=5.0)])
    library.judge(ids[0], ids[2], "version")
    library.store_versions(ids[0], [])
    assert [pair.track_b for pair in queries.version_pairs(reader, ids[0])] == [ids[2]]


def test_tags_and_ear_each_keep_their_own_word(
    library: Library, reader: sqlite3.Connection, music: Path, song: Callable[..., Path]
) -> None:
    song(music / "a.flac", seed=1, title="Yesterday", musicbrainz_workid="w-1")
    second = song(music / "b.flac", seed=2, title="Yesterday (live)", musicbrainz_workid="w-1")
    library.add_root(music)
    library.scan()
    first_id, second_id = sorted(queries.track_ids(reader))
    library.versions_from_tags()
    library.store_versions(
        second_id, [FoundVersion(first_id, second_id, "same recording", 0.99, 0, 1.0, normalised_score=9.0)]
    )
    (pair,) = queries.version_pairs(reader, first_id)
    assert (pair.relation, pair.source, pair.probability) == ("version", "tags", 0.99)
    song(second, seed=2, title="Yesterday (live)")
    library.scan()
    assert library.versions_from_tags() == 0
    (pair,) = queries.version_pairs(reader, first_id)
    assert (pair.relation, pair.source) == ("same recording", "found")


def test_a_library_of_before_keeps_its_pairs(library_file: Path) -> None:
    library_file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(library_file)) as old:
        for number, script in migrations():
            if number < EVIDENCE_MIGRATION:
                old.executescript(f"{script}\nPRAGMA user_version = {number};")
        old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        old.execute("INSERT INTO roots (path, added_at) VALUES (x'2f', 0)")
        old.executemany(
            "INSERT INTO tracks (root_id, rel_path, folder, location, size, mtime_ns, inode, added_at, read_at) "
            "VALUES (1, ?, x'', '', 0, 0, 0, 0, 0)",
            [(b"a",), (b"b",), (b"c",)],
        )
        old.execute(
            "INSERT INTO versions (track_a, track_b, relation, source, found_at) VALUES (1, 2, 'version', 'found', 5)"
        )
        old.execute("INSERT INTO versions (track_a, track_b, relation, source) VALUES (1, 3, 'version', 'tags')")
        old.execute("INSERT INTO versions (track_a, track_b, judged) VALUES (2, 3, 'not a version')")
        old.commit()
    with open_library(library_file) as library:
        known = {(pair.track_a, pair.track_b): pair.source for pair in library.read(queries.version_pairs, 1)}
        assert known == {(1, 2): "found", (1, 3): "tags"}
        assert library.read(queries.version_pairs, 3)[0].relation == "not a version"
