"""The cards that tune the tags, on a real library; and the one time that it is offered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from pemr_desktop.jobs.client import JobView
from pemr_desktop.library.embeddings import tag_tuning
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.rows import TagRow
from pemr_desktop.paths import Paths
from pemr_desktop.protocol.messages import Analyse, Changed, Decide, Finished, Request, TuneTags, UntuneTags
from pemr_desktop.protocol.results import TagFigures, TagTuningResult, TunedTag
from pemr_desktop.protocol.sentences import summary
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.notices import Notice
from pemr_desktop.ui.training import tag_tuning_offer, tag_tuning_view
from pemr_desktop.ui.training.tag_tuning_offer import TagTuningOffer
from pemr_desktop.ui.training.tag_tuning_view import APART, CHANGE, FINDS, RIGHT, TAG, TagTuningView

MODEL, FILE = "0123456789abcdef", "f" * 64
AS_BEFORE = TagFigures(9, 8, 6, 0.9, 0.7)
NOTHING = TagFigures(0, 0, 0, None, None)
REPORT = TagTuningResult(
    143,
    12,
    143,
    (
        TunedTag("jazz", "genre", "kept", True, "teacher", AS_BEFORE, AS_BEFORE),
        TunedTag("vocals", "voice", "switched on", True, "teacher", NOTHING, TagFigures(40, 36, 31, 0.947, 0.9)),
        TunedTag(
            "rock", "genre", "switched off", False, "you", TagFigures(2, 14, 1, 0.5, 0.2), NOTHING,
            "on this music only 1 of 14 suggestions were right",
        ),
    ),
    3.2,
    True,
)  # fmt: skip


@pytest.fixture
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag_tuning_view, "MIN_ANALYSED_TRACKS", 4)
    monkeypatch.setattr(tag_tuning_offer, "MIN_OFFER_TRACKS", 4)


@pytest.fixture
def show(qtbot: QtBot, context: WindowContext, few_are_enough: None) -> Callable[[], TagTuningView]:
    def make() -> TagTuningView:
        view = TagTuningView(context)
        qtbot.addWidget(view)
        view.resize(980, 700)
        view.show()
        qtbot.waitUntil(lambda: bool(view.tune.state.text()))
        return view

    return make


def tune_library(paths: Paths, report: TagTuningResult = REPORT) -> None:
    """As a tuning leaves the library."""
    with open_library(paths.library_file) as library, library.store.writing() as connection:
        heads = tag_tuning.keep_heads(
            connection, MODEL, FILE, b"[]", np.zeros((1, 4), np.float32), np.zeros(1, np.float32),
            msgspec.json.encode(report),
        )  # fmt: skip
        tag_tuning.use_heads(connection, MODEL, heads, [TagRow("vocals", "voice", 0.5, True)])


def press(view: TagTuningView, name: str) -> None:
    button = view.findChild(QPushButton, name)
    assert button is not None and button.isEnabled() and button.isVisible()
    button.click()


def test_without_music_there_is_nothing_to_press(show: Callable[[], TagTuningView]) -> None:
    view = show()
    assert "has to be listened to" in view.tune.state.text()
    assert not view.tune.start.isEnabled() and not view.teach.start.isEnabled()
    assert view.back.isHidden() and view.table.isHidden()
    assert view.outcome.text() == "The tags are as they were shipped."


def test_both_cards_ask_the_worker_and_show_how_far_it_is(
    context: WindowContext, library_tracks: list[int], show: Callable[[], TagTuningView]
) -> None:
    view = show()
    assert "4 tracks" in view.tune.state.text()
    press(view, "tuneCardStart")
    job = context.client.jobs()[-1]
    assert job.request == TuneTags()
    assert view.tune.bar.isVisible() and not view.teach.start.isEnabled()
    running = JobView(job.job_id, job.title, job.request, "running", 3, 4, 90.0, "The teacher listened to Canon")
    view.tune.show_job(running, can_start=False)
    assert "The teacher listened to Canon" in view.tune.state.text() and view.tune.bar.value() == 3
    press(view, "tuneCardStop")
    assert not view.tune.cancel.isEnabled() or view.tune.start.isVisible()


def test_what_became_of_each_tag_is_told_with_before_and_after(
    paths: Paths, library_tracks: list[int], show: Callable[[], TagTuningView]
) -> None:
    tune_library(paths)
    view = show()
    texts = [
        [item.text() if (item := view.table.item(r, c)) else "" for c in range(6)] for r in range(view.table.rowCount())
    ]
    told = {row[TAG]: row for row in texts}
    assert set(told) == {"vocals", "rock"}
    assert told["vocals"][CHANGE] == "switched on"
    assert told["vocals"][RIGHT] == "– → 31 / 36" and told["vocals"][FINDS] == "– → 31 / 40"
    assert told["vocals"][APART] == "– → 95 %"
    assert told["rock"][CHANGE] == "switched off: on this music only 1 of 14 suggestions were right"
    assert told["rock"][5] == "you"
    assert "143 tracks of 12 albums: 2 tags changed, 1 stayed" in view.outcome.text()
    view.everything.setChecked(True)
    assert view.table.rowCount() == 3


def test_a_tuning_that_changed_no_tag_is_called_none(
    paths: Paths, library_tracks: list[int], show: Callable[[], TagTuningView]
) -> None:
    kept = msgspec.structs.replace(REPORT, tags=REPORT.tags[:1])
    tune_library(paths, kept)
    view = show()
    assert "are tuned" not in view.tune.state.text() and "No tag needed it" in view.tune.state.text()
    assert "as they were shipped" in view.outcome.text() and "Tuned" not in view.outcome.text()
    assert view.back.isHidden() and view.table.isHidden()
    assert summary(TuneTags(listen=False), kept).startswith("None would suit your music better")
    view.everything.setChecked(True)
    assert view.table.isVisible() and view.table.rowCount() == 1


def test_the_way_back_is_one_press(
    paths: Paths, context: WindowContext, library_tracks: list[int], show: Callable[[], TagTuningView]
) -> None:
    tune_library(paths)
    view = show()
    press(view, "untune")
    assert context.client.jobs()[-1].request == UntuneTags()
    assert not view.back.isEnabled()


def finish(context: WindowContext, request: Request, result: msgspec.Struct | None = None) -> None:
    """The worker says that this job is done."""
    job_id = context.client.submit(request)
    context.client.finished.emit(Finished(job_id, Changed(), msgspec.Raw(msgspec.json.encode(result))))


def test_tuning_is_offered_once_and_one_press_starts_it(
    qtbot: QtBot, context: WindowContext, library_tracks: list[int], few_are_enough: None, tmp_path: Path
) -> None:
    from pemr_desktop.protocol.results import AnalyseResult

    offer = TagTuningOffer(context, context.actions)
    posted: list[Notice] = []
    context.notices.posted.connect(posted.append)
    wanted: list[str] = []
    context.navigation.pageWanted.connect(wanted.append)
    result = AnalyseResult(4, 0, 16.0, 1.0, {})
    finish(context, Analyse(), result)
    qtbot.waitUntil(lambda: bool(posted))
    assert posted[0].action_text == "Tune to my library" and posted[0].action is not None
    assert not context.settings.current.tuning.offer
    finish(context, Analyse(), result)
    qtbot.waitUntil(context.reader.idle)
    assert len(posted) == 1
    posted[0].action()
    assert context.client.jobs()[-1].request == TuneTags() and wanted == ["tuning"]
    finish(context, TuneTags(), REPORT)
    assert posted[-1].action_text == "Show the figures"
    offer.deleteLater()


def test_after_many_answers_learning_from_them_is_offered_once(
    qtbot: QtBot,
    context: WindowContext,
    paths: Paths,
    suggested_tracks: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tag_tuning_offer, "MIN_OFFER_LABELS", 6)
    offer = TagTuningOffer(context, context.actions)
    posted: list[Notice] = []
    context.notices.posted.connect(posted.append)
    user_labels = Decide(tuple(suggested_tracks[:1]), ("jazz",), "rejected")
    with open_library(paths.library_file) as library:
        library.accept_above(0.5)
        for track_id in suggested_tracks[:5]:
            library.decide([track_id], ["jazz"], "rejected")
    finish(context, user_labels)
    qtbot.waitUntil(context.reader.idle)
    assert not posted
    with open_library(paths.library_file) as library:
        library.decide(suggested_tracks[5:], ["jazz"], "rejected")
    finish(context, user_labels)
    qtbot.waitUntil(lambda: bool(posted))
    assert "answered 6 suggestions one by one" in posted[0].text and posted[0].action is not None
    finish(context, user_labels)
    qtbot.waitUntil(context.reader.idle)
    assert len(posted) == 1
    posted[0].action()
    assert context.client.jobs()[-1].request == TuneTags(listen=False)
    offer.deleteLater()
