"""From folders to one Parquet file: plan the parts, make those that are missing, put them together."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from pemr.archive.local_processes import embed_here
from pemr.archive.parts import Part, contents_key, contents_of, plan_parts, read_part, write_whole
from pemr.archive.ray_cluster import embed_on_ray
from pemr.archive.rows import COLUMNS, described_columns
from pemr.datasets.folder import audio_files
from pemr.embed import DEFAULT_SEGMENTS
from pemr.errors import ArchiveError, CorpusError
from pemr.modelfile import load_model

Progress = Callable[[int, int, int], None]


@dataclass
class Report:
    """`tracks` rows were written; `errors` names each file that has none, with the reason; `made` are new rows."""

    tracks: int = 0
    made: int = 0
    errors: list[tuple[str, str]] = field(default_factory=list)
    up_to_date: bool = False


def parts_folder(out: Path) -> Path:
    """Where finished parts wait until the archive is whole."""
    return out.with_name(out.name + ".parts")


def embed_folders(
    folders: list[Path],
    model: Path,
    out: Path,
    *,
    jobs: int,
    ray: str | None = None,
    max_segments: int = DEFAULT_SEGMENTS,
    progress: Progress = lambda done, total, failed: None,
) -> Report:
    """Embed every audio file below the folders into the Parquet file `out`, one row a file, sorted by path.

    Stopped at any moment, the same call goes on with what is missing. Raises `ArchiveError`, `CorpusError`,
    `ModelMismatch`; a file that cannot be read is a row with an error, never the end.
    """
    digest = load_model(model).digest
    files = audio_files(folders)
    if not files:
        raise CorpusError(f"No audio files below {', '.join(map(str, folders))}")
    parts = plan_parts(files, digest, max_segments)
    report = Report()
    if contents_of(out) == contents_key(parts):
        report.up_to_date = True
        _count(report, read_part(out))
        return report
    folder = parts_folder(out)
    missing = []
    for part in parts:
        _count(report, table) if (table := read_part(part.file(folder))) is not None else missing.append(part)
    done = sum(len(part.paths) for part in parts) - sum(len(part.paths) for part in missing)
    progress(done, len(files), len(report.errors))
    engine = _engine(missing, model, max_segments, jobs, ray)
    for part, table in engine:
        write_whole([table], COLUMNS, part.file(folder))
        _count(report, table)
        done += len(part.paths)
        report.made += len(part.paths)
        progress(done, len(files), len(report.errors))
    write_whole(_finished(parts, folder), described_columns(model, contents_key(parts)), out)
    shutil.rmtree(folder)
    report.errors.sort()
    return report


def _engine(
    parts: list[Part], model: Path, max_segments: int, jobs: int, ray: str | None
) -> Iterator[tuple[Part, pa.Table]]:
    if not parts:
        return iter(())
    if ray is None:
        return embed_here(parts, model, max_segments, jobs)
    return embed_on_ray(parts, model, max_segments, jobs, ray)


def _finished(parts: list[Part], folder: Path) -> Iterator[pa.Table]:
    for part in parts:
        table = read_part(part.file(folder))
        if table is None:
            raise ArchiveError(f"{part.file(folder)} is damaged. Start the same command again: it is made anew.")
        yield table


def _count(report: Report, table: pa.Table | None) -> None:
    if table is None:
        return
    for path, error in zip(table["path"].to_pylist(), table["error"].to_pylist(), strict=True):
        if error is None:
            report.tracks += 1
        else:
            report.errors.append((path, error))
