"""Damage files at random, then scan-read, plan, write and undo them: no strange exception, no hang, no byte lost.

    python tests/benchmarks/fuzz_tagfiles.py [--count 10000] [--only flac ogg/opus] [--more FOLDER] [--seed 0]

`count` damaged files of every format are made from full files of it (see full_files.py) and from those of FOLDER, for
example the test data of mutagen. A written file must hold what was planned, sound the same, still hold every picture,
text and private block that was in it, and be the same to the byte after undo; any other must not have been touched.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mutagen.mp4._atom import AtomError, Atoms

from damage import damaged
from full_files import make_full_files
from pemr_desktop.tagfiles.containers.chunks import iff_chunks
from pemr_desktop.tagfiles.containers.ogg import CHECKSUM, PAGE_HEADER, checksum, pages
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.formats.vorbis_block import _block, _parts
from pemr_desktop.tagfiles.opening import CONTAINERS
from pemr_desktop.tagfiles.quick_digest import quick_digest
from pemr_desktop.tagfiles.read import LONGEST_VALUE, read_artwork, read_tags
from pemr_desktop.tagfiles.write import apply_plan, restore_bytes
from raw_words import raw_words

LIMIT_S = 10
SEALED = 0.8
LIMIT_BYTES = 4 << 30
WANTED = {"mood": ["calm", "blue"], "genre": ["Fuzz"], "grouping": ["x" * 3000]}
TREASURES = (
    bytes(range(40, 240)),  # in the pictures
    bytes(range(1, 30)),  # in a UFID of another program
    b"http://example.com/shop",
    b"A human's comment",
    b"Second line",
    b"+003,+003,N",
    b"Serato Markers2",
)


class Hang(BaseException):
    """One file took longer than it may."""


def main() -> None:
    """Run, print a table, and end with 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=10, help="in how many parts, with a table after each")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--more", type=Path)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    by_container = samples(asked.more)
    everything = [content for named in by_container.values() for _, content in named]
    found: dict[str, Outcomes] = {name: Outcomes() for name in by_container if not asked.only or name in asked.only}
    for number in range(asked.rounds):
        for container, outcomes in found.items():
            draw = random.Random(f"{asked.seed} {number} {container}")
            fuzz(by_container[container], everything, asked.count // asked.rounds, draw, asked.keep, outcomes)
        print(f"after round {number + 1} of {asked.rounds}:")
        for container, outcomes in found.items():
            told = ", ".join(f"{count:,} {what}" for what, count in sorted(outcomes.counts.items()))
            print(f"  {container:<11} {outcomes.counts.total():,} files: {told}; slowest {outcomes.slowest_s:.2f} s")
        wrong = sum(outcomes.counts["wrong"] for outcomes in found.values())
        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"  {wrong} went wrong; {time.process_time():.0f} s of processor; most memory {largest:.0f} MB", flush=True
        )
    sys.exit(1 if wrong else 0)


@dataclass
class Outcomes:
    """What became of the damaged files of one container, and the longest time one took, of the processor."""

    counts: Counter[str] = field(default_factory=lambda: Counter(wrong=0))
    slowest_s: float = 0.0


def samples(more: Path | None) -> dict[str, list[tuple[str, bytes]]]:
    """Good files by container: (name, content)."""
    found: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        paths = make_full_files(Path(folder))
        paths += sorted(more.iterdir()) if more else []
        for path in paths:
            with path.open("rb") as stream:
                container = sniff(stream)
            if container in CONTAINERS and path.stat().st_size < 200_000:
                found[container].append((path.name, path.read_bytes()))
    assert set(found) == set(CONTAINERS)
    return dict(sorted(found.items()))


def fuzz(
    named: Sequence[tuple[str, bytes]],
    everything: Sequence[bytes],
    count: int,
    draw: random.Random,
    keep: Path,
    outcomes: Outcomes,
) -> None:
    """Damage and try `count` files of one container."""
    signal.signal(signal.SIGPROF, _hang)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for number in range(count):
            name, whole = draw.choice(named)
            path = Path(folder) / f"song{Path(name).suffix}"
            content = damaged(whole, everything, draw)
            if draw.random() < SEALED:
                content = sealed(content)
            path.write_bytes(content)
            start = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
            try:
                outcomes.counts[try_one(path, content)] += 1
            except (Exception, Hang):  # noqa: BLE001 - whatever it is, it is what we look for
                outcomes.counts["wrong"] += 1
                kept = keep / f"fuzz-{number}-{name}"
                kept.write_bytes(content)
                print(f"{kept}\n{traceback.format_exc()}", flush=True)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            outcomes.slowest_s = max(outcomes.slowest_s, time.process_time() - start)
            assert [other.name for other in Path(folder).iterdir()] == [path.name], "a stray file"
            path.unlink()


def sealed(content: bytes) -> bytes:
    """An Ogg file with true checksums, as if the program that wrote it had done the damage: others are refused."""
    made = bytearray(content)
    for page in pages(BytesIO(content)):
        start = page.start - len(page.lacing) - PAGE_HEADER
        page_bytes = made[start : page.end]
        page_bytes[CHECKSUM] = bytes(4)
        page_bytes[CHECKSUM] = checksum(page_bytes)
        made[start : page.end] = page_bytes
    return bytes(made)


def try_one(path: Path, content: bytes) -> str:
    """Scan, plan, write, undo -> a word for what happened. Raises AssertionError when a promise is broken."""
    try:
        read_tags(path)
        read_artwork(path)
        quick_digest(path)
        sound = audio_digest(path)
    except TagFileError as refused:
        _assert_in_words(refused)
        _assert_writing_is_refused(path)
        assert path.read_bytes() == content
        return "unreadable"
    try:
        plan = make_plan(1, path, WANTED)
        outcome = apply_plan(plan)
    except TagFileError as refused:
        _assert_in_words(refused)
        assert path.read_bytes() == content
        return "refused"
    if outcome is None:
        assert path.read_bytes() == content
        return "nothing to do"
    assert audio_digest(path) == sound
    fields = read_tags(path).fields
    for change in plan.changes:
        assert fields.get(change.field, ()) == shown(change.after), f"{change} became {fields.get(change.field)}"
    after = path.read_bytes()
    lost = {treasure for treasure in treasures(content) - treasures(after) if not is_torn(treasure, after)}
    assert not lost, f"lost {lost}"
    assert outcome.restore is not None
    restore_bytes(path, outcome.restore, outcome.before_digest)
    assert path.read_bytes() == content
    return "written and restored"


def shown(values: tuple[str, ...]) -> tuple[str, ...]:
    """Values as the library is told them: not the empty ones, and no longer than is sane."""
    return tuple(value[:LONGEST_VALUE] for value in values if value)


def _assert_in_words(refused: TagFileError) -> None:
    words = raw_words(refused.reason)
    assert not words, f"{words!r} in: {refused.reason}"


def _assert_writing_is_refused(path: Path) -> None:
    try:
        apply_plan(make_plan(1, path, WANTED))
    except TagFileError:
        return
    raise AssertionError("written although its tags cannot be read")


def treasures(content: bytes) -> set[bytes]:
    """Which of the things that must not be lost are in a file, in whatever encoding. What it calls padding is free."""
    if content.startswith(b"fLaC"):
        content = _without_padding(content)
    if content[4:8] == b"ftyp":
        content = _without_free(content)
    if content.startswith((b"FORM", b"RIFF")):  # a text that lies across two chunks may be torn by a third
        content = _chunks(content)
    if b"OpusTags" in content:
        content = _opus_comments(content)
    elif b"OggS" in content:
        content += b"|" + _packets(content)
    content += b"|" + content.replace(b"\xff\0", b"\xff")  # unsynchronised
    plain = content.replace(b"\0", b"")  # UTF-16
    return {treasure for treasure in TREASURES if treasure in content or treasure in plain}


def is_torn(treasure: bytes, content: bytes) -> bool:
    """Whether both parts of a thing are there: it lay across the end of a list, in which there is more now."""
    return any(treasure[:cut] in content and treasure[cut:] in content for cut in range(1, len(treasure)))


def _without_padding(content: bytes) -> bytes:
    kept, position = b"", 4
    while position + 4 <= len(content):
        kind, size = content[position], int.from_bytes(content[position + 1 : position + 4], "big")
        position += 4
        if kind & 0x7F != 1:
            kept += content[position : position + size]
        position += size
        if kind & 0x80:
            break
    return kept + content[position:]


def _without_free(content: bytes) -> bytes:
    """Without the padding beside the tag of an MP4 file."""
    try:
        beside = Atoms(BytesIO(content))[b"moov.udta.meta"].findall(b"free")
    except (AtomError, KeyError):
        return content
    for atom in reversed(list(beside)):
        content = content[: atom.offset + 8] + content[atom.offset + atom.length :]
    return content


def _chunks(content: bytes) -> bytes:
    with tempfile.TemporaryFile() as stream:
        stream.write(content)
        found = list(iff_chunks(stream, big_endian=content.startswith(b"FORM")))
    return b"|".join(content[chunk.start : chunk.end] for chunk in found)


def _opus_comments(content: bytes) -> bytes:
    """The comments and what is carried along behind them: more comments may come in between."""
    return b"|".join(_parts(_block(BytesIO(content), "ogg/opus")))


def _packets(content: bytes) -> bytes:
    with tempfile.TemporaryFile() as stream:
        stream.write(content)
        return b"".join(content[page.start : page.end] for page in pages(stream, content.index(b"OggS")))


def _hang(signal_number: int, frame: object) -> None:
    raise Hang(f"more than {LIMIT_S} s")


if __name__ == "__main__":
    main()
