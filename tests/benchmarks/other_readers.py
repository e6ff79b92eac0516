"""What TagLib, tinytag and FFmpeg read in foreign files before a write is there after it, and what they read is ours.

    pip install pytaglib tinytag
    python tests/benchmarks/other_readers.py FOLDER [--list 20]

Every file below FOLDER (for example the published test files of mutagen, TagLib, lofty, tinytag, beets) is copied,
planned, written and taken back. Printed are: values that a reader lost, writes that were refused after the plan said
yes, files whose audio packets changed or that undo did not bring back to the byte, and why files were refused in the
plan; then values that we read in another way than the others. Ends with 1 if anything of the first kinds happened.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

import av

from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.opening import SUFFIXES
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes

Values = dict[str, tuple[str, ...]]
WANTED = {"genre": ["A genre of ours"]}
PATIENCE_S = 60
NOT_COMPARED = (
    "genre",
    "encoder",
    "filename",
    "filesize",
    "duration",
    "bitrate",
    "is_",
    "major_brand",
    "images",
    "tlen",
)
COMPARED = {"title": "title", "artist": "artist", "album": "album"}


@dataclass
class Found:
    """What happened to one file. `outcome`: "unreadable", "refused in the plan", "refused at the write", "written"."""

    outcome: str
    reason: str = ""
    lost: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def main() -> None:
    """Run, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", type=int, default=20, help="how many files of each kind are named")
    asked = parser.parse_args()
    for name in ("taglib", "tinytag"):
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed and cannot be asked: pip install pytaglib tinytag")
    files = sorted(path for path in asked.folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    named: dict[str, list[str]] = {}
    for path, found in tried(files):
        outcomes[found.outcome] += 1
        if found.outcome.startswith("refused"):
            reasons[f"{found.outcome}: {found.reason}"] += 1
        if found.outcome == "refused at the write":
            named.setdefault("refused at the write", []).append(f"{path}: {found.reason}")
        for kind in ("lost", "wrong", "differs"):
            named.setdefault(kind, []).extend(f"{path}: {what}" for what in getattr(found, kind))
    print(f"{len(files):,} files: " + ", ".join(f"{count:,} {what}" for what, count in outcomes.most_common()))
    for reason, count in reasons.most_common():
        print(f"  {count:4} {reason}")
    for kind, entries in named.items():
        print(f"{kind}: {len(entries):,}")
        for entry in entries[: asked.list]:
            print(f"  {entry}")
    sys.exit(1 if any(named.get(kind) for kind in ("lost", "wrong", "refused at the write")) else 0)


def tried(files: list[Path]) -> Iterator[tuple[Path, Found]]:
    """Each file in a process of its own kind: a reader that crashes costs one file."""
    pool = ProcessPoolExecutor(1)
    for path in files:
        try:
            yield path, pool.submit(try_one, path).result(PATIENCE_S)
        except (BrokenProcessPool, TimeoutError) as error:
            pool.shutdown(wait=False, cancel_futures=True)
            pool = ProcessPoolExecutor(1)
            yield path, Found("not tried: a reader crashed or hung", type(error).__name__)
    pool.shutdown()


def try_one(original: Path) -> Found:
    """Plan, write and take back in a copy."""
    warnings.simplefilter("ignore")
    av.logging.set_level(None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copyfile(original, Path(folder) / original.name))
        before = {name: read(path) for name, read in READERS.items()}
        sound, content = packets(path), path.read_bytes()
        try:
            ours = read_tags(path).fields
        except TagFileError as error:
            return Found("unreadable", error.reason)
        found = Found("written", differs=list(differences(before, ours)))
        try:
            plan = make_plan(1, path, WANTED, mode="replace")
        except TagFileError as error:
            found.outcome, found.reason = "refused in the plan", error.reason
            return found
        try:
            outcome = apply_plan(plan)
        except TagFileError as error:
            found.outcome, found.reason = "refused at the write", error.reason
            return found
        after = {name: read(path) for name, read in READERS.items()}
        found.lost = list(losses(before, after))
        if packets(path) != sound and (heard := sound_of(original)) is not None and sound_of(path) != heard:
            found.wrong.append("its audio packets changed")
        if outcome is None or outcome.restore is None:
            found.wrong.append("it cannot be taken back")
            return found
        restore_bytes(path, outcome.restore, outcome.before_digest)
        if path.read_bytes() != content:
            found.wrong.append("it is not what it was after undo")
        return found


def taglib_values(path: Path) -> Values:
    """What TagLib reads."""
    import taglib

    with taglib.File(path) as file:
        return {key.lower(): tuple(values) for key, values in file.tags.items()}


def tinytag_values(path: Path) -> Values:
    """What tinytag reads."""
    from tinytag import TinyTag

    found = TinyTag.get(path).as_dict()
    return {
        key.lower(): tuple(map(str, values)) if isinstance(values, list) else (str(values),)
        for key, values in found.items()
    }


def ffmpeg_values(path: Path) -> Values:
    """What FFmpeg reads of the file and of its sound."""
    with av.open(str(path), metadata_errors="replace") as file:
        every = [*file.metadata.items(), *(item for stream in file.streams.audio for item in stream.metadata.items())]
        return {key.lower(): (value,) for key, value in every}


def _or_nothing(read: Callable[[Path], Values]) -> Callable[[Path], Values]:
    def reader(path: Path) -> Values:
        try:
            return {key: values for key, values in read(path).items() if not key.startswith(NOT_COMPARED)}
        except Exception:  # noqa: BLE001 - whatever a reader cannot read, it reads nothing
            return {}

    return reader


READERS = {
    "TagLib": _or_nothing(taglib_values),
    "tinytag": _or_nothing(tinytag_values),
    "FFmpeg": _or_nothing(ffmpeg_values),
}


def losses(before: dict[str, Values], after: dict[str, Values]) -> Iterator[str]:
    """Values that a reader no longer sees."""
    for name, values in before.items():
        for key, old in values.items():
            new = after[name].get(key, ())
            if not {comparable(key, value) for value in old} <= {"", *(comparable(key, value) for value in new)}:
                yield f"{name} read {key} {old!r}, and now {new!r}"


def comparable(key: str, value: str) -> str:
    """A value without what readers make of it: what lies behind a NUL, UTF-8 read as Latin-1, the T in a date."""
    text = value.partition("\0")[0].strip(" ")
    if key == "date":
        return text.replace("T", " ")
    with contextlib.suppress(UnicodeEncodeError):
        data = text.encode("latin-1")
        for lacking in range(4):  # the last letter may be cut off
            with contextlib.suppress(UnicodeDecodeError):
                return data[: len(data) - lacking].decode()
    return text


def differences(read: dict[str, Values], ours: Values) -> Iterator[str]:
    """Values that a reader sees and we do not see so."""
    for name, values in read.items():
        for key, our_key in COMPARED.items():
            theirs = "".join(values.get(key, ())).replace("\0", "").strip()
            mine = [*ours.get(our_key, ()), "".join(ours.get(our_key, ())), ""]
            if theirs not in [text.strip() for text in mine]:
                yield f"{name} reads {key} {theirs!r}, and we {ours.get(our_key, ())!r}"


def sound_of(path: Path) -> bytes | None:
    """A digest of the decoded sound, for where FFmpeg takes tags for the end of a packet; None where it decodes none.

    Files whose sound was taken out of them point into their own index instead.
    """
    made = hashlib.blake2b(digest_size=16)
    frames = 0
    try:
        with av.open(str(path), metadata_errors="replace") as file:
            for frame in file.decode(audio=0):
                made.update(frame.to_ndarray().tobytes())
                frames += 1
    except Exception:  # noqa: BLE001 - not to be decoded
        return None
    return made.digest() if frames else None


def packets(path: Path) -> bytes:
    """A digest of all packets of sound, as FFmpeg takes the file apart; empty where it cannot."""
    made = hashlib.blake2b(digest_size=16)
    try:
        with av.open(str(path), metadata_errors="replace") as file:
            for packet in file.demux(*file.streams.audio[:1]):
                made.update(bytes(packet))
    except Exception:  # noqa: BLE001 - damaged to the end that it reaches
        return made.digest() + b"!"
    return made.digest()


if __name__ == "__main__":
    main()
