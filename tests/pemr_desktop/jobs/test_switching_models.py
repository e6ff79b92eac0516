"""Another model is switched on: what is listened to again, what is only thought over, and what is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.protocol.messages import ActivateModel, AddFolders, Analyse, Decide, Failed, Finished, Start
from random_model import write_random_model


def test_newly_taught_tags_need_no_listening_and_another_encoder_does(
    start_worker: Callable[..., Any], library_path: Path, make_audio: Callable[..., Path], tmp_path: Path, home: Path
) -> None:
    make_audio(tmp_path / "music" / "tune.flac", seconds=4.0)
    first, taught, other, broken = (tmp_path / f"{name}.safetensors" for name in ("first", "taught", "other", "broken"))
    assert write_random_model(first) == write_random_model(taught, likely=False) != write_random_model(other, seed=3)
    broken.write_bytes(first.read_bytes()[:-1])
    worker = start_worker()

    def do(job_id: int, request: Any) -> str:
        worker.say(Start(job_id, request))
        ended = worker.hear_until((Finished, Failed), job_id)[-1]
        return str(worker.said(ended))

    def suggestions() -> list[str]:
        with closing(open_reader(library_path)) as conn:
            return [suggestion.tag for suggestion in queries.rows(conn, [1])[0].suggestions]

    do(1, AddFolders((os.fsencode(tmp_path / "music"),)))
    assert "1 track to be listened to" in do(2, ActivateModel(os.fsencode(first)))
    do(3, Analyse())
    assert len(suggestions()) == 4
    do(4, Decide((1,), ("jazz",), "accepted"))

    assert do(5, ActivateModel(os.fsencode(taught))) == "The model “taught” is active."
    assert set(suggestions()) <= {"jazz"}
    assert do(6, Analyse()) == "Every track has been listened to."

    assert "broken" in do(7, ActivateModel(os.fsencode(broken)))
    with closing(open_reader(library_path)) as conn:
        active = queries.active_model(conn)
    assert active is not None and active.name == "taught"

    assert "1 track to be listened to" in do(8, ActivateModel(os.fsencode(other)))
    assert do(9, Analyse()) == "Listened to 1 track."
    for path in (first, taught, other):
        path.unlink()
    assert "is active" in do(
        10, ActivateModel(next((home / "data" / "models").glob("*.safetensors")).__fspath__().encode())
    )
    assert worker.close() == 0
