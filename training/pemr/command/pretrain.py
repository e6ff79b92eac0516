"""`pemr-train pretrain`: learn an encoder from a folder of music, without labels."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pemr import events
    from pemr.runs.monitor import Labels

HELP = """Learn an encoder from folders of music, without any labels.

Audio of any format is decoded once into a cache; then training runs until the recipe's epochs are done. Stop it
with Ctrl+C, with SIGTERM or by creating a file named [b]stop[/b] in the run folder: the step is finished, a
checkpoint saved, and the same command later goes on exactly where it stopped.

Five minutes on your own music:

    pemr-train pretrain ~/Music --out runs/mine --max-hours 0.08

Several processes that share each batch, on this machine or on several (see torchrun --help):

    torchrun --nproc-per-node 2 --no-python pemr-train pretrain ~/Music --out runs/mine
"""


def application() -> typer.Typer:
    """The command `pemr-train pretrain`."""
    app = typer.Typer(add_completion=False)
    app.command("pretrain", help=HELP)(run)
    return app


def run(
    data_dirs: Annotated[list[Path], typer.Argument(metavar="DATA_DIR...", help="Folders (or files) of audio.")],
    out: Annotated[Path, typer.Option(help="The run folder: checkpoints, curves, cache.")],
    recipe: Annotated[str, typer.Option(help="A recipe by name (see pemr-train recipes) or a TOML file.")] = "default",
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one setting, e.g. train.batch_size=64. Repeatable."),
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="Where decoded audio is kept (default: OUT/audio-cache).")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the latest checkpoint in OUT if there is one.")] = True,
    max_hours: Annotated[float | None, typer.Option(help="Stop with a checkpoint after this many hours.")] = None,
    max_steps: Annotated[
        int | None, typer.Option(help="End the run at this step (the same as --set train.max_steps=N).")
    ] = None,
    teacher: Annotated[
        Path | None, typer.Option(help="Probe with this teacher's tags: the folder of its safetensors.")
    ] = None,
    tensorboard: Annotated[bool, typer.Option(help="Write the curves for TensorBoard to OUT/tensorboard.")] = False,
    as_events: Annotated[bool, typer.Option("--events", help="Write JSON Lines events instead of a display.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Say what would be done, time one step, and change nothing.")] = False,
) -> None:
    # torch and Lightning take seconds to load: only once the arguments are known to be right
    from pemr import events
    from pemr.command.display import Display, both, tee
    from pemr.errors import PemrError
    from pemr.recipe import load_recipe

    try:
        steps = [] if max_steps is None else [f"train.max_steps={max_steps}"]
        wanted = load_recipe(recipe, [*(overrides or []), *steps])
        if dry_run:
            from pemr.runs.dry_run import print_plan

            print_plan(wanted, data_dirs, out)
            return
        from pemr.distributed import started_as_leader
        from pemr.pretrain import pretrain
        from pemr.runs.tensorboard import tensorboard_curves

        with ExitStack() as opened:
            listener: events.Listener = lambda event: None  # noqa: E731
            if started_as_leader():
                shown = events.json_lines() if as_events else Display()
                listener = opened.enter_context(tee(shown, out / "events.jsonl"))
                if tensorboard:
                    listener = both(listener, opened.enter_context(tensorboard_curves(out / "tensorboard")))
            pretrain(
                wanted,
                data_dirs,
                out,
                listener=listener,
                cache=cache,
                resume=resume,
                max_hours=max_hours,
                listen=as_events,
                labels=_labels(data_dirs, cache or out / "audio-cache", teacher, listener) if teacher else None,
            )
    except PemrError as error:
        if not as_events:
            raise
        events.json_lines()(events.Failed(type(error).__name__, str(error)))
        raise typer.Exit(1) from error


def _labels(data_dirs: list[Path], cache: Path, teacher: Path, listener: events.Listener) -> Labels | None:
    """What the teacher says about each track, yes or no per tag; it listens once, the answers stay in the cache."""
    from pemr import events
    from pemr.distributed import started_as_leader
    from pemr.tags.heads import teacher_thresholds
    from pemr.tags.teacher_labels import label_folder
    from pemr.tags.training import MAX_TRACK_S

    if not started_as_leader():
        return None

    def progress(doing: str, done: int, total: int) -> None:
        listener(events.Preparing(done, total, 0))

    tracks = [track for folder in data_dirs for track in label_folder(folder, cache, teacher, MAX_TRACK_S, progress)]
    thresholds = teacher_thresholds([track.labels for track in tracks])
    return {track.path: track.labels.mean(axis=0) >= thresholds for track in tracks}
