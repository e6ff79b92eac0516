"""The tables of figures on labelled sets."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from pemr.events import Measured


def print_measured(rows: Sequence[Measured]) -> None:
    """One line an encoder; the split, what was left out and the notes below, once."""
    first, console = rows[0], Console()
    table = Table("encoder", "protocol", "ROC-AUC [95 %]", "PR-AUC [95 %]")
    if first.accuracy is not None:
        table.add_column("accuracy")
    for row in rows:
        cells = [
            row.encoder,
            row.protocol,
            f"{row.roc_auc:.4f} \\[{row.roc_auc_interval[0]:.3f}, {row.roc_auc_interval[1]:.3f}]",
            f"{row.pr_auc:.4f} \\[{row.pr_auc_interval[0]:.3f}, {row.pr_auc_interval[1]:.3f}]",
        ]
        table.add_row(*cells, *([] if row.accuracy is None else [f"{row.accuracy:.1%}"]))
    console.print(table)
    counts = ", ".join(f"{count:,} {split}" for split, count in first.tracks.items())
    console.print(f"{first.data_set} ({first.split}); {counts}; {len(first.tags)} tags measured", highlight=False)
    if first.skipped:
        console.print(f"In no mean, no positive or no negative test track: {', '.join(first.skipped)}", highlight=False)
    for note in dict.fromkeys(note for row in rows for note in row.notes):
        console.print(f"Note: {note}", highlight=False)


def print_tags(row: Measured) -> None:
    """Every tag of one encoder."""
    table = Table("tag", "positives", "ROC-AUC", "PR-AUC", title=row.encoder)
    for tag in row.tags:
        table.add_row(tag.name, f"{tag.positives:,}", f"{tag.roc_auc:.3f}", f"{tag.pr_auc:.3f}")
    Console().print(table)
