"""How good one run became with time: its probes by its own events, its kept checkpoints by the teacher's tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from pemr import events
from pemr.charts import Panel, Series, chart, span_of
from pemr.comparison.encoders import of_checkpoint
from pemr.comparison.running import About, about_checkpoint, scored
from pemr.errors import CorpusError
from pemr.tags.teacher_labels import Progress
from pemr.tags.training import Corpus

CLOCK, PROCESSOR = "hours by the clock", "hours of the processor"
TAGS = "ROC-AUC of tags"


class Moment(msgspec.Struct, frozen=True):
    """One figure of the encoder as it was at a step.

    `processor_hours` are counted from step `counted_from` on, 0 for all of them; None where none were counted yet.
    """

    name: str
    step: int
    value: float
    chance: float
    hours: float
    processor_hours: float | None
    counted_from: int = 0


Hours = Callable[[Moment], float | None]


def probes_of(run: Path) -> list[Moment]:
    """Every probe of a run, once for each step. Raises `CorpusError` if the folder holds no events."""
    file = run / "events.jsonl"
    try:
        with file.open("rb") as lines:
            return _moments(_parsed(lines))
    except OSError as error:
        raise CorpusError(f"{file} cannot be read ({error.strerror}); give the folder of a run, its --out") from error


def scored_checkpoints(run: Path, corpus: Corpus, progress: Progress) -> list[Moment]:
    """Macro ROC-AUC of heads on each checkpoint that is there; scores are kept in the folder of the run."""
    found: dict[int, Moment] = {}
    for checkpoint in sorted((run / "checkpoints").glob("*.pt")):
        about = about_checkpoint(checkpoint)
        if about.step in found:
            continue
        file = run / "scores" / f"{about.step:07d}.safetensors"
        score = scored(file, corpus, about.key, progress, partial(of_checkpoint, checkpoint))
        assert score is not None
        found[about.step] = _scored(about, score.roc_auc)
    if not found:
        raise CorpusError(f"{run / 'checkpoints'} holds no checkpoint; give the folder of a run, its --out")
    return [found[step] for step in sorted(found)]


def run_chart(moments: Sequence[Moment]) -> str:
    """A row of panels for each kind of hours, a panel for each figure, as SVG."""
    names = list(dict.fromkeys(moment.name for moment in moments))
    first = max((moment.counted_from for moment in moments), default=0)
    counted = f"{PROCESSOR}, from step {first:,} on" if first else PROCESSOR
    panels = [
        _panel(name, kind, [moment for moment in moments if moment.name == name], at)
        for kind, at in ((CLOCK, _clock_hours), (counted, _processor_hours))
        for name in names
        if any(at(moment) is not None for moment in moments)
    ]
    return chart(panels, columns=len(names))


def _panel(name: str, kind: str, moments: Sequence[Moment], at: Hours) -> Panel:
    points = [(hours, moment.value) for moment in moments if (hours := at(moment)) is not None]
    chance = moments[0].chance
    longest = max([hours for hours, _ in points], default=1.0) or 1.0
    values = span_of([chance, *(value for _, value in points)])
    line = ((0.0, chance), (longest, chance))
    return Panel(name, kind, "dashed: chance", [Series("", points)], (0.0, longest), values, [line])


def _clock_hours(moment: Moment) -> float | None:
    return moment.hours


def _processor_hours(moment: Moment) -> float | None:
    return moment.processor_hours


def _scored(about: About, roc_auc: float) -> Moment:
    spent = about.spent
    processor_hours = spent.processor_hours if about.step >= spent.counted_from else None
    return Moment(TAGS, about.step, roc_auc, 0.5, spent.hours, processor_hours, spent.counted_from)


def _parsed(lines: Iterable[bytes]) -> Iterable[events.AnyEvent]:
    for line in lines:
        try:
            yield events.parse(line)
        except msgspec.DecodeError:  # the line a killed process was writing
            continue


def _moments(told: Iterable[events.AnyEvent]) -> list[Moment]:
    """Steps that a killed run did again count once, as they went in the end.

    Events from before hours were written say how long each step took, and how long the run had taken when it ended.
    """
    hours: dict[int, float] = {0: 0.0}
    processor: dict[int, float] = {}
    found: dict[tuple[str, int], Moment] = {}
    step = batch_size = 0
    for event in told:
        match event:
            case events.Started():
                step, batch_size = event.step, event.batch_size
                hours = {known: value for known, value in hours.items() if known <= step}
                found = {key: moment for key, moment in found.items() if key[1] <= step}
            case events.Step():
                before = hours.get(step, 0.0)
                step = event.step
                hours[step] = event.hours or before + batch_size / max(event.samples_per_second, 1e-9) / 3600
                if event.processor_hours:
                    processor[step] = event.processor_hours
            case events.Finished():
                hours[event.step] = event.hours
            case events.Probe():
                counted = 0.0 if event.step == 0 else processor.get(event.step)
                found[event.name, event.step] = Moment(
                    event.name, event.step, event.value, event.chance, hours.get(event.step, 0.0), counted
                )
    first = min(processor, default=1) - 1
    return [_counted(found[key], first) for key in sorted(found)]


def _counted(moment: Moment, first: int) -> Moment:
    """With what is known of processor hours that were counted from step `first` on."""
    hours = moment.processor_hours if moment.step >= first else None
    return msgspec.structs.replace(moment, processor_hours=hours, counted_from=first)
