"""What the window has to say: a sentence, what it concerns, and one thing to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

NoticeKind = Literal["good", "info", "warning", "bad"]


@dataclass(frozen=True)
class Notice:
    """One message. `details` can be opened and copied; `key`: a newer notice of the same key takes its place."""

    text: str
    kind: NoticeKind = "info"
    details: str = ""
    action_text: str = ""
    action: Callable[[], object] | None = None
    key: str = ""


class Notices(QObject):
    """Where anything in the window reports to; the bar above the pages shows it."""

    posted = Signal(object)
    withdrawn = Signal(str)

    def post(self, notice: Notice) -> None:
        """Show it without stealing the focus."""
        self.posted.emit(notice)

    def good(self, text: str, action_text: str = "", action: Callable[[], object] | None = None) -> None:
        """Something went well; goes away by itself."""
        self.post(Notice(text, "good", action_text=action_text, action=action))

    def problem(self, text: str, details: str = "", key: str = "") -> None:
        """Something failed: what happened, to which file, what was left untouched, what to do. Stays until closed."""
        self.post(Notice(text, "bad", details=details, key=key))

    def withdraw(self, key: str) -> None:
        """Take back a notice that no longer holds."""
        self.withdrawn.emit(key)
