"""A table of labels as a labelled set: one line a track.

    path,tags,split,group
    Blue/01 So What.flac,genre:jazz; trumpet,train,Miles Davis

`path` is relative to the table's folder; `tags` are separated by semicolons, each a name or group:name. `split` (train,
validation, test) and `group` (artist or album) may be left out: then groups are the folders, and whole ones are drawn.
"""

from __future__ import annotations

import csv
from pathlib import Path

from pemr.datasets.labelled import SPLITS, LabelledFile, LabelledSet, require_complete, split_counts, split_groups
from pemr.errors import CorpusError

LAYOUT = "It takes a header line with the columns path and tags, and may have split and group."


def load_csv(table: Path) -> LabelledSet:
    """Raises `CorpusError` naming the line."""
    rows = _rows(table)
    with_splits = "split" in rows[0]
    groups = [row.get("group") or Path(row["path"]).parent.as_posix() for row in rows]
    if len(set(groups)) == 1:
        groups = [row["path"] for row in rows]
    drawn = split_groups(groups)
    words = [_words(row["tags"]) for row in rows]
    tags = sorted({word for line in words for word in line})
    files, missing = [], []
    for number, (row, group, line) in enumerate(zip(rows, groups, words, strict=True), start=2):
        path = table.parent / row["path"]
        split = row["split"] if with_splits else drawn[group]
        if split not in SPLITS:
            raise CorpusError(f"{table}, line {number}: the split is {split!r}; it must be one of {', '.join(SPLITS)}")
        if path.is_file():
            files.append(LabelledFile(path, split, group, tuple(sorted(tags.index(word) for word in line))))
        else:
            missing.append(row["path"])
    if not files:
        raise CorpusError(f"{table}: none of its {len(missing)} files is there, the first is {missing[0]}")
    notes = [f"{len(missing)} of {len(rows)} files are missing, the first is {missing[0]}"] if missing else []
    name = f"{'its own split' if with_splits else 'groups drawn by name'}, {split_counts(files)}"
    return require_complete(LabelledSet(table.stem, name, tuple(tags), tuple(files), notes=tuple(notes)), table)


def _words(text: str) -> list[tuple[str, str]]:
    """`genre:jazz; trumpet` -> [("jazz", "genre"), ("trumpet", "tag")]."""
    found = []
    for word in filter(None, (part.strip() for part in text.split(";"))):
        group, colon, name = word.partition(":")
        found.append((name.strip(), group.strip()) if colon else (word, "tag"))
    return sorted(set(found))


def _rows(table: Path) -> list[dict[str, str]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            if not {"path", "tags"} <= set(reader.fieldnames or ()):
                raise CorpusError(f"{table} is no table of labels. {LAYOUT}")
            rows = [dict(row) for row in reader]
    except FileNotFoundError:
        raise CorpusError(f"There is no table {table}. {LAYOUT}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{table} cannot be read as a UTF-8 table: {error}") from error
    if not rows:
        raise CorpusError(f"{table} has a header line and no tracks")
    return rows
