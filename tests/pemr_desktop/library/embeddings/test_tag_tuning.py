"""What tuning leaves in the library: predictions that go with their embedding, heads with a way back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import APPLICATION_ID, migrations
from pemr_desktop.library.embeddings import tag_tuning
from pemr_desktop.library.embeddings.analyses import TrackAnalysis
from pemr_desktop.library.embeddings.tag_tuning import TeacherPredictions
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import TagRow

StoreAnalyses = Callable[..., list[int]]
MODEL = "0123456789abcdef"
WORDS = "words of the teacher"
FILE = "a" * 64
ORIGIN_MIGRATION = next(number for number, script in migrations() if "ADD COLUMN origin" in script)


def say(library: Library, track_id: int) -> None:
    said = TeacherPredictions(np.array([0, 1], np.uint16), np.array([[0.25, 0.5], [0.75, 1.0]], np.float32))
    with library.store.writing() as connection:
        tag_tuning.store_teacher_predictions(connection, MODEL, track_id, WORDS, said)


def use(library: Library, tags: list[TagRow], tuned: bool) -> None:
    with library.store.writing() as connection:
        heads = None
        if tuned:
            weight, bias = np.ones((2, 8), np.float32), np.array([0.5, -0.5], np.float32)
            heads = tag_tuning.keep_heads(connection, MODEL, FILE, b"[1]", weight, bias, b"{}")
        tag_tuning.use_heads(connection, MODEL, heads, tags)


def test_teacher_predictions_come_back_for_their_own_vocabulary_only(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    say(library, ids[0])
    found = library.read(tag_tuning.teacher_predictions, MODEL, WORDS)
    assert list(found) == [ids[0]] and found[ids[0]].segment_indices.tolist() == [0, 1]
    np.testing.assert_allclose(found[ids[0]].predictions, [[0.25, 0.5], [0.75, 1.0]])
    assert library.read(tag_tuning.teacher_predictions, MODEL, "other words") == {}


def test_a_track_that_is_analysed_again_loses_the_predictions_on_how_it_was(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    say(library, ids[0])
    once_more = TrackAnalysis(
        ids[0], MODEL, np.zeros(8, np.float32), np.zeros((1, 8), np.float32), np.zeros(1, np.float32),
        np.zeros(1, np.float32), 1.0, [],
    )  # fmt: skip
    library.store_analyses([once_more])
    assert library.read(tag_tuning.teacher_predictions, MODEL, WORDS) == {}


def test_heads_are_used_and_given_up_again(library: Library, album: list[Path], analysed: StoreAnalyses) -> None:
    analysed(library)
    assert library.read(tag_tuning.heads_in_use, MODEL, FILE) is None
    use(library, [TagRow("jazz", "genre", 0.9, True), TagRow("chiptune", "genre", 0.4, True)], tuned=True)
    heads = library.read(tag_tuning.heads_in_use, MODEL, FILE)
    assert heads is not None and heads.weight.shape == (2, 8) and heads.bias.tolist() == [0.5, -0.5]
    assert library.read(tag_tuning.heads_in_use, MODEL, "b" * 64) is None and library.read(tag_tuning.is_tuned, MODEL)
    known = {tag.name: tag for tag in library.read(queries.vocabulary, MODEL)}
    assert known["chiptune"].supported and known["jazz"].threshold == 0.9
    assert not known["rock"].supported
    assert library.read(tag_tuning.suggestions_pending)
    with library.store.writing() as connection:
        tag_tuning.suggestions_made(connection)
    assert not library.read(tag_tuning.suggestions_pending)

    use(library, [TagRow("jazz", "genre", 0.5, True), TagRow("rock", "genre", 0.5, True)], tuned=False)
    assert library.read(tag_tuning.heads_in_use, MODEL, FILE) is None and not library.read(tag_tuning.is_tuned, MODEL)
    known = {tag.name: tag for tag in library.read(queries.vocabulary, MODEL)}
    assert known["rock"].supported and not known["chiptune"].supported
    state = library.read(queries.tag_tuning_status)
    assert state.was_tuned and state.made_at is None and state.report == b""


def test_only_a_few_earlier_heads_are_kept(library: Library, album: list[Path], analysed: StoreAnalyses) -> None:
    analysed(library)
    for _ in range(9):
        use(library, [], tuned=True)
    count = library.read(lambda connection: connection.execute("SELECT count(*) FROM tuned_heads").fetchone()[0])
    assert count <= tag_tuning.HEADS_KEPT + 1
    assert library.read(tag_tuning.heads_in_use, MODEL, FILE) is not None


def test_what_people_say_is_read_with_the_tracks_that_were_analysed(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    for track_id in ids[:2]:
        library.decide([track_id], ["jazz"], "accepted")
    library.decide(ids[1:2], ["rock"], "rejected")
    said = library.read(tag_tuning.decisions, MODEL)
    assert said == {ids[0]: {"jazz": True}, ids[1]: {"jazz": True, "rock": False}}
    assert {track.track_id for track in library.read(tag_tuning.analysed_tracks, MODEL)} == set(ids)
    state = library.read(queries.tag_tuning_status)
    assert (state.user_labels, state.user_labels_since, state.analysed) == (3, 3, len(ids))
    found = library.read(lambda connection: list(tag_tuning.embeddings_of(connection, MODEL, [ids[0], 999_999])))
    assert [track_id for track_id, _, _ in found] == [ids[0]]
    assert found[0][1].shape == (8,) and found[0][2].shape[1] == 8


def answers(library: Library) -> tuple[dict[int, dict[str, bool]], int]:
    """What tags learn from, and how many answers the window counts."""
    return library.read(tag_tuning.decisions, MODEL), library.read(queries.tag_tuning_status).user_labels


def test_what_was_decided_in_bulk_is_no_answer_and_teaches_nothing(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library)
    assert library.accept_above(0.5)
    library.decide(ids, ["guitar"], "rejected")
    library.decide(ids[:1], ["guitar", "rock"], "accepted")
    assert answers(library) == ({}, 0)
    library.accept_above(0.0, ids[:1])  # one track alone is the word of the model, too
    assert answers(library) == ({}, 0)


def test_a_single_answer_counts_whatever_bulk_decision_comes_before_or_after(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    first, second, *_ = analysed(library)
    library.decide([first], ["calm"], "rejected")
    library.accept_above(0.5)
    assert answers(library) == ({first: {"calm": False}}, 1)
    assert library.decide([first], ["jazz"], "accepted") == [first]  # says again what the bulk decision said
    assert library.decide([first], ["jazz"], "accepted") == []
    assert library.decide([second], ["jazz"], "rejected") == [second]
    assert answers(library) == ({first: {"calm": False, "jazz": True}, second: {"jazz": False}}, 3)
    library.decide([first, second], ["jazz"], "rejected")
    assert answers(library) == ({first: {"calm": False}, second: {"jazz": False}}, 2)


def test_what_a_bulk_decision_wrote_into_a_file_does_not_teach_as_its_genre(
    library: Library, album: list[Path], analysed: StoreAnalyses
) -> None:
    ids = analysed(library, [("rock", 0.9)])
    before = library.read(tag_tuning.file_words, MODEL)
    with_rock = [track_id for track_id in ids if ("genre", "Rock") in before.get(track_id, [])]
    assert len(with_rock) == 1
    library.accept_above(0.5)
    library.apply_writes(library.plan_writes(ids).plans)
    assert len(library.read(queries.track_ids, "genre:=rock")) == len(ids)
    after = library.read(tag_tuning.file_words, MODEL)
    assert {track_id: words for track_id, words in after.items() if track_id not in with_rock} == {
        track_id: words for track_id, words in before.items() if track_id not in with_rock
    }


def test_of_earlier_decisions_those_alone_in_their_second_count_as_answers(library_file: Path) -> None:
    library_file.parent.mkdir(parents=True, exist_ok=True)
    times = {1: 10.0, 2: 11.5, 3: 20.0, 4: 20.0, 5: 20.7, 6: 30.0}
    with closing(sqlite3.connect(library_file)) as old:
        for number, script in migrations():
            if number < ORIGIN_MIGRATION:
                old.executescript(f"{script}\nPRAGMA user_version = {number};")
        old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        old.execute("INSERT INTO roots (path, added_at) VALUES (x'2f', 0)")
        old.execute("INSERT INTO tags (id, name, folded, group_name) VALUES (1, 'jazz', 'jazz', 'genre')")
        for track_id, decided_at in times.items():
            old.execute(
                "INSERT INTO tracks (id, root_id, rel_path, folder, location, size, mtime_ns, inode, added_at, "
                "read_at) VALUES (?, 1, ?, x'', '', 0, 0, 0, 0, 0)",
                (track_id, str(track_id).encode()),
            )
            old.execute(
                "INSERT INTO decisions (track_id, tag_id, decision, decided_at) VALUES (?, 1, 'accepted', ?)",
                (track_id, decided_at),
            )
        old.commit()
    with open_library(library_file) as library:
        single = library.read(
            lambda connection: connection.execute("SELECT track_id FROM decisions WHERE origin = 'single'").fetchall()
        )
        assert [row[0] for row in single] == [1, 2, 6]
        assert library.read(queries.tag_tuning_status).user_labels == 3
