"""Clips that cover networks are trained on: crops of versions, changed in the feature domain; none comes twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.corpus.version_corpus import MOMENT_SCALE, Moments, read_moments, read_work, works_in
from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.frames import Frames, frames_for
from pemr.errors import CorpusError

STORED_SCALE = 255.0 / 2.0
SHORTEST_FRAMES = 8


class ClipSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How batches are drawn. Lengths in frames of 0.465 s; `stretch` in octaves of tempo; `moments` of sound of a clip.

    The rest are probabilities, and the level of noise.
    """

    works: int = 16
    clips_a_work: int = 4
    lengths: tuple[int, ...] = (64, 96, 128)
    stretch: float = 0.5
    mixed: float = 0.3
    hidden: float = 0.5
    noise: float = 0.1
    moments: int = 2


@dataclass(frozen=True)
class TrainingWork:
    """A work and its versions as bytes (bins, t), 127.5 for 1; beside each its moments of sound, if they are wanted."""

    name: str
    versions: tuple[npt.NDArray[np.uint8], ...]
    moments: tuple[Moments, ...] = ()


@dataclass(frozen=True)
class Batch:
    """`clips` (B, bins, length), `works` (B,) the index of each clip's work, `moments` (B, S, n) sound or none."""

    clips: Frames
    works: npt.NDArray[np.int64]
    moments: npt.NDArray[np.float32] | None


def read_training_works(folders: Sequence[Path], network: CoverNetwork) -> list[TrainingWork]:
    """All training works of version corpora in the form that this network takes, in order; one name, one work.

    For a network that takes sound only versions with moments of sound count. Raises `CorpusError` if there is none.
    """
    works: dict[str, TrainingWork] = {}
    takes_sound = "segments" in network.takes
    for folder in folders:
        for path in works_in(folder):
            versions, spectra = read_work(path)
            if versions[0].split != "train":
                continue
            sound = read_moments(path) if takes_sound else {}
            frames: list[npt.NDArray[np.uint8]] = []
            moments: list[Moments] = []
            for version, stored in zip(versions, spectra, strict=True):
                part = frames_for(network, stored)
                if part.shape[1] > SHORTEST_FRAMES and (not takes_sound or version.index in sound):
                    frames.append((part * STORED_SCALE).round().clip(0, 255).astype(np.uint8))
                    moments += [sound[version.index]] if takes_sound else []
            if frames:
                before = works.get(path.stem, TrainingWork(path.stem, ()))
                works[path.stem] = TrainingWork(path.stem, (*before.versions, *frames), (*before.moments, *moments))
    if takes_sound and not works:
        raise CorpusError(
            "This network hears sound, and the corpus holds none. Render one that does: "
            "pemr-train corpus render versions DIR --sketched 0 --rendered 4 --segments 4"
        )
    return list(works.values())


def draw_batch(
    works: Sequence[TrainingWork], settings: ClipSettings, chance: np.random.Generator, *, chroma: bool
) -> Batch:
    """Clips of some works, as chroma or as spectra.

    Of each work one version comes twice, in other crops: an easy pair beside the hard ones.
    """
    length = int(chance.choice(settings.lengths))
    indices = chance.choice(len(works), min(settings.works, len(works)), replace=False)
    clips: list[Frames] = []
    labels: list[int] = []
    moments: list[npt.NDArray[np.float32]] = []
    for index in indices:
        versions, sound = works[int(index)].versions, works[int(index)].moments
        order = chance.permutation(len(versions))
        chosen = [int(order[k % len(order)]) for k in range(settings.clips_a_work - 1)]
        # of real music there is one version, and another passage of it need not be the same music
        around = float(chance.random()) if len(versions) == 1 else None
        for version in [chosen[0], *chosen]:
            clips.append(draw_clip(versions[version], length, settings, chance, around))
            labels.append(int(index))
            if sound:
                some = chance.permutation(len(sound[version]))[: settings.moments]
                moments.append(sound[version][some].astype(np.float32) / MOMENT_SCALE)
    batch = changed(np.stack(clips), settings, chance, chroma=chroma)
    return Batch(batch, np.array(labels, np.int64), np.stack(moments) if moments else None)


def draw_clip(
    version: npt.NDArray[np.uint8],
    length: int,
    settings: ClipSettings,
    chance: np.random.Generator,
    around: float | None = None,
) -> Frames:
    """A crop (bins, length) at another tempo; what is missing at the end is silence.

    With `around` (0 to 1, a point in the track) it begins within a quarter of its length of there.
    """
    ratio = 2.0 ** chance.uniform(-settings.stretch, settings.stretch)
    total = version.shape[1]
    spare = max(0.0, total - 1 - length * ratio)
    start = chance.uniform(0.0, spare)
    if around is not None:
        start = min(spare, max(0.0, around * spare + chance.uniform(-0.25, 0.25) * length))
    where = start + np.arange(length) * ratio
    inside = where < total - 1
    low = np.minimum(where.astype(np.int64), max(total - 2, 0))
    part = (where - low).astype(np.float32)
    high = np.minimum(low + 1, total - 1)
    clip: Frames = (version[:, low] * (1.0 - part) + version[:, high] * part) * inside / STORED_SCALE
    return clip


def changed(clips: Frames, settings: ClipSettings, chance: np.random.Generator, *, chroma: bool) -> Frames:
    """Another clip mixed in, notes added and lost, bands and moments hidden, contrast bent, key moved."""
    count, bins, length = clips.shape
    clips = clips ** chance.uniform(0.7, 1.5, (count, 1, 1)).astype(np.float32)
    if settings.mixed:
        share = np.where(chance.random(count) < settings.mixed, chance.uniform(0.05, 0.4, count), 0.0)
        other = chance.permutation(count)
        turned = np.stack([np.roll(clips[o], int(chance.integers(12)), axis=0) for o in other])
        clips = clips + share[:, None, None].astype(np.float32) * turned
    level = chance.exponential(settings.noise, (count, 1, 1)).astype(np.float32)
    clips = clips + level * chance.exponential(0.3, clips.shape).astype(np.float32) * (
        clips.sum(axis=1, keepdims=True) > 0
    )
    for clip in clips:
        if chance.random() < settings.hidden:
            start = int(chance.integers(length))
            clip[:, start : start + int(chance.integers(2, max(3, length // 6)))] = 0.0
        if chance.random() < settings.hidden:
            band = int(chance.integers(1, 3)) if chroma else int(chance.integers(4, 24))
            start = int(chance.integers(bins))
            clip[start : start + band] *= float(chance.uniform(0.0, 0.5))
    if chroma:
        clips = clips / np.maximum(np.sqrt(np.square(clips).sum(axis=1, keepdims=True)), 0.05)
    else:
        for index in range(count):
            move = int(chance.integers(-6, 7))
            clips[index] = np.roll(clips[index], move, axis=0)
            if move > 0:
                clips[index, :move] = 0.0
            elif move < 0:
                clips[index, move:] = 0.0
    kept: Frames = clips.astype(np.float32)
    return kept
