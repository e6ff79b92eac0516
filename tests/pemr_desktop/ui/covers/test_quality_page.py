"""The page that says how good the cover search is on one's own library, and teaches it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from pemr.covers.scores.normalisation import default_score_model
from pemr_desktop.analysis.covers.calibration import calibration_in_use
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.versions import calibration as store
from pemr_desktop.library.versions import pairs
from pemr_desktop.paths import Paths
from pemr_desktop.protocol.cover_quality import (
    Count,
    CoverFitReport,
    CoverQuality,
    FitScore,
    LayerFitReport,
    SurenessBand,
    WrongPair,
)
from pemr_desktop.protocol.messages import (
    Changed,
    CheckCovers,
    Failed,
    FindAllVersions,
    Finished,
    FitCoverSearch,
    ResetCoverSearch,
)
from pemr_desktop.refusals import Refusal
from pemr_desktop.ui import wording
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.covers.quality_page import QualityPage

Show = Callable[[], QualityPage]


def quality(wrong: tuple[WrongPair, ...] = (), **figures: object) -> CoverQuality:
    report = CoverQuality(
        by_you=12,
        by_tags=60,
        called=Count(41, 44),
        called_low=0.818,
        called_high=0.977,
        found=Count(41, 60),
        found_same_recording=Count(),
        found_same_artist=Count(20, 22),
        found_other_artist=Count(21, 38),
        confirmed=Count(8, 9),
        non_versions=Count(398, 400),
        non_versions_in_all=12_345,
        bands=(SurenessBand(0.6, 0.9, 11.3, 12, 15),),
        sureness="fits",
        wrong=wrong,
        not_compared=0,
        fitted=False,
    )
    return msgspec.structs.replace(report, **figures)


BEFORE = FitScore(Count(33, 41), Count(33, 50), 0.4)
AFTER = FitScore(Count(38, 40), Count(38, 50), 0.3)
REPORT = CoverFitReport(30, 40, 12, BEFORE, AFTER, True, "")


def keep(paths: Paths, report: CoverQuality) -> None:
    with open_library(paths.library_file) as library, library.store.writing() as connection:
        store.store_quality(connection, msgspec.json.encode(report))


def judge(paths: Paths, ids: list[int]) -> None:
    with open_library(paths.library_file) as library:
        library.judge(ids[0], ids[1], "version")


def judge_before_the_check(paths: Paths, ids: list[int]) -> None:
    judge(paths, ids)
    with open_library(paths.library_file) as library, library.store.writing() as connection:
        connection.execute("UPDATE versions SET judged_at = 1")


@pytest.fixture
def show(qtbot: QtBot, context: WindowContext) -> Show:
    pages: list[QualityPage] = []

    def make() -> QualityPage:
        page = QualityPage(context)
        pages.append(page)
        qtbot.addWidget(page)
        page.resize(980, 760)
        page.show()
        qtbot.waitUntil(lambda: bool(page.check.state.text()))
        return page

    return make


def press(page: QualityPage, name: str) -> None:
    button = page.findChild(QPushButton, name)
    assert button is not None and button.isEnabled() and button.isVisible()
    button.click()


def test_without_a_library_it_says_what_it_needs(show: Show) -> None:
    page = show()
    assert page.empty.isVisible()
    assert "has to be listened to" in page.empty.sentence.text()


def test_without_an_answer_it_says_where_answers_come_from(
    qtbot: QtBot, show: Show, context: WindowContext, paths: Paths, library_tracks: list[int]
) -> None:
    with open_library(paths.library_file) as library, library.store.writing() as connection:
        for track_id in library_tracks:
            connection.execute(
                "INSERT INTO cover_features (track_id, version, features) VALUES (?, 1, x'')", (track_id,)
            )
    page = show()
    assert "Confirm or reject" in page.empty.sentence.text()
    with qtbot.waitSignal(context.navigation.pageWanted) as wanted:
        press(page, "emptyButton0")
    assert wanted.args == ["covers"]


def test_every_figure_comes_with_its_counts(show: Show, paths: Paths, library_tracks: list[int]) -> None:
    keep(paths, quality())
    judge(paths, library_tracks)
    told = show().figures.in_words()
    for words in (
        "41 of 44 right, of the pairs that it calls versions. Of all such pairs, likely 82 % to 98 % are.",
        "41 of 60 found, of the versions that the tags in your files tell of: 20 of 22 by the same artist, "
        "21 of 38 by another artist.",
        "8 of 9 found again, of the versions that you confirmed.",
        "398 of 400 rightly left alone, of pairs of different works; they stand for "
        f"{wording.number(12_345)} such pairs.",
        "It is as sure as it should be.",
        "Where it is 60 % to 90 % sure, 12 of 15 turned out right; about 11 should.",
    ):
        assert words in told
    assert "Too few" not in told


def test_figures_of_a_few_pairs_say_that_they_are_few(show: Show, paths: Paths, library_tracks: list[int]) -> None:
    few = quality(called=Count(2, 3), called_low=0.2, called_high=0.94, found=Count(), sureness="too few")
    keep(paths, few)
    told = show().figures.in_words()
    assert "2 of 3" in told and "Too few to rely on." in told
    assert "How many versions it finds cannot be said" in told
    assert "It showed too few of the known pairs to say" in told


def test_a_wrong_pair_is_shown_side_by_side_with_one_click_or_with_enter(
    qtbot: QtBot, show: Show, context: WindowContext, paths: Paths, library_tracks: list[int]
) -> None:
    a, b, c, _ = library_tracks
    wrong = (
        WrongPair(a, b, "version", 0.83, "not a version", "you"),
        WrongPair(a, c, "none", 0.01, "version", "tags", reached=False),
    )
    keep(paths, quality(wrong))
    page = show()
    assert page.lines.rowCount() == 2
    texts = [page.lines.index(row, column).data() for row in range(2) for column in range(6)]
    assert texts == [
        "Version", "83 %", "Not a version", "you", "Air – The Testers", "Bourrée – The Testers",
        "Not compared", "–", "Version", "tags", "Air – The Testers", "Canon – The Testers",
    ]  # fmt: skip
    point = page.table.visualRect(page.lines.index(0, 4)).center()
    with qtbot.waitSignal(context.navigation.pairWanted) as wanted:
        qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert wanted.args == [a, b]
    page.table.setFocus()
    page.table.setCurrentIndex(page.lines.index(1, 0))
    with qtbot.waitSignal(context.navigation.pairWanted) as wanted:
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert wanted.args == [a, c]


def test_checking_shows_how_far_it_is_and_a_refusal_is_said_on_the_card(
    show: Show, context: WindowContext, paths: Paths, library_tracks: list[int]
) -> None:
    judge(paths, library_tracks)
    page = show()
    assert "1 pair from you" in page.check.state.text() and "Not checked yet." in page.check.state.text()
    press(page, "checkCardStart")
    (job,) = context.client.jobs()
    assert job.request == CheckCovers()
    assert page.check.bar.isVisible() and not page.fit.start.isEnabled()
    context.client.failed.emit(Failed(job.job_id, Refusal("There is nothing to check yet.")))
    context.client.cancel(job.job_id)
    assert page.check.state.text() == "There is nothing to check yet."


def test_a_fit_that_was_no_better_says_why_nothing_changed(
    show: Show, context: WindowContext, paths: Paths, library_tracks: list[int]
) -> None:
    judge(paths, library_tracks)
    page = show()
    press(page, "teachCoversCardStart")
    (job,) = context.client.jobs()
    assert job.request == FitCoverSearch()
    reason = "On works kept aside it is no better than before, or by chance only."
    result = msgspec.structs.replace(REPORT, kept=False, why="no better", reason="")
    context.client.cancel(job.job_id)
    context.client.finished.emit(Finished(job.job_id, Changed(), msgspec.Raw(msgspec.json.encode(result))))
    told = page.fit.state.text()
    assert told.startswith(f"Nothing was changed. {reason}")
    assert "33 of 41 as shipped and 38 of 40 as taught" in told
    assert page.back.isHidden()


def test_what_was_taught_is_told_with_before_and_after_and_the_way_back_is_one_press(
    show: Show, context: WindowContext, paths: Paths, library_tracks: list[int]
) -> None:
    keep(paths, quality())
    with open_library(paths.library_file) as library, library.store.writing() as connection:
        store.use_calibration(connection, "0", b"{}", msgspec.json.encode(REPORT))
    page = show()
    told = page.fit.state.text()
    assert "Learned from 30 versions of 12 works, and from 40 pairs that are none." in told
    assert "right of the pairs called versions, 33 of 41 as shipped and 38 of 40 as taught" in told
    assert "found of the known versions, 33 of 50 as shipped and 38 of 50 as taught" in told
    press(page, "unteachCovers")
    assert context.client.jobs()[-1].request == ResetCoverSearch()
    assert page.back.isHidden()


def test_what_was_taught_to_an_earlier_version_is_said_to_count_no_longer(
    show: Show, paths: Paths, library_tracks: list[int]
) -> None:
    keep(paths, quality())
    with open_library(paths.library_file) as library:
        with library.store.writing() as connection:
            store.use_calibration(connection, "figures of an earlier version", b"{}", msgspec.json.encode(REPORT))
        assert calibration_in_use(library, None) == (default_score_model(), None)
        assert library.read(store.cover_fit_status).quality == b""  # it was of what was taught
    page = show()
    assert "no longer counts: the search judges as it was shipped" in page.fit.state.text()
    assert page.back.isHidden()


def test_one_of_each_is_said_as_one(show: Show, paths: Paths, library_tracks: list[int]) -> None:
    keep(paths, quality(not_compared=1, non_versions=Count(1, 1), non_versions_in_all=1))
    judge(paths, library_tracks)
    report = msgspec.structs.replace(REPORT, versions=1, works=1, non_versions=1)
    with open_library(paths.library_file) as library, library.store.writing() as connection:
        store.use_calibration(connection, "0", b"{}", msgspec.json.encode(report))
    page = show()
    assert "1 pair from you" in page.check.state.text()
    assert "Learned from 1 version of 1 work, and from 1 pair that is none." in page.fit.state.text()
    assert "1 of 1 rightly left alone, of pairs of different works: the only such pair." in page.figures.in_words()
    assert page.not_compared.text().startswith("1 of these tracks has not been compared")


def test_what_became_known_since_the_check_is_said_and_can_be_checked(
    qtbot: QtBot, show: Show, context: WindowContext, paths: Paths, library_tracks: list[int]
) -> None:
    a, _b, c, d = library_tracks
    judge(paths, library_tracks)
    with open_library(paths.library_file) as library:
        known = library.read(store.known_pair_counts)
    keep(paths, quality(known=known))
    page = show()
    assert "Not counted" not in page.check.state.text()
    with open_library(paths.library_file) as library:
        library.judge(a, c, "not a version")
        with library.store.writing() as connection:
            for track_id in (c, d):
                connection.execute(
                    "INSERT INTO cover_features (track_id, version, features) VALUES (?, 1, x'')", (track_id,)
                )
                connection.execute(
                    "INSERT INTO track_tags VALUES (?, 'musicbrainz_workid', 0, 'work-1', 'work-1')", (track_id,)
                )
            pairs.versions_from_tags(connection)
    page.refresh()
    news = "Not counted yet: 1 pair that you judged, 1 more pair by tags, 2 more files that name their works."
    qtbot.waitUntil(lambda: news in page.check.state.text())
    assert page.check.start.text() == "Check again"
    press(page, "checkCardStart")
    assert context.client.jobs()[-1].request == CheckCovers()


def test_an_answer_taken_back_since_the_check_is_said(show: Show, paths: Paths, library_tracks: list[int]) -> None:
    keep(paths, quality(known=store.KnownPairCounts(by_you=2)))
    judge_before_the_check(paths, library_tracks)
    assert "Some of what was known then is known no longer. Check again." in show().check.state.text()


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (
            True,
            "by itself finds 38 of the known versions instead of 33 (doubt about the truth 0.4 as shipped, 0.3",
        ),
        (
            False,
            "It listens as it was shipped: fine-tuned to your music it was no better (doubt about the truth",
        ),
    ],
)
def test_what_became_of_the_last_layer_is_said_with_its_figures(
    show: Show, paths: Paths, library_tracks: list[int], kept: bool, says: str
) -> None:
    keep(paths, quality())
    layer = LayerFitReport(BEFORE, AFTER, kept, "" if kept else "It is no better.")
    with open_library(paths.library_file) as library, library.store.writing() as connection:
        report = msgspec.structs.replace(REPORT, layer=layer)
        store.use_calibration(connection, "0", b"{}", msgspec.json.encode(report))
    assert says in show().fit.state.text()


def test_tracks_that_were_not_compared_yet_can_be_compared_from_here(
    show: Show, context: WindowContext, paths: Paths, library_tracks: list[int]
) -> None:
    keep(paths, quality(not_compared=3))
    page = show()
    assert page.not_compared.text().startswith("3 of these tracks have not been compared with all others yet")
    press(page, "compareAll")
    assert context.client.jobs()[-1].request == FindAllVersions()
