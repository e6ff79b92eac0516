"""What the keyboard does on the covers page: play either version, switch between them, and say what the pair is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from pemr_desktop.ui.actions import ActionRegistry, ActionSpec

if TYPE_CHECKING:
    from pemr_desktop.ui.covers.covers_page import CoversPage


def add_cover_actions(page: CoversPage, actions: ActionRegistry) -> None:
    """Register them; they work while the page has the keyboard."""
    play = page.comparison.toggle
    for name, text, key, handler, possible in (
        ("confirm", _say("Confirm version"), "C", partial(page.judge, "version"), page.can_judge),
        ("same", _say("Same recording"), "S", partial(page.judge, "same recording"), page.can_judge),
        ("reject", _say("Not a version"), "R", partial(page.judge, "not a version"), page.can_judge),
        ("query", _say("Play the track"), "A", partial(play, "query"), page.has_query),
        ("version", _say("Play the version"), "B", partial(play, "reference"), page.has_match),
        ("switch", _say("Switch to the same moment"), "X", page.comparison.switch, page.has_match),
    ):
        actions.add(
            ActionSpec(
                id=f"covers.{name}",
                text=text,
                handler=handler,
                shortcuts=(key,),
                section=_say("Covers"),
                enabled_when=possible,
                owner=page,
            )
        )


def _say(text: str) -> str:
    return QCoreApplication.translate("CoversPage", text)
