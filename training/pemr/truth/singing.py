"""A singing synthesiser: a melody sung on vowels or on the words of recorded speech, by one voice or a choir.

Source and filter: a train of glottal pulses at the pitch of the melody, with vibrato, glides and breath, shaped by the
formants of vowels (Peterson and Barney 1952, and the tables of the Csound manual) or by the spectral envelope of
recorded speech frame by frame. It carries as far as that: pitch, vibrato, formants and consonants are those of singing,
phrasing and expression are not, and a real singer of a real language is not among the training data.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pemr.truth.stems import Struck

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

RATE = 16_000
"""Voices are made at this rate: what lies above 8 kHz nobody here listens to."""
HOP, N_FFT = 160, 512
HARMONICS = 60
VOWELS: dict[str, tuple[tuple[int, ...], ...]] = {
    "bass": (
        (600, 1040, 2250, 2450), (400, 1620, 2400, 2800), (250, 1750, 2600, 3050), (400, 750, 2400, 2600),
        (350, 600, 2400, 2675),
    ),
    "tenor": (
        (650, 1080, 2650, 2900), (400, 1700, 2600, 3200), (290, 1870, 2800, 3250), (400, 800, 2600, 2800),
        (350, 600, 2700, 2900),
    ),
    "alto": (
        (800, 1150, 2800, 3500), (400, 1600, 2700, 3300), (350, 1700, 2700, 3700), (450, 800, 2830, 3500),
        (325, 700, 2530, 3500),
    ),
    "soprano": (
        (800, 1150, 2900, 3900), (350, 2000, 2800, 3600), (270, 2140, 2950, 3900), (450, 800, 2830, 3800),
        (325, 700, 2700, 3800),
    ),
}  # fmt: skip
"""Voice -> formants in Hz of a, e, i, o, u."""
RANGES = {"bass": (41, 62), "tenor": (48, 68), "alto": (55, 74), "soprano": (60, 81)}
FORMANT_GAINS = (1.0, 0.5, 0.25, 0.18)
FORMANT_WIDTHS_HZ = (80.0, 90.0, 120.0, 140.0)


def voice_for(pitches: Sequence[int], rng: random.Random) -> tuple[str, int]:
    """A voice, and the octaves in semitones by which the melody is moved into its range."""
    name = rng.choice(list(RANGES))
    middle = sorted(pitches)[len(pitches) // 2]
    return name, 12 * round((sum(RANGES[name]) / 2 - middle) / 12)


def sing(
    notes: Sequence[Struck], voice: str, duration_s: float, rng: random.Random, speech: Floats | None = None
) -> Floats:
    """One singer (n,) at `RATE`; with `speech` (m,) at `RATE` it lends its words, without it vowels are sung."""
    chance = np.random.default_rng(rng.getrandbits(63))
    samples = int(duration_s * RATE)
    frames = samples // HOP + 1
    pitch, level = _contour(notes, frames, chance)
    envelopes, voiced = _vowels(notes, voice, frames, chance) if speech is None else _spoken(speech, frames, chance)
    frequency = 440.0 * 2.0 ** ((np.interp(np.arange(samples) / HOP, np.arange(frames), pitch) - 69.0) / 12.0)
    phase = 2.0 * np.pi * np.cumsum(frequency / RATE)
    sound = _harmonics(phase, frequency, envelopes, chance)
    noise = _shaped_noise(envelopes, samples, chance)
    at = np.arange(samples) / HOP
    share = np.interp(at, np.arange(frames), voiced)
    loud = np.interp(at, np.arange(frames), level)
    breath = chance.uniform(0.02, 0.08)
    sung = loud * (share * sound + (breath + 0.8 * (1.0 - share)) * noise)
    return np.asarray(sung / max(float(np.abs(sung).max()), 1e-6) * 0.5, np.float32)


def choir(
    voices: Sequence[tuple[Sequence[Struck], str]], duration_s: float, rng: random.Random, each: int = 4
) -> Floats:
    """Several singers a part (n,) at `RATE`, each a little off in pitch and time."""
    total = np.zeros(int(duration_s * RATE), np.float32)
    for notes, voice in voices:
        for _ in range(each):
            late = abs(rng.gauss(0.0, 0.03))
            moved = [
                Struck(note.onset_s + late, note.duration_s, note.channel, note.pitch, note.velocity) for note in notes
            ]
            total += sing(moved, voice, duration_s, rng)
    return np.asarray(total / max(float(np.abs(total).max()), 1e-6) * 0.5, np.float32)


def _contour(notes: Sequence[Struck], frames: int, chance: np.random.Generator) -> tuple[Floats, Floats]:
    """Pitch in semitones and level of each frame: glides between notes, vibrato that grows, swells."""
    pitch, level = np.full(frames, np.nan), np.zeros(frames)
    frame_s = HOP / RATE
    rate_hz, depth = chance.uniform(4.8, 6.6), chance.uniform(0.1, 0.6)
    detune = chance.normal(0.0, 0.08)
    for note in notes:
        first, last = int(note.onset_s / frame_s), int((note.onset_s + note.duration_s) / frame_s)
        span = np.arange(max(0, first), min(frames, max(last, first + 4)))
        if not len(span):
            continue
        age = (span - first) * frame_s
        vibrato = (
            depth * np.clip((age - 0.15) / 0.4, 0.0, 1.0) * np.sin(2 * np.pi * rate_hz * age + chance.uniform(0, 6.3))
        )
        pitch[span] = note.pitch + detune + chance.normal(0.0, 0.06) + vibrato
        rise, fall = np.clip(age / 0.06, 0.0, 1.0), np.clip((span[-1] + 1 - span) * frame_s / 0.06, 0.0, 1.0)
        level[span] = np.minimum(rise, fall) * (note.velocity / 100.0)
    known = np.flatnonzero(~np.isnan(pitch))
    if not len(known):
        return np.full(frames, 60.0, np.float32), level.astype(np.float32)
    filled = np.interp(np.arange(frames), known, pitch[known])
    glide = np.hanning(9) / np.hanning(9).sum()
    return np.convolve(filled, glide, "same").astype(np.float32), np.convolve(level, glide, "same").astype(np.float32)


def _vowels(notes: Sequence[Struck], voice: str, frames: int, chance: np.random.Generator) -> tuple[Floats, Floats]:
    """Envelopes (frames, bins) of a vowel a note, and how voiced each frame is: consonants open some notes."""
    hz = np.arange(N_FFT // 2 + 1) * RATE / N_FFT
    stretch = chance.uniform(0.92, 1.08)
    shapes = []
    for formants in VOWELS[voice]:
        peaks = [
            gain / (1.0 + ((hz - formant * stretch) / width) ** 2)
            for formant, gain, width in zip(formants, FORMANT_GAINS, FORMANT_WIDTHS_HZ, strict=True)
        ]
        shapes.append(np.sum(peaks, axis=0) + 0.004)
    which = np.zeros(frames, int)
    voiced = np.ones(frames)
    for note in notes:
        first = int(note.onset_s * RATE / HOP)
        which[max(0, first) :] = chance.integers(0, len(shapes))
        if chance.random() < 0.5:
            voiced[max(0, first - 3) : first + int(chance.integers(1, 6))] = chance.uniform(0.0, 0.5)
    envelopes = np.stack(shapes)[which]
    blur = np.hanning(7) / np.hanning(7).sum()
    smooth = np.apply_along_axis(lambda column: np.convolve(column, blur, "same"), 0, envelopes)
    return smooth.astype(np.float32), np.convolve(voiced, blur, "same").astype(np.float32)


def _spoken(speech: Floats, frames: int, chance: np.random.Generator) -> tuple[Floats, Floats]:
    """Envelopes (frames, bins) of speech, slowed down as singing does, and how voiced it is."""
    slow = chance.uniform(1.0, 2.2)
    needed = int(frames / slow) + 2
    window = np.hanning(N_FFT)
    padded = np.pad(np.resize(speech, needed * HOP + N_FFT), (0, 1))
    cut = np.stack([padded[at * HOP : at * HOP + N_FFT] * window for at in range(needed)])
    magnitude = np.abs(np.fft.rfft(cut)) + 1e-5
    cepstrum = np.fft.irfft(np.log(magnitude))
    cepstrum[:, 24:-23] = 0.0
    envelope = np.exp(np.fft.rfft(cepstrum).real)
    low, high = envelope[:, 3:32].mean(axis=1), envelope[:, 110:].mean(axis=1)
    voiced = np.clip(1.6 - 2.0 * high / (low + 1e-6), 0.0, 1.0)
    # singers hold level: quiet moments are lifted, pauses stay
    loud = envelope.mean(axis=1)
    envelope /= (loud[:, None] + 0.02 * loud.max()) ** 0.7
    source = np.minimum((np.arange(frames) / slow).astype(int), needed - 1)
    return envelope[source].astype(np.float32), voiced[source].astype(np.float32)


def _harmonics(phase: Doubles, frequency: Doubles, envelopes: Floats, chance: np.random.Generator) -> Floats:
    """Glottal pulses through the envelopes, harmonic by harmonic: (n,)."""
    samples = len(phase)
    sound = np.zeros(samples, np.float32)
    tilt = chance.uniform(0.9, 1.4)
    lowest = float(frequency.min())
    for harmonic in range(1, min(HARMONICS, int(RATE / 2 / lowest)) + 1):
        hz = frequency[::HOP] * harmonic
        bins = np.minimum(hz / RATE * N_FFT, N_FFT // 2 - 1)
        low = bins.astype(int)
        rows = np.minimum(np.arange(len(bins)), len(envelopes) - 1)
        gain = envelopes[rows, low] * (1 - (bins - low)) + envelopes[rows, low + 1] * (bins - low)
        gain = np.where(hz < RATE / 2 - 200, gain, 0.0) / harmonic**tilt
        smooth = np.interp(np.arange(samples) / HOP, np.arange(len(gain)), gain)
        sound += (smooth * np.sin(harmonic * phase)).astype(np.float32)
    return sound


def _shaped_noise(envelopes: Floats, samples: int, chance: np.random.Generator) -> Floats:
    """Breath and consonants: noise through the envelopes, (n,)."""
    total = np.zeros(len(envelopes) * HOP + N_FFT, np.float32)
    window = np.hanning(N_FFT)
    spectrum = np.fft.rfft(chance.normal(0.0, 0.05, (len(envelopes), N_FFT)) * window)
    grains = np.fft.irfft(spectrum * envelopes) * window
    for index, grain in enumerate(grains):
        total[index * HOP : index * HOP + N_FFT] += grain.astype(np.float32)
    return total[:samples]
