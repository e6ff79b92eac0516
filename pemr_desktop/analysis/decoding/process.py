"""A process that does nothing but decode, so that a file that crashes a decoder costs one child and not the worker.

It reads one order a line, and answers each with one line and the samples as raw float32. It loads neither torch nor
Qt, starts in a fraction of a second, and ends when its standard input does, or when an order took too much of the
processor: that is counted here, so that a busy machine costs no file.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from pemr.audio import AudioInfo, read
from pemr.errors import DecodeError, PemrError
from pemr_desktop.child_limits import Patience, limit_memory, run_child
from pemr_desktop.errors import training_reason
from pemr_desktop.refusals import Refusal, refusal
from pemr_desktop.sentences import capitalised

log = logging.getLogger(__name__)

PEAK_COUNT = 1000
HEADROOM_MB = 3072
"""For half an hour of sound at any rate, several times over while it is resampled."""


class Order(msgspec.Struct, frozen=True):
    """Decode this file (`os.fsencode`d path) to mono at `sample_rate`, at most `limit_s` seconds of it.

    With more than `processor_s` of the processor the child ends. `known_s`: how long others say that the whole is, who
    may have counted it; 0 when nobody does.
    """

    path: bytes
    sample_rate: int
    limit_s: float
    processor_s: float
    known_s: float = 0.0


class Answer(msgspec.Struct, frozen=True):
    """What came of an order: `count` samples follow, or none and why.

    `duration_s` is that of the whole track, `peaks` are PEAK_COUNT levels over it (uint8, 255 = full scale).
    `is_counted`: all of it was decoded, so that nobody knows its length better.
    """

    count: int
    duration_s: float = 0.0
    is_counted: bool = True
    truncated: bool = False
    corrupt_packets: int = 0
    peaks: bytes = b""
    spent_s: float = 0.0
    why: Refusal | None = None


def decode(order: Order) -> tuple[Answer, npt.NDArray[np.float32]]:
    """Carry out one order. Damage in the file becomes a reason, never an exception."""
    started_s = time.perf_counter()
    nothing = np.zeros(0, np.float32)
    try:
        decoded = read(Path(os.fsdecode(order.path)), order.sample_rate, duration_s=order.limit_s)
    except PemrError as error:
        return Answer(0, why=_told(error)), nothing
    except MemoryError:
        return Answer(0, why=refusal("decoding needs too much memory")), nothing
    except Exception:  # whatever a damaged file makes the decoder raise belongs to that file alone
        log.exception("%s cannot be decoded", os.fsdecode(order.path))
        return Answer(0, why=refusal("audio not readable")), nothing
    samples = decoded.samples
    decoded_s = len(samples) / order.sample_rate
    is_counted = decoded_s < order.limit_s - 1.0
    whole_s = decoded_s if is_counted else max(decoded_s, _announced_s(decoded.info, order.known_s))
    answer = Answer(
        count=len(samples),
        duration_s=whole_s,
        is_counted=is_counted,
        truncated=decoded.truncated,
        corrupt_packets=decoded.corrupt_packets,
        peaks=peaks(samples, decoded_s / whole_s if whole_s else 1.0),
        spent_s=time.perf_counter() - started_s,
    )
    return answer, samples


def _announced_s(info: AudioInfo, known_s: float) -> float:
    """What the header says; where it says nothing, others know better than a guess by the size of the file."""
    return known_s if info.is_guessed and known_s else info.duration_s


def _told(error: PemrError) -> Refusal:
    if isinstance(error, DecodeError):
        return Refusal(capitalised(f"{error.reason.rstrip('.')}."), error.kind)
    return training_reason(error)


def peaks(samples: npt.NDArray[np.float32], share: float = 1.0) -> bytes:
    """PEAK_COUNT levels, uint8, of samples (n,) that are the first part `share` (0..1) of a track; the rest is 0."""
    levels = np.zeros(PEAK_COUNT, np.uint8)
    bins = max(1, min(PEAK_COUNT, len(samples), round(PEAK_COUNT * share)))
    if len(samples):
        starts = np.linspace(0, len(samples), bins, endpoint=False).astype(np.int64)
        loudest = np.maximum.reduceat(np.abs(samples), starts)
        shown = np.repeat(loudest, -(-round(PEAK_COUNT * share) // bins))[:PEAK_COUNT]
        levels[: len(shown)] = np.clip(np.round(shown * 255.0), 0, 255).astype(np.uint8)
    return levels.tobytes()


def main() -> int:
    """Answer orders until standard input ends."""
    patience = Patience()
    patience.start()
    limit_memory(HEADROOM_MB)
    orders = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in iter(orders.readline, b""):
        order = msgspec.json.decode(line, type=Order)
        patience.allow(order.processor_s)
        answer, samples = decode(order)
        patience.rest()
        answers.write(msgspec.json.encode(answer) + b"\n")
        answers.write(np.ascontiguousarray(samples).view(np.uint8).data)
        answers.flush()
    return 0


if __name__ == "__main__":
    run_child(main)
