"""`pemr-train evaluate`: how good trained models are."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress as Bar

from pemr.command.evaluate_methods import methods
from pemr.command.listening import (
    Cache,
    Data,
    TeacherDir,
    Threads,
    Validation,
    listener,
    prepare,
    print_rows,
    print_tags,
)


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Measure trained models.", no_args_is_help=True)
    group.command("tags")(tags)
    group.command("methods")(methods)
    app.add_typer(group, name="evaluate")


def tags(
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

    prepare(threads)
    encoders = [("random encoder", random_encoder(load_model(models[0])))]
    encoders += [(path.name, Encoder.load(path)) for path in models]
    with Bar(transient=True) as bar:
        progress = listener(bar)
        corpus = load_corpus(data, validation, cache, teacher, progress)
        rows = [measure(name, encoder, corpus, progress) for name, encoder in encoders]
    print_rows(rows)
    if per_tag:
        print_tags(rows[1])
