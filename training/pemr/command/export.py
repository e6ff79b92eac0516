"""`pemr-train export`: a checkpoint becomes a model file the application can use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    source: Annotated[Path, typer.Argument(metavar="RUN_DIR|CHECKPOINT", help="A run folder or a checkpoint file.")],
    out: Annotated[Path, typer.Option(help="The model file to write (.safetensors).")],
    which: Annotated[str, typer.Option(help="Of a run folder: latest or best.")] = "latest",
    mean_from: Annotated[
        int | None,
        typer.Option(help="Of a run folder: the mean of the weights that train.keep_steps kept from this step on."),
    ] = None,
) -> None:
    """Turn a checkpoint into one model file: encoder, predicting module, front end, provenance.

    It has no tags yet; [b]pemr-train finetune tags[/b] adds them.
    """
    from pemr.export import export

    model_id = export(source, out, which=which, mean_from=mean_from)
    typer.echo(f"{out}: model {model_id}")
