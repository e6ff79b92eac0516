"""What the main window is built from."""

from __future__ import annotations

from dataclasses import dataclass

from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.paths import Paths
from pemr_desktop.playback.player import Player
from pemr_desktop.settings_file import SettingsStore
from pemr_desktop.ui.library_reader import Reader
from pemr_desktop.ui.widgets.theme import Theme


@dataclass(frozen=True)
class Services:
    """Made by `pemr_desktop.app`, which also closes them; a window only uses them."""

    paths: Paths
    settings: SettingsStore
    reader: Reader
    client: WorkerClient
    player: Player
    theme: Theme
