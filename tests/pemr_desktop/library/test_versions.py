"""Pairs and groups of versions: found, told by tags, or judged by the user, whose word wins."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pemr_desktop.library import queries
from pemr_desktop.library.errors import LibraryError
from pemr_desktop.library.library import Library
from pemr_desktop.library.versions import FoundVersion
from pemr_desktop.library.views import View

Heard = Callable[..., list[int]]


@pytest.fixture
def ids(library: Library, album: list[Path], heard: Heard) -> list[int]:
    return sorted(heard(library))


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
