"""Kill a writer, let another program have the files, start anew: not one edit of theirs may be lost.

    python tests/benchmarks/kill_among_others.py [--kills 1000] [--seed 0] [--folder FOLDER]

As kill_writer.py, but between SIGKILL and the next start some of the files are edited with mutagen (with and without
keeping the time), replaced by rename with another recording, cut, overwritten in place, deleted, or only touched. After
the start each of them must be to the byte what the other program left, every other file wholly old or wholly new; each
copy that stays beside a file must be named among the problems; and undo must leave what the others wrote.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import mutagen

from full_files import encode, make_full_files
from kill_writer import (
    AT_A_TIME,
    OPTIONS,
    _kill_a_writer,
    _last_done,
    _moment,
    _states,
    check,
    take_all_back,
    writable,
)
from pemr_desktop.library import queries
from pemr_desktop.library.library import Library
from pemr_desktop.library.opening import open_library
from pemr_desktop.tagfiles.digest import audio_digest
from pemr_desktop.tagfiles.errors import TagFileError
from pemr_desktop.tagfiles.read import read_tags

MET_BY_OTHERS = 0.5
LONGEST_LIFE = 1.5
"""In times of the start of a writer: most of the first writing and taking back."""
THEIRS = "Typed in another program"


@dataclass(frozen=True)
class World:
    """The music: files with what they held at first and the digest of their sound; one has a second name."""

    original: dict[Path, bytes]
    sound: dict[Path, bytes]
    shared: Path
    second_name: Path

    def put_back(self, path: Path) -> None:
        """As it was at first, the hard link too."""
        path.unlink(missing_ok=True)
        if path == self.shared:
            self.second_name.write_bytes(self.original[path])
            path.hardlink_to(self.second_name)
        else:
            path.write_bytes(self.original[path])


def edit(path: Path, world: World, draw: random.Random) -> None:
    """Type a title with mutagen."""
    file = mutagen.File(path, easy=True)
    if file is None or not hasattr(file, "__setitem__"):
        raise ValueError("mutagen does not know it")
    if file.tags is None:
        file.add_tags()
    file["Title" if isinstance(file, mutagen.asf.ASF) else "title"] = THEIRS
    file.save()


def edit_and_keep_the_time(path: Path, world: World, draw: random.Random) -> None:
    """As Mp3tag and puddletag do."""
    before = path.stat()
    edit(path, world, draw)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(path: Path, world: World, draw: random.Random) -> None:
    """Rename another recording over it."""
    other = draw.choice([one for one in world.original if one != path])
    fresh = path.with_name("rip.tmp")
    fresh.write_bytes(world.original[other] + bytes(draw.randrange(3)))
    fresh.replace(path)


def cut(path: Path, world: World, draw: random.Random) -> None:
    """Truncate in place."""
    os.truncate(path, draw.randrange(path.stat().st_size))


def overwrite(path: Path, world: World, draw: random.Random) -> None:
    """A few bytes in place, with the time kept."""
    before = path.stat()
    with path.open("r+b") as stream:
        stream.seek(draw.randrange(before.st_size))
        stream.write(b"THEIRS")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def delete(path: Path, world: World, draw: random.Random) -> None:
    """Gone."""
    path.unlink()


def touch(path: Path, world: World, draw: random.Random) -> None:
    """Another time, the same content."""
    os.utime(path)


ACTS: tuple[Callable[[Path, World, random.Random], None], ...] = (
    edit,
    edit_and_keep_the_time,
    replace,
    cut,
    overwrite,
    delete,
    touch,
)


def let_others_act(paths: Sequence[Path], world: World, draw: random.Random) -> dict[Path, str]:
    """Which files another program has had -> what it did."""
    done = {}
    for path in paths:
        if draw.random() < MET_BY_OTHERS:
            act = draw.choice(ACTS)
            try:
                act(path, world, draw)
            except (mutagen.MutagenError, ValueError, KeyError, TypeError):
                act = replace
                act(path, world, draw)
            done[path] = act.__name__
    return done


def content(path: Path) -> bytes | None:
    """None where there is no file."""
    return path.read_bytes() if path.exists() else None


def one_round(library_file: Path, world: World, told: Counter[str], draw: random.Random) -> None:
    """Kill, let others act, start, look, undo, look, put everything back. Raises AssertionError."""
    chosen = draw.sample(list(world.original), min(AT_A_TIME, len(world.original)))
    _kill_a_writer(library_file, chosen, draw.uniform(0, LONGEST_LIFE))
    told[_moment_of(library_file)] += 1
    done = let_others_act(chosen, world, draw)
    theirs = {path: content(path) for path in done}
    with open_library(library_file) as library:
        assert library.read(_states) <= {"done", "failed"}
        for path in chosen:
            if path in theirs:
                assert content(path) == theirs[path], f"{done[path]} of {path} was lost"
                told[f"kept: {done[path]}"] += 1
        kept_copies(library, world, told)
        for path in [path for path in chosen if path not in theirs]:
            state = check(path, world.original[path], world.sound[path])
            assert library.read(_last_done, path) == (state == "new"), f"the journal is wrong about {path}"
            told[f"files found {state}"] += 1
        undo_and_look(library, chosen, done, world)
        for path in chosen:
            world.put_back(path)


def _moment_of(library_file: Path) -> str:
    try:
        return _moment(library_file)
    except FileNotFoundError:
        return "hit between two files of a batch"


def kept_copies(library: Library, world: World, told: Counter[str]) -> None:
    """Copies that stay beside files must be named; then a person takes them away."""
    named = "\n".join(problem.reason for problem in library.read(queries.problems))
    folder = next(iter(world.original)).parent
    for copy in [path for path in folder.iterdir() if path.name.startswith(".")]:
        assert copy.name in named, f"{copy} is a stray"
        told["copies kept beside a file and named"] += 1
        copy.unlink()


def undo_and_look(library: Library, chosen: Sequence[Path], done: dict[Path, str], world: World) -> None:
    """Undo what can be undone: it changes neither what others wrote nor any sound."""
    before = {path: (content(path), digest_of_sound(path), titles(path)) for path in done}
    take_all_back(library)
    for path in chosen:
        if path not in done:
            assert path.read_bytes() == world.original[path]
            continue
        content_before, sound_before, titles_before = before[path]
        if content(path) == content_before:
            continue
        assert content_before is not None, f"{path} was deleted, and undo brought it back"
        assert digest_of_sound(path) == sound_before, f"undo changed the sound of {path} after {done[path]}"
        assert titles(path) == titles_before, f"undo changed what {done[path]} left in {path}"


def titles(path: Path) -> tuple[str, ...] | None:
    """What other programs typed; None where it cannot be read."""
    try:
        return read_tags(path).fields.get("title", ())
    except (TagFileError, OSError):
        return None


def digest_of_sound(path: Path) -> bytes | None:
    """None where it cannot be told."""
    try:
        return audio_digest(path)
    except (TagFileError, OSError):
        return None


def main() -> None:
    """Run and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="where to work; its disk is the one that is synced")
    asked = parser.parse_args()
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        music = Path(folder) / "music"
        made = make_full_files(music)
        shared = encode(music / "shared.mp3", "libmp3lame", "mp3", 44100, 60)
        second_name = Path(folder) / "second name.mp3"
        second_name.hardlink_to(shared)
        paths = writable([*made, shared])
        original = {path: path.read_bytes() for path in paths}
        world = World(original, {path: audio_digest(path) for path in paths}, shared, second_name)
        library_file = Path(folder) / "data" / "library.db"
        with open_library(library_file) as library:
            library.add_root(music)
            library.scan()
        start, draw = time.monotonic(), random.Random(asked.seed)
        for number in range(1, asked.kills + 1):
            one_round(library_file, world, told, draw)
            if number % 10 == 0:
                print(f"{number} kills in {time.monotonic() - start:.0f} s: {dict(told)}", flush=True)
    for what, count in sorted(told.items()):
        print(f"{count:>8,}  {what}")
    met = sum(count for what, count in told.items() if what.startswith("kept: "))
    print(f"{asked.kills} kills, {met:,} files met by another program in between: not one of its edits lost;")
    print("every other file old or new, the journal right, undo right, no copy left that is not named")
    assert OPTIONS.hard_links == "in place"


if __name__ == "__main__":
    main()
