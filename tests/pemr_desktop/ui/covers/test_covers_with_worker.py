"""The covers page with the real worker: real decoding, real analysis, real search."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.protocol.messages import AddFolders, Analyse
from pemr_desktop.ui import wording
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.covers.covers_page import CoversPage


@pytest.mark.slow
def test_a_version_in_another_key_is_found_judged_and_kept(
    qtbot: QtBot, context: WindowContext, tmp_path: Path, make_audio: Callable[..., Path]
) -> None:
    """The worker loads torch and listens to four half minutes: some fifteen seconds."""
    music = tmp_path / "music"
    for name, seed, transpose, tempo in (
        ("Tune", 5, 0, 1.0),
        ("Tune again", 5, 3, 1.1),
        ("Another", 6, 0, 1.0),
        ("Yet another", 7, 2, 1.0),
    ):
        tags = {"title": name, "artist": "The Testers"}
        make_audio(
            music / f"{name}.flac",
            seconds=30,
            seed=seed,
            transpose=transpose,
            tempo=tempo,
            sample_rate=16000,
            tags=tags,
        )
    with qtbot.waitSignal(context.client.ready):
        context.client.start()
    for request in (AddFolders((os.fsencode(music),)), Analyse()):
        context.client.submit(request)
        qtbot.waitUntil(lambda: all(job.ended for job in context.client.jobs()))

    connection = open_reader(context.paths.library_file)
    ids = {row.title: row.id for row in queries.rows(connection, queries.track_ids(connection))}
    page = CoversPage(context)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    page.show_covers([ids["Tune"]])
    qtbot.waitUntil(lambda: page.current_match() is not None)
    match = page.current_match()
    assert match is not None
    assert match.match.track_id == ids["Tune again"]
    assert wording.key_shift(match.match.key_shift) == "+3 semitones"
    assert match.match.passages
    qtbot.waitUntil(lambda: len(page.comparison.passages.ribbons.passages) > 0)

    page.judge("version")
    qtbot.waitUntil(lambda: bool(queries.version_pairs(connection, ids["Tune"])))
    (pair,) = [pair for pair in queries.version_pairs(connection, ids["Tune"]) if pair.source == "user"]
    assert {pair.track_a, pair.track_b} == {ids["Tune"], ids["Tune again"]}
    assert pair.relation == "version"
    connection.close()


@pytest.fixture(autouse=True)
def _few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
