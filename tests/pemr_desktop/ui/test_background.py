from __future__ import annotations

import logging
import threading

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.background import OffThread


def test_the_work_is_done_elsewhere_and_the_answer_arrives_here(qtbot: QtBot) -> None:
    off_thread = OffThread()
    answers: list[tuple[int, int]] = []

    def keep(worked_in: int) -> None:
        answers.append((worked_in, threading.get_ident()))

    off_thread.ask("who", threading.get_ident, done=keep)
    qtbot.waitUntil(lambda: bool(answers))
    ((worked_in, answered_in),) = answers
    assert worked_in != threading.get_ident()
    assert answered_in == threading.get_ident()


def test_only_the_newest_question_on_a_topic_is_answered(qtbot: QtBot) -> None:
    off_thread = OffThread()
    gate = threading.Event()
    answers: list[str] = []
    off_thread.ask("x", lambda: gate.wait(10) and "old", done=answers.append)
    off_thread.ask("x", lambda: "new", done=answers.append)
    off_thread.ask("y", lambda: "other", done=answers.append)
    gate.set()
    qtbot.waitUntil(lambda: "other" in answers)
    assert answers == ["new", "other"]


def test_an_error_is_logged_and_not_answered(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    off_thread = OffThread()
    answers: list[object] = []

    def fail() -> None:
        raise OSError("The disk is gone.")

    with caplog.at_level(logging.WARNING):
        off_thread.ask("x", fail, done=answers.append)
        off_thread.ask("y", lambda: 1, done=answers.append)
        qtbot.waitUntil(lambda: bool(answers))
    assert answers == [1]
    assert "The disk is gone." in caplog.text


def test_an_answer_for_a_closed_page_is_dropped(qtbot: QtBot) -> None:
    off_thread = OffThread()
    gate, ended = threading.Event(), threading.Event()
    answers: list[object] = []

    def slow() -> int:
        gate.wait(10)
        ended.set()
        return 1

    off_thread.ask("x", slow, done=answers.append)
    off_thread.deleteLater()
    QCoreApplication.sendPostedEvents(off_thread, QEvent.Type.DeferredDelete)
    gate.set()
    assert ended.wait(10)
    other = OffThread()
    other.ask("y", lambda: 2, done=answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [2]
