"""Two instances on one library: the second is told, may look, and takes over when the first has ended."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.protocol.messages import AddFolders, Failed, Finished, Quit, Ready, Scan, Start


def test_the_second_instance_is_a_viewer_until_the_first_ends(
    start_worker: Callable[..., Any], library_path: Path, music: Path
) -> None:
    first = start_worker()
    assert isinstance(first.hear(), Ready)
    first.say(Start(1, AddFolders((os.fsencode(music),))))
    first.hear_until(Finished)
    second = start_worker()
    told = second.hear()
    assert isinstance(told, Ready) and told.read_only is not None
    assert "Another PEMR Desktop is using the library" in told.read_only.message
    second.say(Start(1, Scan()))
    refused = second.hear_until(Failed)[-1]
    assert isinstance(refused, Failed) and refused.why == told.read_only
    with closing(open_reader(library_path)) as conn:
        assert len(queries.track_ids(conn)) == 12
    first.say(Quit())
    assert first.process.wait(20) == 0
    assert second.close() == 0
    third = start_worker()
    ready = third.hear()
    assert isinstance(ready, Ready) and ready.read_only is None
    third.say(Start(1, Scan()))
    finished = third.hear_until(Finished)[-1]
    assert isinstance(finished, Finished) and third.said(finished) == "12 tracks found; nothing new."
    assert third.close() == 0
