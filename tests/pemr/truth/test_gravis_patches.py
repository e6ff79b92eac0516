from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from pemr.errors import CorpusError
from pemr.truth.gravis_patches import LOOPING, PING_PONG, SIXTEEN_BIT, UNSIGNED, read_patch, soundfont_of_patches
from pemr.truth.stems import SAMPLE_RATE, Seat, Struck, play_stems, presets_of
from truth_sources import needs_fluidsynth

RATE = 22_050


def patch(
    samples: np.ndarray[tuple[int], np.dtype[np.int16]], modes: int, loop: tuple[int, int], root_hz: float
) -> bytes:
    """A patch file of one sample, as the development kit of the Gravis Ultrasound lays it out."""
    header = b"GF1PATCH110\0ID#000002\0".ljust(129, b"\0")
    instrument = bytearray(63)
    layer = bytearray(47)
    layer[6] = 1
    data = (
        samples.astype("<i2").tobytes() if modes & SIXTEEN_BIT else ((samples // 256) + 128).astype(np.uint8).tobytes()
    )
    width = 2 if modes & SIXTEEN_BIT else 1
    sample = struct.pack(
        "<7sBIIIHIIIhB18sBhH36s", b"tone", 0, len(data), loop[0] * width, loop[1] * width, RATE,
        20_000, 12_000_000, round(root_hz * 1000), 0, 7, bytes(18), modes, 60, 1024, bytes(36),
    )  # fmt: skip
    return header + bytes(instrument) + bytes(layer) + sample + data


def tone(hz: float, duration_s: float) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return (12_000 * np.sin(2 * np.pi * hz * np.arange(int(duration_s * RATE)) / RATE)).astype(np.int16)


@pytest.fixture
def patches(tmp_path: Path) -> Path:
    (tmp_path / "Tone_000").mkdir()
    (tmp_path / "Drum_000").mkdir()
    period = RATE // 441
    looped = patch(tone(441.0, 0.5), SIXTEEN_BIT | LOOPING, (20 * period, 200 * period), 441.0)
    (tmp_path / "Tone_000" / "016_Organ.pat").write_bytes(looped)
    (tmp_path / "Drum_000" / "038_Snare.pat").write_bytes(patch(tone(200.0, 0.2), UNSIGNED, (0, 0), 261.6))
    return tmp_path


def test_a_patch_is_read(patches: Path) -> None:
    (sample,) = read_patch(patches / "Tone_000" / "016_Organ.pat")
    assert sample.rate == RATE
    assert sample.loop == (1000, 10_000)
    assert sample.root == pytest.approx(69.04, abs=0.01)
    (drum,) = read_patch(patches / "Drum_000" / "038_Snare.pat")
    assert drum.loop is None
    assert np.abs(drum.samples - tone(200.0, 0.2)).max() <= 256


def test_a_loop_to_and_fro_is_written_out(tmp_path: Path) -> None:
    path = tmp_path / "p.pat"
    path.write_bytes(patch(tone(441.0, 0.1), SIXTEEN_BIT | LOOPING | PING_PONG, (500, 1000), 441.0))
    (sample,) = read_patch(path)
    assert sample.loop == (500, 1500)
    assert np.array_equal(sample.samples[1000:1500], sample.samples[500:1000][::-1])


@needs_fluidsynth
def test_the_soundfont_plays_in_tune_and_goes_on(patches: Path, tmp_path: Path) -> None:
    font = soundfont_of_patches(patches, tmp_path / "made.sf2")
    assert presets_of(font) == {(0, 16), (128, 0)}
    notes = [Struck(0.0, 3.0, 0, 57, 100), Struck(0.5, 0.1, 9, 38, 100)]
    stems = play_stems([font], notes, {0: Seat(16), 9: Seat(0, is_drums=True)}, 3.0)
    late = stems[0][2 * SAMPLE_RATE :]
    hz = np.fft.rfftfreq(len(late), 1 / SAMPLE_RATE)[int(np.argmax(np.abs(np.fft.rfft(late))))]
    assert hz == pytest.approx(220.0, rel=0.01)
    assert np.abs(stems[9][: SAMPLE_RATE // 2 - 64]).max() == 0.0
    assert np.abs(stems[9]).max() > 0.01


def test_what_is_no_patch_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.pat").write_bytes(bytes(500))
    with pytest.raises(CorpusError, match="not a Gravis patch"):
        read_patch(tmp_path / "x.pat")
    with pytest.raises(CorpusError, match="does not hold the patches"):
        soundfont_of_patches(tmp_path, tmp_path / "made.sf2")
