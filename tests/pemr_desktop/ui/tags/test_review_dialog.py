"""The review with a real worker and real files: single changes are left out, by mouse and by key."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from mutagen.flac import FLAC
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from pemr_desktop.app import App
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.protocol.messages import Decide, Finished
from pemr_desktop.ui.tags.review_dialog import ReviewDialog

Lines = Callable[[ReviewDialog], dict[str, QModelIndex]]


def lines_of(review: ReviewDialog) -> dict[str, QModelIndex]:
    """“branch / leaf” -> the line."""
    model = review.model
    found = {}
    for row in range(model.rowCount()):
        branch = model.index(row, 0)
        name = str(branch.data()).partition(":")[0]
        found[name] = branch
        for leaf in range(model.rowCount(branch)):
            line = model.index(leaf, 0, branch)
            found[f"{name} / {str(line.data()).partition(':')[0]}"] = line
    return found


def press_space(review: ReviewDialog, line: QModelIndex) -> None:
    review.tree.setCurrentIndex(line)
    QTest.keyClick(review.tree, Qt.Key.Key_Space)


def click_tick(review: ReviewDialog, line: QModelIndex) -> None:
    place = review.tree.visualRect(line)
    across = 8 if not line.parent().isValid() else 36
    QTest.mouseClick(
        review.tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place.left() + across, place.center().y())
    )


@pytest.fixture
def review(qtbot: QtBot, suggested_tracks: list[int], working_app: App) -> ReviewDialog:
    """The review of jazz, calm and piano, which is an instrument, on all six tracks; three of them are Rock."""
    window, client = working_app.window, working_app.client
    qtbot.waitUntil(lambda: len(window.page.model.ids) == 6)
    wanted = Decide(tuple(suggested_tracks), ("jazz", "calm", "piano"), "accepted")

    def is_it(event: Finished) -> bool:
        return event.job_id == job

    with qtbot.waitSignal(client.finished, check_params_cb=is_it):
        job = client.submit(wanted)
    window.dialogs.review([])
    dialog = window.findChild(ReviewDialog)
    assert isinstance(dialog, ReviewDialog)
    qtbot.waitUntil(lambda: dialog.stage == "reviewing")
    return dialog


def test_single_changes_are_left_out_written_and_offered_again(
    qtbot: QtBot, review: ReviewDialog, suggested_tracks: list[int], working_app: App
) -> None:
    connection = open_reader(working_app.paths.library_file)
    rows = queries.rows(connection, suggested_tracks)
    connection.close()
    paths = {path.stem: path for path in (Path(os.fsdecode(row.path)) for row in rows)}
    ids = {Path(os.fsdecode(row.path)).stem: row.id for row in rows}
    untouched = paths["Gamma"].read_bytes()
    lines = lines_of(review)
    assert review.apply.text() == "Write tags to 6 files" and not review.left_out.isVisible()
    press_space(review, lines["Alpha.flac / Genre"])
    click_tick(review, lines["Beta.flac / Mood"])
    click_tick(review, lines["Gamma.flac"])
    assert lines["Alpha.flac"].data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.PartiallyChecked
    assert review.left_out.text() == "5 changes are left out. They stay accepted, and are offered again."
    assert review.apply.text() == "Write tags to 5 files"
    review.apply.click()
    qtbot.waitUntil(lambda: review.stage == "ended")
    alpha, beta = FLAC(paths["Alpha"]), FLAC(paths["Beta"])
    assert "genre" not in alpha and alpha["mood"] == ["calm"] and "jazz" not in alpha["pemr_tags"][0]
    assert beta["genre"] == ["Rock", "jazz"] and "mood" not in beta
    assert paths["Gamma"].read_bytes() == untouched
    review.close_button.click()

    working_app.window.dialogs.review([])
    again = working_app.window.findChildren(ReviewDialog)[-1]
    qtbot.waitUntil(lambda: again.stage == "reviewing")
    offered = {plan.track_id: {change.field for change in plan.changes} for plan in again.model.ticked_plans()}
    assert offered == {
        ids["Alpha"]: {"genre", "pemr_tags"},
        ids["Beta"]: {"mood", "pemr_tags"},
        ids["Gamma"]: {"genre", "mood", "pemr_tags"},
    }
    again.close_button.click()


def test_a_genre_is_left_out_everywhere_and_what_has_no_field_is_said(qtbot: QtBot, review: ReviewDialog) -> None:
    lines = lines_of(review)
    said = "\n".join(str(line.data()) for line in lines.values())
    assert "they are only named in “Origin of tags”: piano (6)" in said.replace("\n", " ")
    press_space(review, lines["All files / Genre"])
    assert all("genre" not in {change.field for change in plan.changes} for plan in review.model.ticked_plans())
    assert len(review.model.ticked_plans()) == 6
    press_space(review, lines["All files"])
    assert len(review.model.ticked_plans()[0].changes) == 3, "what is ticked in part is ticked wholly first"
    press_space(review, lines["All files"])
    assert review.model.ticked_plans() == () and not review.apply.isEnabled()
    review.close_button.click()
