"""Make one clip of the truth corpus: draw what it is, let it sound, record it, and write down what is true of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pemr.errors import CorpusError
from pemr.instruments import Sound
from pemr.rendering.accompaniment import MmaBand
from pemr.truth import no_music, singing
from pemr.truth.bands import Part, Performance, perform
from pemr.truth.labels import ClipLabels, Player, levels_of, share_and_level
from pemr.truth.lead_sheets import LeadSheet, sheet_of_song, sheet_of_tune
from pemr.truth.players import Casts, forces_of
from pemr.truth.recording import draw_recording, record, resample, rms_db
from pemr.truth.sources import ROLES, Font, Role, Sources, grooves_for, source_table, styles_of, tunes_for
from pemr.truth.stems import CHANNELS, SAMPLE_RATE, Seat, Struck, play_stems, presets_of

Floats = npt.NDArray[np.float32]

CLIP_RATE = 16_000
DURATION_S = (28.0, 48.0)
TAIL_S = 1.5
SHARES = {"music": 0.66, "sung music": 0.1, "speech over music": 0.04, "no music": 0.2}
SONG_NUMBERS = 20_000
SPLITS: tuple[Role, ...] = (
    "train",
    "train",
    "figures",
    "train",
    "train",
    "choose",
    "train",
    "train",
    "train",
    "figures",
)
"""The split of a clip by its number, modulo ten: every beginning of the corpus has all of them."""
ROLE_LEVELS_DB = {
    "lead": 0.0,
    "second": -3.0,
    "chords": -5.0,
    "bass": -5.0,
    "drums": -3.0,
    "percussion": -7.0,
    "band": -5.0,
}
LEAD_LEVEL_DB = (-7.0, 8.0)
PART_SPREAD_DB = 2.0
DRUM_KIT_REPLACED = 0.35
READING_TRIES = 5


@dataclass(frozen=True)
class Clip:
    """Sound (n,) at `CLIP_RATE` and what is true of it."""

    samples: Floats
    labels: ClipLabels


def split_of(number: int) -> Role:
    """What a clip is for."""
    return SPLITS[number % len(SPLITS)]


def make_clip(number: int, seed: int, sources: Sources) -> Clip:
    """The clip of that number, the same for the same seed. Raises `CorpusError`."""
    rng = random.Random(f"truth {seed} {number}")
    split = split_of(number)
    assert split in ROLES
    kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
    name = f"{number:06}"
    if kind == "no music":
        return _no_music(name, split, sources, rng)
    return _music(name, split, kind, sources, rng)


def _no_music(name: str, split: Role, sources: Sources, rng: random.Random) -> Clip:
    kind = no_music.draw_kind(rng)
    duration_s = rng.uniform(*DURATION_S)
    dry, packages = no_music.make(kind, duration_s, split, sources, rng)
    how = draw_recording(rng)
    samples = record(dry, no_music.RATE, CLIP_RATE, how)
    players: tuple[Player, ...] = ()
    if "speech" in kind:
        levels = levels_of(dry, dry, no_music.RATE)
        players = (Player("speech", -1, ("voice", "speech"), (), *share_and_level(levels), levels),)
    return Clip(samples, ClipLabels(name, split, kind, False, _seconds(samples), packages, how, players))


def _music(name: str, split: Role, kind: str, sources: Sources, rng: random.Random) -> Clip:
    font, drum_font = _fonts(split, rng)
    paths = [sources.fonts[font.name], *([sources.fonts[drum_font.name]] if drum_font else [])]
    programs = frozenset(program for bank, program in presets_of(paths[0]) if bank == 0 and program < 120)
    sheet = _sheet(split, rng.uniform(*DURATION_S), sources, rng)
    band = _mma(sources.mma, split)
    performance = perform(sheet, Casts(programs), band, rng, "band" if kind == "speech over music" else None)
    mixed = _mixed(sheet, performance, paths, rng)
    mixed = _with_singer(mixed, sheet, performance, split, sources, rng) if kind == "sung music" else mixed
    mixed = _with_speaker(mixed, split, sources, rng) if kind == "speech over music" else mixed
    total = np.asarray(sum(stem for _, stem in mixed), np.float32)
    how = draw_recording(rng)
    samples = record(resample(total, SAMPLE_RATE, CLIP_RATE), CLIP_RATE, CLIP_RATE, how)
    players = tuple(_player(part, stem, total) for part, stem in mixed)
    unsung = kind == "music"
    labels = ClipLabels(
        name, split, kind, True, _seconds(samples),
        tuple(font.name for font in (font, drum_font) if font is not None), how, players,
        forces_of(_heard_players(performance)) if unsung and performance.kind != "drums" else "",
        sheet.work, performance.band,
        styles_of(performance.band) if performance.styles == () else performance.styles,
        round(sheet.tempo_bpm, 1), sheet.meter, sheet.key if performance.kind != "drums" else "", font.vouched,
    )  # fmt: skip
    return Clip(samples, labels)


def _heard_players(performance: Performance) -> int:
    """Melody and chords of one soloist are one player."""
    return 1 if performance.kind == "solo" else len(performance.parts)


def _seconds(samples: Floats) -> float:
    return round(len(samples) / CLIP_RATE, 3)


def _fonts(split: Role, rng: random.Random) -> tuple[Font, Font | None]:
    """A font for all, and at times another for the kit."""
    fonts = [font for font in source_table().fonts if font.use == split]
    general = [font for font in fonts if font.kind != "drums"]
    kits = [font for font in fonts if font.kind == "drums"]
    chosen = rng.choices(general, [font.weight for font in general])[0]
    return chosen, rng.choice(kits) if kits and rng.random() < DRUM_KIT_REPLACED else None


def _sheet(split: Role, duration_s: float, sources: Sources, rng: random.Random) -> LeadSheet:
    """A work of the split: a printed tune or a made song. A tune that cannot be read is replaced by another."""
    if rng.random() < 0.5:
        table = source_table().songs
        while True:
            number = rng.randrange(SONG_NUMBERS)
            if table.use_of(number) == split:
                return sheet_of_song(number, duration_s, rng)
    works = tunes_for(split)
    for _ in range(READING_TRIES):
        try:
            return sheet_of_tune(rng.choice(works), sources.books, duration_s, rng)
        except CorpusError:
            continue
    raise CorpusError("None of a few tunes of the books could be read; they are another edition.")


@cache
def _mma(home: Path, split: Role) -> MmaBand:
    return MmaBand(home, grooves_for(home, split))


def _mixed(
    sheet: LeadSheet, performance: Performance, fonts: Sequence[Path], rng: random.Random
) -> list[tuple[Part, Floats]]:
    """The stems of a performance at the levels drawn for them, lead against band first of all; silent ones left out."""
    quarter_s = 60.0 / sheet.quarter_bpm
    seats: dict[int, Seat] = {}
    notes: list[Struck] = []
    parts = performance.parts[:CHANNELS]
    for channel, part in enumerate(parts):
        seats[channel] = Seat(part.program, part.is_drums, len(fonts) - 1 if part.role == "drums" else 0)
        notes += [
            Struck(
                note.onset * quarter_s,
                note.duration * quarter_s,
                channel,
                max(0, min(127, note.pitch)),
                max(1, min(127, note.velocity)),
            )
            for note in part.notes
        ]
    end_s = max((note.onset_s + note.duration_s for note in notes), default=1.0)
    stems = play_stems(fonts, notes, seats, min(end_s, DURATION_S[1]) + TAIL_S)
    lead_db = rng.uniform(*LEAD_LEVEL_DB)
    mixed = []
    for part, stem in zip(parts, stems, strict=False):
        level_db = (
            ROLE_LEVELS_DB[part.role]
            + rng.gauss(0.0, PART_SPREAD_DB)
            + (lead_db if part.role == "lead" and len(parts) > 1 else 0.0)
        )
        sounding = stem[np.abs(stem) > 1e-4]
        if len(sounding) > SAMPLE_RATE // 4:
            mixed.append((part, stem * np.float32(10 ** ((-26.0 + level_db - rms_db(sounding)) / 20))))
    if not mixed:
        raise CorpusError(f"Nothing sounds of {sheet.work} played by {performance.band}.")
    return mixed


def _with_singer(
    mixed: list[tuple[Part, Floats]],
    sheet: LeadSheet,
    performance: Performance,
    split: Role,
    sources: Sources,
    rng: random.Random,
) -> list[tuple[Part, Floats]]:
    """A singer or a choir takes the melody from whoever has it; a cappella at times."""
    samples = len(mixed[0][1])
    duration_s = samples / SAMPLE_RATE
    quarter_s = 60.0 / sheet.quarter_bpm
    voice, shift = singing.voice_for([note.pitch for note in sheet.melody], rng)
    notes = [
        Struck(float(note.onset) * quarter_s, float(note.duration) * quarter_s * 0.97, 0, note.pitch + shift, 96)
        for note in sheet.melody
        if float(note.onset) * quarter_s < duration_s
    ]
    words = None
    kind = rng.choices(("words", "vowels", "choir"), (0.6, 0.2, 0.2))[0]
    if kind == "choir":
        voices = [(_moved(notes, singing.RANGES[name]), name) for name in ("soprano", "bass")]
        sung = singing.choir(voices, duration_s, rng, each=3)
    else:
        if kind == "words":
            words, _ = no_music.speech(rng.uniform(12.0, 20.0), split, sources, rng)
        sung = singing.sing(notes, voice, duration_s, rng, words)
    stem = resample(sung, singing.RATE, SAMPLE_RATE)[:samples]
    stem = np.pad(stem, (0, samples - len(stem)))
    loud = stem[np.abs(stem) > 1e-3]
    stem = stem * np.float32(10 ** ((-26.0 + rng.uniform(-3.0, 7.0) - rms_db(loud)) / 20))
    alone = rng.random() < 0.15
    sound = Sound(("voice", "choir"), ("singing",)) if kind == "choir" else Sound(("voice", "singing"))
    if alone:
        sound = Sound((*sound.words, "a cappella"), sound.unknown)
    singer = (Part("singer", -1, sound, False, ()), stem)
    band = [] if alone else [pair for pair in mixed if pair[0].role != "lead"] or mixed
    return [singer, *band]


def _moved(notes: Sequence[Struck], span: tuple[int, int]) -> list[Struck]:
    middle = sorted(note.pitch for note in notes)[len(notes) // 2]
    shift = 12 * round((sum(span) / 2 - middle) / 12)
    return [Struck(note.onset_s, note.duration_s, 0, note.pitch + shift, note.velocity) for note in notes]


def _with_speaker(
    mixed: list[tuple[Part, Floats]], split: Role, sources: Sources, rng: random.Random
) -> list[tuple[Part, Floats]]:
    samples = len(mixed[0][1])
    spoken, _ = no_music.speech(samples / SAMPLE_RATE, split, sources, rng)
    stem = np.resize(resample(spoken, no_music.RATE, SAMPLE_RATE), samples)
    stem = stem * np.float32(10 ** ((-24.0 + rng.uniform(-3.0, 8.0) - rms_db(stem)) / 20))
    return [(Part("speech", -1, Sound(("voice", "speech")), False, ()), stem.astype(np.float32)), *mixed]


def _player(part: Part, stem: Floats, total: Floats) -> Player:
    levels = levels_of(stem, total, SAMPLE_RATE)
    return Player(part.role, part.program, part.sound.words, part.sound.unknown, *share_and_level(levels), levels)
