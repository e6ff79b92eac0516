"""The measured part of the model card as Markdown, made from the figures so that the two cannot differ."""

from __future__ import annotations

from pathlib import Path

from pemr.charts import Panel, Series, chart
from pemr.durable_files import write_output
from pemr.errors import CorpusError
from pemr.model_card.figures import Figures

BEGIN = "<!-- measured: written by pemr-train evaluate --bundled --card -->"
END = "<!-- end of measured -->"


def card_tables(figures: Figures) -> str:
    """Encoders, gains, retrieval and calibration."""
    parts = [
        f"Model `{figures.model_id}` on {figures.validation_tracks} tracks of {figures.soundtracks} soundtracks that "
        f"neither the encoder nor the fit of the heads has heard; {figures.training_tracks} training tracks. "
        f"{len(figures.measured_tags)} tags measured; too few positives: {', '.join(figures.left_out) or 'none'}.",
        _table(
            ("encoder", "ROC-AUC", "95 %", "PR-AUC", "95 %"),
            [
                (
                    encoder.name,
                    f"{encoder.roc_auc:.3f}",
                    _between(encoder.interval),
                    f"{encoder.pr_auc:.3f}",
                    _between(encoder.pr_interval),
                )
                for encoder in figures.encoders
            ],
        ),
        _table(
            ("encoder", "over", "gain in ROC-AUC", "95 %, paired"),
            [
                (encoder.name, gain.over, f"{gain.value:+.3f}", _between(gain.interval, "+.3f"))
                for encoder in figures.encoders
                for gain in encoder.gains
            ],
        ),
        _table(
            ("encoder", "same soundtrack, MAP", "other half of the track, MAP"),
            [
                (encoder.name, shown(encoder.retrieval.same_soundtrack), shown(encoder.retrieval.other_half))
                for encoder in figures.encoders
            ],
        ),
        _table(
            ("tags of", "switched on", "calibration error", "promised → observed (points)"),
            [
                (
                    group.group,
                    str(group.tags),
                    f"{group.error:.3f}",
                    ", ".join(f"{p.predicted:.2f} → {p.observed:.2f} ({p.count})" for p in group.points),
                )
                for group in figures.calibration
            ],
        ),
    ]
    return "\n\n".join(parts)


def reliability_plot(figures: Figures) -> str:
    """Promised against observed frequency as SVG, a panel for each group of tags; on the diagonal a promise is kept."""
    panels = [
        Panel(
            f"{group.group}: {group.tags} {'tag' if group.tags == 1 else 'tags'}, error {group.error:.3f}",
            "promised probability",
            "share that was true",
            [Series("", [(p.predicted, p.observed) for p in group.points], [p.count for p in group.points])],
            (0.0, 1.0),
            (0.0, 1.0),
            [((0.0, 0.0), (1.0, 1.0))],
        )
        for group in figures.calibration
    ]
    return chart(panels)


def plot_file(card: Path) -> Path:
    """Where the reliability plot of a card is: beside it."""
    return card.with_name(f"{card.stem}-reliability.svg")


def write_card(file: Path, figures: Figures) -> None:
    """Put the tables between the two marks of a card, and the reliability plot beside it.

    Raises `CorpusError` if the card has no such marks.
    """
    text = file.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise CorpusError(f"{file} has no place for the tables: put the lines {BEGIN} and {END} into it")
    measured = card_tables(figures)
    if figures.calibration:
        plot = plot_file(file)
        write_output(plot, reliability_plot(figures).encode())
        measured += f"\n\n![Promised against observed frequency for each group of tags]({plot.name})"
    write_output(file, f"{before}{BEGIN}\n\n{measured}\n\n{END}{after}".encode())


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _between(interval: tuple[float, float], form: str = ".3f") -> str:
    low, high = interval
    return f"{low:{form}} .. {high:{form}}"


def shown(value: float | None) -> str:
    """Three digits, or a dash where nothing could be measured."""
    return "–" if value is None else f"{value:.3f}"
