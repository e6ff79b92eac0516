"""Rows of Table 5: a cover network, with or without a pre-trained encoder, trained on one set and measured on two."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pemr import events
from pemr.audio import decode
from pemr.covers.alignment.features import SAMPLE_RATE
from pemr.covers.alignment.spectrum import Spectrum, spectrum
from pemr.covers.corpus.version_corpus import CorpusVersion, Moments, moments_of, read_versions, write_work
from pemr.covers.networks.clips import ClipSettings
from pemr.covers.networks.network_file import NetworkSettings, load_network
from pemr.covers.networks.training import CoverTraining, Told, read_development, retrieval
from pemr.covers.networks.training import train as train_network
from pemr.covers.retrieval_metrics import RetrievalReport
from pemr.datasets.cliques import CliqueSet, CliqueTrack
from pemr.datasets.shs100k import Part
from pemr.durable_files import write_output
from pemr.errors import CorpusError, DecodeError
from pemr.export import export
from pemr.log_mel import LogMel
from pemr.modelfile import load_model
from pemr.protocols.settings import with_overrides
from pemr.recipe import Recipe
from pemr.rendering.tune_list import Split
from pemr.tables.paths import clique_set
from pemr.tables.rows import Line, Stopped, TableRun
from pemr.tables.table_recipe import RANDOM, TableRow

log = logging.getLogger(__name__)

MOMENTS_PER_TRACK = 4
NETWORK_WIDTH = 300
TRAINING_STEPS = 20_000
TRAINED_ON = "shs100k-sub"


class Figures(msgspec.Struct, frozen=True):
    """What one network reaches on one set; `key` names all that it depends on."""

    key: str
    report: RetrievalReport


def cover_lines(run: TableRun, row: TableRow) -> Iterator[tuple[Line, list[str]]]:
    """A line for each set, and what the set is. Raises `PemrError` subclasses and `Stopped`."""
    recipe = run.table.pretraining(row, run.overrides.pretraining)
    encoder = None if row.recipe == RANDOM else _encoder(run, row, recipe)
    settings = _settings(run, row, recipe, encoder)
    network = _trained(run, row, settings)
    for name in run.table.measure_on:
        folder, title, notes = analysed_versions(run, name, "test")
        report = _measured(run, row, name, network, folder, title)
        low, high = report.mean_average_precision_interval
        ours = {
            "map": report.mean_average_precision, "precision_at_10": report.precision_at_10,
            "mr1": report.mean_first_rank,
        }  # fmt: skip
        detail = (
            f"{settings.steps:,} steps; MAP 95 %: {low:.3f}–{high:.3f}; P@10 of at most "
            f"{report.precision_at_10_ceiling:.3f}; {report.queries} queries, {report.lone_queries} without a version"
        )
        yield Line(f"{row.name}, {name}", ours, row.paper_on.get(name, {}), detail), [title, *notes]


def analysed_versions(run: TableRun, name: str, part: Part) -> tuple[Path, str, list[str]]:
    """The works of a set as a version corpus, what the set is, and what is missing. Made once, work by work."""
    cliques = clique_set(name, part, run.roots)
    folder = run.paths.versions(name, part)
    unreadable = 0
    for work, tracks in _works(cliques).items():
        file = folder / f"{_file_name(work)}.safetensors"
        if file.exists():
            unreadable += len(tracks) - len(read_versions(file))
        else:
            unreadable += len(tracks) - _write_decoded(
                folder, work, tracks, "train" if part == "train" else "development"
            )
    notes = [*cliques.notes, *([f"{unreadable} recordings cannot be decoded"] if unreadable else [])]
    return folder, str(cliques), notes


def _works(cliques: CliqueSet) -> dict[str, list[CliqueTrack]]:
    works: dict[str, list[CliqueTrack]] = {}
    for track in cliques.tracks:
        if track.work is not None:
            works.setdefault(track.work, []).append(track)
    return works


def _write_decoded(folder: Path, work: str, tracks: list[CliqueTrack], split: Split) -> int:
    """Write the file of a work -> how many of its recordings could be decoded."""
    versions: list[CorpusVersion] = []
    spectra: list[Spectrum] = []
    moments: dict[int, Moments] = {}
    for track in tracks:
        try:
            samples = decode(track.path, SAMPLE_RATE)
        except DecodeError as error:
            log.warning("%s", error)
            continue
        index = len(versions)
        spectra.append(spectrum(samples))
        moments[index] = moments_of(samples, MOMENTS_PER_TRACK)
        versions.append(CorpusVersion(work, index, split, 0, "", track.path.name, 0, 0.0, len(spectra[-1])))
    if versions:
        write_work(folder, _file_name(work), versions, spectra, moments)
    return len(versions)


def _file_name(work: str) -> str:
    plain = "".join(char if char.isalnum() else "-" for char in work)
    return f"{plain[:60]}-{hashlib.sha256(work.encode()).hexdigest()[:6]}"


def _encoder(run: TableRun, row: TableRow, recipe: Recipe) -> Path:
    """The pre-trained encoder as a model file."""
    checkpoint = run.pretrained(row, recipe)
    model = checkpoint.parent.parent / "model.safetensors"
    export(checkpoint, model)
    return model


def _trained(run: TableRun, row: TableRow, settings: CoverTraining) -> Path:
    """The network that is best on the validation works."""
    train_folder, _, _ = analysed_versions(run, TRAINED_ON, "train")
    validation_folder, _, _ = analysed_versions(run, TRAINED_ON, "validation")
    key = hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(settings, steps=0))).hexdigest()[:8]
    out = run.paths.finetuning(run.table.name, row.name, key)
    last: list[int] = []
    with run.display(f"{run.table.name}: training {row.name}", out) as listener:

        def told(now: Told) -> None:
            last.append(now.step)
            listener(_as_event(now, settings))

        best = train_network(settings, [train_folder], out, development=[validation_folder], told=told)
    if last and last[-1] < settings.steps:
        raise Stopped
    return best


def _as_event(now: Told, settings: CoverTraining) -> events.Step:
    losses = {"loss": now.loss, "right_work": now.right_work, **{f"MAP {k}": v for k, v in now.measures.items()}}
    step_s = now.spent.seconds / now.step
    hours = (now.spent.hours, now.spent.processor_hours)
    clips = settings.clips.works * settings.clips.clips_a_work
    left = (settings.steps - now.step) * step_s
    return events.Step(now.step, settings.steps, 0, losses, clips / max(step_s, 1e-9), left, 0.0, 0, *hours)


def _settings(run: TableRun, row: TableRow, recipe: Recipe, encoder: Path | None) -> CoverTraining:
    front_end = recipe.front_end if encoder is None else load_model(encoder).info.front_end
    network = NetworkSettings(row.network, NETWORK_WIDTH, 0, str(encoder) if encoder else "", front_end)
    defaults = CoverTraining(network, ClipSettings(), steps=TRAINING_STEPS, seed=recipe.train.seed)
    return with_overrides(defaults, run.overrides.covers)


def _measured(run: TableRun, row: TableRow, name: str, network: Path, folder: Path, title: str) -> RetrievalReport:
    trained = load_network(network)
    key = hashlib.sha256(f"{trained.network_id}|{title}".encode()).hexdigest()[:12]
    kept = run.paths.result(run.table.name, row.name, f"-{name}")
    try:
        known = msgspec.json.decode(kept.read_bytes(), type=Figures)
    except (OSError, msgspec.DecodeError):
        known = None
    if known is not None and known.key == key:
        return known.report
    tracks = read_development(folder, trained.network)
    try:
        report = retrieval(trained.network, tracks, LogMel(trained.settings.front_end))
    except ValueError as error:
        raise CorpusError(f"{title}: {error}") from error
    write_output(kept, msgspec.json.encode(Figures(key, report)))
    return report
