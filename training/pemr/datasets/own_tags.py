"""The tags in the user's own files as a labelled set: genre, mood and instrument as mutagen reads them.

A word counts as a tag of the vocabulary where it names one (`vocabulary` mapped), or stands for itself (free). Files
without any such word say nothing about themselves and are left out: nobody said that they are not jazz.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from pemr.datasets.file_fields import read_fields
from pemr.datasets.folder import audio_files
from pemr.datasets.labelled import LabelledFile, LabelledSet, require_complete, split_counts, split_groups
from pemr.errors import CorpusError
from pemr.vocabulary import VOCABULARY

Vocabulary = Literal["mapped", "free"]
LEAST_TRACKS = 3
SEPARATORS = re.compile(r"[;/,|\0]")


def load_own_tags(root: Path, vocabulary: Vocabulary = "mapped") -> LabelledSet:
    """Tags of fewer than three tracks are left out, as are tracks without a tag; both are counted.

    Groups are the folders the files lie in. Raises `CorpusError`.
    """
    found: dict[Path, set[tuple[str, str]]] = {}
    unreadable = 0
    unknown: Counter[str] = Counter()
    for path in audio_files([root]):
        words = read_words(path)
        if words is None:
            unreadable += 1
            continue
        found[path] = set(words) if vocabulary == "free" else _mapped(words, unknown)
    counts = Counter(tag for tags in found.values() for tag in tags)
    names = sorted((tag for tag, count in counts.items() if count >= LEAST_TRACKS), key=lambda tag: (tag[1], tag[0]))
    index = {tag: number for number, tag in enumerate(names)}
    labels = {path: tuple(sorted(index[tag] for tag in tags if tag in index)) for path, tags in found.items()}
    untagged = sum(not line for line in labels.values())
    labels = {path: line for path, line in labels.items() if line}
    if not labels:
        raise CorpusError(
            f"None of the {len(found)} files below {root} has a genre, mood or instrument that at least {LEAST_TRACKS} "
            "tracks share. Fill these fields in a tagger, or use a table of labels (csv)."
        )
    groups = {path: str(path.parent) for path in labels}
    if len(set(groups.values())) == 1:
        groups = {path: str(path) for path in labels}
    splits = split_groups(groups.values())
    files = tuple(LabelledFile(path, splits[groups[path]], groups[path], line) for path, line in labels.items())
    notes = []
    if untagged:
        notes.append(f"{untagged} tracks without a usable tag are left out")
    if unreadable:
        notes.append(f"{unreadable} files whose tags cannot be read are left out")
    if unknown:
        common = ", ".join(f"{word} ({count})" for word, count in unknown.most_common(5))
        notes.append(f"{sum(unknown.values())} words name no tag of the vocabulary, most often {common}")
    name = f"own tags, whole folders drawn, {split_counts(files)}"
    return require_complete(LabelledSet(f"tags of {root.name}", name, tuple(names), files, notes=tuple(notes)), root)


def read_words(path: Path) -> list[tuple[str, str]] | None:
    """(word, field) of the fields genre, mood and instrument, in lower case; None if the tags cannot be read."""
    fields = read_fields(path)
    if fields is None:
        return None
    words = ((word, field) for field, values in fields.items() for value in values for word in _split(value))
    return list(dict.fromkeys(words))


def _split(text: str) -> list[str]:
    """`Rock; Folk/World` -> ["rock", "folk", "world"]."""
    return [word for word in (" ".join(part.lower().split()) for part in SEPARATORS.split(text)) if word]


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


SYNONYMS: Mapping[str, tuple[str, str]] = {
    _plain(word): (tag.name, tag.group) for tag in VOCABULARY for word in (*tag.mtt, *tag.msd, tag.name)
}


def _mapped(words: Iterable[tuple[str, str]], unknown: Counter[str]) -> set[tuple[str, str]]:
    tags = set()
    for word, _ in words:
        if _plain(word) in SYNONYMS:
            tags.add(SYNONYMS[_plain(word)])
        else:
            unknown[word] += 1
    return tags
