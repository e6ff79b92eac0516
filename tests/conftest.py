"""Fixtures shared by all tests: real audio files, made on the spot."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from patience import qtbot as qtbot
from sendable_reports import pytest_report_to_serializable as pytest_report_to_serializable
from skipped_tests import pytest_unconfigure as pytest_unconfigure
from sounds import melody, write_audio


def pytest_configure() -> None:
    """Let Ctrl+C be heard: what a shell starts with `&` ignores it, and so would every program that a test starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def make_audio() -> Callable[..., Path]:
    """`make_audio(path, seconds=3, sample_rate=22050, seed=0, tags=None)` -> path, with its folders made."""

    def make(
        path: Path,
        *,
        seconds: float = 3.0,
        sample_rate: int = 22050,
        seed: int = 0,
        transpose: int = 0,
        tempo: float = 1.0,
        tags: dict[str, str] | None = None,
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        rate = 48000 if path.suffix.lower() == ".opus" else sample_rate
        return write_audio(path, melody(seconds, rate, transpose=transpose, tempo=tempo, seed=seed), rate, tags)

    return make
