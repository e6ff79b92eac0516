"""Each augmentation does to a signal what it says, and every draw comes from the generator passed in."""

from __future__ import annotations

import math

import msgspec
import pytest
import torch
from torch import Tensor

from pemr.augment import Augmentation, augment, delay, high_pass, low_pass, pitch_shift, reverb

RATE = 16_000
LENGTH = 59_049
NONE = Augmentation(polarity=0, noise=0, gain=0, filter=0, delay=0, pitch=0, reverb=0)


def tone(hertz: float, length: int = LENGTH) -> Tensor:
    return torch.sin(2 * math.pi * hertz * torch.arange(length) / RATE)


def varied(clips: Tensor, settings: Augmentation, seed: int) -> Tensor:
    return augment(clips, RATE, settings, torch.Generator().manual_seed(seed))


def level_db(clip: Tensor) -> float:
    return 20 * math.log10(float(clip[4000:-4000].std()) + 1e-12)


def hertz_of(clip: Tensor) -> float:
    """The strongest frequency, between bins by a parabola."""
    middle = clip[4000:-4000]
    spectrum = torch.fft.rfft(middle * torch.hann_window(len(middle))).abs().log()
    at = int(spectrum.argmax())
    left, centre, right = (float(spectrum[at + i]) for i in (-1, 0, 1))
    return (at + (left - right) / (2 * (left - 2 * centre + right))) * RATE / len(middle)


@pytest.mark.parametrize("cents", [-700, -350, -1, 50, 100, 700])
def test_pitch_shift_moves_a_tone_by_the_cents_asked_and_keeps_the_length(cents: int) -> None:
    shifted = pitch_shift(tone(1000), cents)
    assert len(shifted) == LENGTH
    assert 1200 * math.log2(hertz_of(shifted) / 1000) == pytest.approx(cents, abs=2)
    assert level_db(shifted) == pytest.approx(level_db(tone(1000)), abs=2)


def test_pitch_shift_keeps_the_tempo() -> None:
    clicks = torch.zeros(LENGTH)
    clicks[8000::8000] = 1.0
    bursts = torch.nn.functional.conv1d(clicks[None, None], tone(800, 256)[None, None], padding=128)[0, 0]
    energy = pitch_shift(bursts, 300).square()
    for beat in range(16_000, 48_000, 8000):
        around = energy[beat - 4000 : beat + 4000]
        centre = float((around * torch.arange(8000)).sum() / around.sum())
        assert abs(centre - 4000) < 400


def test_a_low_pass_lets_low_tones_through_and_stops_high_ones() -> None:
    assert level_db(low_pass(tone(500), RATE, 2200.0)) == pytest.approx(level_db(tone(500)), abs=0.2)
    assert level_db(low_pass(tone(4000), RATE, 2200.0)) < level_db(tone(4000)) - 40


def test_a_high_pass_stops_low_tones_and_lets_high_ones_through() -> None:
    assert level_db(high_pass(tone(4000), RATE, 1200.0)) == pytest.approx(level_db(tone(4000)), abs=0.2)
    assert level_db(high_pass(tone(300), RATE, 1200.0)) < level_db(tone(300)) - 40


def test_a_delay_echoes_where_it_says_at_the_level_it_says() -> None:
    click = torch.zeros(LENGTH)
    click[1000] = 1.0
    echoed = delay(click, RATE, 250, 0.5)
    assert echoed.nonzero().flatten().tolist() == [1000, 1000 + RATE // 4]
    assert echoed[1000] == 0.5
    assert echoed[5000] == 0.25


def test_echoes_come_after_200_to_450_milliseconds_in_steps_of_50() -> None:
    clicks = torch.zeros(60, LENGTH)
    clicks[:, 1000] = 1.0
    echoed = varied(clicks, msgspec.structs.replace(NONE, delay=1.0), seed=1)
    gaps_ms = {round((int(clip.nonzero()[1]) - 1000) * 1000 / RATE) for clip in echoed}
    assert gaps_ms == {200, 250, 300, 350, 400, 450}


def test_half_of_the_filters_stop_low_tones_and_half_stop_high_ones() -> None:
    low, high = tone(50), tone(7000)
    clips = (low + high).repeat(100, 1)
    heard = torch.fft.rfft(varied(clips, msgspec.structs.replace(NONE, filter=1.0), seed=1)[:, 4000:-4000]).abs()
    length = LENGTH - 8000
    full = torch.fft.rfft((low + high)[4000:-4000]).abs()
    low_kept, high_kept = ((heard[:, at] / full[at]) > 0.5 for at in (50 * length // RATE, 7000 * length // RATE))
    assert bool((low_kept ^ high_kept).all()), "each filter stops one of the two and lets the other through"
    assert 35 <= int(low_kept.sum()) <= 65


def test_reverb_falls_by_sixty_decibels_in_its_decay_time() -> None:
    click = torch.zeros(LENGTH)
    click[0] = 1.0
    tail = reverb(click, RATE, 1.0, torch.Generator().manual_seed(1))
    early, late = tail[100:2100].std(), tail[RATE - 2100 : RATE - 100].std()
    assert 20 * math.log10(float(early / late)) == pytest.approx(60 * (RATE - 2200) / RATE, abs=4)
    assert not tail[RATE + 1 :].abs().gt(1e-5).any()


def test_polarity_turns_the_wave_over() -> None:
    clip = tone(440)[None]
    turned = varied(clip, msgspec.structs.replace(NONE, polarity=1.0), seed=1)
    torch.testing.assert_close(turned, -clip)


def test_gain_stays_within_its_range() -> None:
    clips = tone(440).repeat(50, 1)
    quieter = varied(clips, msgspec.structs.replace(NONE, gain=1.0), seed=1)
    gains = [level_db(clip) - level_db(tone(440)) for clip in quieter]
    assert -20.0 <= min(gains) < -15.0
    assert -5.0 < max(gains) <= -1.0


def test_noise_lies_between_forty_and_eighty_decibels_below_the_signal() -> None:
    clips = tone(440).repeat(20, 1)
    noisy = varied(clips, msgspec.structs.replace(NONE, noise=1.0), seed=1)
    below = [level_db(tone(440)) - level_db(clip - tone(440)) for clip in noisy]
    assert min(below) > 39.5
    assert max(below) < 80.5


def test_an_augmentation_is_chosen_as_often_as_its_probability_says() -> None:
    clips = torch.ones(2000, 4)
    turned = varied(clips, msgspec.structs.replace(NONE, polarity=0.8), seed=1)
    assert float((turned[:, 0] < 0).float().mean()) == pytest.approx(0.8, abs=0.03)


def test_the_same_generator_state_gives_the_same_views_and_nothing_else_draws() -> None:
    everything = Augmentation(noise=1.0, gain=1.0, filter=1.0, delay=1.0, pitch=1.0, reverb=1.0)
    clips = torch.randn(3, LENGTH, generator=torch.Generator().manual_seed(5))
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = varied(clips, everything, seed=7)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    again = varied(clips, everything, seed=7)
    assert torch.equal(first, again)
    assert not torch.equal(first, varied(clips, everything, seed=8))
    assert first.shape == clips.shape
    assert first.isfinite().all()


def test_a_clip_with_a_generator_of_its_own_does_not_depend_on_its_neighbours() -> None:
    clips = torch.randn(3, LENGTH, generator=torch.Generator().manual_seed(5))
    generators = [torch.Generator().manual_seed(seed) for seed in (1, 2, 3)]
    together = augment(clips, RATE, Augmentation(), generators)
    alone = augment(clips[1:2], RATE, Augmentation(), torch.Generator().manual_seed(2))
    assert torch.equal(together[1:2], alone)
