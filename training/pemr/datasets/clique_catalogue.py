"""The sets of versions by name: what `--set NAME` can mean where audio is listened to."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from pemr.datasets.cliques import CliqueSet, load_clique_folder
from pemr.datasets.covers80 import load_covers80
from pemr.datasets.free_game_versions import load_free_game_versions
from pemr.datasets.shs100k import Part, load_shs100k
from pemr.errors import CorpusError

NAMES = ("folder", "covers80", "shs100k", "shs100k-sub", "free-game-music")


def load_clique_set(name: str, root: Path, part: str = "test") -> CliqueSet:
    """`part`: train, validation or test of SHS100K. Raises `CorpusError` that says what to put where."""
    if name == "folder":
        return load_clique_folder(root)
    if name == "covers80":
        return load_covers80(root)
    if name == "free-game-music":
        return load_free_game_versions(root)
    if name not in NAMES:
        raise CorpusError(f"There is no set of versions “{name}”. There are: {', '.join(NAMES)}.")
    if part not in get_args(Part):
        raise CorpusError(f"SHS100K has no part “{part}”. It has: {', '.join(get_args(Part))}.")
    return load_shs100k(root, cast(Part, part), sub=name == "shs100k-sub")
