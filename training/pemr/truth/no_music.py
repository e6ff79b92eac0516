"""Sound that is no music: speech recorded and synthetic, effects, machines, ambience, noise, tones.

Recordings come from packages (`sources.toml`); the rest is made by rule. Every function gives mono samples (n,) at
`RATE` of the duration that is wanted.
"""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pemr.audio import decode
from pemr.errors import CorpusError, DecodeError
from pemr.truth.recording import band, rms_db
from pemr.truth.sources import Role, Sources, source_table

Floats = npt.NDArray[np.float32]
Maker = Callable[[float, np.random.Generator], Floats]

RATE = 16_000
KINDS = {
    "speech": 0.3, "synthetic speech": 0.12, "effects": 0.12, "machines": 0.12, "ambience": 0.14, "noise": 0.1,
    "tones": 0.1,
}  # fmt: skip
"""How often what is drawn."""
SENTENCES = (
    "The meeting begins at nine, please bring the papers that you were given last week.",
    "It rained all night, and in the morning the road to the village was under water.",
    "Chapter twelve. She opened the door without a sound and looked down the long corridor.",
    "Trains to the north leave from platform four; passengers are asked to mind the gap.",
    "One, two, three, four, five, six, seven, eight, nine, ten.",
    "The temperature will fall to minus three degrees in the valleys and stay there until Sunday.",
    "If you know the extension of the person you wish to reach, you may dial it at any time.",
    "In the first experiment no difference was found, and the second was stopped after an hour.",
    "My grandmother kept bees behind the house, eleven hives in a row, each of another colour.",
    "Turn left after the bridge, go straight on for two kilometres, then ask again.",
)
LONGEST_SPEECH_S = 20


def draw_kind(rng: random.Random) -> str:
    return rng.choices(list(KINDS), list(KINDS.values()))[0]


def make(
    kind: str, duration_s: float, use: Role, sources: Sources, rng: random.Random
) -> tuple[Floats, tuple[str, ...]]:
    """Sound of a kind of `KINDS`, and the packages it is from. Raises `CorpusError`."""
    chance = np.random.default_rng(rng.getrandbits(63))
    if kind == "speech":
        return speech(duration_s, use, sources, rng)
    if kind == "synthetic speech":
        return synthetic_speech(duration_s, use, sources, rng), (source_table().speech_synthesis.package,)
    if kind in ("effects", "machines") and rng.random() < 0.6 and (files := _files(sources, kind, use)):
        return _strung(files, duration_s, rng, gap_s=(0.0, 1.5) if kind == "effects" else (0.0, 0.2)), (files[0][0],)
    makers = MAKERS[kind]
    return makers[rng.randrange(len(makers))](duration_s, chance), ("made by rule",)


def speech(duration_s: float, use: Role, sources: Sources, rng: random.Random) -> tuple[Floats, tuple[str, ...]]:
    """Recorded voices of one package, one utterance after the other."""
    packages = [sounds.package for sounds in source_table().sounds if sounds.kind == "speech" and sounds.use == use]
    package = rng.choice(packages)
    files = [file for file in _files(sources, "speech", use) if file[0] == package]
    folder = rng.choice(sorted({path.parent for _, path in files}))
    one_voice = [file for file in files if file[1].parent == folder]
    return _strung(one_voice, duration_s, rng, gap_s=(0.1, 0.9)), (package,)


def synthetic_speech(duration_s: float, use: Role, sources: Sources, rng: random.Random) -> Floats:
    """Sentences spoken by espeak-ng, in a language and voice drawn. Raises `CorpusError` without the program."""
    language = rng.choice(source_table().speech_synthesis.languages(use))
    variant = rng.choice(("", "+f2", "+f4", "+m3", "+m5", "+croak", "+whisper"))
    text = " ".join(rng.choice(SENTENCES) for _ in range(12))
    spoken = _espeak(text, language + variant, rng.randint(110, 220), rng.randint(20, 80), sources)
    return np.resize(spoken, int(duration_s * RATE)).astype(np.float32)


def _espeak(text: str, voice: str, words_a_minute: int, pitch: int, sources: Sources) -> Floats:
    if sources.espeak is None:
        raise CorpusError("espeak-ng is not there; it makes synthetic speech. It is in the package “espeak-ng”.")
    root = sources.espeak
    libraries = sorted({str(path.parent) for path in root.glob("lib*/usr/lib/*/*.so.*")})
    data = next(root.glob("espeak-ng-data/usr/lib/*/espeak-ng-data")).parent
    environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries), "ESPEAK_DATA_PATH": str(data)}
    with tempfile.TemporaryDirectory(prefix="pemr-speech-") as scratch:
        target = Path(scratch) / "speech.wav"
        command = [
            str(root / "espeak-ng" / "usr" / "bin" / "espeak-ng"), "-v", voice, "-s", str(words_a_minute), "-p",
            str(pitch), "-w", str(target), text,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode != 0 or not target.exists():
            raise CorpusError(f"espeak-ng could not speak: {done.stderr.strip()[-200:]}")
        return decode(target, RATE)


@cache
def _listed(package: str, root: Path, pattern: str) -> tuple[Path, ...]:
    return tuple(sorted(path for path in root.glob(pattern) if path.is_file() and path.stat().st_size > 2_000))


def _files(sources: Sources, kind: str, use: Role) -> list[tuple[str, Path]]:
    """(package, file) of recordings of a kind; all of one package drawn by whoever asks."""
    return [
        (sounds.package, path)
        for sounds in source_table().sounds
        if sounds.kind == kind and sounds.use == use
        for path in _listed(sounds.package, sources.sounds[sounds.package], sounds.pattern)
    ]


def _strung(
    files: Sequence[tuple[str, Path]], duration_s: float, rng: random.Random, gap_s: tuple[float, float]
) -> Floats:
    """Files one after the other with gaps, each at about the same level."""
    if not files:
        raise CorpusError("A package of sounds does not hold the files that are expected; it has another version.")
    wanted = int(duration_s * RATE)
    parts: list[Floats] = []
    have = 0
    for _ in range(10_000):
        if have >= wanted:
            break
        path = rng.choice(files)[1]
        sound = rng.choice(archived_sounds(path)) if path.suffix == ".cat" else _decoded(path)
        if rms_db(sound) < -80.0:
            continue
        levelled = sound[: LONGEST_SPEECH_S * RATE] * np.float32(
            10 ** ((-23.0 - rms_db(sound) + rng.gauss(0.0, 2.0)) / 20)
        )
        gap = np.zeros(int(rng.uniform(*gap_s) * RATE), np.float32)
        parts += [levelled, gap]
        have += len(levelled) + len(gap)
    return np.concatenate(parts)[:wanted]


def _decoded(path: Path) -> Floats:
    try:
        return decode(path, RATE)
    except DecodeError:
        return np.zeros(1, np.float32)


@cache
def archived_sounds(path: Path) -> tuple[Floats, ...]:
    """The WAVE files inside an archive of OpenTTD (`.cat`), decoded; those that cannot be are left out."""
    content = path.read_bytes()
    found: list[Floats] = []
    at = content.find(b"RIFF")
    while at >= 0:
        size = int.from_bytes(content[at + 4 : at + 8], "little") + 8
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            file.write(content[at : at + size])
            file.flush()
            sound = _decoded(Path(file.name))
        if len(sound) > RATE // 4:
            found.append(sound)
        at = content.find(b"RIFF", at + 8)
    return tuple(found)


def _time(duration_s: float) -> Floats:
    return (np.arange(int(duration_s * RATE)) / RATE).astype(np.float32)


def coloured_noise(duration_s: float, chance: np.random.Generator, slope_db: float | None = None) -> Floats:
    """Noise whose spectrum falls by so many dB an octave: 0 white, 3 pink, 6 brown."""
    count = int(duration_s * RATE)
    slope = chance.choice([0.0, 0.0, 1.5, 3.0, 3.0, 4.5, 6.0, -1.5]) if slope_db is None else slope_db
    spectrum = np.fft.rfft(chance.normal(0.0, 1.0, count))
    hz = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20.0)
    sound = np.fft.irfft(spectrum * hz ** (-slope / 6.02), count)
    return np.asarray(sound / np.abs(sound).max() * 0.5, np.float32)


def band_noise(duration_s: float, chance: np.random.Generator) -> Floats:
    """Noise of a band, at times switched on and off."""
    low = 10 ** chance.uniform(1.5, 3.3)
    sound = band(coloured_noise(duration_s, chance, 0.0), RATE, low, low * chance.uniform(1.5, 8.0))
    if chance.random() < 0.3:
        sound = sound * (np.sin(2 * np.pi * chance.uniform(0.1, 2.0) * _time(duration_s)) > chance.uniform(-0.5, 0.5))
    return sound.astype(np.float32)


def crackle(duration_s: float, chance: np.random.Generator) -> Floats:
    """Single clicks, few or many, over a noise floor: an empty record, rain on a roof, a fire."""
    sound = 0.004 * chance.normal(0.0, 1.0, int(duration_s * RATE))
    hits = int(duration_s * 10 ** chance.uniform(0.3, 2.8))
    at = chance.integers(0, len(sound), hits)
    np.add.at(sound, at, chance.normal(0.0, 0.3, hits) * chance.exponential(1.0, hits))
    return band(sound.astype(np.float32), RATE, 60.0, float(chance.uniform(1_500, 7_000)))


def wind(duration_s: float, chance: np.random.Generator) -> Floats:
    """Noise whose level and band wander, as those of wind, the sea, distant traffic."""
    time = _time(duration_s)
    gust = sum(np.sin(2 * np.pi * chance.uniform(0.03, 0.4) * time + chance.uniform(0, 6.3)) for _ in range(4)) / 4
    low = band(coloured_noise(duration_s, chance, 3.0), RATE, 60.0, float(chance.uniform(300, 900)))
    high = band(coloured_noise(duration_s, chance, 3.0), RATE, float(chance.uniform(300, 900)), 4_000.0)
    return np.asarray((0.6 + 0.4 * gust) * low + np.maximum(gust, 0.0) ** 2 * high, np.float32)


def steps(duration_s: float, chance: np.random.Generator) -> Floats:
    """Footsteps, hammering, typing: short bursts, not quite regular. Or the many hands of applause."""
    sound = np.zeros(int(duration_s * RATE), np.float32)
    clapping = chance.random() < 0.3
    per_second = chance.uniform(40, 200) if clapping else chance.uniform(0.8, 6.0)
    length = int(RATE * (0.02 if clapping else chance.uniform(0.02, 0.15)))
    at = 0.0
    while at < duration_s:
        start = int(at * RATE)
        burst = chance.normal(0.0, chance.uniform(0.1, 0.3), length) * np.exp(-np.arange(length) / (0.2 * length))
        burst = burst[: len(sound) - start]
        sound[start : start + len(burst)] += burst.astype(np.float32)
        at += (
            chance.exponential(1 / per_second)
            if clapping or chance.random() < 0.2
            else chance.normal(1, 0.08) / per_second
        )
    return band(sound, RATE, float(chance.uniform(50, 500)), float(chance.uniform(1_000, 6_000)))


def engine(duration_s: float, chance: np.random.Generator) -> Floats:
    """An engine, a fan, a saw: pulses at a speed that changes slowly, in a housing that rings, with noise."""
    time = _time(duration_s)
    speed = 10 ** chance.uniform(0.5, 2.1) * 2 ** (
        0.5 * np.interp(time, np.linspace(0, duration_s, 6), chance.normal(0, 0.5, 6))
    )
    phase = np.cumsum(speed / RATE)
    pulse = (phase % 1.0 < 0.12).astype(np.float32) * (
        1 + 0.3 * chance.normal(0, 1, int(phase[-1]) + 2)[phase.astype(int)]
    )
    ring = band(pulse.astype(np.float32), RATE, float(chance.uniform(40, 200)), float(chance.uniform(400, 3_000)))
    hiss = coloured_noise(duration_s, chance, 3.0) * (0.2 + chance.uniform(0.0, 1.0) * pulse)
    return np.asarray(ring + chance.uniform(0.05, 0.8) * hiss, np.float32)


def steam(duration_s: float, chance: np.random.Generator) -> Floats:
    """A steam engine or a pump: puffs of noise, four to a turn, the first louder."""
    time = _time(duration_s)
    speed = chance.uniform(0.8, 8.0) * 2 ** np.interp(time, [0, duration_s], chance.normal(0, 0.5, 2))
    phase = np.cumsum(speed / RATE)
    accent = np.where(phase.astype(int) % 4 == 0, 1.0, 0.7)
    puff = accent * np.exp(-(phase % 1.0) * chance.uniform(2.0, 6.0))
    return np.asarray(puff * band(coloured_noise(duration_s, chance, 2.0), RATE, 80.0, 5_000.0), np.float32)


def tone(duration_s: float, chance: np.random.Generator) -> Floats:
    """One tone that stays or sweeps, or mains hum."""
    time = _time(duration_s)
    if chance.random() < 0.3:
        hum = sum(np.sin(2 * np.pi * 50 * harmonic * time) / harmonic for harmonic in (1, 2, 3, 5, 7))
        return np.asarray(0.2 * hum + 0.01 * chance.normal(0, 1, len(time)), np.float32)
    start = 10 ** chance.uniform(1.8, 3.7)
    end = start if chance.random() < 0.5 else 10 ** chance.uniform(1.8, 3.7)
    frequency = start * (end / start) ** (
        time / duration_s if chance.random() < 0.5 else (time * chance.uniform(0.1, 2.0)) % 1.0
    )
    phase = 2 * np.pi * np.cumsum(frequency / RATE)
    wave = np.sin(phase) if chance.random() < 0.7 else np.sign(np.sin(phase)) * 0.4
    return np.asarray(0.4 * wave, np.float32)


def beeps(duration_s: float, chance: np.random.Generator) -> Floats:
    """Telephone tones, alarms, Morse: one or two frequencies, on and off."""
    time = _time(duration_s)
    period = chance.uniform(0.15, 2.5)
    dialled = chance.random() < 0.4
    sound = np.zeros(len(time))
    low, high = (697, 770, 852, 941), (1209, 1336, 1477)
    fixed = 10 ** chance.uniform(2.4, 3.4, 2)
    for start in np.arange(0.0, duration_s, period):
        pair = (chance.choice(low), chance.choice(high)) if dialled else fixed
        on = (time >= start) & (time < start + period * chance.choice([0.3, 0.5, 0.7]))
        sound[on] = sum(np.sin(2 * np.pi * hz * time[on]) for hz in pair) / 2
    return np.asarray(0.4 * sound, np.float32)


MAKERS: dict[str, tuple[Maker, ...]] = {
    "effects": (steps, crackle, beeps),
    "machines": (engine, steam, engine),
    "ambience": (wind, wind, crackle, steps),
    "noise": (coloured_noise, band_noise),
    "tones": (tone, beeps),
}
