"""The first table of the model card, as `pemr-train evaluate --bundled` prints it."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from pemr.bundled import Figures


def print_encoders(figures: "Figures") -> None:
    """The card's table: encoders, their gains over those that learned nothing, retrieval."""
    table = Table("encoder", "ROC-AUC", "PR-AUC", "gain in ROC-AUC", "same soundtrack, MAP", "other half, MAP")
    for one in figures.encoders:
        (low, high), (pr_low, pr_high) = one.interval, one.pr_interval
        table.add_row(
            one.name,
            f"{one.roc_auc:.4f} [{low:.3f}, {high:.3f}]",
            f"{one.pr_auc:.4f} [{pr_low:.3f}, {pr_high:.3f}]",
            "\n".join(
                f"{gain.value:+.4f} [{gain.interval[0]:+.3f}, {gain.interval[1]:+.3f}] over {gain.over}"
                for gain in one.gains
            ),
            f"{one.retrieval.same_soundtrack:.3f}",
            f"{one.retrieval.other_half:.3f}",
        )
    console = Console()
    console.print(table)
    said = (
        f"Model {figures.model_id}: {figures.tags_on} tags on, {figures.shipped_bytes / 1e6:.1f} MB with the teacher.",
        f"{figures.training_tracks} training tracks; {figures.validation_tracks} validation tracks of",
        f"{figures.soundtracks} soundtracks, 95 % intervals over these; {len(figures.measured_tags)} tags measured,",
        f"too few positives for {', '.join(figures.left_out) or 'none'}.",
    )
    console.print(*said, highlight=False)
