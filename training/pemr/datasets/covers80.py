"""Covers80 (Ellis 2007): 80 songs, two recordings of each, as listed in `list1.list` and `list2.list`."""

from __future__ import annotations

from pathlib import Path

from pemr.datasets.cliques import CliqueSet, CliqueTrack
from pemr.datasets.folder import AUDIO_SUFFIXES
from pemr.errors import CorpusError

FOLDERS = ("", "covers32k", "coversongs/covers32k", "covers80/covers32k")
SONGS = 80
LAYOUT = (
    "Unpack covers80.tgz, which its author offers for research, and name the folder that holds covers32k/ "
    "(a folder for each song: covers32k/Abracadabra/….mp3, and covers32k/list1.list, covers32k/list2.list) with --root."
)


def load_covers80(root: Path) -> CliqueSet:
    """Both lists if they are there, else every recording (164). Raises `CorpusError` that says what to put where."""
    folder = next(
        (
            root / name
            for name in FOLDERS
            if any((root / name).glob("*/*.mp3")) or (root / name / "list1.list").is_file()
        ),
        None,
    )
    if folder is None:
        raise CorpusError(f"There is no Covers80 below {root}. {LAYOUT}")
    lists = [
        next((p for p in (folder / n, folder.parent / n) if p.is_file()), None) for n in ("list1.list", "list2.list")
    ]
    if lists[0] is not None and lists[1] is not None:
        tracks, missing = _listed(folder, [lists[0], lists[1]])
        split = "list1 and list2"
    else:
        tracks = [
            CliqueTrack(path, path.parent.name)
            for path in sorted(folder.glob("*/*"))
            if path.suffix.lower() in AUDIO_SUFFIXES
        ]
        missing, split = [], "all recordings"
    if not tracks:
        raise CorpusError(f"None of the recordings is in {folder}, the first would be {missing[0]}. {LAYOUT}")
    notes = []
    if missing:
        notes.append(f"{len(missing)} recordings are missing, the first is {missing[0]}: figures do not compare")
    if split != "list1 and list2":
        notes.append("the lists are missing, so all recordings count: figures do not compare with 160")
    return CliqueSet("Covers80", split, tuple(tracks), tuple(notes))


def _listed(folder: Path, lists: list[Path]) -> tuple[list[CliqueTrack], list[str]]:
    """A line is a song and a recording without its ending: `Abracadabra/steve_miller_band+…+09-Abracadabra`."""
    columns = [
        [line.strip() for line in path.read_text("utf-8", errors="replace").splitlines() if line.strip()]
        for path in lists
    ]
    if len(columns[0]) != len(columns[1]):
        raise CorpusError(f"{lists[0]} and {lists[1]} differ in length, so their lines do not name the same songs.")
    tracks: list[CliqueTrack] = []
    missing: list[str] = []
    for pair in zip(*columns, strict=True):
        for name in pair:
            candidates = (folder / (name + suffix) for suffix in ("", ".mp3", ".flac", ".wav", ".ogg", ".m4a"))
            path = next((path for path in candidates if path.is_file()), None)
            if path is None:
                missing.append(name)
            else:
                tracks.append(CliqueTrack(path, pair[0].partition("/")[0]))
    return tracks, missing
