"""Sets that mirdata knows how to fetch and check, where its tracks carry a genre, tags or instruments.

mirdata is an extra of this package; it brings librosa and much else. It has GTZAN (`gtzan_genre`, without the
fault-filtered partition: use `gtzan` for that) but not MagnaTagATune.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pemr.datasets.labelled import SPLITS, LabelledFile, LabelledSet, require_complete, split_counts, split_groups
from pemr.errors import CorpusError

PREFIX = "mirdata:"
FIELDS = ("genre", "genres", "tags", "instrument", "instruments")
GROUPS = ("artist", "artist_id", "album", "album_id", "song_id")
SPLIT_OF = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
MIN_LIKELIHOOD = 0.5


def load_mirdata(name: str, root: Path) -> LabelledSet:
    """`name` as in mirdata, `root` its data home. Raises `CorpusError` that says what to install or to fetch."""
    try:
        import mirdata
    except ImportError:
        raise CorpusError(f"{PREFIX}{name} needs mirdata: pip install 'pemr-desktop[mirdata]'") from None
    if name not in mirdata.list_datasets():
        raise CorpusError(f"mirdata has no data set {name}. It has: {', '.join(mirdata.list_datasets())}")
    fetch = f"python -c \"import mirdata; mirdata.initialize('{name}', data_home='{root}').download()\""
    try:
        dataset = mirdata.initialize(name, data_home=str(root))
        tracks = [dataset.track(track_id) for track_id in dataset.track_ids]
        labels = [_labels(track) for track in tracks]
    except (FileNotFoundError, AttributeError, ValueError, KeyError) as error:
        raise CorpusError(f"mirdata cannot read {name} in {root}: {error}. Fetch it with {fetch}") from error
    present = [(track, words) for track, words in zip(tracks, labels, strict=True) if _is_there(track)]
    if not present:
        raise CorpusError(f"None of the {len(tracks)} tracks of {name} is in {root}. Fetch it with {fetch}")
    return _labelled(name, root, present, missing=len(tracks) - len(present))


def _labelled(name: str, root: Path, tracks: list[tuple[Any, set[tuple[str, str]]]], missing: int) -> LabelledSet:
    tags = sorted({word for _, words in tracks for word in words})
    groups = [_group(track) for track, _ in tracks]
    named = [SPLIT_OF.get(str(getattr(track, "split", "")).lower()) for track, _ in tracks]
    published = set(SPLITS) <= set(named)
    drawn = split_groups(groups)
    files = tuple(
        LabelledFile(
            Path(track.audio_path), split if published and split else drawn[group], group,
            tuple(sorted(tags.index(word) for word in words)),
        )
        for (track, words), group, split in zip(tracks, groups, named, strict=True)
    )  # fmt: skip
    split_name = f"{'its own split' if published else 'groups drawn by name'}, {split_counts(files)}"
    notes = (f"{missing} tracks are missing: figures do not compare",) if missing else ()
    single = all(len(words) == 1 for _, words in tracks)
    return require_complete(LabelledSet(f"{PREFIX}{name}", split_name, tuple(tags), files, single, notes), root)


def _is_there(track: Any) -> bool:
    return track.audio_path is not None and Path(track.audio_path).is_file()


def _labels(track: Any) -> set[tuple[str, str]]:
    """(name, group of tags) of whatever the track carries."""
    found: set[tuple[str, str]] = set()
    for field in FIELDS:
        value = getattr(track, field, None)
        found |= {(word, field.removesuffix("s")) for word in _words(value)}
    return found


def _words(value: str | Mapping[str, float] | Iterable[str] | None) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [word for word, likelihood in value.items() if likelihood >= MIN_LIKELIHOOD]
    return [str(word) for word in value]


def _group(track: Any) -> str:
    return next((str(getattr(track, field)) for field in GROUPS if getattr(track, field, None)), str(track.track_id))
