"""`pemr-train finetune tags` and `pemr-train evaluate`: tag heads for a model, and how good they are."""

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

if TYPE_CHECKING:
    from pemr.finetune import Row
    from pemr.labels import Progress

ModelFile = Annotated[Path, typer.Option("--model", help="A model file (.safetensors).")]
Data = Annotated[Path, typer.Option("--data", help="Training music, one folder an album or soundtrack.")]
Validation = Annotated[
    Path | None, typer.Option("--validation", help="Other music to judge on [default: every fifth folder of --data].")
]
TeacherDir = Annotated[Path, typer.Option("--teacher", help="The folder that holds mtt_ and msd_musicnn.safetensors.")]
Cache = Annotated[Path, typer.Option("--cache", help="Where decoded audio and the teacher's answers are kept.")]
Threads = Annotated[int, typer.Option(help="Processor threads; 0 is torch's own choice.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Fit parts of a trained model to labels.", no_args_is_help=True)
    group.command("tags")(tags)
    app.add_typer(group, name="finetune")
    app.command("evaluate")(evaluate)


def tags(
    model: ModelFile,
    data: Data,
    out: Annotated[Path, typer.Option(help="The model file to write.")],
    teacher: TeacherDir,
    validation: Validation = None,
    cache: Cache = Path("label-cache"),
    threads: Threads = 0,
) -> None:
    """Fit tag heads on the frozen encoder: the teacher listens, linear heads learn what it says.

    Each tag is calibrated on the validation music; one that cannot be vouched for there is switched off.
    """
    from pemr.finetune import finetune_tags, load_corpus
    from pemr.modelfile import load_model

    _prepare(threads)
    load_model(model)  # a wrong file is to be told now, not after the teacher has listened for an hour
    with Bar(transient=True) as bar:
        progress = _listener(bar)
        corpus = load_corpus(data, validation, cache, teacher, progress)
        row = finetune_tags(model, out, corpus, {"teacher": "musicnn (MTT and MSD), ISC licence"}, progress)
    _print_rows([row])
    _print_tags(row)
    typer.echo(f"{out}: {sum(tag.supported for tag in row.tags)} of {len(row.tags)} tags are switched on")


def evaluate(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL...", help="Model files to compare.")],
    data: Data,
    teacher: TeacherDir,
    validation: Validation = None,
    cache: Cache = Path("label-cache"),
    threads: Threads = 0,
    per_tag: Annotated[bool, typer.Option(help="Also print every tag of the first model.")] = False,
) -> None:
    """Measure encoders by linear heads on their frozen embeddings, beside a random encoder.

    Positive means that the teacher's probability for the track is at or above the tag's best-F1 threshold; tags with
    less than one percent positives are left out and named.
    """
    from pemr.embed import Encoder
    from pemr.finetune import load_corpus, measure, random_encoder
    from pemr.modelfile import load_model

    _prepare(threads)
    encoders = [("random encoder", random_encoder(load_model(models[0])))]
    encoders += [(path.name, Encoder.load(path)) for path in models]
    with Bar(transient=True) as bar:
        progress = _listener(bar)
        corpus = load_corpus(data, validation, cache, teacher, progress)
        rows = [measure(name, encoder, corpus, progress) for name, encoder in encoders]
    _print_rows(rows)
    if per_tag:
        _print_tags(rows[1])


def _prepare(threads: int) -> None:
    import torch

    from pemr.memory import reuse_freed_memory

    reuse_freed_memory()
    torch.set_num_threads(threads or min(4, os.cpu_count() or 1))


def _listener(bar: Bar) -> "Progress":
    task = bar.add_task("starting", total=1)

    def progress(doing: str, done: int, total: int) -> None:
        bar.update(task, description=doing, completed=done, total=total)

    return progress


def _print_rows(rows: "list[Row]") -> None:
    table = Table("encoder", "ROC-AUC", "95 % interval", "PR-AUC", "tags measured", "tags on")
    for row in rows:
        low, high = row.interval
        table.add_row(
            row.name,
            f"{row.scores.macro_roc_auc:.4f}",
            f"{low:.3f} .. {high:.3f}",
            f"{row.scores.macro_pr_auc:.4f}",
            str(len(row.scores.names)),
            str(sum(tag.supported for tag in row.tags)),
        )
    console = Console()
    console.print(table)
    console.print(f"Left out, too few positives: {', '.join(rows[0].scores.skipped) or 'none'}", highlight=False)


def _print_tags(row: "Row") -> None:
    measured = dict(zip(row.scores.names, zip(row.scores.roc_auc, row.scores.pr_auc, strict=True), strict=True))
    table = Table("tag", "group", "ROC-AUC", "PR-AUC", "threshold", "why it is off")
    for tag in row.tags:
        roc, pr = measured.get(tag.name, (float("nan"), float("nan")))
        shown = f"{tag.threshold:.2f}" if tag.supported else "off"
        table.add_row(tag.name, tag.group, _shown(roc), _shown(pr), shown, tag.reason)
    Console().print(table)


def _shown(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "–"
