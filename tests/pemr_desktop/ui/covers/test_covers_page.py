from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pemr_desktop.protocol.messages import (
    AddFolders,
    Changed,
    Failed,
    FindAllVersions,
    FindCovers,
    Finished,
    JudgeVersion,
    Progress,
)
from pemr_desktop.protocol.results import CoverMatch, CoverResult, CoversFound, NotComparable, Passage
from pemr_desktop.refusals import Refusal
from pemr_desktop.steps import Step
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.covers.covers_page import CoversPage
from pemr_desktop.ui.covers.dropped_files import MAX_FILES
from pemr_desktop.ui.notices import Notice


@pytest.fixture
def page(qtbot: QtBot, library_tracks: list[int], context: WindowContext) -> CoversPage:
    made = CoversPage(context)
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def matches(ids: list[int]) -> tuple[CoverMatch, ...]:
    return (
        CoverMatch(ids[1], "version", 0.94, 0.9, 3, 1.12, (Passage(1, 2, 2, 3),)),
        CoverMatch(ids[2], "possible", 0.41, 0.4, 0, 0.9, ()),
    )


def answer(context: WindowContext, result: CoverResult) -> None:
    """The worker's answer to the newest search, as it comes over the wire."""
    job = next(view for view in reversed(context.client.jobs()) if isinstance(view.request, FindCovers))
    context.client.finished.emit(Finished(job.job_id, Changed(), msgspec.Raw(msgspec.json.encode(result))))


def found(qtbot: QtBot, page: CoversPage, context: WindowContext, ids: list[int]) -> None:
    page.show_covers([ids[0]])
    answer(context, CoverResult(ids[0], matches(ids), 3, CoversFound(0, 2, 0, 3)))
    qtbot.waitUntil(lambda: page.comparison.reference.title.text() == "Bourrée")
    qtbot.waitUntil(lambda: page.comparison.passages.reference.duration_s > 0)


def asked(context: WindowContext, kind: type) -> list[object]:
    return [view.request for view in context.client.jobs() if isinstance(view.request, kind)]


def test_at_first_it_says_what_one_can_do(page: CoversPage) -> None:
    assert page.nothing_asked.isVisible()
    assert "drop a sound file here" in page.nothing_asked.sentence.text()


def test_while_it_looks_it_shows_progress_and_can_be_cancelled(
    qtbot: QtBot, page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    page.show_covers([library_tracks[0]])
    (job,) = context.client.jobs()
    assert job.request == FindCovers(library_tracks[0])
    context.client.progress.emit(Progress(job.job_id, 1, 3, None, Step("comparing features")))
    assert page.progress.isVisible() and page.progress.value() == 1
    assert page.sentence.text() == "Comparing harmony and melody"
    qtbot.mouseClick(page.cancel, Qt.MouseButton.LeftButton)
    assert page.pane.none_found.headline.text() == "Search cancelled"
    assert not page.progress.isVisible()


def test_a_match_is_said_in_words_and_drawn_beside_the_query(
    qtbot: QtBot, page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    found(qtbot, page, context, library_tracks)
    qtbot.waitUntil(lambda: page.comparison.query.title.text() == "Air")
    assert page.sentence.text() == "2 versions found among 3 tracks."
    about = page.comparison.reference.about.text()
    for words in ("Version", "+3 semitones", "12 % faster", "94 % sure"):
        assert words in about
    assert page.comparison.passages.ribbons.passages == (Passage(1, 2, 2, 3),)
    spoken = page.pane.model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Bourrée, The Testers, Version, 94 % sure, +3 semitones  ·  12 % faster"


def test_the_keyboard_goes_through_the_matches(
    qtbot: QtBot, page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    found(qtbot, page, context, library_tracks)
    page.pane.list.setFocus()
    qtbot.keyClick(page.pane.list, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: page.comparison.reference.title.text() == "Canon")
    assert "Possible version" in page.comparison.reference.about.text()


def test_none_found_is_said_plainly(page: CoversPage, context: WindowContext, library_tracks: list[int]) -> None:
    page.show_covers([library_tracks[0]])
    answer(context, CoverResult(library_tracks[0], (), 3, CoversFound(0, 0, 0, 3)))
    assert page.pane.none_found.isVisible()
    assert page.pane.none_found.headline.text() == "No version found"
    assert page.pane.none_found.sentence.text() == "No cover found among 3 tracks."


def test_a_track_that_cannot_be_compared_is_not_said_to_have_no_version(
    page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    page.show_covers([library_tracks[0]])
    answer(context, CoverResult(library_tracks[0], (), 0, NotComparable("silent", 0.0)))
    assert page.pane.none_found.headline.text() == "Nothing to compare"
    assert page.pane.none_found.sentence.text() == "This track is silent, so it cannot be compared."


def test_a_search_that_failed_says_why_and_can_be_tried_again(
    page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    page.show_covers([library_tracks[0]])
    (job,) = context.client.jobs()
    context.client.failed.emit(Failed(job.job_id, Refusal("The track could not be read. Nothing was changed.")))
    assert page.pane.none_found.sentence.text() == "The track could not be read. Nothing was changed."
    page.show_covers([library_tracks[0]])
    assert len(asked(context, FindCovers)) == 2


def test_confirming_sends_the_word_of_the_user_and_a_second_press_takes_it_back(
    qtbot: QtBot, page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    found(qtbot, page, context, library_tracks)
    qtbot.mouseClick(page.comparison.confirm, Qt.MouseButton.LeftButton)
    assert page.comparison.confirm.isChecked()
    assert "Confirmed version" in page.comparison.reference.about.text()
    qtbot.mouseClick(page.comparison.confirm, Qt.MouseButton.LeftButton)
    assert not page.comparison.confirm.isChecked()
    a, b = library_tracks[0], library_tracks[1]
    assert asked(context, JudgeVersion) == [JudgeVersion(a, b, "version"), JudgeVersion(a, b, "undecided")]


def test_a_pair_can_be_rejected_with_a_key(
    qtbot: QtBot, page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    found(qtbot, page, context, library_tracks)
    context.actions.run("covers.reject")
    assert asked(context, JudgeVersion) == [JudgeVersion(library_tracks[0], library_tracks[1], "not a version")]
    assert page.comparison.reject.isChecked()
    assert context.actions.action("covers.reject").shortcut().toString() == "R"


def test_possible_versions_can_be_hidden_and_shown_again(
    qtbot: QtBot, page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    found(qtbot, page, context, library_tracks)
    page.show_possible.setChecked(False)
    assert page.pane.model.rowCount() == 1
    assert "1 more" in page.sentence.text()
    assert context.settings.current.covers.show_possible is False
    page.show_possible.setChecked(True)
    assert page.pane.model.rowCount() == 2


def test_several_tracks_are_asked_about_and_each_can_be_chosen(
    qtbot: QtBot, page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    page.show_covers(library_tracks[:3])
    assert len(asked(context, FindCovers)) == 3
    assert page.which.isVisible()
    qtbot.waitUntil(lambda: page.which.itemText(1) == "Bourrée – The Testers")
    page.which.setCurrentIndex(1)
    qtbot.waitUntil(lambda: page.comparison.query.title.text() == "Bourrée")
    page.which.setCurrentIndex(0)
    assert len(asked(context, FindCovers)) == 3


def drop(page: CoversPage, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    args = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    entering = QDragEnterEvent(QPoint(10, 10), *args)
    QApplication.sendEvent(page, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(page, QDropEvent(QPointF(10, 10), *args))


def test_a_dropped_file_need_not_be_in_the_library(
    qtbot: QtBot,
    page: CoversPage,
    context: WindowContext,
    library_tracks: list[int],
    tmp_path: Path,
    make_audio: Callable[..., Path],
) -> None:
    path = make_audio(tmp_path / "elsewhere" / "tune.wav", seconds=2)
    drop(page, path)
    qtbot.waitUntil(lambda: asked(context, FindCovers) == [FindCovers(path=os.fsencode(path))])
    assert page.comparison.query.title.text() == "tune.wav"
    result = CoverResult(None, matches(library_tracks), 4, CoversFound(0, 2, 0, 4), bytes(range(100)), 2.0)
    answer(context, result)
    qtbot.waitUntil(lambda: page.comparison.passages.reference.duration_s > 0)
    assert page.comparison.passages.query.duration_s == 2.0
    assert not page.comparison.confirm.isVisible()


def test_a_dropped_file_of_the_library_is_its_track(
    qtbot: QtBot, page: CoversPage, context: WindowContext, library_tracks: list[int], tmp_path: Path
) -> None:
    drop(page, tmp_path / "music" / "Canon.flac")
    qtbot.waitUntil(lambda: asked(context, FindCovers) == [FindCovers(library_tracks[2])])


@pytest.fixture
def posted(context: WindowContext) -> list[Notice]:
    heard: list[Notice] = []
    context.notices.posted.connect(heard.append)
    return heard


def test_every_dropped_file_is_looked_for_and_each_can_be_chosen(
    qtbot: QtBot,
    page: CoversPage,
    context: WindowContext,
    posted: list[Notice],
    library_tracks: list[int],
    tmp_path: Path,
    make_audio: Callable[..., Path],
) -> None:
    outside = make_audio(tmp_path / "elsewhere" / "tune.wav", seconds=2)
    drop(page, outside, tmp_path / "music" / "Canon.flac")
    wanted = [FindCovers(path=os.fsencode(outside)), FindCovers(library_tracks[2])]
    qtbot.waitUntil(lambda: asked(context, FindCovers) == wanted)
    assert page.which.isVisible() and page.which.itemText(0) == "tune.wav"
    qtbot.waitUntil(lambda: page.which.itemText(1) == "Canon – The Testers")
    (notice,) = posted
    assert notice.text.startswith("Looking for versions of 2 files") and notice.action is None


def test_a_dropped_folder_is_refused_in_words_and_can_be_added(
    qtbot: QtBot, page: CoversPage, context: WindowContext, posted: list[Notice], tmp_path: Path
) -> None:
    folder = tmp_path / "music"
    drop(page, folder)
    qtbot.waitUntil(lambda: bool(posted))
    assert "“music” is a folder" in posted[0].text and posted[0].action_text == "Add to library"
    assert asked(context, FindCovers) == [] and page.nothing_asked.isVisible()
    assert posted[0].action is not None
    posted[0].action()
    assert asked(context, AddFolders) == [AddFolders((os.fsencode(folder),))]


def test_of_a_folder_and_a_file_the_file_is_looked_for(
    qtbot: QtBot,
    page: CoversPage,
    context: WindowContext,
    posted: list[Notice],
    library_tracks: list[int],
    tmp_path: Path,
) -> None:
    drop(page, tmp_path / "music", tmp_path / "music" / "Air.flac")
    qtbot.waitUntil(lambda: asked(context, FindCovers) == [FindCovers(library_tracks[0])])
    assert "“music” is a folder" in posted[0].text


def test_too_many_dropped_files_are_counted(
    qtbot: QtBot, page: CoversPage, context: WindowContext, posted: list[Notice], tmp_path: Path
) -> None:
    drop(page, *(tmp_path / f"{number}.wav" for number in range(MAX_FILES + 3)))
    qtbot.waitUntil(lambda: len(asked(context, FindCovers)) == MAX_FILES)
    assert "3 more files were left out" in posted[0].text


def test_switching_plays_the_same_moment_of_the_other_version(
    qtbot: QtBot, page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    found(qtbot, page, context, library_tracks)
    page.comparison.play("query", 1.5)
    qtbot.waitUntil(lambda: context.queue.current is not None and context.queue.current.title == "Air")
    qtbot.waitUntil(lambda: context.player.path is not None)
    assert page.comparison.passages.counterpart("query", 1.5) == pytest.approx(2.5)


def test_all_versions_of_the_library_can_be_looked_for(qtbot: QtBot, page: CoversPage, context: WindowContext) -> None:
    qtbot.mouseClick(page.find_all, Qt.MouseButton.LeftButton)
    assert asked(context, FindAllVersions) == [FindAllVersions()]
    assert not page.find_all.isEnabled()


def test_a_pair_is_shown_side_by_side_though_it_is_no_match(
    qtbot: QtBot, page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    a, b, c, _ = library_tracks
    page.show_possible.setChecked(False)
    page.show_pair(a, c)
    assert asked(context, FindCovers) == [FindCovers(a, also=(c,))]
    likely = CoverMatch(b, "version", 0.94, 0.9, 3, 1.12, (Passage(1, 2, 2, 3),))
    unlikely = CoverMatch(c, "none", 0.02, 0.1, 0, 1.0, (Passage(0, 1, 1, 2),))
    answer(context, CoverResult(a, (likely, unlikely), 3, CoversFound(0, 1, 0, 3)))
    qtbot.waitUntil(lambda: page.comparison.reference.title.text() == "Canon")
    assert "Unlikely" in page.comparison.reference.about.text()
    assert page.comparison.confirm.isVisible()
    page.judge("version")
    assert asked(context, JudgeVersion) == [JudgeVersion(a, c, "version")]


def test_a_search_is_made_again_when_the_library_has_changed(
    page: CoversPage, context: WindowContext, library_tracks: list[int]
) -> None:
    page.show_covers([library_tracks[0]])
    answer(context, CoverResult(library_tracks[0], (), 3, CoversFound(0, 0, 0, 3)))
    page.show_covers([library_tracks[0]])
    assert len(asked(context, FindCovers)) == 1
    context.client.changed.emit(Changed(track_ids=(library_tracks[3],)))
    page.show_covers([library_tracks[0]])
    assert len(asked(context, FindCovers)) == 2
