from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pemr.covers.alignment.features import (
    FEATURE_VERSION,
    FRAME_S,
    HALF_RATE_FRAME_S,
    MAX_COMPARED_S,
    SAMPLE_RATE,
    CoverFeatures,
    CoverFeaturesError,
    cover_features,
)
from pemr.covers.alignment.log_frequency import LogFrequency
from pemr.errors import PemrError


def tone(hz: float, seconds: float, level: float = 0.3) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE)).astype(np.float32)


@pytest.mark.parametrize(("name", "bin_"), [("C2", 12), ("A3", 33), ("A4", 45), ("E6", 64), ("B7", 83)])
def test_a_tone_is_strongest_in_its_own_semitone(name: str, bin_: int) -> None:
    magnitudes = LogFrequency().magnitudes(tone(LogFrequency.lowest_hz * 2 ** (bin_ / 12), 3.0))
    assert magnitudes.shape == (3 * SAMPLE_RATE // LogFrequency.hop_length, 84)
    assert int(magnitudes[3:-3].mean(axis=0).argmax()) == bin_


def test_two_semitones_beside_a_tone_lie_twenty_decibels_lower() -> None:
    middle = LogFrequency().magnitudes(tone(440.0, 3.0))[6]
    assert 20 * np.log10(middle[45] / middle[47]) > 20


def test_features_have_about_four_frames_a_second_of_unit_length(player: Callable[..., np.ndarray]) -> None:
    features = cover_features(player(1))
    assert features.frames == len(features.rows()) == pytest.approx(40.0 / FRAME_S, abs=2)
    assert features.half_rate_frames == len(features.half_rate_rows()) == features.frames // 2
    assert pytest.approx(0.465) == HALF_RATE_FRAME_S == 2 * FRAME_S
    for rows in (features.rows(), features.half_rate_rows()):
        assert np.allclose(np.square(rows).sum(axis=1), 1.0, atol=1e-5)
    assert features.problem is None


def test_chroma_is_kept_in_fifteenths_in_its_order_and_silence_stays_silent() -> None:
    chroma = np.abs(np.random.default_rng(3).normal(size=(41, 12))).astype(np.float32)
    chroma /= np.linalg.norm(chroma, axis=1, keepdims=True)
    chroma[7:9] = 0.0
    features = CoverFeatures.of(chroma, 20.0, 0.0, 9.0)
    assert features.packed.shape == (41, 6)
    assert np.abs(features.rows() - chroma).max() < 0.08
    assert not features.rows()[7:9].any()
    half = features.half_rate_rows()
    assert np.einsum("ij,ij->i", half[:3], chroma[:6:2] + chroma[1:6:2]).min() > 1.3


def test_a_mistuned_instrument_gives_the_same_chroma(player: Callable[..., np.ndarray]) -> None:
    sound = player(2)
    faster = np.interp(np.arange(0, len(sound), 2 ** (0.3 / 12)), np.arange(len(sound)), sound).astype(np.float32)
    straight, sharp = cover_features(sound), cover_features(faster)
    assert straight.a4_offset == pytest.approx(0.0, abs=0.05)
    assert sharp.a4_offset == pytest.approx(0.3, abs=0.05)
    a, b = straight.rows().mean(axis=0), sharp.rows().mean(axis=0)
    assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.99


def test_the_same_sound_gives_the_same_bytes_and_bytes_give_the_same_features(
    player: Callable[..., np.ndarray],
) -> None:
    first, second = cover_features(player(3)), cover_features(player(3))
    assert first.to_bytes() == second.to_bytes()
    again = CoverFeatures.from_bytes(first.to_bytes())
    assert np.array_equal(again.packed, first.packed)
    assert again.duration_s == first.duration_s
    assert again.to_bytes() == first.to_bytes()


def test_a_minute_takes_less_than_two_kilobytes(player: Callable[..., np.ndarray]) -> None:
    assert len(cover_features(np.tile(player(1), 2)[: 60 * SAMPLE_RATE]).to_bytes()) < 2000


def test_loudness_does_not_change_the_chroma(player: Callable[..., np.ndarray]) -> None:
    loud, soft = cover_features(player(4)), cover_features(player(4) * np.float32(0.1))
    assert np.einsum("ij,ij->i", loud.rows(), soft.rows()).min() > 0.97
    assert np.mean(loud.packed != soft.packed) < 0.02


NOISE = np.random.default_rng(0).normal(size=20 * SAMPLE_RATE).astype(np.float32) * 0.1


@pytest.mark.parametrize(
    ("sound", "reason"),
    [
        (np.zeros(20 * SAMPLE_RATE, np.float32), "silent"),
        (NOISE * 1e-4, "silent"),
        (NOISE, "no pitches"),
        (np.cumsum(NOISE) * 0.01, "no pitches"),
        (tone(220.0, 4.0), "too short"),
        (np.zeros(0, np.float32), "too short"),
        (tone(220.0, 30.0), "unchanging"),
        (np.concatenate([tone(220.0, 3.0), np.zeros(30 * SAMPLE_RATE, np.float32)]), "too quiet"),
        (np.full(20 * SAMPLE_RATE, np.nan, np.float32), "silent"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_says_why(sound: np.ndarray, reason: str) -> None:
    problem = cover_features(sound).problem
    assert problem is not None and problem.why == reason
    assert 0 <= problem.seconds < 5.0 or reason in ("no pitches", "unchanging")


def test_of_a_long_mix_the_first_twenty_minutes_are_used(player: Callable[..., np.ndarray]) -> None:
    mix = np.resize(player(5), int(1.1 * MAX_COMPARED_S) * SAMPLE_RATE)
    features = cover_features(mix)
    assert features.frames * FRAME_S == pytest.approx(MAX_COMPARED_S, abs=1.0)
    assert features.duration_s == pytest.approx(1.1 * MAX_COMPARED_S)
    assert features.compared_s == MAX_COMPARED_S
    assert features.problem is None


def test_another_sample_rate_is_refused() -> None:
    with pytest.raises(PemrError, match="16000 Hz, not 44100 Hz"):
        cover_features(tone(440.0, 6.0), 44_100)


def test_damaged_bytes_and_other_versions_are_refused(player: Callable[..., np.ndarray]) -> None:
    data = cover_features(player(6)).to_bytes()
    other = bytearray(data)
    other[4] = FEATURE_VERSION + 1
    for broken, reason in [
        (b"", "damaged"),
        (data[:-5], "cut short"),
        (b"x" + data, "damaged"),
        (bytes(other), "version"),
    ]:
        with pytest.raises(CoverFeaturesError, match=reason):
            CoverFeatures.from_bytes(broken)
