"""MagnaTagATune (Law et al. 2009): 25,863 clips of 29 s with the tags that players of a game agreed on.

The usual split (Pons et al. 2017): folders 0-b train, c validation, d-f test, three broken clips dropped, the 50 most
frequent tags, clips without any of them kept.
"""

from __future__ import annotations

import csv
from pathlib import Path

from pemr.datasets.labelled import LabelledFile, LabelledSet, require_complete, split_counts
from pemr.errors import CorpusError

BROKEN = frozenset({"35644", "55753", "57881"})
PUBLISHED = (18_706, 1_825, 5_329)
SPLIT_OF = {**dict.fromkeys("0123456789ab", "train"), "c": "validation", **dict.fromkeys("def", "test")}
TAGS = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano", "ambient",
    "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals", "no vocals",
    "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man",
    "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello",
    "no voice", "weird", "country", "metal", "female voice", "choral",
)  # fmt: skip
LAYOUT = (
    "Put annotations_final.csv, clip_info_final.csv and the sixteen folders 0 to f of the unpacked mp3.zip side by "
    "side into one folder and name it with --root."
)


def load_magnatagatune(root: Path) -> LabelledSet:
    """Raises `CorpusError` that says what to put where."""
    artists = _artists(root / "clip_info_final.csv")
    rows = _rows(root / "annotations_final.csv", ("clip_id", "mp3_path", *TAGS))
    files, missing = [], []
    for row in rows:
        if row["clip_id"] in BROKEN:
            continue
        path = root / row["mp3_path"]
        split = SPLIT_OF.get(row["mp3_path"][:1])
        if split is None:
            raise CorpusError(
                f"{root / 'annotations_final.csv'}: clip {row['clip_id']} lies in no folder 0 to f: {row['mp3_path']}"
            )
        if not path.is_file():
            missing.append(path)
            continue
        labels = tuple(index for index, tag in enumerate(TAGS) if row[tag] == "1")
        files.append(LabelledFile(path, split, artists.get(row["clip_id"], row["clip_id"]), labels))
    if not files:
        raise CorpusError(f"None of the {len(missing)} clips is there, the first is {missing[0]}. {LAYOUT}")
    notes = [f"{len(missing)} clips are missing, the first is {missing[0]}"] if missing else []
    counts = split_counts(files)
    published = " / ".join(f"{count:,}" for count in PUBLISHED)
    if counts != published:
        notes.append(f"this copy has {counts} clips, the published split {published}: figures do not compare")
    name = f"folders 0-b / c / d-f, clips without a tag kept, {counts}"
    tags = tuple((tag, "tag") for tag in TAGS)
    return require_complete(LabelledSet("MagnaTagATune", name, tags, tuple(files), notes=tuple(notes)), root)


def _artists(path: Path) -> dict[str, str]:
    return {row["clip_id"]: row["artist"] for row in _rows(path, ("clip_id", "artist"))}


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a tab-separated table of the set."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise CorpusError(
                    f"{path} is damaged or another file: it has no column {', '.join(missing[:3])}. Download it again. "
                    f"{LAYOUT}"
                )
            rows = list(reader)
    except FileNotFoundError:
        raise CorpusError(f"There is no {path}. {LAYOUT}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path} cannot be read: {error}. Download it again.") from error
    short = next((number for number, row in enumerate(rows, start=2) if None in row.values()), None)
    if short is not None:
        raise CorpusError(f"{path} is cut off or damaged at line {short}. Download it again.")
    return rows
