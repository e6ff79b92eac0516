"""The truth corpus on disk: `clips/NNNNNN.flac` with `NNNNNN.json` beside it, and `clips.tsv`, the table of them.

Deterministic from a seed and resumable: a clip is there when its labels are, which are written last.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from pemr.durable_files import write_output
from pemr.errors import CorpusError
from pemr.truth.clips import CLIP_RATE, make_clip
from pemr.truth.labels import ClipLabels, read_labels
from pemr.truth.recording import flac_bytes
from pemr.truth.sources import Sources

CLIPS, TABLE, SETTINGS = "clips", "clips.tsv", "corpus.json"
FORMAT = 1
CHUNK = 4
COLUMNS = (
    "name", "split", "kind", "duration_s", "sources", "band", "work", "forces", "players", "styles", "tempo_bpm",
    "meter", "key",
)  # fmt: skip


class CorpusSettings(msgspec.Struct, frozen=True):
    """What a corpus was made with: the same for all of its clips."""

    format: int
    seed: int


def render_truth(folder: Path, clips: int, sources: Sources, *, seed: int = 0, processes: int = 1) -> Iterator[bool]:
    """Make what is missing of the first `clips` clips; yields for each whether it was made now. Then the table.

    Raises `CorpusError`, also for a corpus that was begun with another seed.
    """
    _same_settings(folder, CorpusSettings(FORMAT, seed))
    missing = [number for number in range(clips) if not _labels_path(folder, number).exists()]
    for _ in range(clips - len(missing)):
        yield False
    if processes <= 1:
        for number in missing:
            yield _render_one(folder, number, seed, sources)
    else:
        count = len(missing)
        with ProcessPoolExecutor(processes, initializer=_one_thread) as pool:
            yield from pool.map(
                _render_one, [folder] * count, missing, [seed] * count, [sources] * count, chunksize=CHUNK
            )
    write_table(folder)


def clips_in(folder: Path) -> list[ClipLabels]:
    """The labels of all clips of a corpus, in order. Raises `CorpusError` if there are none."""
    paths = sorted((folder / CLIPS).glob("*.json"))
    if not paths:
        raise CorpusError(f"{folder} holds no truth corpus. Make one: pemr-train corpus render truth {folder}")
    return [read_labels(path) for path in paths]


def audio_of(folder: Path, labels: ClipLabels) -> Path:
    """Where the sound of a clip lies."""
    return folder / CLIPS / f"{labels.name}.flac"


def write_table(folder: Path) -> None:
    """`clips.tsv`: every clip with its split and what is true of it, a line each."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter="\t")
    writer.writerow(COLUMNS)
    for labels in clips_in(folder):
        players = "; ".join(
            f"{'/'.join(player.words) or player.program} {player.share:.2f} {player.level_db:.0f} dB"
            for player in labels.players
        )
        styles = "" if labels.styles is None else ", ".join(labels.styles)
        writer.writerow(
            [
                labels.name, labels.split, labels.kind, labels.duration_s, ", ".join(labels.sources), labels.band,
                labels.work, labels.forces, players, styles, labels.tempo_bpm or "", labels.meter, labels.key,
            ]
        )  # fmt: skip
    write_output(folder / TABLE, out.getvalue().encode(), CorpusError)


def _labels_path(folder: Path, number: int) -> Path:
    return folder / CLIPS / f"{number:06}.json"


def _render_one(folder: Path, number: int, seed: int, sources: Sources) -> bool:
    clip = make_clip(number, seed, sources)
    path = _labels_path(folder, number)
    write_output(path.with_suffix(".flac"), flac_bytes(clip.samples, CLIP_RATE), CorpusError)
    write_output(path, msgspec.json.encode(clip.labels), CorpusError)
    return True


def _same_settings(folder: Path, settings: CorpusSettings) -> None:
    path = folder / SETTINGS
    if not path.exists():
        write_output(path, msgspec.json.encode(settings), CorpusError)
        return
    try:
        there = msgspec.json.decode(path.read_bytes(), type=CorpusSettings)
    except (OSError, msgspec.MsgspecError) as error:
        raise CorpusError(f"{path} cannot be read: {error}. Nothing was rendered.") from error
    if there != settings:
        raise CorpusError(
            f"{folder} was begun with seed {there.seed}, format {there.format}; give the same seed, or another folder."
        )


def _one_thread() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
