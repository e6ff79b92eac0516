"""What happens to sound between the players and a file: a room, tape, a compressor, a codec, a level. Plain numpy.

All functions take and give mono samples (n,) in -1..1 as float32, and do the same each time.
"""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass
from typing import cast

import av
import numpy as np
import numpy.typing as npt
import soxr

Floats = npt.NDArray[np.float32]

ENVELOPE_S = 0.02
ENCODED_AT_ONCE = 4096
CODECS: dict[str, tuple[str, str, int, int]] = {
    "mp3 64k": ("mp3", "libmp3lame", 44_100, 64_000),
    "mp3 40k": ("mp3", "libmp3lame", 22_050, 40_000),
    "mp3 24k": ("mp3", "libmp3lame", 16_000, 24_000),
    "aac 32k": ("adts", "aac", 22_050, 32_000),
    "opus 24k": ("ogg", "libopus", 48_000, 24_000),
    "opus 12k": ("ogg", "libopus", 16_000, 12_000),
    "telephone": ("wav", "pcm_mulaw", 8_000, 64_000),
}
"""Name -> container, encoder, sample rate, bits a second."""
TELEPHONE_BAND_HZ = (300.0, 3_400.0)


@dataclass(frozen=True)
class Recording:
    """One way of recording. `room_s`: reverberation time, 0: none; `wet`: its share. Levels in dB below full scale."""

    room_s: float = 0.0
    wet: float = 0.0
    tape: float = 0.0
    hiss_db: float = -120.0
    ratio: float = 1.0
    low_cut_hz: float = 0.0
    high_cut_hz: float = 0.0
    codec: str = ""
    level_db: float = -20.0
    seed: int = 0


def draw_recording(rng: random.Random) -> Recording:
    """A way of recording: half of all are clean but for a room."""
    rough = rng.random() < 0.5
    codec = rng.choice(list(CODECS)) if rng.random() < (0.5 if rough else 0.15) else ""
    return Recording(
        room_s=rng.choice((0.0, rng.uniform(0.2, 0.7), rng.uniform(0.5, 1.4), rng.uniform(1.2, 3.5))),
        wet=rng.uniform(0.08, 0.5),
        tape=rng.uniform(0.2, 1.0) if rough and rng.random() < 0.4 else 0.0,
        hiss_db=rng.uniform(-75.0, -48.0) if rough and rng.random() < 0.4 else -120.0,
        ratio=rng.uniform(1.5, 6.0) if rng.random() < 0.5 else 1.0,
        low_cut_hz=rng.uniform(40.0, 250.0) if rough and rng.random() < 0.4 else 0.0,
        high_cut_hz=rng.uniform(3_000.0, 7_500.0) if rough and rng.random() < 0.4 else 0.0,
        codec=codec,
        level_db=rng.uniform(-32.0, -10.0),
        seed=rng.randrange(2**31),
    )


def record(dry: Floats, sample_rate: int, target_rate: int, how: Recording) -> Floats:
    """Dry sound -> what the file holds, at the target rate."""
    chance = np.random.default_rng(how.seed)
    sound = dry
    if how.room_s > 0.0:
        sound = room(sound, sample_rate, how.room_s, how.wet, chance)
    if how.tape > 0.0:
        sound = tape(sound, sample_rate, how.tape, chance)
    if how.ratio > 1.0:
        sound = compress(sound, sample_rate, how.ratio)
    if how.low_cut_hz or how.high_cut_hz:
        sound = band(sound, sample_rate, how.low_cut_hz, how.high_cut_hz)
    sound = at_level(sound, how.level_db)
    if how.hiss_db > -100.0:
        sound = sound + chance.normal(0.0, 10 ** (how.hiss_db / 20), len(sound)).astype(np.float32)
    if how.codec:
        sound, sample_rate = through_codec(np.clip(sound, -1.0, 1.0), sample_rate, how.codec)
    return np.clip(resample(sound, sample_rate, target_rate), -1.0, 1.0)


def resample(sound: Floats, rate: int, target_rate: int) -> Floats:
    """The same at another rate."""
    return sound if rate == target_rate else np.asarray(soxr.resample(sound, rate, target_rate), np.float32)


def rms_db(sound: Floats) -> float:
    """Level of what sounds, dB below full scale; -120 for silence."""
    power = float(np.mean(np.square(sound, dtype=np.float64))) if len(sound) else 0.0
    return 10.0 * math.log10(max(power, 1e-12))


def at_level(sound: Floats, level_db: float) -> Floats:
    """With this mean level; peaks are limited softly, as mastering does."""
    gained = sound * np.float32(10 ** ((level_db - rms_db(sound)) / 20)) if rms_db(sound) > -119.0 else sound
    return np.asarray(
        np.where(np.abs(gained) > 0.7, np.sign(gained) * (0.7 + 0.3 * np.tanh((np.abs(gained) - 0.7) / 0.3)), gained),
        np.float32,
    )


def room(sound: Floats, rate: int, decay_s: float, wet: float, chance: np.random.Generator) -> Floats:
    """A made room: a few early reflections, then noise that falls by 60 dB in `decay_s`, high frequencies faster."""
    length = max(64, int(decay_s * rate))
    time = np.arange(length) / rate
    tail = chance.normal(0.0, 1.0, length) * 10 ** (-3.0 * time / decay_s)
    dull = chance.normal(0.0, 1.0, length)
    width = max(2, int(rate / 4_000))
    dull = np.convolve(dull, np.ones(width) / math.sqrt(width), "same") * 10 ** (-3.0 * time / decay_s)
    late = np.clip(time / decay_s * 2.0, 0.0, 1.0)
    response = (1.0 - late) * tail + late * dull
    response[: int(0.008 * rate)] *= 0.1
    for _ in range(6):
        response[min(length - 1, int(chance.uniform(0.004, 0.05) * rate))] += chance.normal(0.0, 12.0)
    response /= math.sqrt(float(np.sum(response**2)))
    return np.asarray((1.0 - wet) * sound + wet * convolve(sound, response.astype(np.float32)), np.float32)


def tape(sound: Floats, rate: int, amount: float, chance: np.random.Generator) -> Floats:
    """Wow and flutter up to some 0.4 %, soft saturation."""
    time = np.arange(len(sound)) / rate
    wander = sum(
        depth * np.sin(2 * np.pi * hz * time + chance.uniform(0.0, 6.3))
        for hz, depth in ((chance.uniform(0.4, 1.2), 0.0008 * amount), (chance.uniform(5.0, 9.0), 0.00004 * amount))
    )
    bent = np.interp(time + wander, time, sound)
    drive = (1.0 + 2.0 * amount) / max(float(np.abs(bent).max()), 1e-6)
    return np.asarray(np.tanh(bent * drive) / drive, np.float32)


def compress(sound: Floats, rate: int, ratio: float) -> Floats:
    """Loud parts brought down by `ratio` above 12 dB below the loudest, as a compressor of slow release does."""
    hop = max(1, int(ENVELOPE_S * rate))
    padded = np.pad(sound, (0, -len(sound) % hop))
    level = 10.0 * np.log10(np.mean(np.square(padded.reshape(-1, hop)), axis=1) + 1e-10)
    smooth = level.copy()
    for index in range(1, len(smooth)):
        smooth[index] = max(level[index], smooth[index - 1] - 1.0)
    over = np.maximum(smooth - (smooth.max() - 12.0 - 3.0 * ratio), 0.0)
    gain_db = -over * (1.0 - 1.0 / ratio)
    gain = np.interp(np.arange(len(sound)), (np.arange(len(gain_db)) + 0.5) * hop, gain_db)
    return np.asarray(sound * 10 ** (gain / 20), np.float32)


def band(sound: Floats, rate: int, low_hz: float, high_hz: float) -> Floats:
    """Without what lies below `low_hz` and above `high_hz` (0: no limit), with slopes of 12 dB an octave."""
    size = 1 << (len(sound) - 1).bit_length()
    spectrum = np.fft.rfft(sound, size)
    hz = np.fft.rfftfreq(size, 1.0 / rate)
    if low_hz:
        spectrum *= 1.0 / (1.0 + (low_hz / np.maximum(hz, 1e-3)) ** 4) ** 0.5
    if high_hz:
        spectrum *= 1.0 / (1.0 + (hz / high_hz) ** 4) ** 0.5
    return np.asarray(np.fft.irfft(spectrum, size)[: len(sound)], np.float32)


def convolve(sound: Floats, response: Floats) -> Floats:
    """Linear convolution by FFT, cut to the sound's own length."""
    size = 1 << (len(sound) + len(response) - 2).bit_length()
    product = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    return np.asarray(np.fft.irfft(product, size)[: len(sound)], np.float32)


def through_codec(sound: Floats, rate: int, codec: str) -> tuple[Floats, int]:
    """Encoded and decoded again by FFmpeg, in memory: (samples of about the same length, sample rate)."""
    container, encoder, codec_rate, bit_rate = CODECS[codec]
    if codec == "telephone":
        sound = band(sound, rate, *TELEPHONE_BAND_HZ)
    pcm = _pcm(resample(sound, rate, codec_rate))
    written = _encoded(pcm, codec_rate, container, encoder, None if encoder == "pcm_mulaw" else bit_rate)
    with av.open(io.BytesIO(written), "r") as source:
        flat = av.AudioResampler("flt", "mono", codec_rate)
        blocks = [part.to_ndarray()[0] for frame in source.decode(audio=0) for part in flat.resample(frame)]
    return np.concatenate(blocks).astype(np.float32), codec_rate


def flac_bytes(samples: Floats, rate: int) -> bytes:
    """Mono samples (n,) in -1..1 as a FLAC file of 16 bits."""
    return _encoded(_pcm(samples), rate, "flac", "flac", None)


def _pcm(sound: Floats) -> npt.NDArray[np.int16]:
    """(1, n)"""
    return (np.clip(sound, -1.0, 1.0) * 32767.0).astype(np.int16)[None, :]


def _encoded(pcm: npt.NDArray[np.int16], rate: int, container: str, encoder: str, bit_rate: int | None) -> bytes:
    """A file of one mono stream, made in memory."""
    written = io.BytesIO()
    with av.open(written, "w", format=container) as out:
        stream = cast(av.AudioStream, out.add_stream(encoder, rate=rate, layout="mono"))
        if bit_rate is not None:
            stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format.name, "mono", rate, stream.frame_size or ENCODED_AT_ONCE)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return written.getvalue()
