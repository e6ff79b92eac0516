"""Tags edited by hand reach the files, and only where something was typed."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from mutagen.flac import FLAC
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.tags.edit_tags_dialog import EditTagsDialog, parsed, shown
from pemr_desktop.ui.tags.review_dialog import ReviewDialog

values = st.lists(
    st.text(min_size=1, max_size=8).map(str.strip).filter(lambda text: text and ";" not in text),
    unique=True,
    max_size=4,
).map(tuple)


@given(values)
def test_values_survive_the_way_through_a_line(before: tuple[str, ...]) -> None:
    assert parsed("genre", shown("genre", before)) == before


def test_a_title_may_hold_a_semicolon() -> None:
    assert parsed("title", "Stop; go") == ("Stop; go",)


def test_only_what_was_typed_is_changed(qtbot: QtBot, suggested_tracks: list[int], context: WindowContext) -> None:
    dialog = EditTagsDialog(context, suggested_tracks)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.line("genre").isEnabled())
    assert dialog.line("genre").text() == "" and dialog.line("genre").placeholderText()
    assert not dialog.review.isEnabled()
    QTest.keyClicks(dialog.line("genre"), "Rock; Jazz")
    assert dialog.review.isEnabled()
    assert dialog.edits() == {track_id: {"genre": ("Rock", "Jazz")} for track_id in suggested_tracks}


def test_an_edit_is_reviewed_and_written(qtbot: QtBot, suggested_tracks: list[int], working_app: App) -> None:
    window = working_app.window
    qtbot.waitUntil(lambda: len(window.page.model.ids) == 6)
    window.page.table.choose_ids([suggested_tracks[0]])
    window.context.actions.run("tags.edit")
    dialog = window.findChild(EditTagsDialog)
    qtbot.waitUntil(lambda: dialog.line("title").text() == "Alpha")
    dialog.line("title").selectAll()
    QTest.keyClicks(dialog.line("title"), "Alpha and Omega")
    dialog.review.click()
    qtbot.waitUntil(lambda: window.findChild(ReviewDialog) is not None)
    review = window.findChild(ReviewDialog)
    qtbot.waitUntil(lambda: review.stage == "reviewing")
    review.apply.click()
    qtbot.waitUntil(lambda: review.stage == "ended")
    review.close_button.click()
    connection = open_reader(working_app.paths.library_file)
    path = Path(os.fsdecode(queries.rows(connection, [suggested_tracks[0]])[0].path))
    connection.close()
    assert FLAC(path)["title"] == ["Alpha and Omega"]
    qtbot.waitUntil(lambda: window.inspector.title.text() == "Alpha and Omega")
