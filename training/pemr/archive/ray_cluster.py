"""Parts of an archive made by Ray Data: on a cluster, or on a small one inside this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from pemr.archive.parts import Part
from pemr.archive.rows import RowMaker
from pemr.errors import ArchiveError

LOCAL = "local"


class PartMaker:
    """An actor of the cluster. The model travels with it; the music has to lie under the same path everywhere."""

    def __init__(self, model: bytes, max_segments: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.safetensors"
            file.write_bytes(model)
            self.maker = RowMaker(file, max_segments)

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Parts (part number, paths) -> their rows, each with the number of its part."""
        tables = []
        for part in batch.to_pylist():
            rows = self.maker.rows(part["paths"])
            tables.append(rows.append_column("part", pa.array([part["part"]] * len(rows), pa.int64())))
        return pa.concat_tables(tables)


def embed_on_ray(
    parts: Sequence[Part], model: Path, max_segments: int, jobs: int, address: str
) -> Iterator[tuple[Part, pa.Table]]:
    """Each part with its rows, in order. `address` is a cluster's, or "local" for one of `jobs` processes here."""
    ray, data = _ray()
    local = address == LOCAL
    where: dict[str, Any] = {"address": LOCAL, "num_cpus": jobs, "include_dashboard": False} if local else {}
    try:
        ray.init(**(where or {"address": address}), log_to_driver=False, logging_level="ERROR", configure_logging=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise ArchiveError(f"There is no Ray cluster at {address}: {error}") from error
    try:
        context = data.DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = False
        actors = max(1, min(len(parts), jobs if local else int(ray.cluster_resources().get("CPU", 1))))
        listed = [{"part": number, "paths": list(part.paths)} for number, part in enumerate(parts)]
        made = data.from_items(listed, override_num_blocks=len(listed)).map_batches(
            PartMaker,
            fn_constructor_args=(model.read_bytes(), max_segments),
            batch_size=1,
            batch_format="pyarrow",
            compute=data.ActorPoolStrategy(size=actors),
            num_cpus=1,
        )
        blocks = made.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1)
        for number, tables in groupby(_single_parts(blocks), key=lambda table: table["part"][0].as_py()):
            yield parts[number], pa.concat_tables(list(tables)).drop_columns(["part"])
    finally:
        ray.shutdown()


def _single_parts(blocks: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Blocks as Ray cut them -> tables with rows of one part each."""
    for block in blocks:
        start = 0
        for _, rows in groupby(block["part"].to_pylist()):
            count = len(list(rows))
            yield block.slice(start, count)
            start += count


def _ray() -> tuple[Any, Any]:
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ArchiveError(
            "Ray is not installed. Install it with: pip install 'pemr-desktop[ray]', or leave --ray out to use the "
            "processors of this machine."
        ) from error
    return ray, ray.data
