"""Sound made on the spot, and real audio files of it."""

from __future__ import annotations

import math
from pathlib import Path

import av
import numpy as np

CODECS = {
    ".wav": "pcm_s16le",
    ".flac": "flac",
    ".mp3": "libmp3lame",
    ".ogg": "vorbis",
    ".opus": "libopus",
    ".m4a": "aac",
    ".aiff": "pcm_s16be",
    ".wma": "wmav2",
    ".wv": "wavpack",
}


def write_audio(path: Path, samples: np.ndarray, sample_rate: int, tags: dict[str, str] | None = None) -> Path:
    """Encode samples (n,) or (n, channels), float in -1..1, in the format of the suffix."""
    block = np.atleast_2d(samples.T).astype(np.float32)
    if path.suffix.lower() == ".ogg":  # FFmpeg's own Vorbis encoder knows stereo only
        block = np.repeat(block[:1], 2, axis=0)
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[block.shape[0]]
    with av.open(str(path), "w") as container:
        container.metadata.update(tags or {})
        stream = container.add_stream(CODECS[path.suffix.lower()], rate=sample_rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.options = {"strict": "experimental"}
        stream.bit_rate = 128_000
        stream.metadata.update(tags or {})
        resampler = av.AudioResampler(stream.format, layout, sample_rate, frame_size=stream.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
        frame.sample_rate = sample_rate
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return path


def melody(seconds: float, sample_rate: int, *, transpose: int = 0, tempo: float = 1.0, seed: int = 0) -> np.ndarray:
    """A seeded tune of decaying harmonic tones, (n,) float32 within -0.6..0.6: something that sounds like music."""
    draw = np.random.default_rng(seed)
    out = np.zeros(math.ceil(seconds * sample_rate), dtype=np.float32)
    start = 0.0
    degree = 0
    scale = [0, 2, 4, 5, 7, 9, 11, 12]
    while start < seconds:
        length = float(draw.choice([0.25, 0.25, 0.5, 0.75])) / tempo
        degree = int(np.clip(degree + draw.integers(-2, 3), 0, 7))
        hertz = 261.63 * 2 ** ((scale[degree] + transpose) / 12)
        first = int(start * sample_rate)
        time = np.arange(min(int(length * sample_rate), len(out) - first)) / sample_rate
        tone = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in (1, 2, 3))
        out[first : first + len(time)] += (0.3 * tone * np.exp(-3 * time)).astype(np.float32)
        start += length
    return np.clip(out, -0.6, 0.6)
