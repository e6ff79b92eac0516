"""Damage files at random, write tags into them, and let a decoder say whether a single sample became another.

    python tests/benchmarks/fuzz_decoding.py [--count 1000] [--only flac wavpack] [--more FOLDER] [--seed 0]

The other fuzz test (fuzz_tagfiles.py) asks our own idea of where the sound lies; here FFmpeg decodes each file before
and after the write, and the frames, the samples and whether it ended in an error must be the same.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import av
import av.logging

from damage import damaged
from fuzz_tagfiles import SEALED, WANTED, samples, sealed
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.opening import CONTAINERS
from pemr_desktop.tagfiles.write import apply_plan

BROKEN = ("different", "an error of another kind")


def main() -> None:
    """Run, print a line per container, and end with 1 if anything sounds different."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--more", type=Path, help="a folder with more files to damage")
    parser.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir()), help="where files are put that differ"
    )
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    av.logging.set_level(av.logging.PANIC)
    by_container = samples(asked.more)
    everything = [content for named in by_container.values() for _, content in named]
    wrong = 0
    for container, named in by_container.items():
        if not asked.only or container in asked.only:
            draw = random.Random(f"{asked.seed} {container}")
            told = fuzz(named, everything, asked.count, draw, asked.keep)
            wrong += sum(told[outcome] for outcome in BROKEN)
            print(f"  {container:<11} {', '.join(f'{n:,} {what}' for what, n in sorted(told.items()))}", flush=True)
    sys.exit(1 if wrong else 0)


def fuzz(
    named: Sequence[tuple[str, bytes]], everything: Sequence[bytes], count: int, draw: random.Random, keep: Path
) -> Counter[str]:
    """What became of `count` damaged files of one container."""
    told: Counter[str] = Counter(dict.fromkeys(BROKEN, 0))
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for number in range(count):
            name, whole = draw.choice(named)
            content = damaged(whole, everything, draw)
            if draw.random() < SEALED:
                content = sealed(content)
            path = Path(folder) / f"song{suffix_of(content, name)}"
            path.write_bytes(content)
            outcome = try_one(path)
            told[outcome] += 1
            if outcome in BROKEN:
                kept = keep / f"decoding-{number}-{name}"
                kept.write_bytes(content)
                print(kept, flush=True)
            path.unlink()
    return told


def suffix_of(content: bytes, name: str) -> str:
    """The ending that fits the content: FFmpeg goes by the name where the content leaves it in doubt."""
    container = CONTAINERS.get(sniff(BytesIO(content)))
    return container.suffixes[0] if container else Path(name).suffix


def try_one(path: Path) -> str:
    """A word for what happened: the sound is the same, or different, or nothing was written."""
    try:
        plan = make_plan(1, path, WANTED)
        before = decoded(path)
        if apply_plan(plan) is None:
            return "nothing to do"
    except TagFileError:
        return "not written"
    except Exception:  # noqa: BLE001 - whatever it is, it is what we look for
        traceback.print_exc()
        return "an error of another kind"
    after = decoded(path)
    if before[:2] != after[:2]:
        return "different"
    return "same, though it cannot be decoded to the end" if before[2] else "same"


def decoded(path: Path) -> tuple[int, bytes, bool]:
    """How many frames FFmpeg gets out of a file, a digest of all samples, and whether it ended in an error."""
    made = hashlib.blake2b()
    frames = 0
    try:
        with av.open(str(path)) as file:
            for frame in file.decode(audio=0):
                made.update(frame.to_ndarray().tobytes())
                frames += 1
    except (av.FFmpegError, IndexError, ValueError):  # IndexError: there is no sound in it
        return frames, made.digest(), True
    return frames, made.digest(), False


if __name__ == "__main__":
    main()
