"""Decoding in children: what comes back, and what a child that dies or hangs costs."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pemr.audio import decode
from pemr_desktop.analysis.decoding.pool import DecodeChild, DecodePool, NoSound, Sound, decode_one
from pemr_desktop.analysis.decoding.process import PEAK_COUNT, Order, peaks
from pemr_desktop.analysis.decoding.process import decode as carry_out
from pemr_desktop.tagfiles.containers.coded_sound import coded_sound

RATE = 16000
MakeAudio = Callable[..., Path]


def as_it_is(_number: int, _item: object, sound: Sound | NoSound) -> Sound | NoSound:
    return sound


def hours_of_silence(path: Path) -> Path:
    """A WAV file of three hours that takes no room on the disk, but a while to be decoded."""
    rate, size = 48000, 3 * 3600 * 48000 * 4
    form = struct.pack("<HHIIHH", 1, 2, rate, rate * 4, 4, 16)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack("<I", 16) + form)
        file.write(b"data" + struct.pack("<I", size))
        file.truncate(size + 44)
    return path


def has_open(process_id: int, path: Path) -> bool:
    """Whether a process holds a file open."""
    links = Path(f"/proc/{process_id}/fd").iterdir()
    return any(os.path.realpath(link) == str(path) for link in links)


def wait_until(state: Callable[[], bool], limit_s: float = 20.0) -> None:
    """Return when the state is reached; fail when it takes too long."""
    give_up_s = time.monotonic() + limit_s
    while not state():
        assert time.monotonic() < give_up_s, "the state was not reached"


def test_a_child_hands_back_what_decoding_here_gives(tmp_path: Path, make_audio: MakeAudio) -> None:
    path = make_audio(tmp_path / "tune.flac", seconds=2.5)
    sound = decode_one(path, RATE, 30.0)
    assert isinstance(sound, Sound)
    np.testing.assert_array_equal(sound.samples, decode(path, RATE))
    assert sound.duration_s == pytest.approx(2.5, abs=0.01) and not sound.truncated
    assert len(sound.peaks) == PEAK_COUNT and max(sound.peaks) == round(255 * float(np.abs(sound.samples).max()))


def test_every_order_is_answered_also_those_of_broken_files(tmp_path: Path, make_audio: MakeAudio) -> None:
    good = [make_audio(tmp_path / f"{n}.ogg", seconds=1.0, seed=n) for n in range(5)]
    text = tmp_path / "text.mp3"
    text.write_text("this is no music " * 100)
    empty = tmp_path / "empty.flac"
    empty.touch()
    gone = tmp_path / "gone.wav"
    with DecodePool(2, RATE, 30.0, as_it_is) as pool:
        answers = dict(pool.results((path, path) for path in [*good, text, empty, gone]))
    assert all(isinstance(answers[path], Sound) for path in good)
    reasons = {
        Path(str(path)).name: answer.why.message for path, answer in answers.items() if isinstance(answer, NoSound)
    }
    assert set(reasons) == {"text.mp3", "empty.flac", "gone.wav"}
    assert "empty" in reasons["empty.flac"] and all(reasons.values())


def test_a_file_name_that_is_not_unicode_is_decoded(tmp_path: Path, make_audio: MakeAudio) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.wav"))
    make_audio(tmp_path / "cafe.wav", seconds=1.0).rename(path)
    assert isinstance(decode_one(path, RATE, 30.0), Sound)


def test_a_child_that_is_killed_costs_one_file_and_the_next_one_is_decoded(
    tmp_path: Path, make_audio: MakeAudio
) -> None:
    good = make_audio(tmp_path / "good.wav", seconds=1.0)
    long = hours_of_silence(tmp_path / "long.wav")
    with DecodePool(1, RATE, 60.0, as_it_is) as pool:
        pool.order("before", good)
        results = pool.results()
        assert next(results)[0] == "before"
        (child,) = pool.process_ids()
        pool.order("bad", long)
        pool.order("good", good)
        wait_until(lambda: has_open(child, long))
        os.kill(child, signal.SIGKILL)
        answers = dict(results)
    assert isinstance(answers["bad"], NoSound) and "ended the decoder" in answers["bad"].why.message
    assert isinstance(answers["good"], Sound)


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, make_audio: MakeAudio) -> None:
    child = DecodeChild()
    try:
        hung = child.decode(hours_of_silence(tmp_path / "long.wav"), RATE, 60_000.0, patience_s=0.5)
        assert isinstance(hung, NoSound) and "longer than 0.5 s" in hung.why.message
        after = child.decode(make_audio(tmp_path / "good.wav", seconds=1.0), RATE, 60.0, patience_s=30.0)
        assert isinstance(after, Sound)
    finally:
        child.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be halted there")
def test_a_child_that_does_not_get_the_processor_is_waited_for(tmp_path: Path, make_audio: MakeAudio) -> None:
    path = make_audio(tmp_path / "tune.wav", seconds=1.0)
    child = DecodeChild()
    try:
        assert isinstance(child.decode(path, RATE, 60.0, patience_s=30.0), Sound)
        assert child.process_id is not None
        os.kill(child.process_id, signal.SIGSTOP)
        threading.Timer(1.5, os.kill, (child.process_id, signal.SIGCONT)).start()
        assert isinstance(child.decode(path, RATE, 60.0, patience_s=1.0), Sound)
    finally:
        child.close()


def test_leaving_early_ends_the_children(tmp_path: Path, make_audio: MakeAudio) -> None:
    path = make_audio(tmp_path / "tune.wav", seconds=1.0)
    with DecodePool(2, RATE, 30.0, as_it_is) as pool:
        for number in range(20):
            pool.order(number, path)
        next(pool.results())
        children = pool.process_ids()
    assert children
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


def test_of_a_long_mix_the_beginning_is_decoded(tmp_path: Path, make_audio: MakeAudio) -> None:
    path = make_audio(tmp_path / "mix.flac", seconds=20.0)
    child = DecodeChild()
    try:
        sound = child.decode(path, RATE, 5.0, patience_s=30.0)
    finally:
        child.close()
    assert isinstance(sound, Sound)
    assert len(sound.samples) == 5 * RATE and sound.duration_s == pytest.approx(20.0, abs=0.1)
    levels = np.frombuffer(sound.peaks, np.uint8)
    assert levels[: PEAK_COUNT // 4].any() and not levels[PEAK_COUNT // 4 + 4 :].any()


@pytest.mark.parametrize("count", [0, 1, 7, 999, 1000, 16000])
def test_peaks_of_any_length_fill_the_width(count: int) -> None:
    levels = np.frombuffer(peaks(np.full(count, -1.5, np.float32)), np.uint8)
    assert len(levels) == PEAK_COUNT and (levels == (255 if count else 0)).all()


def test_a_decode_child_loads_neither_torch_nor_qt() -> None:
    code = (
        "import sys, pemr_desktop.analysis.decoding.process;"
        "print([name for name in ('torch', 'faiss', 'PySide6', 'sqlite3') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_decoding_stops_when_it_is_told_to_in_the_middle_of_a_file(tmp_path: Path) -> None:
    started_s = time.monotonic()
    assert decode_one(hours_of_silence(tmp_path / "long.wav"), RATE, 600.0, stop=lambda: True) is None
    assert time.monotonic() - started_s < 10.0


@pytest.fixture
def headerless(tmp_path: Path, make_audio: MakeAudio) -> Path:
    """An MP3 of 8 seconds whose length nothing in it says."""
    path = make_audio(tmp_path / "tune.mp3", seconds=8.0)
    with path.open("rb") as stream:
        (span,) = coded_sound(stream, "mpeg").spans
    path.write_bytes(path.read_bytes()[span.start : span.end])
    return path


def test_a_length_that_others_counted_is_better_than_a_guess(headerless: Path) -> None:
    for known_s in (8.0, 40.0):
        answer, samples = carry_out(Order(os.fsencode(headerless), RATE, 2.0, 30.0, known_s))
        assert len(samples) == 2 * RATE and not answer.is_counted
        assert answer.duration_s == known_s
        drawn = np.flatnonzero(np.frombuffer(answer.peaks, np.uint8))[-1] / PEAK_COUNT
        assert drawn == pytest.approx(2.0 / known_s, abs=0.02)


def test_what_was_decoded_up_to_its_end_is_counted(headerless: Path) -> None:
    sound = decode_one(headerless, RATE, 30.0)
    assert isinstance(sound, Sound) and sound.is_counted
    assert sound.duration_s == pytest.approx(8.0, abs=0.1)
