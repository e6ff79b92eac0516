"""Decode any audio file to float32 samples with FFmpeg (PyAV). Knows neither torch nor the application.

A damaged file gives as much sound as it holds: corrupt packets are skipped and counted, a file that ends
early is reported as truncated, and only a file that holds no sound at all raises `DecodeError`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import numpy.typing as npt
import soxr

from pemr.errors import DecodeError

log = logging.getLogger(__name__)

Samples = npt.NDArray[np.float32]

MAX_CORRUPT_PACKETS = 500
LEAST_SAMPLE_RATE = 1_000
BLOCK_S = 1.0
SEEK_MARGIN_S = 0.5
HEADERLESS = frozenset({"aac", "ac3", "eac3", "dts", "truehd", "mlp", "amr", "mpeg", "mpegts"})
"""Formats of FFmpeg that say nowhere how long they are: it guesses."""
LENGTH_MARKS = (b"Xing", b"Info", b"VBRI")
FIRST_FRAME_BYTES = 4096
SPEAKER_GAINS = {
    # contribution of a loudspeaker position to (left, right), ITU-R BS.775; the low-frequency channel is left out
    "FL": (1.0, 0.0),
    "FR": (0.0, 1.0),
    "FC": (0.7071, 0.7071),
    "BC": (0.5, 0.5),
    "BL": (0.7071, 0.0),
    "BR": (0.0, 0.7071),
    "SL": (0.7071, 0.0),
    "SR": (0.0, 0.7071),
    "FLC": (1.0, 0.0),
    "FRC": (0.0, 1.0),
    "DL": (1.0, 0.0),
    "DR": (0.0, 1.0),
    "LFE": (0.0, 0.0),
    "LFE2": (0.0, 0.0),
}


@dataclass(frozen=True)
class AudioInfo:
    """What the container says about its first audio stream; `duration_s` is 0 when it does not say.

    `is_guessed`: no header says the duration; it was made of the bit rate and the size of the file.
    """

    duration_s: float
    sample_rate: int
    channels: int
    codec: str
    bit_rate: int
    is_guessed: bool = False


@dataclass(frozen=True)
class Decoded:
    """Samples with what happened on the way: `truncated` if the file ended before it said it would."""

    samples: Samples
    sample_rate: int
    info: AudioInfo
    truncated: bool
    corrupt_packets: int


@dataclass
class _Report:
    """Filled in while a file is read."""

    corrupt_packets: int = 0
    good_packets: int = 0
    decoded_s: float = 0.0
    ended_early: bool = False
    reasons: list[str] = field(default_factory=list)


def probe(path: str | os.PathLike[str]) -> AudioInfo:
    """Read the header of an audio file. Raises `DecodeError` if there is no audio stream."""
    with _open(path) as container:
        return _info(container, _audio_stream(container, path), path)


def decode(
    path: str | os.PathLike[str], sample_rate: int, *, start_s: float = 0.0, duration_s: float | None = None
) -> Samples:
    """Mono float32 samples (n,) at `sample_rate`. Raises `DecodeError`."""
    return read(path, sample_rate, start_s=start_s, duration_s=duration_s).samples


def read(
    path: str | os.PathLike[str], sample_rate: int, *, start_s: float = 0.0, duration_s: float | None = None
) -> Decoded:
    """Like `decode`, and tells what the file is and what was wrong with it."""
    report = _Report()
    blocks: list[Samples] = []
    wanted = None if duration_s is None else max(1, round(duration_s * sample_rate))
    have = 0
    with _open(path) as container:
        stream = _audio_stream(container, path)
        info = _info(container, stream, path)
        for block in _blocks(container, stream, sample_rate, 1, start_s, report):
            blocks.append(block[:, 0])
            have += len(block)
            if wanted is not None and have >= wanted:
                break
    if report.corrupt_packets > report.good_packets or not have:
        reason = report.reasons[0] if report.reasons else "it holds no sound"
        raise DecodeError(path, reason if have == 0 else f"most of it is damaged ({reason})")
    samples = np.concatenate(blocks)[:wanted]
    finished = wanted is None or have < wanted
    missing_s = info.duration_s - start_s - have / sample_rate
    announced = missing_s > max(1.0, 0.03 * info.duration_s) and not info.is_guessed
    truncated = finished and (report.ended_early or announced)
    if truncated or report.corrupt_packets:
        log.warning(
            "%s: %s%d corrupt packets; %.1f s decoded", path, "truncated, " if truncated else "",
            report.corrupt_packets, have / sample_rate,
        )  # fmt: skip
    return Decoded(samples, sample_rate, info, truncated, report.corrupt_packets)


def iter_blocks(
    path: str | os.PathLike[str], sample_rate: int, channels: int, start_s: float = 0.0
) -> Iterator[Samples]:
    """Stream float32 blocks (n, channels) of about a second, `channels` being 1 or 2, from `start_s` on.

    Raises `DecodeError` before the first block if the file holds no sound; damage later on is skipped.
    """
    report = _Report()
    any_sound = False
    with _open(path) as container:
        stream = _audio_stream(container, path)
        for block in _blocks(container, stream, sample_rate, channels, start_s, report):
            any_sound = True
            yield block
    if not any_sound and start_s <= 0.0:
        raise DecodeError(path, report.reasons[0] if report.reasons else "it holds no sound")


@contextmanager
def _open(path: str | os.PathLike[str]) -> Iterator[Any]:
    name = os.fspath(path)
    with ExitStack() as opened:
        try:
            if Path(name).stat().st_size == 0:
                raise DecodeError(path, "the file is empty (0 bytes)")
            try:
                name.encode("utf-8")
                source: Any = name
                options = {"protocol_whitelist": "file"}
            except UnicodeEncodeError:
                # a name in raw bytes that are not UTF-8: hand FFmpeg the opened file instead of its name
                source, options = opened.enter_context(Path(name).open("rb")), {}
            container = av.open(source, metadata_errors="replace", container_options=options)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise DecodeError(path, _reason(error)) from error
        yield opened.enter_context(container)


def _audio_stream(container: Any, path: str | os.PathLike[str]) -> Any:
    if not container.streams.audio:
        raise DecodeError(path, "it holds no audio stream")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise DecodeError(path, "its audio is in a codec that is not known here")
    return stream


def _info(container: Any, stream: Any, path: str | os.PathLike[str]) -> AudioInfo:
    duration_s = 0.0
    if stream.duration and stream.time_base:
        duration_s = float(stream.duration * stream.time_base)
    elif container.duration:
        duration_s = container.duration / 1e6
    context = stream.codec_context
    return AudioInfo(
        duration_s=max(0.0, duration_s),
        sample_rate=int(context.sample_rate or 0),
        channels=int(getattr(context, "channels", 0) or 0),
        codec=str(context.name),
        bit_rate=int(context.bit_rate or container.bit_rate or 0),
        is_guessed=container.format.name in HEADERLESS or (container.format.name == "mp3" and _lacks_length(path)),
    )


def _lacks_length(path: str | os.PathLike[str]) -> bool:
    """Whether the first frame of an MP3 file holds no header that counts the others."""
    with Path(path).open("rb") as stream:
        start = 0
        while (head := stream.read(10))[:3] == b"ID3" and len(head) == 10:
            start += 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]) + (10 if head[5] & 0x10 else 0)
            stream.seek(start)
        first = head + stream.read(FIRST_FRAME_BYTES)
    return not any(mark in first for mark in LENGTH_MARKS)


def _blocks(
    container: Any, stream: Any, sample_rate: int, channels: int, start_s: float, report: _Report
) -> Iterator[Samples]:
    """Mixed, resampled, clean blocks (n, channels). One resampler for each input format met in the file.

    Decoders hand out ten thousand small frames a track; FFmpeg's queue joins them to seconds before numpy sees them.
    """
    if start_s > SEEK_MARGIN_S:
        try:
            container.seek(int((start_s - SEEK_MARGIN_S) * 1e6))
        except av.error.FFmpegError as error:
            report.reasons.append(f"cannot seek to {start_s:.1f} s: {_reason(error)}")
            return
    form: tuple[int, str, str] | None = None
    waiting = av.AudioFifo()
    resampler: soxr.ResampleStream | None = None
    for frame in _frames(container, stream, report):
        rate = frame.sample_rate
        if rate < LEAST_SAMPLE_RATE:
            # a damaged header: resampling would blow a few bytes up into hours
            report.reasons.append(f"its sample rate of {rate} Hz is not that of music")
            return
        early = 0
        if form is None and start_s > 0.0 and frame.time is not None and frame.time < start_s:
            early = round((start_s - frame.time) * rate)
        if early >= frame.samples:
            continue
        if form != (rate, frame.layout.name, frame.format.name):
            if form is not None:
                yield from _resampled(resampler, waiting, channels, last=True)
            form = (rate, frame.layout.name, frame.format.name)
            waiting = av.AudioFifo()
            resampler = (
                None
                if rate == sample_rate
                else soxr.ResampleStream(rate, sample_rate, channels, dtype="float32", quality="HQ")
            )
        frame.pts = None  # the queue insists on times without gaps, and damaged files have some
        waiting.write(frame)
        if early:
            waiting.read(early)
        report.decoded_s += (frame.samples - early) / rate
        if waiting.samples >= BLOCK_S * rate:
            yield from _resampled(resampler, waiting, channels, last=False)
    yield from _resampled(resampler, waiting, channels, last=True)


def _resampled(
    resampler: soxr.ResampleStream | None, waiting: av.AudioFifo, channels: int, last: bool
) -> Iterator[Samples]:
    frame = waiting.read() if waiting.samples else None
    block = np.zeros((0, channels), np.float32) if frame is None else _mix(frame, channels)
    if resampler is not None and (len(block) or last):
        flat = block[:, 0] if channels == 1 else block
        block = resampler.resample_chunk(flat, last=last).reshape(-1, channels)
    if len(block):
        yield block


def _frames(container: Any, stream: Any, report: _Report) -> Iterator[Any]:
    """Decoded frames of the stream; damage is counted, and reading stops when there is too much of it."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.error.FFmpegError, OSError) as error:
            report.ended_early = True
            report.reasons.append(_reason(error))
            return
        try:
            frames = packet.decode()
        except (av.error.FFmpegError, ValueError) as error:
            report.corrupt_packets += 1
            report.reasons.append(_reason(error))
            if report.corrupt_packets >= MAX_CORRUPT_PACKETS:
                report.ended_early = True
                return
            continue
        if frames:
            report.good_packets += 1
        yield from frames


def _mix(frame: Any, channels: int) -> Samples:
    """(n, channels) float32 of one frame: integers scaled to -1..1, loudspeakers mixed, NaN and infinity removed."""
    raw = frame.to_ndarray()
    count = len(frame.layout.channels)
    if not frame.format.is_planar:
        raw = raw.reshape(-1, count).T
    planar = _to_float(raw)
    if not np.isfinite(planar).all():
        planar = np.nan_to_num(planar, nan=0.0, posinf=0.0, neginf=0.0)
    if count == channels:
        return np.ascontiguousarray(planar.T)
    if count == 1:
        return np.repeat(planar.T, channels, axis=1)
    if count == 2:
        return np.asarray(planar.mean(axis=0, keepdims=True).T, np.float32)
    gains = _mixing_gains([channel.name for channel in frame.layout.channels], channels)
    return np.ascontiguousarray((gains @ planar).T)


def _mixing_gains(names: list[str], channels: int) -> Samples:
    """(channels, len(names)) gains whose rows sum to at most one, so that a down-mix never clips."""
    even = (0.5, 0.5)
    gains = np.array([SPEAKER_GAINS.get(name, even) for name in names], np.float32).T
    if channels == 1:
        gains = gains.sum(axis=0, keepdims=True)
    sums: Samples = np.maximum(gains.sum(axis=1, keepdims=True), 1e-9)
    return np.divide(gains, sums, dtype=np.float32)


def _to_float(raw: npt.NDArray[Any]) -> Samples:
    if raw.dtype == np.float32:
        return np.asarray(raw)
    if raw.dtype == np.uint8:
        return (raw.astype(np.float32) - 128.0) / 128.0
    if np.issubdtype(raw.dtype, np.integer):
        return raw.astype(np.float32) / float(-int(np.iinfo(raw.dtype).min))
    return raw.astype(np.float32)


_SAID_OF_FFMPEG: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((av.error.EOFError,), "it ends before there is any sound"),
    ((av.error.InvalidDataError,), "it is damaged, or no audio file"),
    ((av.error.DecoderNotFoundError, av.error.DemuxerNotFoundError), "it is of a kind that is not known here"),
    ((av.error.PatchWelcomeError,), "it uses something that its decoder does not know"),
    ((MemoryError,), "it needs more memory than there is"),
)


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "the file is not there"
    if isinstance(error, PermissionError):
        return "it may not be read (permission denied)"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    for kinds, words in _SAID_OF_FFMPEG:
        if isinstance(error, kinds):
            return words
    log.debug("FFmpeg refused", exc_info=error)
    return "it cannot be decoded; it may be damaged"
