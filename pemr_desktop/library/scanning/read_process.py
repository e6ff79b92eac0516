"""A process that does nothing but read tags, so that a file that hangs or crashes a parser costs one child.

It reads orders from standard input, each the paths of some files, and answers each file on standard output: frames of
MessagePack, each after its length. Answers are sent when the order is done, or earlier when files are slow to read.
It ends when its standard input does.
"""

from __future__ import annotations

import logging
import os
import struct
import sys
import time
from pathlib import Path
from typing import IO

import msgspec

from pemr_desktop.child_limits import Patience, limit_memory, run_child
from pemr_desktop.library.scanning.file_reading import FileContent, read_content
from pemr_desktop.refusals import refusal

log = logging.getLogger(__name__)

SEND_EVERY_S = 0.1
HEADROOM_MB = 384
READY = b"ready"
"""The first message: everything is loaded."""
LENGTH = struct.Struct("<I")


class Order(msgspec.Struct, frozen=True, array_like=True):
    """Read these files, in order; each path `os.fsencode`d. With more of the processor for a file the child ends.

    `films`: their sound is taken in, too. `first_digests`: of files that 0.1.0 knew, by their place in the order.
    """

    paths: list[bytes]
    processor_s: float = 10.0
    films: bool = True
    first_digests: dict[int, bytes] = {}


def write_frame(stream: IO[bytes], message: bytes) -> None:
    """Put one message on its way; the stream is not flushed."""
    stream.write(LENGTH.pack(len(message)) + message)


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next message; None when the other side has ended, also in the middle of one."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    message = stream.read(length)
    return message if len(message) == length else None


def encoded_content(
    path: Path, encoder: msgspec.msgpack.Encoder, films: bool = True, first_digest: bytes | None = None
) -> bytes:
    """One file as a message. Whatever a damaged file makes a parser raise belongs to that file alone."""
    try:
        return encoder.encode(read_content(path, films, first_digest))
    except MemoryError:
        why = refusal("tags too large")
    except RecursionError:
        why = refusal("nested too deeply")
    except Exception:
        log.exception("%s cannot be read", path)
        why = refusal("damaged beyond reading")
    return encoder.encode(FileContent(None, None, why, b""))


def main() -> int:
    """Answer orders until standard input ends."""
    orders = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    decoder, encoder = msgspec.msgpack.Decoder(Order), msgspec.msgpack.Encoder()
    patience = Patience()
    patience.start()
    limit_memory(HEADROOM_MB)
    write_frame(answers, READY)
    answers.flush()
    while (message := read_frame(orders)) is not None:
        sent_at = time.monotonic()
        order = decoder.decode(message)
        for number, path in enumerate(order.paths):
            patience.allow(order.processor_s)
            first_digest = order.first_digests.get(number)
            write_frame(answers, encoded_content(Path(os.fsdecode(path)), encoder, order.films, first_digest))
            if time.monotonic() - sent_at > SEND_EVERY_S:
                answers.flush()
                sent_at = time.monotonic()
        patience.rest()
        answers.flush()
    return 0


if __name__ == "__main__":
    run_child(main)
