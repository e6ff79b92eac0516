"""The whole job on a library as people have them: real music in album folders, broken and odd files among it.

    python tests/benchmarks/real_library.py MUSIC_FOLDER WORK_FOLDER [--tracks 320]

Copies up to that many tracks of MUSIC_FOLDER into WORK_FOLDER/music, adds broken files, takes digests of every file,
scans and analyses with `pemr-desktop`, and prints what became of each broken file and whether any byte changed.
Exit code 1 when something is not as promised.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from broken_files import add_broken_files, add_odd_files
from pemr.datasets.folder import audio_files
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader


def main() -> int:
    """Build, run, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("music", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--tracks", type=int, default=320)
    asked = parser.parse_args()
    music, home = asked.work / "music", asked.work / "home"
    good = _copy(audio_files([asked.music])[: asked.tracks], asked.music, music)
    source = min(good, key=lambda path: abs(path.stat().st_size - 2_000_000))
    broken = add_broken_files(music / "Broken files", source)
    odd = add_odd_files(music / "Odd files", source)
    before = digests(music)
    print(f"{len(good)} good tracks, {len(odd)} odd files, {len(broken)} broken files")

    for command in (["scan", str(music)], ["analyse", "--timings"]):
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", "pemr_desktop", "--home", str(home), *command], check=False)
        seconds = time.monotonic() - began
        print(f"pemr-desktop {command[0]}: exit {done.returncode} after {seconds:.1f} s")
    print(f"{60 * (len(good) + len(odd)) / seconds:.1f} tracks analysed a minute, from start to end of the command\n")

    faults = _faults(home, good, odd, broken)
    after = digests(music)
    changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    print(f"\n{len(before)} digests before and after: {len(changed)} differ")
    faults += [f"changed: {path}" for path in changed]
    for fault in faults:
        print(f"NOT AS PROMISED  {fault}")
    return 1 if faults else 0


def _copy(paths: list[Path], source: Path, target: Path) -> list[Path]:
    """Tracks below `target`, in folders of their album: the package and folder they came in."""
    copies = []
    for path in paths:
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not copy.exists():
            shutil.copy2(path, copy)
        copies.append(copy)
    return copies


def digests(folder: Path) -> dict[Path, str]:
    """SHA-256, mode and times of every file that can be read like one; links by their target."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[path] = f"-> {path.readlink()}"
        elif path.is_file():
            stat = path.stat()
            with path.open("rb") as file:
                found[path] = f"{hashlib.file_digest(file, 'sha256').hexdigest()} {stat.st_mode:o} {stat.st_mtime_ns}"
        else:
            found[path] = f"{path.lstat().st_mode:o}"
    return found


def _faults(home: Path, good: list[Path], odd: dict[Path, str], broken: dict[Path, str]) -> list[str]:
    """What the library says of each file, printed; -> what should not be so."""
    connection = open_reader(home / "data" / "library.sqlite")
    reasons = {Path(problem.location): problem.reason for problem in queries.problems(connection)}
    by_bytes = {bytes(problem.path): problem.reason for problem in queries.problems(connection)}
    faults = []
    for path, what in broken.items():
        reason = by_bytes.get(bytes(path)) or reasons.get(path)
        print(f"  {what:45s} {reason or '(no problem recorded)'}")
        if reason is None:
            faults.append(f"{path.name} ({what}) is not in the problems list")
    rows = {
        bytes(row.path): row
        for start in range(0, 10_000, 400)
        for row in queries.rows(connection, list(queries.track_ids(connection))[start : start + 400])
    }
    connection.close()
    for path in good:
        if bytes(path) in by_bytes:
            print(f"  problem of a good file: {by_bytes[bytes(path)]}")
        if bytes(path) not in rows or not rows[bytes(path)].analysed:
            faults.append(f"{path} was not analysed")
    for path, what in odd.items():
        row = rows.get(bytes(path))
        print(f"  {what:45s} {'analysed' if row and row.analysed else 'NOT ANALYSED'} {by_bytes.get(bytes(path), '')}")
        if row is None or not row.analysed:
            faults.append(f"{what} was not analysed")
    return faults


if __name__ == "__main__":
    sys.exit(main())
