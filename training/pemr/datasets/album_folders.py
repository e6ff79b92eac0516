"""Any folder of music as a labelled set: each folder at its top is a class, such as an artist, an album or a genre."""

from __future__ import annotations

from pathlib import Path

from pemr.datasets.folder import audio_files
from pemr.datasets.labelled import LabelledFile, LabelledSet, require_complete, split_counts, split_groups
from pemr.errors import CorpusError

LEAST_TRACKS = 3


def load_album_folders(root: Path) -> LabelledSet:
    """Classes with fewer than three tracks are left out and counted.

    If all folders of a class hold folders in turn, whole inner folders are drawn for validation and test, else tracks.
    Raises `CorpusError`.
    """
    members: dict[str, list[Path]] = {}
    for path in audio_files([root]):
        inner = path.relative_to(root.absolute()).parts
        if len(inner) > 1:
            members.setdefault(inner[0], []).append(path)
    classes = sorted(name for name, paths in members.items() if len(paths) >= LEAST_TRACKS)
    if len(classes) < 2:
        raise CorpusError(
            f"{root} has {len(classes)} folders with at least {LEAST_TRACKS} tracks; it takes two, each of them a class"
        )
    files: list[LabelledFile] = []
    for number, name in enumerate(classes):
        inner_folders = {path.parent for path in members[name]}
        by_folder = len(inner_folders) >= LEAST_TRACKS
        groups = {path: str(path.parent if by_folder else path) for path in members[name]}
        splits = split_groups(groups.values())
        files += [LabelledFile(path, splits[group], group, (number,)) for path, group in groups.items()]
    small = len(members) - len(classes)
    return require_complete(
        LabelledSet(
            name=f"the folders of {root.name}",
            split_name=f"each folder in train / validation / test, {split_counts(files)}",
            tags=tuple((name, "folder") for name in classes),
            files=tuple(files),
            one_label=True,
            notes=(f"{small} folders with fewer than {LEAST_TRACKS} tracks are left out",) if small else (),
        ),
        root,
    )
