"""`pemr-train evaluate curve`: how good a run became with the hours it took."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress as Bar
from rich.table import Table

from pemr.command.listening import Threads, listener, prepare
from pemr.durable_files import write_output

if TYPE_CHECKING:
    from pemr.comparison.run_curve import Moment


def curve(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a pre-training, its --out.")],
    out: Annotated[Path | None, typer.Option(help="The drawing (default: RUN/curve.svg).")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Also judge every checkpoint in RUN by the teacher's tags on this music.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="With --data: other music to judge on (default: every fifth folder of --data).")
    ] = None,
    teacher: Annotated[
        Path | None, typer.Option(help="With --data: the folder of mtt_ and msd_musicnn.safetensors.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Decoded audio and the teacher's answers (default: RUN/audio-cache).")
    ] = None,
    threads: Threads = 0,
) -> None:
    """Draw the quality of a run against its hours, by the clock and of the processor (the paper's Figure 4).

    The probes come from what the run told while it was made, and it may still be running. With --data and --teacher
    linear heads are fitted to every checkpoint as well: best, latest and those that `train.keep_steps` keeps; what
    was judged stays judged, so that asking at intervals makes a curve.
    """
    from pemr.command.display import wide_console
    from pemr.comparison.run_curve import probes_of, run_chart, scored_checkpoints
    from pemr.errors import CorpusError
    from pemr.tags.training import load_corpus

    if (data is None) != (teacher is None):
        raise typer.BadParameter("--data and --teacher are given together", param_hint="--data")
    moments = probes_of(run)
    if data is not None and teacher is not None:
        prepare(threads)
        with Bar(transient=True) as bar:
            progress = listener(bar)
            corpus = load_corpus(data, validation, cache or run / "audio-cache", teacher, progress)
            moments += scored_checkpoints(run, corpus, progress)
    if not moments:
        raise CorpusError(f"{run} has no probe yet; it makes one at its first step and every train.probe_minutes")
    drawing = out or run / "curve.svg"
    write_output(drawing, run_chart(moments).encode())
    console = wide_console()
    console.print(_table(moments))
    console.print(f"Drawn in {drawing}", highlight=False, soft_wrap=True)


def _table(moments: list[Moment]) -> Table:
    table = Table("figure", "step", "hours", "processor", "value", "chance")
    for moment in moments:
        processor = "–" if moment.processor_hours is None else f"{moment.processor_hours:.2f}"
        table.add_row(
            moment.name, str(moment.step), f"{moment.hours:.2f}", processor, f"{moment.value:.4f}",
            f"{moment.chance:.4f}",
        )  # fmt: skip
    return table
