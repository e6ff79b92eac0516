"""What is true of a clip, and of any span of it: which players sound, how loud; forces, style, key, tempo, voices.

A value is True, False or None, nobody can say: a player who is hardly heard, a style no groove vouches for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.errors import CorpusError
from pemr.instruments import FORCES, INSTRUMENT_WORDS, MUSIC, STYLES, VOICE_WORDS
from pemr.truth.recording import Recording
from pemr.truth.sources import Role, near_styles

Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

WORDS: tuple[str, ...] = (*INSTRUMENT_WORDS, *VOICE_WORDS, *FORCES, *STYLES, MUSIC)
"""Every word that a clip is labelled with, in order."""
SILENT_DB = -99
"""Level of a player in a second in which it does not sound."""
AUDIBLE_DB, HIDDEN_DB = -18, -32
"""A player is heard from the one level on, in dB against the mix, and not heard below the other."""
AUDIBLE_SHARE = 0.2
"""Of the seconds of a span a player must be heard in so many, to be heard in the span."""
STEP_S = 1.0
DRUMMED_STYLES = frozenset(
    [
        "dance",
        "disco",
        "drum and bass",
        "funk",
        "hip-hop",
        "house",
        "metal",
        "punk",
        "reggae",
        "ska",
        "techno",
        "trip hop",
    ]
)
"""Styles that nobody plays without drums."""


class Player(msgspec.Struct, frozen=True):
    """One player. `levels_db`: of each second of the clip, against the mix. `share`: of the seconds it is heard in."""

    role: str
    program: int
    words: tuple[str, ...]
    unknown: tuple[str, ...]
    share: float
    level_db: float
    levels_db: tuple[int, ...]


class ClipLabels(msgspec.Struct, frozen=True):
    """A clip. `kind`: music, sung music, speech over music, or what is no music (speech, effects, noise, …).

    `styles` None: nobody can say. `sources`: fonts or packages. `vouched`: False if the font's instruments are not what
    their programs say, as those of an FM chip: then only drums, synthesizer, forces, style, key and tempo are known.
    """

    name: str
    split: Role
    kind: str
    is_music: bool
    duration_s: float
    sources: tuple[str, ...]
    recording: Recording
    players: tuple[Player, ...] = ()
    forces: Literal["", "solo", "duo", "ensemble"] = ""
    work: str = ""
    band: str = ""
    styles: tuple[str, ...] | None = None
    tempo_bpm: float = 0.0
    meter: str = ""
    key: str = ""
    vouched: bool = True


def levels_of(stem: Floats, mix: Floats, sample_rate: int) -> tuple[int, ...]:
    """Level of a stem (n,) against the mix (n,) in each second, in whole dB; `SILENT_DB` where it does not sound."""
    step = int(STEP_S * sample_rate)
    count = max(1, len(mix) // step)
    power = [np.mean(np.square(sound[: count * step].reshape(count, -1)), axis=1) for sound in (stem, mix)]
    loud = power[1] > max(1e-7, float(power[1].max()) * 1e-5)
    ratio = 10.0 * np.log10(np.maximum(power[0], 1e-12) / np.maximum(power[1], 1e-12))
    return tuple(
        round(float(db)) if heard and db > SILENT_DB else SILENT_DB for db, heard in zip(ratio, loud, strict=True)
    )


def share_and_level(levels_db: Sequence[int]) -> tuple[float, float]:
    """The share of seconds in which a player is heard, and its mean level in these (`SILENT_DB` if there are none)."""
    heard = [level for level in levels_db if level >= AUDIBLE_DB]
    if not heard:
        return 0.0, float(SILENT_DB)
    mean = 10.0 * np.log10(np.mean(10.0 ** (np.array(heard) / 10.0)))
    return round(len(heard) / len(levels_db), 3), round(float(mean), 1)


def truth_of(labels: ClipLabels, start_s: float = 0.0, end_s: float | None = None) -> tuple[Floats, Bools]:
    """Of `WORDS`: values (k,) in {0, 1} and whether they are known (k,), in a span; without end: to the end."""
    heard, hidden = _words_heard(labels, start_s, labels.duration_s if end_s is None else end_s)
    known_false = set(WORDS) - heard - hidden
    if not labels.is_music:
        heard, known_false = heard & set(VOICE_WORDS), set(WORDS) - heard - hidden
    else:
        heard = heard | {MUSIC}
        known_false -= {MUSIC}
        if labels.forces:
            heard |= {labels.forces}
            known_false -= {labels.forces}
        else:
            known_false -= set(FORCES)
        true_styles, open_styles = _styles(labels)
        heard |= true_styles
        known_false -= true_styles | open_styles
    values = np.array([word in heard for word in WORDS], np.float32)
    known = np.array([word in heard or word in known_false for word in WORDS], bool)
    return values, known


def _words_heard(labels: ClipLabels, start_s: float, end_s: float) -> tuple[set[str], set[str]]:
    """Words of players who are heard in a span, and words that may be true of it."""
    heard: set[str] = set()
    maybe: set[str] = set()
    for player in labels.players:
        first, last = int(start_s / STEP_S), max(int(start_s / STEP_S) + 1, int(np.ceil(end_s / STEP_S)))
        levels = player.levels_db[first:last] or player.levels_db[-1:]
        words, unknown = _words_of(player, labels.vouched)
        if sum(level >= AUDIBLE_DB for level in levels) >= AUDIBLE_SHARE * len(levels):
            heard.update(words)
            maybe.update(unknown)
        elif max(levels) >= HIDDEN_DB:
            maybe.update((*words, *unknown))
    return heard, maybe - heard


def _words_of(player: Player, vouched: bool) -> tuple[Sequence[str], Sequence[str]]:
    """Words of a player, and words that may be true of it: most, if the font vouches for nothing but drums."""
    drums = "drums" in player.words or "percussion" in player.words
    if vouched or drums or player.program < 0:
        return player.words, player.unknown
    sure = [word for word in player.words if word == "synthesizer"]
    return sure, [word for word in (*INSTRUMENT_WORDS, "voice", "choir") if word not in sure and word != "drums"]


def _styles(labels: ClipLabels) -> tuple[set[str], set[str]]:
    """Styles that are true, and those that nobody can deny."""
    if labels.styles is None:
        has_drums = any({"drums", "percussion"} & set(player.words) for player in labels.players)
        return set(), set(STYLES) - (set() if has_drums else DRUMMED_STYLES)
    near = near_styles()
    return set(labels.styles), {other for style in labels.styles for other in near.get(style, ())} - set(labels.styles)


def read_labels(path: Path) -> ClipLabels:
    """The labels of a clip. Raises `CorpusError` if the file is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ClipLabels)
    except (OSError, msgspec.MsgspecError) as error:
        raise CorpusError(f"{path} is damaged or holds no labels: {error}. Delete it and render again.") from error


def counts(clips: Iterable[ClipLabels]) -> dict[str, tuple[int, int]]:
    """Word -> in how many clips it is true, and in how many it is known."""
    found = [truth_of(labels) for labels in clips]
    if not found:
        return dict.fromkeys(WORDS, (0, 0))
    values, known = (np.stack(column) for column in zip(*found, strict=True))
    return {word: (int((values[:, at] > 0).sum()), int(known[:, at].sum())) for at, word in enumerate(WORDS)}
