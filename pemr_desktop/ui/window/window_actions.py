"""The actions of the main window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from pemr_desktop.ui.actions import ActionSpec, always
from pemr_desktop.ui.window.player import play_actions

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext
    from pemr_desktop.ui.tracks.library_commands import LibraryCommands
    from pemr_desktop.ui.tracks.track_commands import TrackCommands
    from pemr_desktop.ui.window.player.queue_panel import QueuePanel
    from pemr_desktop.ui.window.view_commands import ViewCommands
    from pemr_desktop.ui.window.window_dialogs import WindowDialogs


def register(
    context: WindowContext,
    library: LibraryCommands,
    tracks: TrackCommands,
    view: ViewCommands,
    dialogs: WindowDialogs,
    queue_panel: QueuePanel,
) -> None:
    """Every action of the window, from what its commands can do."""
    for spec in (
        *_library(library, tracks, view),
        *_tracks(library, tracks),
        *_tags(tracks, view, dialogs),
        *_playback(context, tracks, view),
        *play_actions.queue_actions(queue_panel, context.queue),
        *_view(context, view),
        *_help(dialogs),
    ):
        context.actions.add(spec)


def tr(text: str) -> str:
    """The text in the language of the window. lupdate finds it by this name, and gives it no context."""
    return QCoreApplication.translate("", text)


def _library(do: LibraryCommands, tracks: TrackCommands, view: ViewCommands) -> tuple[ActionSpec, ...]:
    section = tr("Library")
    here = view.sidebar.current_item
    return (
        ActionSpec("library.add-folder", tr("Add &folder…"), do.add_folder, ("Ctrl+O",), "folder-add", section=section),
        ActionSpec("library.add-files", tr("Add f&iles…"), do.add_files, ("Ctrl+Shift+O",), "add", section=section),
        ActionSpec(
            "library.add-music",
            tr("Add the system's &music folder"),
            do.add_music_folder,
            icon="music",
            section=section,
            enabled_when=lambda: do.music_folder() is not None,
        ),
        ActionSpec(
            "library.open-demo", tr("Open the &demo music"), do.open_demo, section=section, enabled_when=do.has_demo
        ),
        ActionSpec("library.scan", tr("Look for &new files"), do.scan, ("F5",), "refresh", section=section),
        ActionSpec("library.analyse", tr("&Listen to new tracks"), do.analyse_all, icon="listen", section=section),
        ActionSpec(
            "library.find-all-versions",
            tr("Find all &versions"),
            tracks.find_all_versions,
            icon="covers",
            section=section,
        ),
        ActionSpec(
            "library.remove",
            tr("&Remove folder or playlist…"),
            lambda: do.remove(here()),
            ("Del",),
            "delete",
            section=section,
            enabled_when=lambda: do.can_remove(here()),
            owner=view.sidebar,
        ),
        ActionSpec("window.settings", tr("&Settings…"), view.open_settings, ("Ctrl+,",), "settings", section=section),
        ActionSpec("window.quit", tr("&Quit"), view.close_window, ("Ctrl+Q",), section=section),
    )


def _tracks(library: LibraryCommands, do: TrackCommands) -> tuple[ActionSpec, ...]:
    section = tr("Tracks")
    chosen = do.any_chosen
    return (
        ActionSpec("track.play", tr("&Play"), do.play, icon="play", section=section, enabled_when=chosen),
        ActionSpec(
            "track.play-next", tr("Play ne&xt"), do.play_next, ("Shift+Return",), "playlist", "", section, chosen
        ),
        ActionSpec(
            "track.append", tr("Play &later"), do.append, ("Ctrl+Shift+Return",), "playlist", "", section, chosen
        ),
        ActionSpec(
            "track.find-covers",
            tr("Find &covers"),
            do.find_covers,
            ("Ctrl+D",),
            "covers",
            tr("Find other versions of the song in your library: covers, live, remixes"),
            section,
            chosen,
        ),
        ActionSpec(
            "track.find-covers-of-file",
            tr("Find versions of a &file…"),
            do.find_covers_of_file,
            ("Ctrl+Shift+D",),
            "covers",
            section=section,
        ),
        ActionSpec(
            "track.more-like-this",
            tr("&More like this"),
            do.more_like_this,
            ("Ctrl+L",),
            "waveform",
            "",
            section,
            chosen,
        ),
        ActionSpec("track.export", tr("&Export…"), do.export, ("Ctrl+S",), "export", "", section, do.on_library),
        ActionSpec("track.analyse-again", tr("Listen &again"), do.analyse_again, (), "listen", "", section, chosen),
        ActionSpec(
            "playlist.new",
            tr("New playlist of these…"),
            do.new_playlist,
            ("Ctrl+N",),
            "playlist",
            "",
            section,
            chosen,
        ),
        ActionSpec(
            "playlist.import",
            tr("&Import a playlist…"),
            library.import_playlist,
            (),
            "import",
            section=section,
        ),
        ActionSpec(
            "playlist.remove-tracks",
            tr("Remove from this playlist"),
            do.remove_from_playlist,
            ("Del",),
            "remove",
            section=section,
            enabled_when=do.in_playlist,
            owner=do.table,
        ),
        ActionSpec(
            "track.copy-paths", tr("Copy file &names"), do.copy_paths, ("Ctrl+Shift+C",), "copy", "", section, chosen
        ),
        ActionSpec(
            "track.show-file", tr("Show in file mana&ger"), do.show_file, ("Ctrl+E",), "show", "", section, chosen
        ),
    )


def _tags(do: TrackCommands, view: ViewCommands, dialogs: WindowDialogs) -> tuple[ActionSpec, ...]:
    section = tr("Tags")
    can = do.can_decide
    return (
        ActionSpec("tags.accept", tr("&Accept suggestion"), do.accept_suggestion, ("A",), "check", "", section, can),
        ActionSpec("tags.reject", tr("&Reject suggestion"), do.reject_suggestion, ("R",), "cross", "", section, can),
        ActionSpec("tags.next", tr("Next suggestion"), do.next_suggestion, ("J",), "chevron-down", "", section, can),
        ActionSpec(
            "tags.previous",
            tr("Previous suggestion"),
            do.previous_suggestion,
            ("K",),
            "chevron-up",
            "",
            section,
            can,
        ),
        ActionSpec(
            "tags.edit",
            tr("&Edit tags…"),
            lambda: dialogs.edit_tags(do.chosen()),
            ("F2",),
            "edit",
            "",
            section,
            do.any_chosen,
        ),
        ActionSpec(
            "tags.recode",
            tr("Repair &garbled text…"),
            lambda: dialogs.recode(do.chosen()),
            (),
            "",
            tr("Choose the code page of tags that an old program wrote"),
            section,
            do.any_chosen,
        ),
        ActionSpec(
            "tags.accept-above",
            tr("Accept &sure suggestions"),
            do.accept_above,
            ("Ctrl+Return",),
            "suggestion",
            tr("Accept what is at least as likely as the settings ask for"),
            section,
            do.any_chosen,
        ),
        ActionSpec(
            "tags.accept-everywhere",
            tr("Accept sure suggestions of all trac&ks"),
            do.accept_above_everywhere,
            section=section,
        ),
        ActionSpec("tags.review", tr("Re&view tags…"), do.review, ("Ctrl+R",), "review", "", section, do.any_chosen),
        ActionSpec(
            "tags.review-all",
            tr("Review everyth&ing…"),
            do.review_everything,
            ("Ctrl+Shift+R",),
            "review",
            "",
            section,
        ),
        ActionSpec(
            "tags.history", tr("&History and undo"), lambda: view.go("history"), ("Ctrl+H",), "history", "", section
        ),
    )


def _playback(context: WindowContext, do: TrackCommands, view: ViewCommands) -> tuple[ActionSpec, ...]:
    queue, player = context.queue, context.player
    section = tr("Playback")
    return (
        ActionSpec(
            "playback.toggle",
            tr("&Play or pause"),
            do.play_or_pause,
            ("Space", "Media Play"),
            "play",
            "",
            section,
            do.can_play,
        ),
        ActionSpec(
            "playback.next",
            tr("&Next track"),
            queue.next,
            ("Ctrl+Right", "Media Next"),
            "next",
            "",
            section,
            queue.has_next,
        ),
        ActionSpec(
            "playback.previous",
            tr("P&revious track"),
            queue.previous,
            ("Ctrl+Left", "Media Previous"),
            "previous",
            "",
            section,
            lambda: queue.position >= 0,
        ),
        ActionSpec(
            "playback.stop",
            tr("&Stop"),
            queue.stop,
            ("Ctrl+.", "Media Stop"),
            "stop",
            "",
            section,
            lambda: player.state != "stopped",
        ),
        *play_actions.seeking(player, section),
        *play_actions.modes(queue, section),
        ActionSpec(
            "playback.louder", tr("&Louder"), lambda: view.change_volume(0.05), ("Ctrl+Up",), "volume", "", section
        ),
        ActionSpec(
            "playback.softer",
            tr("S&ofter"),
            lambda: view.change_volume(-0.05),
            ("Ctrl+Down",),
            "volume",
            "",
            section,
        ),
    )


def _view(context: WindowContext, view: ViewCommands) -> tuple[ActionSpec, ...]:
    section = tr("View")
    destinations = (
        ("library", "all", tr("All &music"), "music", "Ctrl+1"),
        ("suggested", "suggested", tr("With su&ggestions"), "suggestion", "Ctrl+2"),
        ("covers", "covers", tr("&Versions"), "covers", "Ctrl+3"),
        ("training", "training", tr("&Training"), "training", "Ctrl+4"),
        ("models", "models", tr("M&odels"), "model", "Ctrl+5"),
        ("problems", "problems", tr("&Problems"), "warning", "Ctrl+6"),
        ("tuning", "tuning", tr("T&une tags"), "suggestion", "Ctrl+7"),
        ("cover-quality", "cover-quality", tr("&Quality of versions"), "check", "Ctrl+8"),
        ("albums", "albums", tr("Al&bums"), "album", "Ctrl+9"),
    )
    going = tuple(
        ActionSpec(f"go.{name}", text, partial(view.go, key), (keys,), icon, "", section)
        for name, key, text, icon, keys in destinations
    )

    def has_scheme(name: str) -> bool:
        return context.theme.scheme == name

    schemes = tuple(
        ActionSpec(
            f"view.scheme-{name}",
            text,
            partial(view.set_scheme, name),
            section=section,
            checked_when=partial(has_scheme, name),
        )
        for name, text in (
            ("system", tr("Colours like the s&ystem")),
            ("light", tr("&Light")),
            ("dark", tr("&Dark")),
        )
    )
    zoom = context.theme
    return (
        *going,
        ActionSpec("view.query", tr("&Filter"), view.focus_query, ("Ctrl+F", "/"), "search", "", section),
        ActionSpec(
            "view.sidebar",
            tr("&Sidebar"),
            view.toggle_sidebar,
            ("F9",),
            "sidebar",
            "",
            section,
            always,
            lambda: not view.sidebar.isHidden(),
        ),
        ActionSpec(
            "view.inspector",
            tr("&Inspector"),
            view.toggle_inspector,
            ("F10",),
            "inspector",
            "",
            section,
            always,
            lambda: view.inspector_wanted,
        ),
        *schemes,
        ActionSpec(
            "view.larger",
            tr("L&arger"),
            lambda: view.set_zoom(zoom.zoom + 0.1),
            ("Ctrl++", "Ctrl+="),
            "",
            "",
            section,
        ),
        ActionSpec(
            "view.smaller", tr("Smalle&r"), lambda: view.set_zoom(zoom.zoom - 0.1), ("Ctrl+-",), "", "", section
        ),
        ActionSpec("view.usual-size", tr("&Usual size"), lambda: view.set_zoom(1.0), ("Ctrl+0",), "", "", section),
    )


def _help(dialogs: WindowDialogs) -> tuple[ActionSpec, ...]:
    section = tr("Help")
    return (
        ActionSpec(
            "help.palette",
            tr("&Commands…"),
            dialogs.palette,
            ("Ctrl+K",),
            "palette",
            section=section,
            in_palette=False,
        ),
        ActionSpec("help.shortcuts", tr("&Shortcuts"), dialogs.shortcuts, ("F1",), "keyboard", "", section),
        ActionSpec("help.log", tr("Show the &log folder"), dialogs.log_folder, (), "folder", "", section),
        ActionSpec("help.about", tr("&About"), dialogs.about, (), "info", "", section),
    )
