"""Two lanes of the worker use one library at the same time, and the window reads it meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.library import Library
from pemr_desktop.tagfiles.read import read_tags


def test_a_scan_and_a_write_at_the_same_time_disturb_neither(
    library: Library, music: Path, album: list[Path], song: Callable[..., Path]
) -> None:
    first = song(music / "many" / "000.flac", seed=5, title="Many")
    for number in range(1, 300):
        shutil.copy(first, music / "many" / f"{number:03}.flac")
    tracks = library.read(queries.track_ids).tolist()
    seen: list[int] = []

    def scan() -> int:
        return library.scan().added

    def write_and_undo() -> int:
        written = 0
        for _ in range(5):
            batch = library.apply_writes(library.plan_edits({track: {"mood": ["calm"]} for track in tracks}).plans)
            assert batch.batch_id is not None and batch.refused == {}
            written += batch.written
            assert library.undo(batch.batch_id).refused == {}
        return written

    def read() -> None:
        with closing(open_reader(library.path)) as reader:
            while not scanning.done():
                seen.append(len(queries.rows(reader, queries.track_ids(reader))))

    with ThreadPoolExecutor(3) as lanes:
        scanning = lanes.submit(scan)
        writing = lanes.submit(write_and_undo)
        reading = lanes.submit(read)
        assert scanning.result() == 300
        assert writing.result() == 5 * len(tracks)
        reading.result()
    assert seen == sorted(seen)
    assert library.read(queries.counts).tracks == 300 + len(tracks)
    assert all("mood" not in read_tags(path).fields for path in album)
    outcome = library.scan()
    assert (outcome.added, outcome.moved, outcome.missing, outcome.problems) == (0, 0, 0, 0)
