"""The first table of the model card, as `pemr-train evaluate --bundled` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from pemr.model_card.figures import Figures


def print_encoders(figures: Figures) -> None:
    """The card's table: encoders, their gains over those that learned nothing, retrieval."""
    from pemr.model_card.markdown import shown

    console = Console()
    table = Table("encoder", "ROC-AUC", "95 %", "PR-AUC", "95 %", "same soundtrack", "other half")
    for encoder in figures.encoders:
        table.add_row(
            encoder.name,
            f"{encoder.roc_auc:.3f}",
            _between(encoder.interval),
            f"{encoder.pr_auc:.3f}",
            _between(encoder.pr_interval),
            shown(encoder.retrieval.same_soundtrack),
            shown(encoder.retrieval.other_half),
        )
    console.print(table)
    gains = Table("encoder", "over", "gain in ROC-AUC", "95 %, paired")
    for encoder in figures.encoders:
        for gain in encoder.gains:
            gains.add_row(encoder.name, gain.over, f"{gain.value:+.3f}", _between(gain.interval, "+.3f"))
    console.print(gains)
    said = (
        f"Model {figures.model_id}: {figures.tags_on} tags on, {figures.shipped_bytes / 1e6:.1f} MB with the teacher.",
        f"{figures.training_tracks} training tracks; {figures.validation_tracks} validation tracks of",
        f"{figures.soundtracks} soundtracks, 95 % intervals over these; {len(figures.measured_tags)} tags measured,",
        f"too few positives for {', '.join(figures.left_out) or 'none'}.",
    )
    console.print(*said, highlight=False)


def _between(interval: tuple[float, float], form: str = ".3f") -> str:
    low, high = interval
    return f"{low:{form}} .. {high:{form}}"
