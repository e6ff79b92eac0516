"""`pemr-train probe`: measure frozen encoders on a labelled data set."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pemr.command.display import Display
from pemr.command.failures import failures_as_events
from pemr.durable_files import write_output
from pemr.errors import DecodeError

if TYPE_CHECKING:
    from pemr import events
    from pemr.datasets.labelled import LabelledSet

log = logging.getLogger(__name__)

HELP = """Measure frozen encoders by a small head on a labelled data set, as in Table 2 of the paper.

The encoder listens once to all segments of every track, in eval mode; its vectors are kept in the cache. Then a
linear layer, a hidden layer (mlp) or the nearest neighbours (knn) learn the tags of the training tracks. A track's
score is the mean over its segments.

[b]MODEL[/b] is a model file, a run folder or checkpoint, [b]random[/b] or [b]random:RECIPE[/b] (fresh weights), or
[b]mfcc-chroma[/b]. Several stand in one table.

    pemr-train probe mine.safetensors random --data-set gtzan --root ~/GTZAN
"""


def application() -> typer.Typer:
    """The command `pemr-train probe`."""
    app = typer.Typer(add_completion=False)
    app.command("probe", help=HELP)(run)
    return app


def run(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="What to measure.")],
    data_set: Annotated[
        str, typer.Option(help="magnatagatune, gtzan, csv, own-tags, own-tags-free, folders or mirdata:NAME.")
    ],
    root: Annotated[Path, typer.Option(help="Where the data set is: its folder, or the table of csv.")],
    head: Annotated[str, typer.Option(help="linear, mlp or knn.")] = "linear",
    tags: Annotated[str | None, typer.Option(help="Only these tags, with commas.")] = None,
    share: Annotated[float, typer.Option(help="Share of the training tracks whose labels are used.")] = 1.0,
    cache: Annotated[Path, typer.Option(help="Where decoded audio and vectors are kept.")] = Path("label-cache"),
    out: Annotated[Path | None, typer.Option(help="Also write the figures to this JSON Lines file.")] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change one setting, e.g. learning_rate=1e-4. Repeatable."),
    ] = None,
    max_track_s: Annotated[float, typer.Option(help="Only this much of each track is heard.")] = 600.0,
    threads: Annotated[int, typer.Option(help="Processor threads; 0 is torch's own choice.")] = 0,
    per_tag: Annotated[bool, typer.Option(help="Also print every tag.")] = False,
    as_events: Annotated[bool, typer.Option("--events", help="Write JSON Lines events instead of tables.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Check model and data set, time one track, change nothing.")] = False,
) -> None:
    from pemr import events
    from pemr.command.listening import prepare
    from pemr.command.measured_tables import print_measured, print_tags
    from pemr.datasets.catalogue import load_set
    from pemr.protocols.encoders import open_encoder
    from pemr.protocols.probe import ProbeSettings
    from pemr.protocols.probing import plan_lines, probe_encoder
    from pemr.protocols.settings import with_overrides

    with failures_as_events(as_events):
        prepare(threads)
        settings = with_overrides(ProbeSettings(), [f"head={head}", *(overrides or [])])
        encoders = [open_encoder(what, settings.seed) for what in models]
        labelled = chosen(load_set(data_set, root), tags, share, settings.seed)
        if dry_run:
            for line in plan_lines(encoders, labelled, _seconds(labelled, max_track_s)):
                typer.echo(line)
            return
        listener = events.json_lines() if as_events else _without_epochs(Display())
        rows = []
        for encoder in encoders:
            rows.append(probe_encoder(encoder, labelled, settings, cache, max_track_s, listener))
            listener(rows[-1])
        if out is not None:
            _keep(rows, out)
        if not as_events:
            print_measured(rows)
            for row in rows if per_tag else []:
                print_tags(row)


def chosen(labelled: LabelledSet, tags: str | None, share: float, seed: int) -> LabelledSet:
    """Only the tags (with commas) and the share of the training tracks that were asked for."""
    if tags is not None:
        labelled = labelled.with_tags([tag.strip() for tag in tags.split(",")])
    return labelled if share == 1.0 else labelled.with_share(share, seed)


def _without_epochs(listener: events.Listener) -> events.Listener:
    """A probe has up to 200 epochs: too many lines for a terminal."""
    from pemr.events import AnyEvent, Probe

    def tell(event: AnyEvent) -> None:
        if not isinstance(event, Probe):
            listener(event)

    return tell


def _seconds(labelled: LabelledSet, max_track_s: float, most: int = 50) -> float:
    """Seconds of audio in all tracks, estimated from the headers of some of them."""
    from pemr import audio

    files = labelled.files[:: max(1, len(labelled.files) // most)]
    durations_s = []
    for file in files:
        try:
            durations_s.append(min(audio.probe(file.path).duration_s, max_track_s))
        except DecodeError as error:
            log.warning("%s", error)
    return sum(durations_s) / max(1, len(durations_s)) * len(labelled.files)


def _keep(rows: list[events.Measured], out: Path) -> None:
    write_output(out, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
