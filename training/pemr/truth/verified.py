"""Verified real recordings: who plays is known because a title, a credit or a file name says so. Only measured on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.audio import decode
from pemr.embed import Encoder
from pemr.errors import CorpusError
from pemr.instruments import FAMILIES, INSTRUMENT_WORDS, VOICE_WORDS
from pemr.rendering.render_tools import unpacked
from pemr.truth.labels import WORDS, ClipLabels
from pemr.truth.listening import HeardClip, Progress
from pemr.truth.recording import Recording

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

log = logging.getLogger(__name__)


class VerifiedRecording(msgspec.Struct, frozen=True):
    """A file of a package. `words` are true of it; `complete`: nobody else plays. `source` is what says so.

    `kind`: a track; a stem, one player of a song; a loop of some bars; a single note or chord.
    """

    package: str
    path: str
    seconds: float
    kind: Literal["track", "stem", "loop", "note"]
    words: tuple[str, ...]
    complete: bool
    source: str
    reason: str


@cache
def verified_recordings() -> tuple[VerifiedRecording, ...]:
    """The list."""
    text = resources.files("pemr.truth").joinpath("verified_recordings.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(
        msgspec.convert(
            {
                "package": package,
                "path": path,
                "seconds": float(seconds),
                "kind": kind,
                "words": tuple(words.split(", ")),
                "complete": complete == "yes",
                "source": source,
                "reason": reason,
            },
            VerifiedRecording,
        )
        for package, path, seconds, kind, words, complete, source, reason in rows[1:]
    )


def verified_truth(recording: VerifiedRecording) -> tuple[Floats, Bools]:
    """Of `WORDS`: values and whether they are known (k,). A family without a member may have any of its members."""
    true = set(recording.words)
    false: set[str] = set()
    if recording.complete:
        open_members = {
            member
            for family in true & FAMILIES.keys()
            if not true & set(FAMILIES[family])
            for member in FAMILIES[family]
        }
        parents = {family for family, members in FAMILIES.items() if true & set(members)}
        false = {*INSTRUMENT_WORDS, *VOICE_WORDS} - true - open_members - parents
    values = np.array([word in true for word in WORDS], np.float32)
    return values, np.array([word in true or word in false for word in WORDS], bool)


def hear_verified(
    folder: Path, encoder: Encoder, progress: Progress, recordings: Sequence[VerifiedRecording] | None = None
) -> list[HeardClip]:
    """Bring the packages into `folder` and let the encoder hear every recording. Raises `CorpusError`."""
    chosen = verified_recordings() if recordings is None else recordings
    heard = []
    for done, recording in enumerate(chosen):
        progress("listening to verified recordings", done, len(chosen))
        path = unpacked(recording.package, folder, log.info) / recording.path
        if not path.is_file():
            raise CorpusError(
                f"The package {recording.package} does not hold {recording.path}; it has another version."
            )
        vectors = encoder.embed_samples(decode(path, encoder.sample_rate), importance=False).segments
        values, known = verified_truth(recording)
        count = len(vectors) + 1
        labels = ClipLabels(
            f"{recording.package}/{recording.path}", "figures", recording.kind, True, recording.seconds,
            (recording.package,), Recording(), forces="solo" if recording.complete else "",
        )  # fmt: skip
        unsaid = np.full((len(vectors), len(WORDS)), np.nan, np.float32)
        heard.append(HeardClip(labels, vectors, np.tile(values, (count, 1)), np.tile(known, (count, 1)), unsaid))
    return heard
