"""`pemr-train finetune encoder`: train the encoder itself on labels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pemr.command.failures import failures_as_events
from pemr.command.listening import Cache
from pemr.command.probe import chosen

HELP = """Train the encoder and its tag heads on labels, and write a model file: OUT/model.safetensors.

With [b]--model[/b] a trained encoder is fine-tuned (a model file, a run folder or a checkpoint); without it FCN-4 is
trained from random weights. The labels are either what the teacher says about segments of your music, or those of a
data set, on whose test tracks the result is then measured. Stop and go on as with pemr-train pretrain.

    pemr-train finetune encoder --model mine.safetensors --data ~/Music --teacher models/teacher --out runs/tuned
    pemr-train finetune encoder --model runs/mine --data-set magnatagatune --root ~/MTAT --share 0.01 --out runs/one
"""


def add(group: typer.Typer) -> None:
    group.command("encoder", help=HELP)(run)


def run(
    out: Annotated[Path, typer.Option(help="The run folder: checkpoints, curves, and the model file.")],
    model: Annotated[Path | None, typer.Option(help="What to begin with; without it random weights.")] = None,
    data: Annotated[
        list[Path] | None, typer.Option(help="Music for the teacher, one folder an album or soundtrack. Repeatable.")
    ] = None,
    teacher: Annotated[
        Path | None, typer.Option(help="The folder that holds mtt_ and msd_musicnn.safetensors.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Other music to judge on; without it every fifth folder of --data.")
    ] = None,
    segments: Annotated[int, typer.Option(min=1, help="How many segments of a track the teacher labels.")] = 12,
    data_set: Annotated[str | None, typer.Option(help="A labelled set instead; see pemr-train probe.")] = None,
    root: Annotated[Path | None, typer.Option(help="Where the data set is.")] = None,
    tags: Annotated[str | None, typer.Option(help="Only these tags of the data set, with commas.")] = None,
    share: Annotated[float, typer.Option(help="Share of its training tracks that is used, drawn by seed.")] = 1.0,
    cache: Cache = Path("label-cache"),
    recipe: Annotated[str, typer.Option(help="Whose front end random weights get.")] = "default",
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one setting, e.g. learning_rate=1e-4. Repeatable."),
    ] = None,
    max_track_s: Annotated[float, typer.Option(help="Only this much of each track of a data set is heard.")] = 600.0,
    resume: Annotated[bool, typer.Option(help="Go on with the run in OUT if there is one.")] = True,
    max_hours: Annotated[float | None, typer.Option(help="Stop with a checkpoint after this many hours.")] = None,
    as_events: Annotated[bool, typer.Option("--events", help="Write JSON Lines events instead of a display.")] = False,
) -> None:
    from pemr import events
    from pemr.command.display import Display, tee
    from pemr.command.measured_tables import print_measured
    from pemr.datasets.catalogue import load_set
    from pemr.errors import CorpusError
    from pemr.protocols.encoder_finetuning import MODEL_FILE, Start, finetune, set_labels, teacher_labels
    from pemr.protocols.settings import with_overrides
    from pemr.protocols.supervised_settings import Supervised
    from pemr.recipe import load_recipe

    with failures_as_events(as_events):
        settings = with_overrides(Supervised(), overrides or [])
        start = Start.of(model, load_recipe(recipe).front_end)
        labelled = None
        if data_set is not None and root is not None and not data:
            labelled = chosen(load_set(data_set, root), tags, share, settings.seed)
        elif not data or teacher is None or data_set is not None:
            raise CorpusError("Say where labels come from: --data with --teacher, or --data-set with --root")
        with tee(events.json_lines() if as_events else Display(), out / "events.jsonl") as listener:

            def progress(doing: str, done: int, total: int) -> None:
                listener(events.Preparing(done, total, 0, doing))

            if labelled is not None:
                labels = set_labels(start, labelled, cache, max_track_s, progress)
            else:
                labels = teacher_labels(start, data or [], validation, cache, teacher or Path(), segments, progress)
            finetuned = finetune(
                start, labels, settings, out,
                listener=listener, resume=resume, max_hours=max_hours, listen=as_events,
            )  # fmt: skip
        if as_events:
            return
        measured = finetuned.trained.evaluation
        typer.echo(
            f"best at step {finetuned.trained.best_step}: validation ROC-AUC {measured.tags.macro_roc_auc:.4f}, PR-AUC "
            f"{measured.tags.macro_pr_auc:.4f} over {len(measured.tags.names)} tags of {len(measured.scores)} tracks"
        )
        typer.echo(f"not measured, no positive or no negative track: {', '.join(measured.tags.skipped) or 'none'}")
        if finetuned.figures is not None:
            print_measured([finetuned.figures])
        on = sum(tag.supported for tag in finetuned.tags)
        typer.echo(
            f"{out / MODEL_FILE}: model {finetuned.model_id}, {on} of {len(finetuned.tags)} tags are switched on"
        )
