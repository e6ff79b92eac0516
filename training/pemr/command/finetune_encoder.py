"""`pemr-train finetune encoder`: train the encoder itself on labels."""

from pathlib import Path
from typing import Annotated

import typer

from pemr.command.listening import Cache, TeacherDir

HELP = """Train the encoder and its tag heads on labels, and write a model file: OUT/model.safetensors.

With [b]--model[/b] a trained encoder is fine-tuned; without it FCN-4 is trained from random weights. The labels are
what the teacher says about segments of your music. Stop and go on as with pemr-train pretrain.

    pemr-train finetune encoder --model mine.safetensors --data ~/Music --teacher models/teacher --out runs/tuned
"""


def add(group: typer.Typer) -> None:
    group.command("encoder", help=HELP)(run)


def run(
    data: Annotated[list[Path], typer.Option(help="Training music, one folder an album or soundtrack. Repeatable.")],
    out: Annotated[Path, typer.Option(help="The run folder: checkpoints, curves, and the model file.")],
    teacher: TeacherDir,
    model: Annotated[Path | None, typer.Option(help="The model file to begin with [default: random weights].")] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Other music to judge on [default: every fifth folder of --data].")
    ] = None,
    cache: Cache = Path("label-cache"),
    segments: Annotated[int, typer.Option(min=1, help="How many segments of a track the teacher labels.")] = 12,
    recipe: Annotated[str, typer.Option(help="Whose front end random weights get.")] = "default",
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one setting, e.g. learning_rate=1e-4. Repeatable."),
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on with the run in OUT if there is one.")] = True,
    max_hours: Annotated[float | None, typer.Option(help="Stop with a checkpoint after this many hours.")] = None,
    as_events: Annotated[bool, typer.Option("--events", help="Write JSON Lines events instead of a display.")] = False,
) -> None:
    from pemr import events
    from pemr.command.display import Display, tee
    from pemr.errors import PemrError
    from pemr.frontend import normalised
    from pemr.modelfile import load_model
    from pemr.protocols.examples import sampled_segments
    from pemr.protocols.settings import with_overrides
    from pemr.protocols.supervised import Supervised, train_supervised
    from pemr.protocols.tuned_model import examples_of, hear_folders, save_tuned, untrained_model
    from pemr.recipe import load_recipe

    try:
        settings = with_overrides(Supervised(), overrides or [])
        start = load_model(model) if model else None
        front_end = start.info.front_end if start else load_recipe(recipe).front_end
        with tee(events.json_lines() if as_events else Display(), out / "events.jsonl") as listener:

            def progress(doing: str, done: int, total: int) -> None:
                listener(events.Preparing(done, total, 0, doing))

            heard = hear_folders(data, validation, cache, teacher, progress, segments)
            train, held_out = examples_of(heard, front_end)
            if start is None:
                measured = normalised(front_end, sampled_segments(train, settings.seed))
                start = untrained_model(measured, settings.seed)
            trained = train_supervised(
                start, train, held_out, settings, out,
                listener=listener, resume=resume, max_hours=max_hours, listen=as_events,
            )  # fmt: skip
            about = {"labels": "musicnn (MTT and MSD), ISC licence", "training_tracks": len(train.tracks)}
            model_id, tags = save_tuned(out / "model.safetensors", start, trained, held_out, about)
        if not as_events:
            judged = trained.judgement
            typer.echo(
                f"best at step {trained.best_step}: ROC-AUC {judged.tags.macro_roc_auc:.4f}, PR-AUC "
                f"{judged.tags.macro_pr_auc:.4f} over {len(judged.tags.names)} tags of {len(held_out.tracks)} tracks"
            )
            typer.echo(f"not measured, no positive or no negative track: {', '.join(judged.tags.skipped) or 'none'}")
            on = sum(tag.supported for tag in tags)
            typer.echo(f"{out / 'model.safetensors'}: model {model_id}, {on} of {len(tags)} tags are switched on")
    except PemrError as error:
        if not as_events:
            raise
        events.json_lines()(events.Failed(type(error).__name__, str(error)))
        raise typer.Exit(1) from error
