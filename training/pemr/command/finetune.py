"""`pemr-train finetune`: fit parts of a trained model to labels."""

from __future__ import annotations

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
    print_changes,
    print_rows,
    print_tags,
)


def application() -> typer.Typer:
    """The group `pemr-train finetune`."""
    group = typer.Typer(help="Fit parts of a trained model to labels.", no_args_is_help=True, add_completion=False)
    group.command("tags")(tags)
    finetune_encoder.add(group)
    return group


def tags(
    model: ModelFile,
    data: Data,
    teacher: TeacherDir,
    out: Annotated[Path | None, typer.Option(help="The model file to write.", show_default=False)] = None,
    validation: Validation = None,
    cache: Cache = Path("label-cache"),
    threads: Threads = 0,
    tune: Annotated[
        bool, typer.Option("--tune", help="Start from the tags the model has; change those that get better.")
    ] = False,
    decisions: Annotated[
        Path | None,
        typer.Option(help="Your own yes and no, CSV (path,tag,yes) or JSON lines; means --tune.", show_default=False),
    ] = None,
    file_tags: Annotated[
        bool, typer.Option("--file-tags", help="Also learn genre and mood from the tags in the files; means --tune.")
    ] = False,
    teacher_weight: Annotated[float, typer.Option(help="How much the teacher's opinion of a track counts.")] = 1.0,
    file_tag_weight: Annotated[float, typer.Option(help="How much a tag in a file counts.")] = 3.0,
    decision_weight: Annotated[float, typer.Option(help="How much a yes or no of --decisions counts.")] = 10.0,
    absent_weight: Annotated[
        float, typer.Option(help="How much it counts against a tag of your own that a tagged file lacks it.")
    ] = 0.5,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the figures and write nothing.")] = False,
) -> None:
    """Fit tag heads on the frozen encoder: the teacher listens, linear heads learn what it says.

    Each tag is calibrated and judged on albums it was not fitted on; one that cannot be vouched for there is switched
    off. With --tune the heads of the model are kept and changed only where cross-validation over the albums of --data
    says that the new ones are better; a person's word counts more than the teacher's, by the weights given.
    """
    from pemr.modelfile import load_model
    from pemr.tags.training import fit_tag_heads, load_corpus

    if out is None and not dry_run:
        raise typer.BadParameter("--out says where to write the model; or give --dry-run", param_hint="--out")
    prepare(threads)
    load_model(model)  # a wrong file is to be told now, not after the teacher has listened for an hour
    if tune or decisions is not None or file_tags:
        weights = (teacher_weight, file_tag_weight, decision_weight, absent_weight)
        _tune(model, data, teacher, None if dry_run else out, cache, decisions, file_tags, weights)
        return
    with Bar(transient=True) as bar:
        progress = listener(bar)
        corpus = load_corpus(data, validation, cache, teacher, progress)
        target = None if dry_run else out
        row = fit_tag_heads(model, target, corpus, {"teacher": "musicnn (MTT and MSD), ISC licence"}, progress)
    print_rows([row])
    print_tags(row)
    print_calibration(row)
    count = f"{sum(tag.supported for tag in row.tags)} of {len(row.tags)} tags are switched on"
    typer.echo(f"{target or 'Nothing was written'}: {count}")


def _tune(
    model: Path,
    data: Path,
    teacher: Path,
    out: Path | None,
    cache: Path,
    decisions: Path | None,
    file_tags: bool,
    weights: tuple[float, float, float, float],
) -> None:
    from pemr.tags.tag_tuning import Weights
    from pemr.tags.teacher_labels import label_folder
    from pemr.tags.training import MAX_TRACK_S, save_tuned_tags, tune_model_tags
    from pemr.tags.user_labels import read_decisions

    said = {} if decisions is None else read_decisions(decisions, data)
    with Bar(transient=True) as bar:
        progress = listener(bar)
        tracks = label_folder(data, cache, teacher, MAX_TRACK_S, progress)
        tuned = tune_model_tags(model, tracks, said, file_tags, Weights(*weights), progress)
    foreign_files = set(said) - {str(Path(track.path).absolute()) for track in tracks}
    if foreign_files:
        listed = ", ".join(sorted(foreign_files)[:3])
        typer.echo(f"{len(foreign_files)} files of {decisions} are not music below {data}, such as {listed}", err=True)
    print_changes(tuned.changes)
    if out is not None:
        save_tuned_tags(model, out, tuned)
    changed = sum(change.change != "kept" for change in tuned.changes)
    typer.echo(f"{out or 'Nothing was written'}: {changed} tags changed, from {tuned.examples} tracks")
