"""The inspector shows one track in full and many tracks summed up, and hands decisions to the worker."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.protocol.messages import AcceptAbove, Decide
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.tracks.inspector import Inspector


@pytest.fixture
def inspector(qtbot: QtBot, context: WindowContext, suggested_tracks: list[int]) -> Inspector:
    made = Inspector(context, Artwork(context.notices))
    qtbot.addWidget(made)
    made.resize(340, 700)
    made.show()
    return made


def requests(context: WindowContext) -> list[object]:
    return [job.request for job in context.client.jobs()]


def shown_tags(inspector: Inspector) -> list[str]:
    return [line.tag for line in inspector.suggestions.lines.tags()]


def test_without_a_choice_it_says_what_it_is_for(inspector: Inspector) -> None:
    assert not inspector.empty.isHidden()
    assert not inspector.has_suggestions()


def test_one_track_is_shown_in_full(qtbot: QtBot, inspector: Inspector, suggested_tracks: list[int]) -> None:
    inspector.show_tracks(suggested_tracks[1:2])
    qtbot.waitUntil(lambda: inspector.title.text() == "Beta")
    assert inspector.artist.text() == "Artist 1"
    assert inspector.album.text() == "Album 0 · 1961"
    assert "FLAC" in inspector.facts.text()
    assert inspector.waveform.duration_s == pytest.approx(1.5, abs=0.1)
    assert "Rock" in inspector.fields.text()
    assert shown_tags(inspector) == ["jazz", "calm", "piano"]


def test_unlikely_tags_are_shown_on_demand(qtbot: QtBot, inspector: Inspector, suggested_tracks: list[int]) -> None:
    inspector.show_tracks(suggested_tracks[:1])
    qtbot.waitUntil(inspector.has_suggestions)
    inspector.more.click()
    assert "rock" in shown_tags(inspector)
    inspector.more.click()
    assert "rock" not in shown_tags(inspector)


def test_many_tracks_are_summed_up(qtbot: QtBot, inspector: Inspector, suggested_tracks: list[int]) -> None:
    inspector.show_tracks(suggested_tracks)
    qtbot.waitUntil(lambda: inspector.title.text() == "6 tracks")
    assert inspector.artist.text() == "2 artists"
    assert inspector.waveform.isHidden()
    lines = inspector.suggestions.lines.tags()
    assert next((line.tag, len(line.track_ids)) for line in lines) == ("jazz", 6)


def test_a_decision_goes_to_the_worker_and_shows_at_once(
    qtbot: QtBot, inspector: Inspector, context: WindowContext, suggested_tracks: list[int]
) -> None:
    inspector.show_tracks(suggested_tracks[:1])
    qtbot.waitUntil(inspector.has_suggestions)
    inspector.accept()
    inspector.reject()
    track = (suggested_tracks[0],)
    assert requests(context) == [Decide(track, ("jazz",), "accepted"), Decide(track, ("calm",), "rejected")]
    assert [line.decision for line in inspector.suggestions.lines.tags()] == ["accepted", "rejected", None]


def test_all_sure_ones_are_accepted_with_one_button(
    qtbot: QtBot, inspector: Inspector, context: WindowContext, suggested_tracks: list[int]
) -> None:
    inspector.show_tracks(suggested_tracks[:2])
    qtbot.waitUntil(inspector.has_suggestions)
    assert inspector.accept_all.text() == "Accept all above 80 %"
    inspector.accept_all.click()
    assert requests(context) == [AcceptAbove(0.8, tuple(suggested_tracks[:2]))]


def test_a_track_that_plays_no_longer_has_no_playhead(
    qtbot: QtBot, inspector: Inspector, context: WindowContext, suggested_tracks: list[int]
) -> None:
    inspector.show_tracks(suggested_tracks[:1])
    qtbot.waitUntil(lambda: inspector.shown.detail is not None)
    inspector.waveform.set_position(0.9)
    assert inspector.shown.detail is not None
    context.queue.currentChanged.emit(inspector.shown.detail.row)
    assert inspector.waveform.position_s == 0.9
    context.queue.currentChanged.emit(None)
    assert inspector.waveform.position_s == 0.0


def test_the_newest_choice_wins(qtbot: QtBot, inspector: Inspector, suggested_tracks: list[int]) -> None:
    for track_id in suggested_tracks:
        inspector.show_tracks([track_id])
    qtbot.waitUntil(lambda: inspector.title.text() == "Gamma" or inspector.shown.ids == (suggested_tracks[-1],))
    assert inspector.shown.ids == (suggested_tracks[-1],)
