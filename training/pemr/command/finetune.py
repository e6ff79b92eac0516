"""`pemr-train finetune`: fit parts of a trained model to labels."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress as Bar

from pemr.command import finetune_encoder
from pemr.command.listening import (
    Cache,
    Data,
    ModelFile,
    TeacherDir,
    Threads,
    Validation,
    listener,
    prepare,
    print_calibration,
    print_rows,
    print_tags,
)


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Fit parts of a trained model to labels.", no_args_is_help=True)
    group.command("tags")(tags)
    finetune_encoder.add(group)
    app.add_typer(group, name="finetune")


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

    prepare(threads)
    load_model(model)  # a wrong file is to be told now, not after the teacher has listened for an hour
    with Bar(transient=True) as bar:
        progress = listener(bar)
        corpus = load_corpus(data, validation, cache, teacher, progress)
        row = finetune_tags(model, out, corpus, {"teacher": "musicnn (MTT and MSD), ISC licence"}, progress)
    print_rows([row])
    print_tags(row)
    print_calibration(row)
    typer.echo(f"{out}: {sum(tag.supported for tag in row.tags)} of {len(row.tags)} tags are switched on")
