"""Garbled text is repaired through a choice with a preview, the review, and a write that can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from mutagen.id3 import ID3, TIT2, TPE1
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.library import queries
from pemr_desktop.library.opening import open_library
from pemr_desktop.paths import Paths
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.ui.tags.recode_dialog import RecodeDialog
from pemr_desktop.ui.tags.recode_preview import AFTER, BEFORE, FIELD
from pemr_desktop.ui.tags.review_dialog import ReviewDialog

WORKER_MS = 60_000


@pytest.fixture
def songs(paths: Paths, tmp_path: Path, make_audio: Callable[..., Path]) -> list[Path]:
    """Two songs in Windows-1251 and one in Unicode, scanned."""
    made = []
    for number, (title, page) in enumerate((("Группа крови", "cp1251"), ("Кукушка", "cp1251"), ("Песня", ""))):
        path = make_audio(tmp_path / "Music" / f"{number}.mp3", seconds=0.5)
        tag = ID3()
        if page:
            tag.add(TIT2(encoding=0, text=title.encode(page).decode("latin-1")))
            tag.add(TPE1(encoding=0, text="Кино".encode(page).decode("latin-1")))
        else:
            tag.add(TIT2(encoding=3, text=title))
        tag.save(path)
        made.append(path)
    with open_library(paths.library_file) as library:
        library.add_root(tmp_path / "Music")
        library.scan()
    return made


def opened(qtbot: QtBot, app: App) -> RecodeDialog:
    window = app.window
    qtbot.waitUntil(lambda: len(window.page.model.ids) > 0, timeout=WORKER_MS)
    window.page.table.selectAll()
    window.context.actions.run("tags.recode")
    dialog = window.findChild(RecodeDialog)
    assert isinstance(dialog, RecodeDialog)
    qtbot.waitUntil(lambda: dialog.stage != "reading", timeout=WORKER_MS)
    return dialog


def test_the_likeliest_page_is_chosen_and_shown_as_one_moves_on(
    qtbot: QtBot, songs: list[Path], working_app: App
) -> None:
    original = [path.read_bytes() for path in songs]
    dialog = opened(qtbot, working_app)
    page = dialog.page()
    assert page is not None and page.name == "cp1251"

    def shown(column: int) -> list[str]:
        return [dialog.model.index(row, column).data() for row in range(dialog.model.rowCount())]

    assert shown(FIELD) == ["Title", "Artist"] * 2
    assert shown(AFTER) == ["Группа крови", "Кино", "Кукушка", "Кино"]
    assert shown(BEFORE)[1] == "Êèíî"
    QTest.keyClick(dialog.pages, Qt.Key.Key_Down)
    assert dialog.page() is not page and shown(AFTER)[1] != "Кино"
    assert "Кино" not in str(dialog.pages.currentItem().text())
    QTest.keyClick(dialog.pages, Qt.Key.Key_Up)
    dialog.review.click()
    review = working_app.window.findChild(ReviewDialog)
    assert isinstance(review, ReviewDialog)
    qtbot.waitUntil(lambda: review.stage == "reviewing", timeout=WORKER_MS)
    assert [path.read_bytes() for path in songs] == original, "nothing is converted unasked"
    assert review.apply.text() == "Write tags to 2 files"
    review.apply.click()
    qtbot.waitUntil(lambda: review.stage == "ended", timeout=WORKER_MS)
    assert [read_tags(path).fields["title"] for path in songs] == [("Группа крови",), ("Кукушка",), ("Песня",)]
    assert songs[2].read_bytes() == original[2]
    review.undo.click()
    qtbot.waitUntil(lambda: review.stage == "ended" and not review.undo.isVisible(), timeout=WORKER_MS)
    assert [path.read_bytes() for path in songs] == original
    review.close_button.click()


def test_without_old_text_there_is_nothing_to_choose(
    qtbot: QtBot, suggested_tracks: list[int], working_app: App
) -> None:
    dialog = opened(qtbot, working_app)
    assert dialog.stage == "nothing"
    assert dialog.outcome.headline.text() == "No text in an old code page"
    assert not dialog.review.isVisible()
    dialog.cancel.click()


def test_the_library_knows_the_new_titles_at_once(qtbot: QtBot, songs: list[Path], paths: Paths) -> None:
    from pemr_desktop.tagfiles.code_pages import PAGES

    page = next(page for page in PAGES if page.name == "cp1251")
    with open_library(paths.library_file) as library:
        ids = list(library.read(queries.track_ids, sort="path"))
        library.apply_writes(library.plan_recodings(ids, page).plans)
        assert [row.title for row in library.read(queries.rows, ids)] == ["Группа крови", "Кукушка", "Песня"]
