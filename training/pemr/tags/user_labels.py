"""What people say of tracks: yes and no to tags in a list, and the genres and moods in their files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pemr.datasets.file_fields import read_fields
from pemr.errors import CorpusError
from pemr.vocabulary import known_tag, tags_in

YES = frozenset(["yes", "y", "true", "1", "accepted", "accept", "+"])
NO = frozenset(["no", "n", "false", "0", "rejected", "reject", "-"])
FIELDS = ("genre", "mood")

Decisions = dict[str, dict[str, bool]]


def read_decisions(path: Path, folder: Path) -> Decisions:
    """Absolute path of a track -> tag -> yes or no. Raises `CorpusError` naming the line that is not understood.

    CSV with the columns path, tag, answer (a first line with these names may be there), or JSON lines with these
    keys. Paths are absolute or relative to the folder; of two lines about the same, the later one holds.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"The decisions {path} cannot be read") from error
    decisions: Decisions = {}
    for number, (track, tag, answer) in _lines(path, text):
        said = str(answer).strip().lower()
        if said not in YES | NO or not tag.strip():
            raise CorpusError(f"{path}, line {number}: “{tag}”, “{answer}” is not a tag with yes or no")
        known = known_tag(tag)
        name = known.name if known else " ".join(tag.lower().split())
        decisions.setdefault(str((folder / track).absolute()), {})[name] = said in YES
    return decisions


def _lines(path: Path, text: str) -> Iterator[tuple[int, tuple[str, str, Any]]]:
    """(line number, (path, tag, answer)), empty lines left out."""
    if text.lstrip().startswith("{"):
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    said = json.loads(line)
                    yield number, (said["path"], said["tag"], said["answer"])
                except (json.JSONDecodeError, KeyError, TypeError) as error:
                    raise CorpusError(f"{path}, line {number}: no path, tag and answer in it") from error
        return
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        if not row or (number == 1 and [cell.strip().lower() for cell in row[:2]] == ["path", "tag"]):
            continue
        if len(row) != 3:
            raise CorpusError(f"{path}, line {number}: {len(row)} columns instead of path, tag, answer")
        yield number, (row[0], row[1], row[2])


def file_tags(path: Path) -> dict[str, str]:
    """Tag -> group from genre and mood in a file, by the vocabulary where it knows them; {} for one without tags."""
    fields = read_fields(path, FIELDS) or {}
    return tags_in((field, value) for field, values in fields.items() for value in values)
