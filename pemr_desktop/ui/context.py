"""What every page of the window is given: the services, put together once in `pemr_desktop.app`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from pemr_desktop.jobs.client import WorkerClient
    from pemr_desktop.paths import Paths
    from pemr_desktop.playback.player import Player
    from pemr_desktop.settings_file import SettingsStore
    from pemr_desktop.ui.actions import ActionRegistry
    from pemr_desktop.ui.library_reader import Reader
    from pemr_desktop.ui.notices import Notices
    from pemr_desktop.ui.play_queue import PlayQueue
    from pemr_desktop.ui.widgets.theme import Theme


class Navigation(QObject):
    """Ways through the window. Pages emit, the main window goes there; no page knows another one."""

    pageWanted = Signal(str)
    """One of "library", "albums", "covers", "training", "history", "problems", "models", "tuning", "cover-quality"."""
    tracksWanted = Signal(object, object)
    """Show tracks in the table: a list of ids, and a title."""
    albumWanted = Signal(int)
    """Show an album with its tracks in order."""
    artistWanted = Signal(str)
    """Show the albums and the tracks of an artist."""
    coversWanted = Signal(object)
    """Find covers of a track id (int) or of a file (pathlib.Path)."""
    pairWanted = Signal(int, int)
    """Show two tracks side by side on the covers page."""
    detailWanted = Signal(object)
    """Show these track ids in the inspector."""
    reviewWanted = Signal(object)
    """Review what accepted tags would change; ids, or an empty list for everything that is pending."""
    settingsWanted = Signal(str)
    """Open the settings at a section, or "" for the first."""


@dataclass(frozen=True)
class WindowContext:
    """The services of one window, put together once."""

    reader: Reader
    client: WorkerClient
    player: Player
    queue: PlayQueue
    settings: SettingsStore
    paths: Paths
    theme: Theme
    actions: ActionRegistry
    notices: Notices
    navigation: Navigation
