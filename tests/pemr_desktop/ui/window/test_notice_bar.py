"""Notices are shown, replaced by key, and leave."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QLabel, QListView, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from pemr_desktop.ui.notices import Notice, Notices
from pemr_desktop.ui.widgets.theme import Theme
from pemr_desktop.ui.window.notice_bar import MAX_NOTICES_SHOWN, NoticeBar


@pytest.fixture
def notices() -> Notices:
    return Notices()


@pytest.fixture
def bar(qtbot: QtBot, theme: Theme, notices: Notices) -> NoticeBar:
    made = NoticeBar(notices, theme)
    qtbot.addWidget(made)
    return made


def test_it_takes_no_room_while_there_is_nothing_to_say(bar: NoticeBar, notices: Notices) -> None:
    assert bar.isHidden()
    notices.problem("The disk is full.")
    assert not bar.isHidden()


def test_a_newer_notice_of_a_key_takes_the_place_of_the_older(bar: NoticeBar, notices: Notices) -> None:
    notices.problem("first", key="disk")
    notices.problem("second", key="disk")
    assert [notice.text for notice in bar.shown()] == ["second"]
    notices.withdraw("disk")
    assert bar.isHidden()


def test_the_oldest_leaves_when_there_are_too_many(bar: NoticeBar, notices: Notices) -> None:
    for number in range(MAX_NOTICES_SHOWN + 2):
        notices.problem(str(number))
    assert [notice.text for notice in bar.shown()] == ["2", "3", "4"]


def test_doing_what_it_offers_closes_it(qtbot: QtBot, bar: NoticeBar, notices: Notices) -> None:
    done: list[bool] = []
    notices.post(Notice("Written.", "info", action_text="Undo", action=lambda: done.append(True)))
    bar.findChild(QPushButton, "noticeAction").click()
    assert done == [True]
    assert bar.isHidden()


def test_details_can_be_opened_and_copied(qtbot: QtBot, bar: NoticeBar, notices: Notices) -> None:
    bar.show()
    notices.problem("It failed.", details="because of the moon")
    bar.findChild(QPushButton, "noticeDetailsToggle").click()
    assert not bar.findChild(QLabel, "noticeDetails").isHidden()
    bar.findChild(QPushButton, "noticeCopy").click()
    assert QGuiApplication.clipboard().text() == "It failed.\nbecause of the moon"


def test_a_long_sentence_is_shown_to_its_end(qtbot: QtBot, theme: Theme, notices: Notices) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    column.addWidget(QListView(window), 1)
    bar = NoticeBar(notices, theme, window)
    window.resize(600, 400)
    window.show()
    notices.problem("A sentence that is much longer than the window is wide. " * 8)
    text = bar.findChild(QLabel, "noticeText")
    assert isinstance(text, QLabel)
    qtbot.waitUntil(lambda: 0 < text.heightForWidth(text.width()) <= text.height())


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[QListView]:
    """A page in a window of its own, which has the notices over it."""
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    shown = QListView(window)
    column.addWidget(shown)
    window.resize(600, 400)
    window.show()
    qtbot.waitExposed(window)
    yield shown


def test_no_notice_moves_the_page_or_another_notice(
    qtbot: QtBot, theme: Theme, notices: Notices, page: QListView
) -> None:
    window = page.window()
    bar = NoticeBar(notices, theme, window)
    before = page.geometry()
    notices.problem("first")
    first = bar.findChild(QToolButton, "noticeClose")
    assert isinstance(first, QToolButton)
    qtbot.waitUntil(lambda: bar.geometry().bottom() == window.rect().bottom() and bar.width() == window.width())
    place = first.mapToGlobal(first.rect().center())
    notices.problem("second")
    notices.problem("third")
    qtbot.waitUntil(lambda: bar.height() > 3 * first.height())
    assert first.mapToGlobal(first.rect().center()) == place
    assert page.geometry() == before
    window.resize(500, 300)
    qtbot.waitUntil(lambda: bar.geometry().bottom() == window.rect().bottom() and bar.width() == 500)


def test_good_news_stays_while_the_pointer_is_on_it(
    qtbot: QtBot, theme: Theme, notices: Notices, page: QListView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pemr_desktop.ui.window.notice_bar.GOOD_STAYS_MS", 30)
    bar = NoticeBar(notices, theme, page.window())
    bar.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, True)
    notices.good("Written.")
    line = bar.findChild(QFrame, "notice")
    assert isinstance(line, QFrame)
    with qtbot.waitSignal(line.findChild(QTimer).timeout):
        pass
    assert [notice.text for notice in bar.shown()] == ["Written."]
    bar.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    qtbot.waitUntil(bar.isHidden)
