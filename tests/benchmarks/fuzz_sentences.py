"""Damaged files, libraries, settings, playlists and models: whatever a person is told of them is in a person's words.

    python tests/benchmarks/fuzz_sentences.py [--count 1000] [--only music sound libraries] [--seed 0]

`count` damaged copies of each kind (see damage.py) are read as the application reads them: music by the scan, the plan
and the write, sound by the decoder, libraries by the window, the worker and commands, settings at the start, playlists
by their import, models by the analysis. Each sentence that comes of it is searched for words that only programs say:
names of exceptions, errors of SQLite, FFmpeg, mutagen and the system, bytes and escapes (see raw_words.py).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from damage import damaged
from full_files import make_full_files
from pemr_desktop.reasons import reason_of
from raw_words import raw_words

NAME = "song"
"""Stands for what people called their files: a name may say anything."""
WANTED = {"mood": ["calm", "blue"], "genre": ["Fuzz"], "bpm": ["127.6"], "date": ["soon"]}
SETTINGS_FILE = b"""[playback]
volume = 0.5
device = "Speakers"
[analyse]
threads = 2
limit_s = 600
[write]
mode = "append"
[shortcuts]
"library.scan" = "F5"
[folders]
ignore = ["*.part", "lost+found"]
"""
COMMAND_LINES = (
    ["status"],
    ["duplicates"],
    ["tags", "year:x"],
    ["problems"],
    ["playlist", "list"],
    ["doctor"],
    ["restore"],
    ["backup"],
    ["settings", "playback.volume", "loud"],
)
PLAYLISTS = {
    ".m3u8": b"#EXTM3U\n#PLAYLIST:Evening\n#EXTINF:123,A - B\nmusic/a.mp3\nfile:///music/b%20c.flac\nC:\\d.ogg\n",
    ".pls": b"[playlist]\nFile1=music/a.mp3\nTitle1=A\nFile2=b.flac\nNumberOfEntries=2\nVersion=2\n",
    ".xspf": b'<?xml version="1.0" encoding="UTF-8"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><title>A'
    b"</title><trackList><track><location>file:///music/a.mp3</location></track></trackList></playlist>",
}


def music(folder: Path, count: int, draw: random.Random) -> Iterator[str]:
    """What the scan, the plan and the write say of damaged music."""
    import msgspec

    from pemr_desktop.library.scanning.file_reading import FileContent
    from pemr_desktop.library.scanning.read_process import encoded_content
    from pemr_desktop.tagfiles.diff import make_plan
    from pemr_desktop.tagfiles.errors import TagFileError
    from pemr_desktop.tagfiles.write import apply_plan

    encoder, decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(FileContent)
    for path in _damaged_music(folder, count, draw):
        content = decoder.decode(encoded_content(path, encoder, draw.random() < 0.5))
        if content.why is not None:
            yield content.why.message
        try:
            plan = make_plan(1, path, WANTED, mode=draw.choice(("append", "replace", "exact")))
            yield from (why.message for why in plan.warnings)
            apply_plan(plan)
        except TagFileError as error:
            yield error.reason


def sound(folder: Path, count: int, draw: random.Random) -> Iterator[str]:
    """What the decoder says of damaged music."""
    from pemr_desktop.analysis.decoding.process import Order, decode

    for path in _damaged_music(folder, count, draw):
        answer, _ = decode(Order(bytes(path), 16_000, 10.0, 10.0))
        if answer.why is not None:
            yield answer.why.message


def libraries(folder: Path, count: int, draw: random.Random) -> Iterator[str]:
    """What the window, the worker, the doctor and commands say of damaged libraries."""
    from pemr_desktop.library import queries
    from pemr_desktop.library.database.reader import open_reader
    from pemr_desktop.library.opening import open_library
    from pemr_desktop.library.upkeep.integrity import doctor
    from pemr_desktop.library.upkeep.restore import restore

    whole = _library(folder)
    for number in range(count):
        path = folder / f"damaged-{number}" / "library.sqlite"
        path.parent.mkdir()
        path.write_bytes(_damaged_library(whole, draw))
        with _told() as told:
            told += [finding.sentence for finding in doctor(path)]
        yield from told
        with _told() as told, closing(open_reader(path)) as connection:
            queries.counts(connection)
            queries.rows(connection, queries.track_ids(connection)[:50])
            queries.problems(connection)
        yield from told
        with _told() as told, open_library(path) as library:
            library.scan()
            library.backup_if_due()
        yield from told
        with _told() as told:
            restore(path, path)
        yield from told


def settings(folder: Path, count: int, draw: random.Random) -> Iterator[str]:
    """What is said of damaged settings, and of values that do not fit."""
    from pemr_desktop.settings import SETTINGS, Settings
    from pemr_desktop.settings_file import load, save

    path = folder / "settings.toml"
    for _ in range(count):
        path.write_bytes(_damaged_text(SETTINGS_FILE, draw))
        found, messages = load(path)
        yield from (why.message for why in messages)
        with _told() as told:
            save(found, path)
        yield from told
        setting = draw.choice(SETTINGS)
        with _told() as told:
            Settings().with_value(setting.name, draw.choice((-1, 1e9, "x", True, None, ["x"], {"x": "y"}, 0.5)))
        yield from told


def playlists(folder: Path, count: int, draw: random.Random) -> Iterator[str]:
    """What the import says of damaged playlists."""
    from pemr_desktop.library.opening import open_library

    with open_library(folder / "library.sqlite") as library:
        for _ in range(count):
            suffix = draw.choice(list(PLAYLISTS))
            path = folder / f"{NAME}{suffix}"
            path.write_bytes(_damaged_text(PLAYLISTS[draw.choice((suffix, ".xspf"))], draw))
            with _told() as told:
                library.import_playlist(path)
            yield from told


def models(folder: Path, count: int, draw: random.Random) -> Iterator[str]:
    """What the analysis says of damaged models."""
    from pemr_desktop.analysis.models import load_encoder
    from random_model import write_random_model

    path = folder / "model.safetensors"
    write_random_model(path)
    whole = path.read_bytes()
    for _ in range(count):
        path.write_bytes(_damaged_model(whole, draw))
        with _told() as told:
            load_encoder([path])
        yield from told


def commands(folder: Path, count: int, draw: random.Random) -> Iterator[str]:
    """What commands print about damaged libraries, settings and playlists."""
    from pemr_desktop.commands.application import run

    whole = _library(folder)
    for number in range(count):
        home = folder / f"home-{number}"
        data = home / "data"
        data.mkdir(parents=True)
        (data / "library.sqlite").write_bytes(_damaged_library(whole, draw))
        playlist = folder / f"{NAME}.xspf"
        playlist.write_bytes(_damaged_text(PLAYLISTS[".xspf"], draw))
        arguments = draw.choice((*COMMAND_LINES, ["import", str(playlist)]))
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            run(["--home", str(home), *arguments])
        yield from (line for line in said.getvalue().splitlines() if line.strip(" ^") and not line.startswith("  "))


KINDS: dict[str, Callable[[Path, int, random.Random], Iterator[str]]] = {
    "music": music,
    "sound": sound,
    "libraries": libraries,
    "settings": settings,
    "playlists": playlists,
    "models": models,
    "commands": commands,
}


def main() -> None:
    """Run, print how often each sentence was said, and end with 1 if one was not in a person's words."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--only", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    wrong = 0
    for kind in asked.only:
        told = sentences(kind, asked.count, asked.seed)
        raw = {sentence: words for sentence in told if (words := raw_words(sentence))}
        print(
            f"{kind}: {told.total():,} sentences, {len(told)} different, {len(raw)} not in a person's words", flush=True
        )
        for sentence, words in raw.items():
            print(f"  {words!r} in: {sentence}")
        sys.stdout.flush()
        wrong += len(raw)
    sys.exit(1 if wrong else 0)


def sentences(kind: str, count: int, seed: int) -> Counter[str]:
    """Each sentence that `count` damaged things of a kind lead to, and how often; the names of files are left out."""
    with tempfile.TemporaryDirectory() as folder:
        told = Counter(KINDS[kind](Path(folder), count, random.Random(f"{seed} {kind}")))
    named: Counter[str] = Counter()
    for sentence, times in told.items():
        named[re.sub(rf"{re.escape(folder)}[^\s”),:]*[^\s”),:.]", "/a/file", sentence)] += times
    return named


@contextlib.contextmanager
def _told() -> Iterator[list[str]]:
    """What a person is told of the error that ends the block, if one does."""
    told: list[str] = []
    try:
        yield told
    except Exception as error:  # noqa: BLE001 - the window, the worker and commands tell of whatever comes
        told.append(reason_of(error).message)


def _damaged_music(folder: Path, count: int, draw: random.Random) -> Iterator[Path]:
    samples = make_full_files(folder / "whole")
    whole = [path.read_bytes() for path in samples]
    for _ in range(count):
        sample = draw.choice(samples)
        path = folder / f"{NAME}{sample.suffix}"
        path.write_bytes(damaged(sample.read_bytes(), whole, draw))
        yield path
        path.unlink(missing_ok=True)


def _library(folder: Path) -> bytes:
    """A library of some tracks, all of it in one file."""
    from pemr_desktop.library.opening import open_library

    home = folder / "home"
    made = make_full_files(home / "music")[:8]
    for path in (home / "music").iterdir():
        if path not in made:
            path.unlink()
    with open_library(home / "library.sqlite") as library:
        library.add_root(home / "music")
        library.scan()
    return (home / "library.sqlite").read_bytes()


def _damaged_library(whole: bytes, draw: random.Random) -> bytes:
    """Pages overwritten, cut off, or one of the things that happen to any file."""
    content = bytearray(whole)
    for _ in range(draw.choice((1, 3, 20))):
        start = min(len(content) - 1, draw.choice((draw.randrange(len(content)), draw.randrange(100))))
        match draw.randrange(4):
            case 0:
                content[start : start + 4096] = draw.randbytes(len(content[start : start + 4096]))
            case 1:
                content[start] ^= 1 << draw.randrange(8)
            case 2 if start > 100:
                del content[start:]
            case _:
                return damaged(bytes(content), [whole[:9000]], draw)
    return bytes(content)


def _damaged_text(whole: bytes, draw: random.Random) -> bytes:
    """Damage, or a line put elsewhere, or a value of another kind."""
    if draw.random() < 0.5:
        return damaged(whole, list(PLAYLISTS.values()), draw)
    lines = whole.splitlines(keepends=True)
    value = draw.choice((b"nan", b'"x"', b"[1, 2", b"true", b"-7", b"1e999", b"{a = 1}", b"\xff\xfe", b"2026-01-01"))
    number = draw.randrange(len(lines))
    lines[number] = lines[number].partition(b"=")[0] + b"= " + value + b"\n"
    draw.shuffle(lines) if draw.random() < 0.2 else None
    return b"".join(lines)


def _damaged_model(whole: bytes, draw: random.Random) -> bytes:
    """Damage to the head, where all is said, more often than to the weights."""
    size = 8 + int.from_bytes(whole[:8], "little")
    if draw.random() < 0.2:
        return damaged(whole, [whole[:4096]], draw)
    return damaged(whole[:size], [whole[:size]], draw) + whole[size:]


if __name__ == "__main__":
    main()
