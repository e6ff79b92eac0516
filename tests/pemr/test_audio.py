"""Decoding: every format gives its sound, damage costs only what is damaged, and what cannot be read is named."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from pemr import audio
from pemr.errors import DecodeError
from sounds import write_audio

RATE = 16_000


def tone(hertz: float, seconds: float, rate: int, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def strongest_hertz(samples: np.ndarray, rate: int = RATE) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aiff", ".wma", ".wv"])
def test_every_format_gives_the_tone_that_went_in(tmp_path: Path, suffix: str) -> None:
    rate = 48_000 if suffix == ".opus" else 44_100
    path = write_audio(tmp_path / f"tone{suffix}", tone(440, 2.0, rate), rate)
    samples = audio.decode(path, RATE)
    assert samples.dtype == np.float32
    assert len(samples) / RATE == pytest.approx(2.0, abs=0.12)
    assert strongest_hertz(samples[4000:-4000]) == pytest.approx(440, abs=2)
    assert np.abs(samples[4000:-4000]).max() == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("rate", [8_000, 192_000])
def test_unusual_sample_rates_are_resampled(tmp_path: Path, rate: int) -> None:
    path = write_audio(tmp_path / "tone.wav", tone(1000, 1.0, rate), rate)
    samples = audio.decode(path, RATE)
    assert len(samples) == pytest.approx(RATE, abs=2)
    assert strongest_hertz(samples) == pytest.approx(1000, abs=2)


def test_surround_is_mixed_down_without_clipping_and_without_the_low_frequency_channel(tmp_path: Path) -> None:
    rate = 48_000
    channels = np.stack([tone(500, 1.0, rate, 0.9)] * 3 + [tone(60, 1.0, rate, 0.9)] + [tone(500, 1.0, rate, 0.9)] * 2)
    path = write_audio(tmp_path / "surround.flac", channels.T, rate)
    assert audio.probe(path).channels == 6
    mono = audio.decode(path, RATE)
    assert np.abs(mono).max() <= 0.95
    spectrum = np.abs(np.fft.rfft(mono))
    assert spectrum[60] < 1e-3 * spectrum[500]
    stereo = np.concatenate(list(audio.iter_blocks(path, RATE, 2)))
    assert stereo.shape[1] == 2
    assert np.abs(stereo).max() <= 0.95


def test_opposite_stereo_channels_cancel_in_mono(tmp_path: Path) -> None:
    left = tone(300, 0.5, RATE)
    path = write_audio(tmp_path / "opposite.wav", np.stack([left, -left]).T, RATE)
    assert np.abs(audio.decode(path, RATE)).max() < 1e-3


def test_start_and_duration_cut_out_the_passage_asked_for(tmp_path: Path) -> None:
    rate = 22_050
    path = write_audio(tmp_path / "two.flac", np.concatenate([tone(300, 3, rate), tone(900, 3, rate)]), rate)
    passage = audio.decode(path, RATE, start_s=3.5, duration_s=1.0)
    assert len(passage) == RATE
    assert strongest_hertz(passage) == pytest.approx(900, abs=2)


def test_blocks_from_the_middle_are_the_end_of_the_whole(tmp_path: Path) -> None:
    rate = 44_100
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, rate * 4).astype(np.float32)
    path = write_audio(tmp_path / "noise.wav", noise, rate)
    rest = np.concatenate(list(audio.iter_blocks(path, rate, 1, start_s=2.25)))[:, 0]
    np.testing.assert_allclose(rest, noise[round(2.25 * rate) :], atol=1e-4)


def test_a_truncated_file_gives_what_it_holds_and_says_so(tmp_path: Path) -> None:
    whole = write_audio(tmp_path / "whole.flac", tone(440, 6, 44_100), 44_100)
    cut = tmp_path / "cut.flac"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    decoded = audio.read(cut, RATE)
    assert decoded.truncated
    assert 1.0 < len(decoded.samples) / RATE < 5.0
    assert not audio.read(whole, RATE).truncated


def test_damage_in_the_middle_is_skipped(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "tone.mp3", tone(440, 6, 44_100), 44_100)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4000] = b"\xff" * 4000
    path.write_bytes(content)
    assert len(audio.decode(path, RATE)) / RATE > 4.0


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.mp3", b"", "empty"),
        ("letter.ogg", b"Dear reader, this is no music at all.\n" * 50, "ends before there is any sound"),
        ("letter.mp3", b"Dear reader, this is no music at all.\n" * 200, ""),
        ("noise.flac", bytes(np.random.default_rng(0).integers(0, 256, 20_000, dtype=np.uint8)), ""),
    ],
)
def test_files_that_hold_no_sound_are_refused_by_name(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DecodeError, match=name) as caught:
        audio.decode(path, RATE)
    assert reason in caught.value.reason


def test_a_header_with_an_absurd_sample_rate_is_refused(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "slow.wav", tone(440, 1, RATE), RATE)
    content = bytearray(path.read_bytes())
    at = content.index(b"fmt ") + 12
    content[at : at + 4] = (3).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(DecodeError, match="3 Hz"):
        audio.decode(path, RATE)


def test_missing_files_and_folders_are_refused_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="not there"):
        audio.decode(tmp_path / "gone.mp3", RATE)
    with pytest.raises(DecodeError):
        audio.probe(tmp_path)


def test_a_picture_without_sound_has_no_audio_stream(tmp_path: Path) -> None:
    path = tmp_path / "cover.png"
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("png", rate=1, width=16, height=16, pix_fmt="rgb24")
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8))))
        container.mux(stream.encode(None))
    with pytest.raises(DecodeError, match="no audio stream"):
        audio.decode(path, RATE)


def test_cover_art_streams_are_passed_over(tmp_path: Path) -> None:
    from mutagen.flac import FLAC, Picture

    path = write_audio(tmp_path / "art.flac", tone(440, 1, RATE), RATE)
    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "image/png", _png()
    tagged = FLAC(path)
    tagged.add_picture(picture)
    tagged.save()
    assert len(audio.decode(path, RATE)) == pytest.approx(RATE, abs=2)


def _png() -> bytes:
    context = av.CodecContext.create("png", "w")
    context.width, context.height, context.pix_fmt = 8, 8, "rgb24"
    context.time_base = Fraction(1, 1)
    return b"".join(bytes(p) for p in context.encode(av.VideoFrame.from_ndarray(np.zeros((8, 8, 3), np.uint8))))


def test_metadata_that_is_not_utf8_does_not_matter(tmp_path: Path) -> None:
    path = write_audio(tmp_path / "latin.wav", tone(440, 1, RATE), RATE)
    title = "Café".encode("latin-1")
    chunk = b"INFOINAM" + len(title).to_bytes(4, "little") + title
    content = path.read_bytes() + b"LIST" + len(chunk).to_bytes(4, "little") + chunk
    path.write_bytes(content[:4] + (len(content) - 8).to_bytes(4, "little") + content[8:])
    assert len(audio.decode(path, RATE)) == RATE
    assert audio.probe(path).codec == "pcm_s16le"


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_a_file_name_that_is_not_utf8_can_be_read(tmp_path: Path, make_audio: Callable[..., Path]) -> None:
    path = make_audio(tmp_path / "plain.ogg", seconds=1.0)
    strange = tmp_path / "caf\udce9.ogg"
    path.rename(strange)
    assert len(audio.decode(strange, RATE)) / RATE == pytest.approx(1.0, abs=0.1)
    assert audio.probe(strange).sample_rate == 22_050


def test_a_change_of_format_inside_a_stream_is_followed(tmp_path: Path) -> None:
    parts = [
        write_audio(tmp_path / "a.mp3", tone(440, 2, 44_100), 44_100).read_bytes(),
        write_audio(tmp_path / "b.mp3", np.stack([tone(880, 2, 22_050)] * 2).T, 22_050).read_bytes(),
    ]
    path = tmp_path / "joined.mp3"
    path.write_bytes(b"".join(parts))
    samples = audio.decode(path, RATE)
    assert strongest_hertz(samples[: int(1.8 * RATE)]) == pytest.approx(440, abs=2)
    assert strongest_hertz(samples[int(2.3 * RATE) : int(3.8 * RATE)]) == pytest.approx(880, abs=4)


def test_infinite_and_missing_numbers_become_silence(tmp_path: Path) -> None:
    path = tmp_path / "broken.wav"
    samples = np.full(RATE, 0.25, np.float32)
    samples[100:200] = np.nan
    samples[300:400] = np.inf
    header = b"RIFF" + (36 + samples.nbytes).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    form = (3).to_bytes(2, "little") + (1).to_bytes(2, "little") + RATE.to_bytes(4, "little")
    form += (RATE * 4).to_bytes(4, "little") + (4).to_bytes(2, "little") + (32).to_bytes(2, "little")
    path.write_bytes(header + form + b"data" + samples.nbytes.to_bytes(4, "little") + samples.tobytes())
    decoded = audio.decode(path, RATE)
    assert np.isfinite(decoded).all()
    assert not decoded[100:200].any()
    assert decoded[1000] == 0.25


def test_reading_sound_loads_neither_torch_nor_lightning() -> None:
    code = "import sys, pemr, pemr.audio, pemr.events; print({'torch', 'lightning', 'faiss'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "set()"
