from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
import pytest

from pemr.truth.recording import (
    CODECS,
    at_level,
    band,
    compress,
    draw_recording,
    flac_bytes,
    record,
    rms_db,
    room,
    tape,
    through_codec,
)

RATE = 32_000


def tone(hz: float, duration_s: float = 2.0) -> npt.NDArray[np.float32]:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(int(duration_s * RATE)) / RATE)).astype(np.float32)


def strongest_hz(sound: npt.NDArray[np.float32], rate: int) -> float:
    return float(np.fft.rfftfreq(len(sound), 1 / rate)[int(np.argmax(np.abs(np.fft.rfft(sound))))])


@pytest.mark.parametrize("codec", CODECS)
def test_a_codec_keeps_pitch_and_length(codec: str) -> None:
    heard, rate = through_codec(tone(1_000.0), RATE, codec)
    assert abs(len(heard) / rate - 2.0) < 0.15
    assert strongest_hz(heard, rate) == pytest.approx(1_000.0, rel=0.01)


def test_a_telephone_hears_nothing_high() -> None:
    heard, _ = through_codec(tone(6_000.0), RATE, "telephone")
    assert rms_db(heard) < rms_db(tone(6_000.0)) - 15.0


def test_a_room_goes_on_after_the_sound() -> None:
    dry = np.concatenate([tone(500.0, 0.5), np.zeros(RATE, np.float32)])
    wet = room(dry, RATE, 1.5, 0.4, np.random.default_rng(1))
    tail = wet[int(0.7 * RATE) : RATE]
    assert rms_db(tail) > -60.0
    assert rms_db(wet[-RATE // 10 :]) < rms_db(tail) - 10.0


def test_tape_wavers_about_the_pitch() -> None:
    bent = tape(tone(1_000.0), RATE, 1.0, np.random.default_rng(2))
    assert strongest_hz(bent, RATE) == pytest.approx(1_000.0, rel=0.02)
    assert not np.allclose(bent, tone(1_000.0), atol=0.05)


def test_compression_brings_loud_and_quiet_together() -> None:
    sound = np.concatenate([tone(500.0), 0.05 * tone(500.0)]).astype(np.float32)
    squeezed = compress(sound, RATE, 4.0)
    half = len(sound) // 2
    before, after = (rms_db(x[:half]) - rms_db(x[half:]) for x in (sound, squeezed))
    assert after < before - 5.0


def test_a_band_lets_its_own_through() -> None:
    assert rms_db(band(tone(1_000.0), RATE, 300.0, 3_400.0)) == pytest.approx(rms_db(tone(1_000.0)), abs=0.5)
    assert rms_db(band(tone(60.0), RATE, 300.0, 3_400.0)) < rms_db(tone(60.0)) - 20.0


def test_levels_are_met_without_clipping() -> None:
    assert rms_db(at_level(tone(440.0), -30.0)) == pytest.approx(-30.0, abs=0.1)
    assert np.abs(at_level(tone(440.0), -1.0)).max() <= 1.0


def test_a_recording_repeats_and_ends_in_range() -> None:
    for seed in range(8):
        how = draw_recording(random.Random(seed))
        first, again = (record(tone(440.0), RATE, 16_000, how) for _ in range(2))
        assert np.array_equal(first, again)
        assert np.isfinite(first).all() and np.abs(first).max() <= 1.0
        assert abs(len(first) / 16_000 - 2.0) < 0.2


def test_flac_keeps_the_samples() -> None:
    import io

    import av

    sound = tone(440.0)
    with av.open(io.BytesIO(flac_bytes(sound, RATE))) as file:
        read = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    assert np.array_equal(read, (sound * 32767).astype(np.int16))
