"""Tracks whose label can be heard: low tones or high tones, in six albums."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pemr.datasets.labelled import LabelledFile, LabelledSet
from pemr.frontend import FrontEnd
from pemr.modelfile import Model
from pemr.protocols.examples import Examples
from pemr.protocols.labelled_examples import all_splits, decode_set

RATE = 16_000
SPLITS = ("train", "train", "train", "train", "validation", "test")


@pytest.fixture(scope="session")
def front_end() -> FrontEnd:
    return FrontEnd(hop_length=256, segment_samples=16_640, mean_db=-20.0, std_db=20.0)


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> LabelledSet:
    """Six albums of a low and a high track of 3.5 s."""
    from sounds import write_audio

    folder = tmp_path_factory.mktemp("tones")
    files = []
    for album, split in enumerate(SPLITS):
        for label, hertz in enumerate((180.0 + 10 * album, 3000.0 + 100 * album)):
            time = np.arange(int(3.5 * RATE)) / RATE
            beat = 0.3 * np.sin(2 * np.pi * hertz * time) * (0.5 + 0.5 * np.sin(2 * np.pi * (3 + album) * time))
            path = write_audio(folder / f"album {album} {label}.wav", beat.astype(np.float32), RATE)
            files.append(LabelledFile(path, split, f"album {album}", (label,)))
    tags = (("low", "pitch"), ("high", "pitch"))
    return LabelledSet("tones", "by album", tags, tuple(files), one_label=True)


@pytest.fixture(scope="session")
def tone_examples(
    tones: LabelledSet, front_end: FrontEnd, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Examples]:
    decoded = decode_set(tones, tmp_path_factory.mktemp("cache"), RATE, 60.0, lambda done, total, skipped: None)
    return all_splits(decoded, front_end)


@pytest.fixture
def untrained(front_end: FrontEnd) -> Callable[[], Model]:
    """Fresh weights, the same each time."""
    from pemr.protocols.start import untrained_model

    return lambda: untrained_model(front_end, seed=1)
