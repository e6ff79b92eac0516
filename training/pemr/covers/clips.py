"""Clips that cover networks are trained on: crops of versions, changed in the feature domain; none comes twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.covers.networks.contract import Input
from pemr.covers.networks.frames import Frames, chroma_frames, spectrum_frames
from pemr.covers.spectrum import features_of
from pemr.covers.version_corpus import read_work, works_in

STORED_SCALE = 255.0 / 2.0


class ClipSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How batches are drawn. Lengths in frames of 0.465 s; `stretch` in octaves of tempo; the rest probabilities."""

    works: int = 24
    clips_a_work: int = 4
    lengths: tuple[int, ...] = (64, 96, 128)
    stretch: float = 0.5
    mixed: float = 0.3
    hidden: float = 0.5
    noise: float = 0.1


@dataclass(frozen=True)
class TrainingWork:
    """A work and its versions as bytes (bins, t), 127.5 for 1."""

    name: str
    versions: tuple[npt.NDArray[np.uint8], ...]


def read_training_works(folders: Sequence[Path], takes: Input) -> list[TrainingWork]:
    """All training works of version corpora in the form that a network takes, in order; one name, one work."""
    works: dict[str, TrainingWork] = {}
    for folder in folders:
        for path in works_in(folder):
            versions, spectra = read_work(path)
            if versions[0].split != "train":
                continue
            frames = [chroma_frames(features_of(s)) if takes == "chroma" else spectrum_frames(s) for s in spectra]
            stored = tuple(
                (part * STORED_SCALE).round().clip(0, 255).astype(np.uint8) for part in frames if part.shape[1] > 8
            )
            if stored:
                before = works[path.stem].versions if path.stem in works else ()
                works[path.stem] = TrainingWork(path.stem, before + stored)
    return list(works.values())


def draw_batch(
    works: Sequence[TrainingWork], settings: ClipSettings, takes: Input, chance: np.random.Generator
) -> tuple[Frames, npt.NDArray[np.int64]]:
    """Clips (works x clips, bins, length) and the place of each one's work.

    Of each work one version comes twice, in other crops: an easy pair beside the hard ones.
    """
    length = int(chance.choice(settings.lengths))
    places = chance.choice(len(works), min(settings.works, len(works)), replace=False)
    clips: list[Frames] = []
    labels: list[int] = []
    for place in places:
        versions = works[int(place)].versions
        order = chance.permutation(len(versions))
        chosen = [int(order[k % len(order)]) for k in range(settings.clips_a_work - 1)]
        for version in [chosen[0], *chosen]:
            clips.append(draw_clip(versions[version], length, settings, chance))
            labels.append(int(place))
    batch = changed(np.stack(clips), settings, takes, chance)
    return batch, np.array(labels, np.int64)


def draw_clip(
    version: npt.NDArray[np.uint8], length: int, settings: ClipSettings, chance: np.random.Generator
) -> Frames:
    """A crop (bins, length) at another tempo; what is missing at the end is silence."""
    ratio = 2.0 ** chance.uniform(-settings.stretch, settings.stretch)
    total = version.shape[1]
    spare = max(0.0, total - 1 - length * ratio)
    where = chance.uniform(0.0, spare) + np.arange(length) * ratio
    inside = where < total - 1
    low = np.minimum(where.astype(np.int64), max(total - 2, 0))
    part = (where - low).astype(np.float32)
    high = np.minimum(low + 1, total - 1)
    clip: Frames = (version[:, low] * (1.0 - part) + version[:, high] * part) * inside / STORED_SCALE
    return clip


def changed(clips: Frames, settings: ClipSettings, takes: Input, chance: np.random.Generator) -> Frames:
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
            band = int(chance.integers(1, 3)) if takes == "chroma" else int(chance.integers(4, 24))
            start = int(chance.integers(bins))
            clip[start : start + band] *= float(chance.uniform(0.0, 0.5))
    if takes == "chroma":
        clips = clips / np.maximum(np.sqrt(np.square(clips).sum(axis=1, keepdims=True)), 0.05)
    else:
        for place in range(count):
            move = int(chance.integers(-6, 7))
            clips[place] = np.roll(clips[place], move, axis=0)
            if move > 0:
                clips[place, :move] = 0.0
            elif move < 0:
                clips[place, move:] = 0.0
    kept: Frames = clips.astype(np.float32)
    return kept
