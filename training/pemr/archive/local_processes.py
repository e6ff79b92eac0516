"""Parts of an archive made by several processes of this machine; a decoder that crashes costs one file."""

from __future__ import annotations

import functools
import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pyarrow as pa

from pemr.archive.parts import Part
from pemr.archive.rows import COLUMNS, RowMaker, failed_row
from pemr.modelfile import load_model

log = logging.getLogger(__name__)


def embed_here(parts: Sequence[Part], model: Path, max_segments: int, jobs: int) -> Iterator[tuple[Part, pa.Table]]:
    """Each part with its rows, as they are done."""
    broken: list[Part] = []
    with _pool(jobs) as pool:
        waiting: dict[Future[pa.Table], Part] = {
            pool.submit(_rows, str(model), max_segments, part.paths): part for part in parts
        }
        try:
            for future in as_completed(waiting):
                try:
                    yield waiting[future], future.result()
                except BrokenProcessPool:
                    broken.append(waiting[future])
        finally:
            pool.shutdown(cancel_futures=True)
    if broken:
        log.warning("A decoder crashed: the files it may have been are read again, one at a time")
    for part in broken:
        yield part, _one_by_one(part, model, max_segments)


def _one_by_one(part: Part, model: Path, max_segments: int) -> pa.Table:
    """The rows of a part, each file in a process that may crash."""
    tables = []
    pool = _pool(1)
    for path in part.paths:
        try:
            tables.append(pool.submit(_rows, str(model), max_segments, (path,)).result())
        except BrokenProcessPool:
            row = failed_row(os.fsdecode(path), load_model(model).model_id, "the decoder crashed on this file")
            tables.append(pa.Table.from_pylist([row], schema=COLUMNS))
            pool = _pool(1)
    pool.shutdown()
    return pa.concat_tables(tables)


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Processes that compute on one core each, numpy's matrix products too."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    return ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
    )


def _rows(model: str, max_segments: int, paths: Sequence[bytes]) -> pa.Table:
    return _row_maker(model, max_segments).rows(paths)


@functools.lru_cache(maxsize=1)
def _row_maker(model: str, max_segments: int) -> RowMaker:
    """Loaded once in each process."""
    return RowMaker(Path(model), max_segments)
