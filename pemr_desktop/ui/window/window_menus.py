"""The menu bar: which actions stand where."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication
from PySide6.QtWidgets import QMenuBar

from pemr_desktop.ui.actions import ActionRegistry

MENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        str(QT_TRANSLATE_NOOP("menus", "&Library")),
        (
            "library.add-folder",
            "library.add-files",
            "library.add-music",
            "library.open-demo",
            "",
            "library.scan",
            "library.analyse",
            "library.find-all-versions",
            "",
            "library.remove",
            "",
            "window.settings",
            "window.quit",
        ),
    ),
    (
        str(QT_TRANSLATE_NOOP("menus", "&Tracks")),
        (
            "track.play",
            "track.play-next",
            "track.append",
            "",
            "track.find-covers",
            "track.find-covers-of-file",
            "track.more-like-this",
            "track.analyse-again",
            "",
            "playlist.new",
            "playlist.remove-tracks",
            "playlist.import",
            "",
            "track.export",
            "track.copy-paths",
            "track.show-file",
        ),
    ),
    (
        str(QT_TRANSLATE_NOOP("menus", "T&ags")),
        (
            "tags.accept",
            "tags.reject",
            "tags.next",
            "tags.previous",
            "",
            "tags.accept-above",
            "tags.accept-everywhere",
            "",
            "tags.edit",
            "tags.recode",
            "tags.review",
            "tags.review-all",
            "tags.history",
            "",
            "go.tuning",
        ),
    ),
    (
        str(QT_TRANSLATE_NOOP("menus", "&Playback")),
        (
            "playback.toggle",
            "playback.next",
            "playback.previous",
            "playback.stop",
            "",
            "playback.forward",
            "playback.back",
            "playback.far-forward",
            "playback.far-back",
            "",
            "playback.shuffle",
            "playback.repeat-off",
            "playback.repeat-all",
            "playback.repeat-one",
            "",
            "queue.save",
            "queue.clear",
            "",
            "playback.louder",
            "playback.softer",
        ),
    ),
    (
        str(QT_TRANSLATE_NOOP("menus", "&View")),
        (
            "go.library",
            "go.suggested",
            "go.albums",
            "go.covers",
            "go.cover-quality",
            "go.training",
            "go.models",
            "go.problems",
            "",
            "view.query",
            "view.sidebar",
            "view.inspector",
            "view.queue",
            "",
            "view.scheme-system",
            "view.scheme-light",
            "view.scheme-dark",
            "",
            "view.larger",
            "view.smaller",
            "view.usual-size",
        ),
    ),
    (str(QT_TRANSLATE_NOOP("menus", "&Help")), ("help.palette", "help.shortcuts", "help.log", "help.about")),
)


def fill_menu_bar(actions: ActionRegistry, bar: QMenuBar) -> None:
    """All menus."""
    for title, ids in MENUS:
        menu = bar.addMenu(QCoreApplication.translate("menus", title))
        menu.setObjectName(f"menu{title.replace('&', '')}")
        actions.fill(menu, ids)
        menu.aboutToShow.connect(actions.refresh)
