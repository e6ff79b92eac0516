"""Questions to the library are answered on the window's thread, and stale ones are not."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QThread, Slot
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.library_reader import Reader

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def open_file(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, check_same_thread=False)


@pytest.fixture
def reader(qtbot: QtBot, tmp_path: Path) -> Iterator[Reader]:
    made = Reader(tmp_path / "some.sqlite", open_file, threads=1)
    yield made
    assert made.close()


class Receiver(QObject):
    """Keeps what it is told, and on which thread."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[object] = []
        self.threads: list[QThread] = []

    @Slot(object)
    def take(self, answer: object) -> None:
        self.answers.append(answer)
        self.threads.append(QThread.currentThread())


def number(connection: sqlite3.Connection, value: int) -> int:
    return int(connection.execute("SELECT ?", (value,)).fetchone()[0])


def parts(connection: sqlite3.Connection, count: int) -> Iterator[str]:
    yield from (f"part {number(connection, value)}" for value in range(count))


def wait_without_the_window(reader: Reader) -> None:
    """Until everything is answered; nothing is delivered meanwhile, since no event of Qt is handled."""
    end = time.monotonic() + 10
    while not reader.idle():
        assert time.monotonic() < end
        time.sleep(0.01)


def endless(connection: sqlite3.Connection) -> int:
    return int(connection.execute(ENDLESS).fetchone()[0])


def test_an_answer_arrives_on_the_thread_of_the_window(qtbot: QtBot, reader: Reader) -> None:
    receiver = Receiver()
    reader.ask(number, 7, done=receiver.take)
    qtbot.waitUntil(lambda: receiver.answers == [7])
    assert receiver.threads == [receiver.thread()]


def test_a_newer_question_on_a_topic_stops_the_older_one(qtbot: QtBot, reader: Reader) -> None:
    receiver = Receiver()
    reader.ask(endless, done=receiver.take, topic="ids")
    qtbot.waitUntil(lambda: bool(reader._running))
    reader.ask(number, 1, done=receiver.take, topic="ids")
    reader.ask(number, 2, done=receiver.take, topic="ids")
    qtbot.waitUntil(lambda: receiver.answers == [2])
    assert reader.idle()


def test_an_answer_that_waits_for_the_window_is_stale_once_a_newer_question_is_asked(
    qtbot: QtBot, reader: Reader
) -> None:
    receiver = Receiver()
    reader.ask(number, 1, done=receiver.take, topic="ids")
    reader.ask(parts, 3, done=receiver.take, topic="parts")
    wait_without_the_window(reader)
    reader.ask(number, 2, done=receiver.take, topic="ids")
    reader.forget("parts")
    qtbot.waitUntil(lambda: 2 in receiver.answers)
    assert receiver.answers == [2]


def test_questions_on_other_topics_are_all_answered(qtbot: QtBot, reader: Reader) -> None:
    receiver = Receiver()
    for value in range(5):
        reader.ask(number, value, done=receiver.take, topic=f"topic {value}")
    qtbot.waitUntil(lambda: sorted(map(str, receiver.answers)) == list("01234"))


def test_an_error_goes_to_who_wants_it(qtbot: QtBot, reader: Reader) -> None:
    receiver, errors = Receiver(), Receiver()
    reader.ask(lambda connection: connection.execute("nonsense"), done=receiver.take, failed=errors.take)
    qtbot.waitUntil(lambda: len(errors.answers) == 1)
    assert isinstance(errors.answers[0], sqlite3.OperationalError)
    assert receiver.answers == []
    reader.ask(number, 3, done=receiver.take)
    qtbot.waitUntil(lambda: receiver.answers == [3])


def test_a_receiver_that_is_gone_is_not_called(qtbot: QtBot, reader: Reader) -> None:
    gone, there = Receiver(), Receiver()
    reader.ask(number, 1, done=gone.take)
    del gone
    reader.ask(number, 2, done=there.take)
    qtbot.waitUntil(lambda: there.answers == [2])


def test_closing_interrupts_and_joins(qtbot: QtBot, tmp_path: Path) -> None:
    reader = Reader(tmp_path / "some.sqlite", open_file)
    reader.ask(endless, done=print)
    qtbot.waitUntil(lambda: bool(reader._running))
    assert reader.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("library-reader")]


def test_a_library_that_is_not_there_yet_is_opened_when_it_is(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "later.sqlite"

    def open_existing(path: Path) -> sqlite3.Connection:
        if not path.exists():
            raise FileNotFoundError(path)
        return open_file(path)

    reader = Reader(file, open_existing, threads=1)
    receiver, errors = Receiver(), Receiver()
    reader.ask(number, 1, done=receiver.take, failed=errors.take)
    qtbot.waitUntil(lambda: len(errors.answers) == 1)
    open_file(file).close()
    reader.ask(number, 1, done=receiver.take, failed=errors.take)
    qtbot.waitUntil(lambda: receiver.answers == [1])
    assert reader.close()
