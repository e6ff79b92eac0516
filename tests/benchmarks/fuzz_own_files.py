"""Damage the application's own files at random: libraries, playlists, settings, models. A sentence, never a traceback.

    python tests/benchmarks/fuzz_own_files.py [--libraries 1000] [--playlists 10000] [--settings 10000] [--models 500]

Each batch runs in a process of its own, so that one that crashes is seen. A library is damaged in its file, its log or
both, opened to write, read, searched and examined; a playlist (M3U, M3U8, PLS, XSPF) is imported; settings are read and
one of them is changed; a model is loaded. What is refused must name the file in words that hold no raw exception, and
the file must be to the byte what it was.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import resource
import shutil
import signal
import sqlite3
import struct
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import many_tracks
from damage import damaged
from pemr_desktop.errors import PemrDesktopError
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import DATABASE_ERRORS, open_reader
from pemr_desktop.library.opening import open_library
from pemr_desktop.library.playlists.importing import import_playlist
from pemr_desktop.library.upkeep.integrity import doctor
from pemr_desktop.settings_file import SettingsStore
from raw_words import raw_words

BATCH = 50
LIMIT_S = 60
"""Seconds of processor for one case."""
LIMIT_BYTES = 4 << 30
TRACKS = 400

Try = Callable[[Path, random.Random], str]


class Hang(BaseException):
    """One case took longer than it may."""


class Broken(AssertionError):
    """A promise was broken."""


def said(error: BaseException, path: Path) -> str:
    """A refusal: it must name the file, in words."""
    sentence = str(error)
    if path.name not in sentence:
        raise Broken(f"does not name the file: {sentence}")
    if found := raw_words(sentence.replace(str(path), "/a/file")):
        raise Broken(f"holds raw words ({found}): {sentence}")
    return "refused in words"


# libraries


def make_library(folder: Path) -> Path:
    """A small one, with a log that is not in the file yet."""
    path = folder / "good.sqlite"
    with open_library(path) as library:
        many_tracks.fill(library, TRACKS)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        with connection:
            connection.execute("UPDATE tracks SET title = title || ' again' WHERE id % 3 = 0")
        for end in ("", "-wal"):
            shutil.copyfile(f"{path}{end}", folder / f"library.sqlite{end}")
    return folder / "library.sqlite"


def damage_pages(content: bytes, draw: random.Random) -> bytes:
    """Bits, zeroed pages, a cut, or what happens to any file."""
    made = bytearray(content)
    match draw.randrange(5):
        case 0:
            for _ in range(draw.choice((1, 3, 30, 300))):
                made[draw.randrange(len(made))] ^= 1 << draw.randrange(8)
        case 1:
            for _ in range(draw.choice((1, 4))):
                page = draw.randrange(len(made) // 4096 + 1) * 4096
                made[page : page + 4096] = bytes(len(made[page : page + 4096]))
        case 2:
            del made[draw.randrange(len(made)) :]
        case 3:
            return damaged(content, [content[-9000:]], draw)
        case _:
            for _ in range(draw.choice((1, 20))):
                made[draw.randrange(min(4096, len(made)))] = draw.randrange(256)
    return bytes(made)


def try_library(good: Path, draw: random.Random) -> str:
    """Everything that reads it."""
    path = good.with_name("damaged.sqlite")
    for old in good.parent.glob("damaged.sqlite*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    which = draw.choice(("file", "log", "both"))
    main, log = good.read_bytes(), Path(f"{good}-wal").read_bytes()
    main = damage_pages(main, draw) if which != "log" else main
    log = damage_pages(log, draw) if which != "file" else log
    path.write_bytes(main)
    Path(f"{path}-wal").write_bytes(log)
    doctor(path)
    seen = read_all(path)
    if seen == "refused in words" and path.read_bytes() != main:
        raise Broken("a library that was refused was changed by reading")
    try:
        with open_library(path) as library:
            library.read(queries.counts)
            ids = library.read(queries.track_ids, "silver")
            library.read(queries.rows, ids[:50])
    except PemrDesktopError as error:
        outcome = said(error, path)
        if path.read_bytes() != main:
            raise Broken("a library that was refused was changed") from error
        return f"opened to write: {outcome}; to read: {seen}"
    except DATABASE_ERRORS:
        return f"opened to write: worked in part; to read: {seen}"
    return f"opened to write: worked; to read: {seen}"


def read_all(path: Path) -> str:
    """As the window does."""
    try:
        with closing(open_reader(path)) as reader:
            for line in ("", "silver", "genre:jazz", "tag:calm"):
                queries.rows(reader, queries.track_ids(reader, line)[:100])
            queries.problems(reader)
            return "worked"
    except PemrDesktopError as error:
        return said(error, path)
    except DATABASE_ERRORS:
        return "worked in part"  # the command line and the window say so with a sentence of their own


# playlists


def playlists(folder: Path) -> dict[str, bytes]:
    """Good ones, by the end of their names."""
    names = [
        "/music/The Silver Train 0/x.mp3",
        "sub/a%20b.flac",
        "file:///music/ü.ogg",
        "..\\back\\c.wav",
        "http://h/s",
    ]
    lines = "\n".join(f"#EXTINF:12,Someone - Song\n{name}" for name in names * 3)
    pls = "".join(f"File{n}={name}\nTitle{n}=Song\nLength{n}=12\n" for n, name in enumerate(names * 3, 1))
    tracks = "".join(f"<track><location>{name}</location><title>Song &amp; dance</title></track>" for name in names * 3)
    return {
        ".m3u": lines.encode("cp1252"),
        ".m3u8": ("#EXTM3U\n" + lines).encode(),
        ".pls": f"[playlist]\n{pls}NumberOfEntries=15\nVersion=2\n".encode(),
        ".xspf": f'<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>{tracks}'
        "</trackList></playlist>".encode(),
    }


def try_playlist(good: Path, draw: random.Random) -> str:
    """Import it."""
    kinds = playlists(good.parent)
    end = draw.choice(list(kinds))
    path = good.parent / f"some list{end}"
    content = damaged(kinds[end], list(kinds.values()), draw)
    path.write_bytes(content)
    try:
        with open_library(good.parent / "for playlists.sqlite") as library:
            import_playlist(library.store, path, lambda *_: None, lambda: False)
        outcome = "imported"
    except PemrDesktopError as error:
        outcome = said(error, path)
    if path.read_bytes() != content:
        raise Broken("the playlist was changed")
    return f"{end}: {outcome}"


# settings

SETTINGS = b"""[appearance]
zoom = 1.25
language = "de"
[playback]
volume = 0.5
device = "Speakers"
[scan]
watch = false
unwatched = ["/music/a", "/music/b"]
[tags]
accept_probability = 0.9
[shortcuts]
"track.play" = "Return"
[of_another_version]
kept = [1, 2, {a = 3}]
"""
NASTY = (
    b"[" * 100_000,
    b"a = " + b"9" * 5_000,
    b"\xff\xfe",
    b"a = 1\x00",
    b"'''",
    b"zoom = nan\n",
    b"[appearance]\nzoom = 1e999\n",
)


def try_settings(good: Path, draw: random.Random) -> str:
    """Read them, and change one."""
    path = good.parent / "settings.toml"
    for old in good.parent.glob("settings.toml*"):
        old.unlink()
    content = damaged(SETTINGS, [SETTINGS, *NASTY], draw)
    path.write_bytes(content)
    store = SettingsStore(path)
    for message in store.messages:
        said(PemrDesktopError(message), path)
    if path.read_bytes() != content:
        raise Broken("reading changed the settings")
    store.set("appearance.zoom", 2.0 if store.current.appearance.zoom != 2.0 else 1.5)
    kept = good.parent / "settings.toml.unreadable"
    unreadable = any("cannot be read" in message.message for message in store.messages)
    if unreadable and kept.read_bytes() != content:
        raise Broken("settings that could not be read were not kept")
    if SettingsStore(path).current.appearance.zoom not in (1.5, 2.0):
        raise Broken("the setting was not saved")
    return "unreadable, and kept" if unreadable else "read, in part with a word" if store.messages else "read"


# models


def try_model(good: Path, draw: random.Random) -> str:
    """Load it. Half of the time the digest is made right again, as if somebody had made it to do harm."""
    from pemr_desktop.analysis.models import load_encoder
    from pemr_desktop.resources import resource

    path = good.parent / "some model.safetensors"
    content = bytearray(resource("models", "bundled.safetensors").read_bytes())
    if draw.random() < 0.5:
        (size,) = struct.unpack("<Q", content[:8])
        header = damaged(bytes(content[8 : 8 + size]), [bytes(content[8:400])], draw)
        content = bytearray(struct.pack("<Q", len(header)) + header + content[8 + size :])
    else:
        content = bytearray(damaged(bytes(content), [bytes(content[:4096])], draw))
    path.write_bytes(content)
    try:
        load_encoder([path])
        outcome = "loaded"
    except PemrDesktopError as error:
        outcome = said(error, path)
    if path.read_bytes() != bytes(content):
        raise Broken("the model was changed")
    return outcome


KINDS: dict[str, Try] = {
    "libraries": try_library,
    "playlists": try_playlist,
    "settings": try_settings,
    "models": try_model,
}


def run_batch(kind: str, number: int, count: int, seed: int, good: Path, keep: Path) -> Counter[str]:
    """In a process of its own -> what happened how often."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.write(writing, msgspec.json.encode(batch(kind, number, count, seed, good, keep)))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        told = answer.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code or not told:
        print(f"{kind} batch {number}: the process ended with {code}", flush=True)
        return Counter({"WRONG: the process crashed": 1})
    return Counter(msgspec.json.decode(told, type=dict[str, int]))


def batch(kind: str, number: int, count: int, seed: int, good: Path, keep: Path) -> dict[str, int]:
    """`count` cases of one kind."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    signal.signal(signal.SIGPROF, _hang)
    told: Counter[str] = Counter()
    for case in range(count):
        draw = random.Random(f"{seed} {kind} {number} {case}")
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        try:
            told[KINDS[kind](good, draw)] += 1
        except (Exception, Hang) as error:  # noqa: BLE001 - whatever it is, it is what we look for
            told[f"WRONG: {type(error).__name__}"] += 1
            print(f"{kind}, batch {number}, case {case}: {traceback.format_exc(limit=-4)}", flush=True)
            for file in good.parent.glob("*"):
                if file.name.startswith(("damaged", "some ", "settings")) and file.is_file():
                    shutil.copyfile(file, keep / f"{kind}-{number}-{case}-{file.name}")
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    return told


def _hang(signal_number: int, frame: object) -> None:
    raise Hang(f"more than {LIMIT_S} s")


def main() -> None:
    """Run, print a table, and end with 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for kind, count in (("libraries", 1_000), ("playlists", 10_000), ("settings", 10_000), ("models", 500)):
        parser.add_argument(f"--{kind}", type=int, default=count)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    logging.disable()
    keep = Path(tempfile.mkdtemp(prefix="pemr-fuzz-own-"))
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        good = make_library(Path(folder))
        with open_library(Path(folder) / "for playlists.sqlite"):
            pass
        for kind in KINDS:
            told: Counter[str] = Counter()
            start, count = time.monotonic(), getattr(asked, kind)
            for number, first in enumerate(range(0, count, BATCH)):
                told += run_batch(kind, number, min(BATCH, count - first), asked.seed, good, keep)
            print(f"{told.total():,} {kind} in {time.monotonic() - start:.0f} s", flush=True)
            for what, times in told.most_common():
                print(f"  {times:>7,}  {what}", flush=True)
            wrong += sum(times for what, times in told.items() if what.startswith("WRONG"))
    print(f"{wrong} went wrong" + (f"; they are kept in {keep}" if wrong else ""))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
