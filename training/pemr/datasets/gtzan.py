"""GTZAN (Tzanetakis and Cook 2002): ten genres, in the fault-filtered partition of Kereliuk et al. (2015).

1,000 excerpts as they come repeat recordings and artists; the partition keeps 930 and lets no artist be in two parts.
"""

from __future__ import annotations

from pathlib import Path

from pemr.datasets.labelled import SPLITS, LabelledFile, LabelledSet, require_complete, split_counts
from pemr.errors import CorpusError

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
LIST = Path(__file__).with_name("gtzan_fault_filtered.txt")
FOLDERS = ("", "genres", "genres_original", "Data/genres_original", "gtzan_genre/genres")
SUFFIXES = (".wav", ".au", ".mp3", ".flac")
LAYOUT = (
    "Name the folder that holds genres/blues/blues.00000.wav and so on (or blues/blues.00000.wav) with --root; "
    ".au files do as well."
)


def load_gtzan(root: Path) -> LabelledSet:
    """Raises `CorpusError` that says what to put where."""
    genres = next((root / name for name in FOLDERS if (root / name / GENRES[0]).is_dir()), None)
    if genres is None:
        raise CorpusError(f"There are no genre folders below {root}. {LAYOUT}")
    files, missing = [], []
    for line in LIST.read_text(encoding="ascii").splitlines():
        if line.startswith("#"):
            continue
        split, name = line.split()
        genre = name.partition(".")[0]
        path = next((p for p in (genres / genre / (name + suffix) for suffix in SUFFIXES) if p.is_file()), None)
        if path is None:
            missing.append(name)
        else:
            files.append(LabelledFile(path, split, name, (GENRES.index(genre),)))
    if not files:
        raise CorpusError(f"None of the excerpts is in {genres}, the first would be {missing[0]}.wav. {LAYOUT}")
    notes = [f"{len(missing)} of 930 excerpts are missing, the first is {missing[0]}: figures do not compare"]
    name = f"fault-filtered {'/'.join(SPLITS)}, {split_counts(files)}"
    tags = tuple((genre, "genre") for genre in GENRES)
    return require_complete(
        LabelledSet("GTZAN", name, tags, tuple(files), one_label=True, notes=tuple(notes if missing else ())), root
    )
