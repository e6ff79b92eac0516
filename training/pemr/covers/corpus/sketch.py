"""The spectrum of an arrangement without any audio: notes become partials, an instrument is drawn for each channel.

Some forty times faster than a synthesiser, so that a network need not see a version twice. It knows decay, partials,
drums and background as noise, reverberation, a bent frequency response; no timbre of a real instrument.
"""

from __future__ import annotations

import math
import random

import numpy as np
import numpy.typing as npt

from pemr.covers.alignment.features import FRAME_S
from pemr.covers.alignment.log_frequency import LogFrequency
from pemr.covers.alignment.spectrum import LOWEST_DB, SEMITONES, STEP_DB, Spectrum
from pemr.rendering.arrange import DRUM_CHANNEL, LEAD_CHANNEL, SECOND_CHANNEL, Arrangement, MidiNote

Floats = npt.NDArray[np.float32]

LOWEST_PITCH = 24
PARTIALS = 12
WINDOW_S = LogFrequency.n_fft / LogFrequency.sample_rate
SUSTAINED_FROM = 16
"""General MIDI programs below 16 are struck; most from here on are held."""


def sketch(arrangement: Arrangement, rng: random.Random) -> Spectrum:
    """What the microphone would hear of an arrangement, roughly: spectrum (t, 84) at 4.3 frames a second."""
    quarter_s = 60.0 / arrangement.tempo_bpm
    chance = np.random.default_rng(rng.getrandbits(63))
    end_s = max(note.onset + note.duration for note in arrangement.notes) * quarter_s
    frames = int((end_s + 1.5) / FRAME_S)
    power = np.zeros((frames, SEMITONES), np.float32)
    by_channel: dict[int, list[MidiNote]] = {}
    for note in arrangement.notes:
        by_channel.setdefault(note.channel, []).append(note)
    for channel, notes in sorted(by_channel.items()):
        if channel == DRUM_CHANNEL:
            power += _drums(notes, quarter_s, frames, chance)
            continue
        lead = channel in (LEAD_CHANNEL, SECOND_CHANNEL)
        level_db = arrangement.lead_level_db if lead else float(chance.normal(0.0, 2.5))
        roll = _roll(notes, quarter_s, frames, struck(notes[0].program), chance)
        power += 10.0 ** (level_db / 10.0) * (roll @ _partials(chance))
    return _recorded(power, chance)


def struck(program: int) -> bool:
    """Whether a General MIDI instrument dies away by itself."""
    return program < SUSTAINED_FROM or 24 <= program < 40 or program in (45, 46, 47) or 104 <= program < 120


def _roll(notes: list[MidiNote], quarter_s: float, frames: int, dies_away: bool, chance: np.random.Generator) -> Floats:
    """Mean power of each pitch in each frame (t, 128)."""
    onset = np.array([note.onset for note in notes]) * quarter_s
    end = onset + np.array([note.duration for note in notes]) * quarter_s
    pitch = np.clip([note.pitch for note in notes], 0, 127)
    strength = (np.array([note.velocity for note in notes]) / 90.0) ** 3
    life_s = chance.uniform(0.15, 0.9) if dies_away else chance.uniform(2.0, 20.0)
    release_s = chance.uniform(0.04, 0.3)
    roll = np.zeros((frames, 128), np.float32)
    first = np.floor((onset - WINDOW_S / 2) / FRAME_S).astype(int)
    last = np.ceil((end + release_s + WINDOW_S / 2) / FRAME_S).astype(int)
    count = last - first + 1
    which = np.repeat(np.arange(len(notes)), count)
    frame = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[which]
    inside = (frame >= 0) & (frame < frames)
    which, frame = which[inside], frame[inside]
    centre = frame * FRAME_S
    # the middle half of a Hann window holds nearly all of its power
    low = np.maximum(centre - WINDOW_S / 4, onset[which])
    high = np.minimum(centre + WINDOW_S / 4, end[which] + release_s)
    share = np.maximum(high - low, 0.0) / (WINDOW_S / 2)
    age = np.maximum((low + high) / 2 - onset[which], 0.0)
    faded = np.exp(-age / life_s) * np.where(centre > end[which], 0.3, 1.0)
    np.add.at(roll, (frame, pitch[which]), (share**2 * faded * strength[which]).astype(np.float32))
    return roll


def _partials(chance: np.random.Generator) -> Floats:
    """(128, 84): the spectrum of each pitch of an instrument drawn at random."""
    slope_db = chance.uniform(-9.0, -2.0)
    level_db = slope_db * np.arange(PARTIALS) + chance.normal(0.0, 3.5, PARTIALS)
    level_db[1::2] -= chance.choice([0.0, 0.0, 0.0, 8.0])
    level_db[0] += chance.choice([0.0, 0.0, -6.0])
    off = chance.normal(0.0, 0.06)
    bins = np.arange(SEMITONES)
    line = LogFrequency.sample_rate / LogFrequency.n_fft / LogFrequency.lowest_hz / 2.0 ** (bins / 12.0)
    width = 0.6 * np.maximum(12.0 / math.log(2.0) * line, 0.5) + 0.03
    partials = np.zeros((128, SEMITONES), np.float32)
    pitch = np.arange(128)
    for index in range(PARTIALS):
        position = pitch - LOWEST_PITCH + 12.0 * math.log2(index + 1) + off
        bell = np.exp(-0.5 * ((bins[None, :] - position[:, None]) / width[None, :]) ** 2)
        partials += (10.0 ** (level_db[index] / 10.0) * bell).astype(np.float32)
    return partials


def _drums(notes: list[MidiNote], quarter_s: float, frames: int, chance: np.random.Generator) -> Floats:
    """Noise in a band for each drum."""
    power = np.zeros((frames, SEMITONES), np.float32)
    bins = np.arange(SEMITONES)
    level_db = chance.uniform(-14.0, 0.0)
    for drum in sorted({note.pitch for note in notes}):
        centre = chance.uniform(2, 22) if drum in (35, 36, 41, 43, 45) else chance.uniform(45, 84)
        shape = np.exp(-0.5 * ((bins - centre) / chance.uniform(6.0, 22.0)) ** 2) * 10.0 ** (level_db / 10.0)
        shape = shape * chance.lognormal(0.0, 0.5, SEMITONES)
        hits = np.array([note.onset for note in notes if note.pitch == drum]) * quarter_s / FRAME_S
        strength = np.array([(note.velocity / 90.0) ** 3 for note in notes if note.pitch == drum])
        struck_at = np.zeros(frames, np.float32)
        struck_frames = np.clip(np.round(hits).astype(int), 0, frames - 1)
        np.add.at(struck_at, struck_frames, strength)
        power += struck_at[:, None] * shape[None, :]
    return power * chance.exponential(1.0, power.shape).astype(np.float32)


def _recorded(power: Floats, chance: np.random.Generator) -> Spectrum:
    """Reverberation, frequency response, interference of partials, noise, level; then bytes."""
    kept, wet = chance.uniform(0.1, 0.7), chance.choice([0.0, 0.05, 0.15, 0.4])
    tail = np.zeros(SEMITONES, np.float32)
    for frame in range(len(power)):
        tail = kept * tail + wet * power[frame]
        power[frame] += tail
    decibels = 10.0 * np.log10(power + 1e-9)
    bins = np.arange(SEMITONES)
    decibels += chance.normal(0.0, 0.08) * (bins - 42)
    bump = chance.uniform(0, SEMITONES)
    decibels += chance.normal(0.0, 4.0) * np.exp(-0.5 * ((bins - bump) / chance.uniform(4.0, 14.0)) ** 2)
    decibels += chance.normal(0.0, chance.uniform(0.3, 1.8), decibels.shape)
    decibels += chance.uniform(-30.0, -8.0) - decibels.max()
    floor = decibels.max() + chance.uniform(-90.0, -50.0) - chance.uniform(0.0, 0.25) * bins
    floor = floor + 5.57 * np.log(np.maximum(chance.exponential(1.0, decibels.shape), 1e-3)) / 1.28
    decibels = np.logaddexp(decibels / 4.343, floor / 4.343) * 4.343
    stored: Spectrum = np.clip(np.round((decibels - LOWEST_DB) / STEP_DB), 0, 255).astype(np.uint8)
    return stored
