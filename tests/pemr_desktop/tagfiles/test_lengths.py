"""How long files are whose headers do not say it, and which of them are said to be cut off."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from pemr.audio import read
from pemr_desktop.tagfiles.read import read_tags

RATE = 44_100
SECONDS = 12


def changing_rate(path: Path, *, header: bool) -> Path:
    """An MP3 file of a changing bit rate: a third of silence, then noise, as LAME writes it for quality 2."""
    draw = np.random.default_rng(1)
    samples = draw.uniform(-1, 1, (1, SECONDS * RATE)).astype(np.float32)
    samples[:, : SECONDS * RATE // 3] = 0
    options = {"write_xing": str(int(header)), "id3v2_version": "0"}
    with av.open(str(path), "w", container_options=options) as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="mono")
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.flags |= av.codec.context.Flags.qscale
        stream.codec_context.options = {"global_quality": str(2 * 118)}
        resampler = av.AudioResampler(stream.format, "mono", RATE, frame_size=1152)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = RATE
        for ready in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("header", [True, False])
def test_frames_of_a_changing_bit_rate_are_counted(tmp_path: Path, header: bool) -> None:
    path = changing_rate(tmp_path / "a.mp3", header=header)
    duration_s = read_tags(path).duration_s
    assert duration_s is not None and abs(duration_s - SECONDS) < 0.2


def test_a_file_whose_length_is_guessed_is_not_cut_off(tmp_path: Path) -> None:
    decoded = read(changing_rate(tmp_path / "a.mp3", header=False), 16_000)
    assert decoded.info.is_guessed and not decoded.truncated
    assert abs(len(decoded.samples) / 16_000 - SECONDS) < 0.2


def test_a_file_that_counts_its_frames_is_cut_off_when_they_lack(tmp_path: Path) -> None:
    path = changing_rate(tmp_path / "a.mp3", header=True)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    decoded = read(path, 16_000)
    assert not decoded.info.is_guessed and decoded.truncated
