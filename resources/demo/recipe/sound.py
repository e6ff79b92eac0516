"""From a MIDI file to a tagged Opus file: synthesised, levelled, faded, encoded, tagged, with a picture."""

from __future__ import annotations

import base64
import math
import subprocess
import wave
from pathlib import Path

import av
import numpy as np
from mutagen.flac import Picture
from mutagen.oggopus import OggOpus
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QIODevice, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPen

SAMPLE_RATE = 48_000
LOUDNESS_DB = -19.0  # root mean square, full scale 0
PEAK_DB = -1.5
FADE_S = 1.6
Samples = NDArray[np.float32]  # (n, 2)


def synthesise(midi: Path, soundfont: Path, wav: Path) -> Samples:
    """Plays a MIDI file through FluidSynth, faster than real time, into float samples."""
    command = [
        "fluidsynth", "-n", "-i", "-q", "-F", str(wav), "-T", "wav", "-O", "s16", "-r", str(SAMPLE_RATE), "-g", "0.35",
        "-o", "synth.cpu-cores=1", "-o", "synth.chorus.active=0", str(soundfont), str(midi),
    ]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with wave.open(str(wav)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return frames.astype(np.float32) / 32_768


def levelled(samples: Samples, music_s: float) -> Samples:
    """Cut where the music ends plus a fade, brought to LOUDNESS_DB, peaks bent softly below PEAK_DB."""
    samples = samples[: round((music_s + FADE_S) * SAMPLE_RATE)].copy()
    fade = min(len(samples), round(2 * FADE_S * SAMPLE_RATE))
    samples[-fade:] *= np.cos(np.linspace(0, math.pi / 2, fade, dtype=np.float32))[:, None] ** 2
    samples *= 10 ** (LOUDNESS_DB / 20) / np.sqrt(np.mean(samples**2))
    ceiling = 10 ** (PEAK_DB / 20)
    knee = 0.6 * ceiling
    above = np.abs(samples) > knee
    bent = knee + (ceiling - knee) * np.tanh((np.abs(samples) - knee) / (ceiling - knee))
    samples[above] = np.copysign(bent, samples)[above]
    return samples


def encode_opus(path: Path, samples: Samples, bit_rate: int) -> None:
    """Variable bit rate, no date and no random number in the file."""
    with av.open(str(path), "w", format="ogg", container_options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE, layout="stereo", options={"vbr": "on"})
        stream.bit_rate = bit_rate
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        resampler = av.AudioResampler("flt", "stereo", SAMPLE_RATE, frame_size=960)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))


def write_tags(path: Path, tags: dict[str, str], picture: bytes | None) -> None:
    """Vorbis comments, and the front cover as players expect it in Ogg files."""
    file = OggOpus(path)
    file.delete()
    file = OggOpus(path)
    for name, value in tags.items():
        file[name] = value
    if picture is not None:
        front = Picture()
        front.type, front.mime, front.data = 3, "image/jpeg", picture
        front.width = front.height = COVER_SIZE
        front.depth = 24
        file["metadata_block_picture"] = base64.b64encode(front.write()).decode("ascii")
    file.save()


COVER_SIZE = 300
COVERS = {
    "kitchen": ("#e9c46a", "#9c4a1a", "#fff7e6"),
    "quiet": ("#dfe7ec", "#5f7f95", "#ffffff"),
    "night": ("#1b1b3a", "#7a2e8e", "#5ef0d2"),
}


def draw_cover(name: str) -> bytes:
    """A JPEG of waves on a gradient: the same album, the same picture."""
    top, bottom, line = COVERS[name]
    image = QImage(COVER_SIZE, COVER_SIZE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    gradient = QLinearGradient(0, 0, 0, COVER_SIZE)
    gradient.setColorAt(0, QColor(top))
    gradient.setColorAt(1, QColor(bottom))
    painter.fillRect(image.rect(), gradient)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for wave_number in range(5):
        pen = QPen(QColor(line), 7 - wave_number)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setOpacity(0.85 - 0.15 * wave_number)
        height = 34 + 12 * wave_number
        points = [
            QPointF(
                x, 150 + 18 * (wave_number - 2) + height * math.sin(x / 42 + wave_number) * math.sin(math.pi * x / 300)
            )
            for x in range(0, 301, 4)
        ]
        painter.drawPolyline(points)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPEG", 85)
    return bytes(buffer.data().data())
