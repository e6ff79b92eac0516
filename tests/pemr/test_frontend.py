"""The log-mel front end against torchaudio's filterbank and against tones."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torchaudio

from pemr.frontend import FrontEnd, LogMelFrames, mel_filterbank
from pemr.log_mel import LogMel
from pemr.tags.teacher import slaney_filterbank

ODD = FrontEnd(sample_rate=22_050, n_fft=2048, hop_length=441, n_mels=96, segment_samples=44_101)


@pytest.mark.filterwarnings("ignore:At least one mel filterbank")
@pytest.mark.parametrize(("n_fft", "empty"), [(256, 14), (512, 1), (1024, 0)])
def test_the_filterbank_is_the_htk_one_with_the_known_number_of_empty_bands(n_fft: int, empty: int) -> None:
    bank = torch.from_numpy(mel_filterbank(16_000, n_fft, 128))
    theirs = torchaudio.functional.melscale_fbanks(n_fft // 2 + 1, 0.0, 8000.0, 128, 16_000)
    torch.testing.assert_close(bank, theirs, atol=2e-5, rtol=0)
    assert int((bank.sum(dim=0) == 0).sum()) == empty


def test_the_teachers_filterbank_is_the_slaney_one() -> None:
    theirs = torchaudio.functional.melscale_fbanks(257, 0.0, 8000.0, 96, 16_000, norm="slaney", mel_scale="slaney")
    torch.testing.assert_close(torch.from_numpy(slaney_filterbank()), theirs, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("hop", "frames"), [(128, 462), (256, 231), (512, 116)])
def test_a_segment_has_the_frames_its_settings_promise(hop: int, frames: int) -> None:
    settings = FrontEnd(hop_length=hop)
    assert settings.segment_frames == frames
    assert LogMel(settings)(torch.zeros(2, settings.segment_samples)).shape == (2, 128, frames)


@pytest.mark.parametrize("settings", [FrontEnd(), FrontEnd(hop_length=512, mean_db=-4.9, std_db=19.9), ODD])
def test_listening_and_training_make_the_same_frames(settings: FrontEnd) -> None:
    sound = np.random.default_rng(1).normal(0.0, 0.1, (3, settings.segment_samples)).astype(np.float32)
    sound[1] *= np.linspace(0.0, 1.0, settings.segment_samples, dtype=np.float32) ** 4
    sound[2] = 0.0
    heard = LogMelFrames(settings)(sound)
    np.testing.assert_allclose(heard, LogMel(settings)(torch.from_numpy(sound)).numpy(), atol=2e-5)
    mel = torchaudio.transforms.MelSpectrogram(
        settings.sample_rate, settings.n_fft, hop_length=settings.hop_length, n_mels=settings.n_mels
    )
    theirs = torchaudio.transforms.AmplitudeToDB("power")(mel(torch.from_numpy(sound)))
    np.testing.assert_allclose(heard * settings.std_db + settings.mean_db, theirs.numpy(), atol=2e-3)


def test_the_sample_rate_decides_in_which_band_a_tone_lies() -> None:
    def loudest_band(rate: int) -> int:
        time = torch.arange(rate) / rate
        log_mel = LogMel(FrontEnd(sample_rate=rate))
        return int(log_mel.decibels(torch.sin(2 * math.pi * 1000 * time)[None]).mean(dim=2).argmax())

    assert loudest_band(22_050) < loudest_band(16_000)


def test_ten_times_the_power_is_ten_decibels_and_silence_is_the_floor() -> None:
    log_mel = LogMel(FrontEnd())
    noise = torch.randn(1, 16_000, generator=torch.Generator().manual_seed(1))
    louder = log_mel.decibels(noise * math.sqrt(10)) - log_mel.decibels(noise)
    torch.testing.assert_close(louder, torch.full_like(louder, 10.0), atol=1e-3, rtol=0)
    assert log_mel.decibels(torch.zeros(1, 16_000)).unique().tolist() == [-100.0]


def test_normalisation_subtracts_the_mean_and_divides_by_the_spread() -> None:
    noise = torch.randn(1, 16_000, generator=torch.Generator().manual_seed(1))
    plain = LogMel(FrontEnd())
    normalised = LogMel(FrontEnd(mean_db=-5.0, std_db=20.0))
    torch.testing.assert_close(normalised(noise), (plain.decibels(noise) + 5.0) / 20.0)
