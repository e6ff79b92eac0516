"""`pemr-train evaluate`: how good trained models are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import Progress as Bar

from pemr.command.bundled_table import print_encoders
from pemr.command.evaluate_covers import covers
from pemr.command.evaluate_curve import curve
from pemr.command.evaluate_methods import methods
from pemr.command.evaluate_truth import truth
from pemr.command.listening import (
    Cache,
    Data,
    TeacherDir,
    Threads,
    Validation,
    listener,
    prepare,
    print_calibration,
    print_rows,
    print_tags,
)
from pemr.durable_files import write_output


def application() -> typer.Typer:
    """The group `pemr-train evaluate`."""
    group = typer.Typer(invoke_without_command=True, add_completion=False)
    group.callback()(evaluate)
    group.command("tags")(tags)
    group.command("methods")(methods)
    group.command("curve")(curve)
    group.command("covers")(covers)
    group.command("truth")(truth)
    return group


def evaluate(
    context: typer.Context,
    bundled: Annotated[bool, typer.Option("--bundled", help="Print the model card's tables again.")] = False,
    corpus: Annotated[
        Path | None, typer.Option(help="With --bundled: where `corpus fetch free-game-music` put the music.")
    ] = None,
    cache: Cache = Path("label-cache"),
    threads: Threads = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="With --bundled: also write the figures into this file.")
    ] = None,
    card: Annotated[
        Path | None, typer.Option(help="With --bundled: also write the tables into this model card.")
    ] = None,
) -> None:
    """Measure trained models."""
    if context.invoked_subcommand is not None:
        return
    if not bundled:
        typer.echo(context.get_help())
        return
    if corpus is None:
        raise typer.BadParameter("say where the free game music is: --corpus DIR", param_hint="--corpus")
    from pemr.model_card.figures import measure_bundled, models_folder
    from pemr.model_card.markdown import write_card

    prepare(threads)
    with Bar(transient=True) as bar:
        report = measure_bundled(corpus, cache, models_folder(), listener(bar))
    print_encoders(report.figures)
    print_tags(report.row)
    print_calibration(report.row)
    if json_file is not None:
        write_output(json_file, msgspec.json.format(msgspec.json.encode(report.figures), indent=2) + b"\n")
    if card is not None:
        write_card(card, report.figures)


def tags(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL...", help="Model files to compare.")],
    data: Data,
    teacher: TeacherDir,
    validation: Validation = None,
    cache: Cache = Path("label-cache"),
    threads: Threads = 0,
    per_tag: Annotated[bool, typer.Option(help="Also print every tag of the first model.")] = False,
) -> None:
    """Measure encoders by linear heads on their frozen embeddings, beside a random encoder and MFCC + chroma.

    Positive means that the teacher's probability for the track is at or above the tag's best-F1 threshold; tags with
    less than one percent positives are left out and named.
    """
    from pemr.build import HANDCRAFTED, RANDOM_ENCODER
    from pemr.comparison.scoring import SegmentEncoder, segment_vectors
    from pemr.embed import Encoder
    from pemr.handcrafted import MfccChroma
    from pemr.modelfile import load_model
    from pemr.tags.training import learned_from_labels, load_corpus, measure_vectors, random_encoder

    prepare(threads)
    encoders: list[tuple[str, SegmentEncoder]] = [(path.name, Encoder.load(path)) for path in models]
    encoders += [(RANDOM_ENCODER, random_encoder(load_model(models[0]))), (HANDCRAFTED, MfccChroma())]
    with Bar(transient=True) as bar:
        progress = listener(bar)
        corpus = load_corpus(data, validation, cache, teacher, progress)
        rows = []
        for name, encoder in encoders:
            train, held_out = (segment_vectors(encoder, part, progress) for part in (corpus.train, corpus.validation))
            known = learned_from_labels(encoder)
            rows.append(measure_vectors(name, train, held_out, corpus, labels_known=known))
    print_rows(rows)
    if per_tag:
        print_tags(rows[0])
