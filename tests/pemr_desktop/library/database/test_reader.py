"""A library that another program cuts while it is read costs an answer, and never the window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library

ASK_TWICE = """
import sqlite3, sys
from pathlib import Path
from pemr_desktop.library.database.reader import open_reader
connection = open_reader(Path(sys.argv[1]))
connection.execute("BEGIN")
def ask():
    return connection.execute("SELECT count(*), sum(length(value)) FROM track_tags").fetchone()
print(ask(), flush=True)
sys.stdin.readline()
connection.execute("PRAGMA shrink_memory")
try:
    print(ask())
except sqlite3.DatabaseError as error:
    print("told:", error)
"""


def filled(library: Library) -> Path:
    """A library of some megabytes."""
    with library.store.writing() as connection:
        connection.execute("INSERT INTO roots (id, path, added_at) VALUES (1, x'2f', 0)")
        connection.execute(
            "INSERT INTO tracks (id, root_id, rel_path, folder, location, size, mtime_ns, inode, added_at, read_at) "
            "VALUES (1, 1, x'61', x'', 'a', 1, 1, 1, 0, 0)"
        )
        rows = ((1, "comment", number, "x" * 2_000, "x") for number in range(2_000))
        connection.executemany(
            "INSERT INTO track_tags (track_id, field, position, value, folded) VALUES (?, ?, ?, ?, ?)", rows
        )
    return library.path


def test_a_library_that_is_cut_while_it_is_read(tmp_path: Path) -> None:
    with open_library(tmp_path / "library.sqlite") as library:
        path = filled(library)
    assert path.stat().st_size > 4_000_000
    process = subprocess.Popen(
        [sys.executable, "-c", ASK_TWICE, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    assert process.stdout.readline().startswith("(2000, ")
    os.truncate(path, 16_384)
    answer, _ = process.communicate("go on\n", timeout=60)
    assert process.returncode == 0 and answer.startswith("told:"), (process.returncode, answer)
