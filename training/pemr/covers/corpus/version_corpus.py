"""A corpus of versions, one file a work: rendered from public-domain tunes and songs made by rule, kept as spectra.

Deterministic from a seed and resumable: a work whose file is there is not made again. Training and development works
share neither a work nor a style nor a soundfont.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import os
import random
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pemr.audio import decode
from pemr.covers.alignment.features import SAMPLE_RATE, Samples
from pemr.covers.alignment.spectrum import Spectrum, spectrum
from pemr.covers.corpus.sketch import sketch
from pemr.datasets.cliques import CliqueSet
from pemr.durable_files import write_output
from pemr.errors import CorpusError, DecodeError
from pemr.frontend import FrontEnd
from pemr.rendering.accompaniment import MmaBand, mma_grooves
from pemr.rendering.arrange import USUAL_BPM, Accompanist, Arrangement, arrange, arrange_song
from pemr.rendering.pop_songs import compose
from pemr.rendering.synthesis import synthesise
from pemr.rendering.tune_list import Split, load_tune, reserved_sounds, tune_works, works_of
from pemr.rendering.variation import vary

log = logging.getLogger(__name__)

MANIFEST = "versions.tsv"
MOMENTS = " moments"
MOMENT_SCALE = 32767.0
DEVELOPMENT_EVERY = 20
"""Every twentieth song is a development work."""
VARIED_BEATS = (0.1, 0.6)
WRITTEN_TEMPI = (0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.5, 2.0)
"""Books disagree about the note that is a beat, and so about the tempo at which a tune is read."""
Repertoire = Literal["tune", "song", "music"]
Moments = npt.NDArray[np.int16]
"""(n, 59049) segments of sound at 16 kHz."""


class CorpusVersion(msgspec.Struct, frozen=True):
    """One version. `band`: an MMA style or `patterns`; `sound`: a soundfont, `sketch`, or the file of real music."""

    work: str
    index: int
    split: Split
    printing: int
    band: str
    sound: str
    key_shift: int
    tempo_bpm: float
    frames: int


@dataclass(frozen=True)
class WorkToRender:
    """A work by its name, its number in its repertoire and the split it belongs to."""

    repertoire: Repertoire
    number: int
    split: Split

    @property
    def name(self) -> str:
        return f"{self.repertoire}-{self.number:05}"


@dataclass(frozen=True)
class Rendering:
    """How versions are made. The first `sketched` versions of a work are sketches, `rendered` more are audio.

    Of audio, `segments` moments are kept as sound too, for networks that hear it through the PEMR encoder.
    `varied`: the share of versions of tunes that play another melody than the printed one here and there.
    """

    books: Path
    mma: Path | None = None
    soundfont: Path | None = None
    sketched: int = 8
    rendered: int = 0
    seed: int = 0
    audio_folder: Path | None = None
    segments: int = 0
    varied: float = 0.0

    def checked(self) -> Rendering:
        """Itself. Raises `CorpusError` for a soundfont of the final examination."""
        if self.soundfont is not None:
            reserved_sounds().check(self.soundfont)
        return self


def works_to_render(split: Split, tunes: int | None = None, songs: int = 0) -> list[WorkToRender]:
    """The first works of each repertoire in a split; `tunes` None: all. Songs are of no use to calibrate with."""
    every = () if split == "calibration" else range(songs * DEVELOPMENT_EVERY)
    made = (number for number in every if (number % DEVELOPMENT_EVERY == 0) == (split == "development"))
    chosen = [WorkToRender("tune", number, split) for number in works_of(split)[:tunes]]
    return chosen + [WorkToRender("song", number, split) for number, _ in zip(made, range(songs), strict=False)]


def render_corpus(
    folder: Path, works: Iterable[WorkToRender], rendering: Rendering, *, processes: int = 1
) -> Iterator[list[CorpusVersion]]:
    """Render what is missing, yielding the versions of each work as it is there; then write the manifest."""
    rendering.checked()
    folder.mkdir(parents=True, exist_ok=True)
    missing: list[WorkToRender] = []
    for work in works:
        path = folder / f"{work.name}.safetensors"
        if path.exists() and len(listed := read_versions(path)) >= rendering.sketched + rendering.rendered:
            yield listed
        else:
            missing.append(work)
    if processes <= 1:
        for work in missing:
            yield render_work(folder, work, rendering)
    else:
        with ProcessPoolExecutor(processes) as pool:
            yield from pool.map(render_work, [folder] * len(missing), missing, [rendering] * len(missing), chunksize=1)
    write_manifest(folder)


def render_work(folder: Path, work: WorkToRender, rendering: Rendering) -> list[CorpusVersion]:
    """Render all versions of a work and keep them in one file."""
    band = None
    if rendering.mma is not None:
        band = MmaBand(rendering.mma, mma_grooves(rendering.mma, work.split))
    spectra: list[Spectrum] = []
    moments: dict[int, Moments] = {}
    versions: list[CorpusVersion] = []
    for index in range(rendering.sketched + rendering.rendered):
        rng = random.Random(f"{rendering.seed} {work.name} {index}")
        as_sound = index >= rendering.sketched
        accompanist = band if as_sound and rng.random() < 0.8 else None
        arrangement, printing = _arranged(work, index, rng, rendering, accompanist)
        style = (band.groove if band is not None and accompanist is not None else "") or "patterns"
        if as_sound:
            samples, sound = _recorded(arrangement, rendering, f"{work.name}-{index}.flac")
            stored = spectrum(samples)
            if rendering.segments:
                moments[index] = moments_of(samples, rendering.segments)
        else:
            stored, sound = sketch(arrangement, rng), "sketch"
        spectra.append(stored)
        versions.append(
            CorpusVersion(
                work.name, index, work.split, printing, style, sound,
                arrangement.key_shift, round(arrangement.tempo_bpm, 2), len(stored),
            )
        )  # fmt: skip
    write_work(folder, work.name, versions, spectra, moments)
    return versions


def _arranged(
    work: WorkToRender, index: int, rng: random.Random, rendering: Rendering, band: Accompanist | None
) -> tuple[Arrangement, int]:
    if work.repertoire == "song":
        return arrange_song(compose(work.number), rng, band), 0
    settings = tune_works()[work.number]
    printing = index % len(settings)
    tune = load_tune(rendering.books, settings[printing])
    if not rendering.varied or rng.random() >= rendering.varied:
        return arrange(tune, rng, accompanist=band), printing
    base_bpm = USUAL_BPM * rng.choice(WRITTEN_TEMPI)
    return arrange(vary(tune, rng.uniform(*VARIED_BEATS), rng), rng, base_bpm, accompanist=band), printing


def _recorded(arrangement: Arrangement, rendering: Rendering, name: str) -> tuple[Samples, str]:
    """Played with the soundfont: sound at 16 kHz, and the soundfont's name."""
    if rendering.soundfont is None:
        raise CorpusError("Versions can only be rendered as audio with a soundfont. Nothing was rendered.")
    with tempfile.TemporaryDirectory(prefix="pemr-version-") as scratch:
        target = Path(scratch) / name
        if rendering.audio_folder is not None:
            rendering.audio_folder.mkdir(parents=True, exist_ok=True)
            target = rendering.audio_folder / name
        if not target.exists():
            synthesise(arrangement, rendering.soundfont, target)
        return decode(target, SAMPLE_RATE), rendering.soundfont.stem


def moments_of(samples: Samples, count: int) -> Moments:
    """Segments of the PEMR encoder's length, spread evenly over a track."""
    length = FrontEnd().segment_samples
    padded = np.pad(samples, (0, max(0, length - len(samples))))
    starts = np.linspace(0, len(padded) - length, count).astype(int)
    cut = np.stack([padded[start : start + length] for start in starts])
    return (cut.clip(-1.0, 1.0) * MOMENT_SCALE).astype(np.int16)


def listen_to_music(folder: Path, paths: Iterable[Path], split: Split = "train") -> Iterator[CorpusVersion]:
    """Real recordings as works of one version each, so that a network hears more than rendered sound."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        identity = os.fsencode(path.name) + str(path.stat().st_size).encode()
        name = f"music-{hashlib.blake2b(identity, digest_size=6).hexdigest()}"
        target = folder / f"{name}.safetensors"
        if not target.exists():
            try:
                stored = spectrum(decode(path, SAMPLE_RATE))
            except DecodeError as error:
                log.warning("%s", error)
                continue
            version = CorpusVersion(name, 0, split, 0, "", path.stem, 0, 0.0, len(stored))
            write_work(folder, name, [version], [stored])
        yield from read_versions(target)
    write_manifest(folder)


def listen_to_set(folder: Path, cliques: CliqueSet, split: Split, segments: int = 0) -> Iterator[list[CorpusVersion]]:
    """A set of recorded versions as a version corpus, one work at a time; works that are there are not heard again.

    Distractors are left out, files that cannot be decoded too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    works: dict[str, list[Path]] = {}
    for track in cliques.tracks:
        if track.work is not None:
            works.setdefault(track.work, []).append(track.path)
    for work, paths in works.items():
        name = _file_name(work)
        target = folder / f"{name}.safetensors"
        if not target.exists():
            spectra: list[Spectrum] = []
            moments: dict[int, Moments] = {}
            versions: list[CorpusVersion] = []
            for path in paths:
                try:
                    samples = decode(path, SAMPLE_RATE)
                except DecodeError as error:
                    log.warning("%s", error)
                    continue
                if segments:
                    moments[len(spectra)] = moments_of(samples, segments)
                spectra.append(spectrum(samples))
                index = len(versions)
                versions.append(CorpusVersion(name, index, split, 0, "", path.stem, 0, 0.0, len(spectra[-1])))
            if not versions:
                continue
            write_work(folder, name, versions, spectra, moments)
        yield read_versions(target)
    write_manifest(folder)


def _file_name(work: str) -> str:
    """A name that every file system takes, another one for every work."""
    plain = re.sub(r"[^\w-]+", "_", work)[:60]
    return plain if plain == work else f"{plain}-{hashlib.blake2b(work.encode(), digest_size=4).hexdigest()}"


def write_work(
    folder: Path,
    name: str,
    versions: list[CorpusVersion],
    spectra: list[Spectrum],
    moments: Mapping[int, Moments] | None = None,
) -> None:
    """Keep a work: the spectrum of each version and, of those that have them, moments of sound."""
    described = msgspec.json.encode(versions).decode()
    tensors: dict[str, npt.NDArray[Any]] = {
        str(index): np.ascontiguousarray(stored) for index, stored in enumerate(spectra)
    }
    tensors |= {f"{index}{MOMENTS}": kept for index, kept in (moments or {}).items()}
    write_output(folder / f"{name}.safetensors", save(tensors, {"versions": described}))


def read_versions(path: Path) -> list[CorpusVersion]:
    """The list at the head of a work's file. Raises `CorpusError` if it is damaged."""
    try:
        with safe_open(path, framework="numpy") as file:
            return msgspec.json.decode((file.metadata() or {})["versions"], type=list[CorpusVersion])
    except (OSError, SafetensorError, KeyError, msgspec.MsgspecError) as error:
        raise CorpusError(f"{path} is damaged or not of a version corpus. Delete it and render again.") from error


def read_work(path: Path) -> tuple[list[CorpusVersion], list[Spectrum]]:
    """All versions of a work with their spectra."""
    versions = read_versions(path)
    with safe_open(path, framework="numpy") as file:
        return versions, [file.get_tensor(str(version.index)) for version in versions]


def read_moments(path: Path) -> dict[int, Moments]:
    """Moments of sound by the index of their version; versions without any are not named."""
    with safe_open(path, framework="numpy") as file:
        names = [name for name in file.keys() if name.endswith(MOMENTS)]  # noqa: SIM118  not a dict
        return {int(name.removesuffix(MOMENTS)): file.get_tensor(name) for name in names}


def works_in(folder: Path) -> list[Path]:
    """The files of a corpus, in order. Raises `CorpusError` if there is none."""
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise CorpusError(f"{folder} holds no version corpus. Make one: pemr-train corpus render versions {folder}")
    return paths


def write_manifest(folder: Path) -> None:
    """`versions.tsv`: every version with its split, style and sound."""
    fields = CorpusVersion.__struct_fields__
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter="\t")
    writer.writerow(fields)
    for path in sorted(folder.glob("*.safetensors")):
        writer.writerows([getattr(version, field) for field in fields] for version in read_versions(path))
    write_output(folder / MANIFEST, out.getvalue().encode())
