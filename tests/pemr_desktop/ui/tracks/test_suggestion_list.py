"""Suggestions are accepted and rejected by key and by click."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from pemr_desktop.library.rows import TagSuggestion, TrackRow
from pemr_desktop.ui.tracks.suggestion_list import SuggestionList
from pemr_desktop.ui.tracks.suggestion_model import lines_of_track, lines_of_tracks
from pemr_desktop.ui.widgets.theme import Theme

SUGGESTIONS = (
    TagSuggestion("piano", "instrument", 0.9, 0.5),
    TagSuggestion("jazz", "genre", 0.95, 0.5),
    TagSuggestion("blues", "genre", 0.6, 0.5),
    TagSuggestion("metal", "genre", 0.1, 0.5),
    TagSuggestion("folk", "genre", 0.2, 0.5, "rejected"),
)


@pytest.fixture
def suggestions(qtbot: QtBot, theme: Theme) -> SuggestionList:
    made = SuggestionList(theme)
    qtbot.addWidget(made)
    made.lines.set_lines(lines_of_track(7, SUGGESTIONS, unsure_too=False))
    made.resize(320, 300)
    made.show()
    return made


def test_lines_are_grouped_the_most_likely_first(suggestions: SuggestionList, qtmodeltester: ModelTester) -> None:
    shown = [line.tag or line.group for line in (suggestions.lines.line(suggestions.lines.index(n)) for n in range(6))]
    assert shown == ["genre", "jazz", "blues", "folk", "instrument", "piano"]
    qtmodeltester.check(suggestions.lines)


def test_unlikely_ones_are_shown_on_demand() -> None:
    assert "metal" in [line.tag for line in lines_of_track(7, SUGGESTIONS, unsure_too=True)]


def test_accepting_goes_on_to_the_next_and_skips_titles(qtbot: QtBot, suggestions: SuggestionList) -> None:
    decided: list[tuple[str, object, object]] = []
    suggestions.decided.connect(lambda tag, ids, decision: decided.append((tag, ids, decision)))
    suggestions.accept()
    suggestions.reject()
    suggestions.accept()
    assert decided == [("jazz", (7,), "accepted"), ("blues", (7,), "rejected"), ("folk", (7,), "accepted")]
    line = suggestions.current_line()
    assert line is not None and line.tag == "piano"


def test_deciding_the_same_again_takes_it_back(qtbot: QtBot, suggestions: SuggestionList) -> None:
    suggestions.step(1)
    suggestions.step(1)
    suggestions.step(1)
    with qtbot.waitSignal(suggestions.decided) as signal:
        suggestions.reject()
    assert signal.args == ["folk", (7,), None]


def test_a_click_on_the_tick_accepts(qtbot: QtBot, suggestions: SuggestionList) -> None:
    rect = suggestions.visualRect(suggestions.lines.index(1))
    accept, _reject = suggestions._delegate._buttons(rect)
    with qtbot.waitSignal(suggestions.decided) as signal:
        qtbot.mouseClick(suggestions.viewport(), Qt.MouseButton.LeftButton, pos=accept.center())
    assert signal.args[0] == "jazz" and signal.args[2] == "accepted"


def test_a_click_beside_the_buttons_decides_nothing(qtbot: QtBot, suggestions: SuggestionList) -> None:
    rect = suggestions.visualRect(suggestions.lines.index(1))
    with qtbot.assertNotEmitted(suggestions.decided):
        qtbot.mouseClick(suggestions.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, rect.center().y()))


def test_a_screen_reader_hears_all_of_it(suggestions: SuggestionList) -> None:
    said = suggestions.lines.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "jazz: suggested, 95 %"


def test_suggestions_of_many_tracks_become_one_line_a_tag() -> None:
    rows = [
        track_row(1, TagSuggestion("jazz", "genre", 0.9, 0.5, "accepted"), TagSuggestion("calm", "mood", 0.8, 0.5)),
        track_row(2, TagSuggestion("jazz", "genre", 0.6, 0.5), TagSuggestion("calm", "mood", 0.6, 0.5)),
        track_row(3, TagSuggestion("jazz", "genre", 0.6, 0.5, "accepted")),
    ]
    lines = {line.tag: line for line in lines_of_tracks(rows) if line.tag}
    assert lines["jazz"].track_ids == (1, 2, 3) and lines["jazz"].decision == "mixed"
    assert lines["jazz"].probability == pytest.approx(0.7)
    assert lines["calm"].track_ids == (1, 2) and lines["calm"].decision is None


def track_row(track_id: int, *suggestions: TagSuggestion) -> TrackRow:
    """A track with nothing but suggestions."""
    return TrackRow(
        id=track_id,
        path=b"",
        location="",
        title="",
        artist="",
        album="",
        album_artist="",
        track_number=None,
        disc_number=None,
        year=None,
        duration_s=None,
        format="",
        genres=(),
        moods=(),
        suggestions=suggestions,
        state="present",
        analysed=True,
        has_artwork=False,
        cover_group=None,
        added_at=0.0,
    )
