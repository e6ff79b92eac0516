"""An archive is made part by part, each part a file of its own: what is done stays done when the rest is stopped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pemr.archive.rows import METADATA_KEY, VERSION
from pemr.durable_files import replaced
from pemr.errors import ArchiveError

LARGEST_PART = 32
MAX_PARTS = 64


@dataclass(frozen=True)
class Part:
    """Some files in order. `key` changes with the model, the settings, and every file's size and time of change."""

    paths: tuple[bytes, ...]
    key: str

    def file(self, folder: Path) -> Path:
        return folder / f"{self.key}.parquet"


def plan_parts(files: Sequence[Path], model_digest: str, max_segments: int) -> list[Part]:
    """Cut the files, in order, into at most `MAX_PARTS` equal parts, or into more of `LARGEST_PART` files each."""
    size = min(LARGEST_PART, max(1, -(-len(files) // MAX_PARTS)))
    return [_part(files[at : at + size], model_digest, max_segments) for at in range(0, len(files), size)]


def contents_key(parts: Iterable[Part]) -> str:
    return hashlib.sha256(" ".join(part.key for part in parts).encode()).hexdigest()[:24]


def _part(files: Sequence[Path], model_digest: str, max_segments: int) -> Part:
    sha = hashlib.sha256(f"{VERSION}|{model_digest}|{max_segments}".encode())
    for path in files:
        sha.update(b"|" + os.fsencode(path) + b"|" + _state(path))
    return Part(tuple(os.fsencode(path) for path in files), sha.hexdigest()[:24])


def _state(path: Path) -> bytes:
    try:
        stat = path.stat()
    except OSError:
        return b"gone"
    return f"{stat.st_size}|{stat.st_mtime_ns}".encode()


def write_whole(tables: Iterable[pa.Table], columns: pa.Schema, out: Path) -> None:
    """Write tables as one Parquet file beside the target, sync, rename: never half a file. Raises `ArchiveError`."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with replaced(out) as file, pq.ParquetWriter(file, columns, compression="zstd") as writer:
            for table in tables:
                writer.write_table(table.replace_schema_metadata(columns.metadata))
    except (OSError, pa.ArrowException) as error:
        raise ArchiveError(
            f"{out} cannot be written: {error}. The parts that are done are kept; free some space and start the same "
            "command again."
        ) from error


def read_part(file: Path) -> pa.Table | None:
    """A finished part; None if there is none or it is damaged, so that it is made anew."""
    try:
        return pq.read_table(file)
    except (OSError, pa.ArrowException):
        return None


def contents_of(archive: Path) -> str | None:
    """The key of the contents of an archive; None if there is no file. Raises `ArchiveError` for any other file."""
    if not archive.exists():
        return None
    try:
        metadata = pq.read_schema(archive).metadata or {}
        return str(json.loads(metadata[METADATA_KEY])["contents"])
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise ArchiveError(
            f"{archive} is there already and is no archive of embeddings. It was left as it is; choose another --out."
        ) from error
