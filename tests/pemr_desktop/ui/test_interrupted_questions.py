"""The filter while one types: questions are interrupted wherever they are, and the next one always finds its rows."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.views import ALL
from pemr_desktop.ui.library_reader import Reader
from pemr_desktop.ui.tracks.track_model import IdPart, _ids_in_parts

TRACKS = 30_000
QUESTIONS = 3_000
LINES = (
    "",
    "a",
    "am",
    "amber",
    "amber moon",
    "year:1960..1969",
    "-title:lake",
    "artist:dawn -title:lake",
    "year:>1980",
)
SORTS = ("artist", "title", "year", "duration", "album")
WORDS = ("amber", "blue", "cloud", "dawn", "ember", "field", "glass", "harbour", "iron", "june", "kite", "lake", "moon")

FILL = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
INSERT INTO tracks (root_id, rel_path, folder, location, size, mtime_ns, inode, added_at, read_at, format,
    duration_s, title, artist, album, genres, year, sort_title, sort_artist, sort_album, sort_genre)
SELECT 1, CAST('t/' || n AS BLOB), CAST('t' AS BLOB), 't/' || n, 1, 1, n, n, 1, 'FLAC', n % 400,
    word(n) || ' ' || word(n / 13), word(n / 500), word(n / 12), '', 1950 + n % 70,
    word(n) || ' ' || word(n / 13), word(n / 500), word(n / 12), '' FROM numbers
"""


@pytest.fixture
def library_file(tmp_path: Path) -> Path:
    path = tmp_path / "library.sqlite"
    (tmp_path / "music").mkdir()
    with open_library(path) as library:
        library.add_root(tmp_path / "music")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.create_function("word", 1, lambda number: WORDS[int(number) % len(WORDS)], deterministic=True)
        connection.execute(FILL, {"count": TRACKS})
    return path


@pytest.fixture
def reader(qtbot: QtBot, library_file: Path) -> Iterator[Reader]:
    made = Reader(library_file, open_reader)
    yield made
    assert made.close()


@pytest.mark.slow
def test_thousands_of_questions_interrupted_anywhere_fail_never(qtbot: QtBot, reader: Reader) -> None:
    """Slow: each of the questions is given a moment of its own before the next one comes."""
    draw = random.Random(5)
    errors: list[Exception] = []
    parts: list[IdPart] = []
    for _ in range(QUESTIONS):
        reader.ask(
            _ids_in_parts,
            draw.choice(LINES),
            ALL,
            draw.choice(SORTS),
            draw.random() < 0.5,
            done=parts.append,
            failed=errors.append,
            topic="ids",
        )
        pause_s = draw.choice((0.0, draw.uniform(0, 0.004), draw.uniform(0, 0.03)))
        end = time.perf_counter() + pause_s
        qtbot.wait(0)
        while time.perf_counter() < end:
            pass
    parts.clear()
    reader.ask(_ids_in_parts, "", ALL, "artist", False, done=parts.append, failed=errors.append, topic="ids")
    qtbot.waitUntil(lambda: bool(errors) or bool(parts and parts[-1].is_last))
    assert not errors
    assert sum(len(part.ids) for part in parts) == TRACKS


def test_an_interruption_amid_a_transaction_leaves_a_clean_connection(qtbot: QtBot, reader: Reader) -> None:
    """Begun and interrupted with a cursor still open: the worst that a question can leave behind."""
    answers: list[object] = []
    kept: list[object] = []

    def leave_a_mess(connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")
        cursor = connection.execute("SELECT id FROM tracks")
        cursor.fetchone()
        kept.append(cursor)
        connection.interrupt()
        connection.execute("COMMIT")

    for _ in range(4):
        reader.ask(leave_a_mess, done=answers.append, failed=answers.append, topic="ids")
        qtbot.waitUntil(reader.idle)
        reader.ask(_begin, done=answers.append, failed=answers.append)
        qtbot.waitUntil(lambda: bool(answers) and answers[-1] == TRACKS)


def _begin(connection: sqlite3.Connection) -> int:
    assert not connection.in_transaction
    connection.execute("BEGIN")
    (count,) = connection.execute("SELECT count(*) FROM tracks").fetchone()
    connection.execute("COMMIT")
    return int(count)


def test_a_question_sees_what_was_written_after_an_interrupted_one(
    qtbot: QtBot, reader: Reader, library_file: Path
) -> None:
    """A transaction that stays open would show the library as it was."""
    for number in range(6):
        parts: list[IdPart] = []
        for _ in range(5):
            reader.ask(_ids_in_parts, "a", ALL, "title", False, done=parts.append, topic="ids")
        with closing(sqlite3.connect(library_file)) as connection, connection:
            connection.execute("UPDATE tracks SET missing = 1 WHERE id = ?", (number + 1,))
        parts.clear()
        reader.ask(_ids_in_parts, "", ALL, "title", False, done=parts.append, topic="ids")
        qtbot.waitUntil(lambda seen=parts: bool(seen) and seen[-1].is_last)  # type: ignore[misc]
        assert sum(len(part.ids) for part in parts if part.ids) >= TRACKS - number - 1
