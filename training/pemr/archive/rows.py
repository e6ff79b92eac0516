"""One row a track: what the columns of an archive are, and how a few files become rows of it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from pemr.embed import Encoder, TrackEmbedding
from pemr.errors import DecodeError, PemrError, readable
from pemr.graphs.fcn import EMBEDDING_WIDTH
from pemr.modelfile import load_model

VERSION = 1
METADATA_KEY = b"pemr"
VECTOR = pa.list_(pa.float32(), EMBEDDING_WIDTH)
COLUMNS = pa.schema(
    [
        ("path", pa.string()),
        ("seconds", pa.float64()),
        ("track", VECTOR),
        ("segments", pa.list_(VECTOR)),
        ("segment_starts_s", pa.list_(pa.float32())),
        ("tag_probabilities", pa.list_(pa.float32())),
        ("silent", pa.bool_()),
        ("truncated", pa.bool_()),
        ("model_id", pa.string()),
        ("error", pa.string()),
    ]
)


def described_columns(model: Path, contents: str) -> pa.Schema:
    """The columns with what a reader has to know beside them; `contents` names the files the archive was made of."""
    info = load_model(model)
    described = {
        "version": VERSION,
        "contents": contents,
        "model_id": info.model_id,
        "model_digest": info.digest,
        "tags": [tag.name for tag in info.info.tags],
        "sample_rate": info.info.front_end.sample_rate,
        "segment_s": info.info.front_end.segment_s,
    }
    return COLUMNS.with_metadata({METADATA_KEY: json.dumps(described).encode()})


class RowMaker:
    """A loaded model that turns files into rows, on one thread: many of them run side by side."""

    def __init__(self, model: Path, max_segments: int) -> None:
        self.encoder = Encoder.load(model)
        self.max_segments = max_segments

    def rows(self, paths: Sequence[bytes]) -> pa.Table:
        """One row a file, in the order given. A file that cannot be embedded has its reason in the column `error`."""
        return pa.Table.from_pylist([self._row(os.fsdecode(path)) for path in paths], schema=COLUMNS)

    def _row(self, path: str) -> dict[str, object]:
        try:
            track = self.encoder.embed_file(path, max_segments=self.max_segments, importance=False)
        except DecodeError as error:
            return failed_row(path, self.encoder.model_id, error.reason)
        except (PemrError, OSError, RuntimeError, ValueError, MemoryError) as error:
            return failed_row(path, self.encoder.model_id, str(error) or type(error).__name__)
        return _row(path, self.encoder.model_id, track)


def _row(path: str, model_id: str, track: TrackEmbedding) -> dict[str, object]:
    return {
        "path": readable(path),
        "seconds": track.duration_s,
        "track": track.track,
        "segments": list(track.segments),
        "segment_starts_s": track.segment_starts_s,
        "tag_probabilities": track.tag_probabilities,
        "silent": track.silent,
        "truncated": track.truncated,
        "model_id": model_id,
        "error": None,
    }


def failed_row(path: str, model_id: str, reason: str) -> dict[str, object]:
    return {"path": readable(path), "model_id": model_id, "error": readable(reason)}
