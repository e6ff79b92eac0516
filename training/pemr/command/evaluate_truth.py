"""`pemr-train evaluate truth`: the tags of a model, and heads fitted to the truth, against who really plays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from pemr.command.listening import ModelFile, Threads, listener, prepare

if TYPE_CHECKING:
    from pemr.truth.figures import TruthFigures


def truth(
    model: ModelFile,
    corpus: Annotated[Path, typer.Option(help="Where `corpus render truth` put the clips.")],
    teacher: Annotated[
        Path | None,
        typer.Option(help="The teacher's folder: it fills in what nobody knows about the clips to train on."),
    ] = None,
    packages: Annotated[
        Path | None,
        typer.Option(help="Where packages are unpacked: measure on verified real recordings too."),
    ] = None,
    threads: Threads = 0,
    limit: Annotated[int | None, typer.Option(help="Use the first clips of the corpus alone.")] = None,
    per_word: Annotated[bool, typer.Option("--per-word", help="Also print every word.")] = False,
) -> None:
    """Measure what a model suggests against the truth, and linear heads that learn the truth on its frozen encoder.

    Heads learn from the clips to train on, are calibrated on those to choose on, and all figures are of the third
    part, whose soundfonts, works, styles and voices had no part in either.
    """
    from pemr.embed import Encoder
    from pemr.truth.corpus import clips_in
    from pemr.truth.experiment import run_experiment

    prepare(threads)
    clips = clips_in(corpus)[:limit]
    with Bar(transient=True) as bar:
        result = run_experiment(corpus, clips, Encoder.load(model), listener(bar), teacher=teacher, packages=packages)
    counts = ", ".join(f"{count} {use}" for use, count in result.counts.items())
    typer.echo(f"Clips: {counts}. Heads: penalty {result.heads.penalty:g}.")
    _print_figures(result.figures)
    if result.verified:
        typer.echo("Verified real recordings:")
        _print_figures(result.verified)
    if per_word:
        _print_words(result.figures)


def _print_figures(rows: list[TruthFigures]) -> None:
    table = Table(
        "listener", "instruments right / shown", "of true", "drums, recall at 0.9", "solo first",
        "music words, no music", "called no music", "music called so", "calibration error", "ROC-AUC",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row.name,
            f"{row.right} / {row.shown}" + ("" if row.precision is None else f" = {row.precision:.2f}"),
            str(row.true) + ("" if row.recall is None else f" = {row.recall:.2f}"),
            "–" if row.drums_recall is None else f"{row.drums_recall:.2f}",
            f"{row.solo_first} of {row.solos}",
            f"{row.music_words_on_no_music} of {row.no_music}",
            f"{row.refused} of {row.no_music}",
            f"{row.music_refused} of {row.music}",
            f"{row.calibration_error:.3f}",
            f"{row.macro_roc_auc:.3f} ({len(row.roc_auc)} words)",
        )
    Console(width=200).print(table)


def _print_words(rows: list[TruthFigures]) -> None:
    table = Table("word", *(row.name for row in rows))
    for word in sorted({word for row in rows for word in row.roc_auc}):
        table.add_row(word, *(f"{row.roc_auc[word]:.2f}" if word in row.roc_auc else "–" for row in rows))
    Console().print(table)
