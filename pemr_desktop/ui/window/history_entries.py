"""The files of one batch of the history as text: what was changed in each, and a link that takes it back."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library.rows import JournalBatch, JournalEntry
from pemr_desktop.tagfiles.plan import FieldChange
from pemr_desktop.ui.tags.tag_diff import as_html, values_diff
from pemr_desktop.ui.widgets.colours import Colours
from pemr_desktop.ui.widgets.field_table import HIDDEN, field_title

MAX_ENTRIES = 200
UNDO_LINK = "undo:"


def entries_html(batch: JournalBatch | None, entries: Sequence[JournalEntry], colours: Colours) -> str:
    """Rich text; a link `undo:<entry id>` behind every file that can still be taken back."""
    parts: list[str] = []
    for entry in entries[:MAX_ENTRIES]:
        parts.append(f'<p style="margin:0 0 2px 0"><b>{escape(entry.location)}</b>{_state(batch, entry, colours)}</p>')
        parts += [_change(change, colours) for change in entry.changes]
        if entry.reason:
            parts.append(f'<p style="margin:0 0 2px 12px;color:{colours.warning}">{escape(entry.reason)}</p>')
        parts.append("<p style='margin:0 0 6px 0'></p>")
    if len(entries) > MAX_ENTRIES:
        more = translate("HistoryPage", "… and {} more files").format(len(entries) - MAX_ENTRIES)
        parts.append(f"<p>{more}</p>")
    return "".join(parts)


def entry_of_link(link: str) -> int | None:
    """The journal entry that a link takes back."""
    number = link.removeprefix(UNDO_LINK)
    return int(number) if link.startswith(UNDO_LINK) and number.isdigit() else None


def _state(batch: JournalBatch | None, entry: JournalEntry, colours: Colours) -> str:
    if entry.undone:
        undone = escape(translate("HistoryPage", "undone"))
        return f' <span style="color:{colours.text_soft}">– {undone}</span>'
    if batch is None or entry.state != "done":
        return ""
    text = (
        translate("HistoryPage", "Undo this file")
        if batch.operation == "write"
        else translate("HistoryPage", "Write it again")
    )
    return f' &nbsp; <a href="{UNDO_LINK}{entry.id}" style="color:{colours.accent}">{escape(text)}</a>'


def _change(change: FieldChange, colours: Colours) -> str:
    if change.field in HIDDEN:
        noted = escape(translate("HistoryPage", "It was noted where these tags come from."))
        return f'<p style="margin:0 0 2px 12px;color:{colours.text_soft}">{noted}</p>'
    added, removed = (colours.good, colours.good_ground), (colours.bad, colours.bad_ground)
    diff = as_html(values_diff(change.before, change.after), added, removed)
    title = escape(field_title(change.field))
    return f'<p style="margin:0 0 2px 12px"><span style="color:{colours.text_soft}">{title}:</span> {diff}</p>'
