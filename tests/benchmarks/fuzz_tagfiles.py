"""Damage files at random, then read, plan, write and undo them: no strange exception, no hang, no byte lost.

    python tests/benchmarks/fuzz_tagfiles.py FOLDER_OF_SAMPLES [--count 10000] [--seed 0]

FOLDER_OF_SAMPLES holds one or more good files of each format. `count` files are made from each of them.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from pemr_desktop.tagfiles.digest import audio_digest, quick_digest
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.opening import SUFFIXES
from pemr_desktop.tagfiles.planning import make_plan
from pemr_desktop.tagfiles.read import read_artwork, read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

LIMIT_S = 10


class Hang(BaseException):
    """One file took longer than it may."""


def main() -> None:
    """Run, print a table, and end with 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    signal.signal(signal.SIGALRM, _hang)
    wrong = 0
    for sample in sorted(path for path in asked.folder.iterdir() if path.suffix in SUFFIXES):
        outcomes, slowest_s = fuzz(sample, asked.count, random.Random(f"{asked.seed} {sample.name}"))
        wrong += outcomes["wrong"]
        told = ", ".join(f"{count} {what}" for what, count in sorted(outcomes.items()))
        print(f"{sample.name:<24} {told}; slowest {slowest_s:.2f} s", flush=True)
    sys.exit(1 if wrong else 0)


def fuzz(sample: Path, count: int, draw: random.Random) -> tuple[Counter[str], float]:
    """What became of each damaged copy, and the longest time one took."""
    whole = sample.read_bytes()
    outcomes: Counter[str] = Counter(wrong=0)
    slowest_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"song{sample.suffix}"
        for number in range(count):
            content = damaged(whole, draw)
            path.write_bytes(content)
            start = time.perf_counter()
            signal.alarm(LIMIT_S)
            try:
                outcomes[try_one(path, content)] += 1
            except (Exception, Hang):  # noqa: BLE001 - whatever it is, it is what we look for
                outcomes["wrong"] += 1
                kept = Path(tempfile.gettempdir()) / f"fuzz-{sample.stem}-{number}{sample.suffix}"
                kept.write_bytes(content)
                print(f"{kept}\n{traceback.format_exc()}", flush=True)
            finally:
                signal.alarm(0)
            slowest_s = max(slowest_s, time.perf_counter() - start)
            assert [other.name for other in Path(folder).iterdir()] == [path.name], "a stray file"
    return outcomes, slowest_s


def try_one(path: Path, content: bytes) -> str:
    """Scan, plan, write, undo -> a word for what happened. Raises AssertionError when a promise is broken."""
    try:
        read_tags(path)
        read_artwork(path)
        quick_digest(path)
        sound = audio_digest(path)
    except TagFileError:
        assert path.read_bytes() == content
        return "unreadable"
    try:
        plan = make_plan(1, path, {"mood": ["calm", "blue"], "genre": ["Fuzz"], "grouping": ["x" * 3000]})
        outcome = apply_plan(plan)
    except TagFileError:
        assert path.read_bytes() == content
        return "refused"
    if outcome is None:
        assert path.read_bytes() == content
        return "nothing to do"
    assert audio_digest(path) == sound
    fields = read_tags(path).fields
    assert all(fields.get(change.field, ()) == change.after for change in plan.changes)
    assert outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == content
    return "written and restored"


def damaged(whole: bytes, draw: random.Random) -> bytes:
    """A copy with some bytes changed, inserted, removed, repeated or cut off, mostly near the start and the end."""
    content = bytearray(whole)
    for _ in range(draw.choice((1, 1, 2, 4, 12))):
        place = draw.choice((draw.randrange(0, min(len(content), 3000) or 1), draw.randrange(len(content) or 1)))
        match draw.randrange(6):
            case 0 | 1:
                content[place : place + 1] = bytes([draw.randrange(256)])
            case 2:
                content[place : place + 4] = draw.choice(
                    (b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", draw.randbytes(4))
                )
            case 3:
                content[place:place] = draw.randbytes(draw.randrange(1, 40))
            case 4:
                del content[place : place + draw.randrange(1, 200)]
            case 5:
                if draw.random() < 0.3:
                    del content[place:]
                else:
                    content[place:place] = content[place : place + draw.randrange(1, 400)]
    return bytes(content)


def _hang(signal_number: int, frame: object) -> None:
    raise Hang(f"more than {LIMIT_S} s")


if __name__ == "__main__":
    main()
