"""The main window: sidebar, pages, inspector, what is said and done, and the way between them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QByteArray, QSettings, Qt, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from pemr_desktop.library.rows import LibraryCounts
from pemr_desktop.library.views import View
from pemr_desktop.ui import wording
from pemr_desktop.ui.actions import ActionRegistry
from pemr_desktop.ui.artwork.artwork import Artwork
from pemr_desktop.ui.context import Navigation, WindowContext
from pemr_desktop.ui.notices import Notices
from pemr_desktop.ui.play_queue import PlayQueue
from pemr_desktop.ui.tracks.inspector import Inspector
from pemr_desktop.ui.tracks.library_commands import LibraryCommands
from pemr_desktop.ui.tracks.library_page import LibraryPage
from pemr_desktop.ui.tracks.sidebar import Sidebar
from pemr_desktop.ui.tracks.track_commands import TrackCommands
from pemr_desktop.ui.training.tag_tuning_offer import TagTuningOffer
from pemr_desktop.ui.widgets.drop_overlay import DropOverlay
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM
from pemr_desktop.ui.window import window_actions
from pemr_desktop.ui.window.folder_watch import FolderWatch
from pemr_desktop.ui.window.jobs_area import JobsArea
from pemr_desktop.ui.window.listening_left import ListeningLeft
from pemr_desktop.ui.window.notice_bar import NoticeBar
from pemr_desktop.ui.window.pages import Pages
from pemr_desktop.ui.window.player.player_bar import PlayerBar
from pemr_desktop.ui.window.player.queue_keeper import QueueKeeper
from pemr_desktop.ui.window.player.queue_panel import QueuePanel
from pemr_desktop.ui.window.top_bar import TopBar
from pemr_desktop.ui.window.view_commands import ViewCommands
from pemr_desktop.ui.window.window_dialogs import WindowDialogs
from pemr_desktop.ui.window.window_menus import fill_menu_bar
from pemr_desktop.ui.window.worker_events import WorkerTalk

if TYPE_CHECKING:
    from pemr_desktop.ui.services import Services

log = logging.getLogger(__name__)

SIZE_PX = (1320, 820)
LEAST_PAGE_PX = (320, 240)
SIDEBAR_PX, INSPECTOR_PX, QUEUE_PX = 220, 340, 300


class MainWindow(QMainWindow):
    """One library, one window."""

    closed = Signal()

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("PEMR Desktop")
        self.resize(*SIZE_PX)
        self._splitter_restored = False
        self._state = QSettings(str(services.paths.config / "window.ini"), QSettings.Format.IniFormat)
        self.context = self._make_context(services)
        self._build()
        self.dialogs = WindowDialogs(self.context, self)
        self.track_commands = TrackCommands(self.context, self.page, self.inspector, self)
        self.library_commands = LibraryCommands(self.context, self)
        self.view = ViewCommands(self.context, self.sidebar, self.page, self.pages, self.stack, self)
        window_actions.register(
            self.context, self.library_commands, self.track_commands, self.view, self.dialogs, self.queue_panel
        )
        fill_menu_bar(self.context.actions, self.menuBar())
        self.top_bar.add_buttons()
        self.page.set_first_steps(self._first_steps())
        self.watch = FolderWatch(self.context, self)
        self.talk = WorkerTalk(self.context, self.jobs_area, self)
        self.listening_left = ListeningLeft(self.context, self)
        self.tag_tuning_offer = TagTuningOffer(self.context, self)
        self._connect()
        self._restore_state()
        self.queue_keeper = QueueKeeper(self.context, self)
        self.queue_keeper.restore()
        self.context.actions.set_shortcuts(
            {name: (keys,) for name, keys in services.settings.current.shortcuts.items()}
        )
        self.context.actions.refresh()
        self.talk.ask_counts()
        self.page.show_view(View("all"))
        self.sidebar.model.refresh()
        self.view.go_back_to(str(self._state.value("place", "all")))

    def _make_context(self, services: Services) -> WindowContext:
        return WindowContext(
            reader=services.reader,
            client=services.client,
            player=services.player,
            queue=PlayQueue(services.player, services.reader, self),
            settings=services.settings,
            paths=services.paths,
            theme=services.theme,
            actions=ActionRegistry(self, services.theme),
            notices=Notices(self),
            navigation=Navigation(self),
        )

    # building

    def _build(self) -> None:
        context = self.context
        self.top_bar = TopBar(context, self)
        self.sidebar = Sidebar(context.reader, context.theme, self)
        self.artwork = Artwork(self)
        self.page = LibraryPage(context, self.top_bar.query, self.artwork, self)
        self.inspector = Inspector(context, self.artwork, self)
        self.stack = QStackedWidget(self)
        self.stack.setObjectName("pageStack")
        self.stack.setMinimumSize(*LEAST_PAGE_PX)  # a page that wants more must not widen the window
        self.stack.addWidget(self.page)
        self.pages = Pages(context, self.stack, self.artwork, self.top_bar.query)
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.stack, 1)
        self.notice_bar = NoticeBar(context.notices, context.theme, middle)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setObjectName("mainSplitter")
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.queue_panel = QueuePanel(context, self)
        self.queue_panel.hide()
        columns = ((self.sidebar, 150), (middle, 320), (self.inspector, 240), (self.queue_panel, 220))
        for widget, least in columns:
            widget.setMinimumWidth(least)
            self.splitter.addWidget(widget)
        self.splitter.setStretchFactor(1, 1)
        central = QWidget(self)
        outer = QVBoxLayout(central)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.top_bar)
        outer.addWidget(self.splitter, 1)
        self.jobs_area = JobsArea(context.client, context.theme, self)
        outer.addWidget(self.jobs_area)
        self.player_bar = PlayerBar(context, self, self.artwork)
        outer.addWidget(self.player_bar)
        self.setCentralWidget(central)
        self.overlay = DropOverlay(context.theme, central, self, takes_own_rows=False)
        self.counts_label = Label(self)
        self.counts_label.setObjectName("counts")
        self.counts_label.setContentsMargins(0, 0, ROOM, 0)
        self.statusBar().addPermanentWidget(self.counts_label)
        self.statusBar().setSizeGripEnabled(False)

    def _connect(self) -> None:
        context = self.context
        self.sidebar.menuWanted.connect(self.library_commands.item_menu)
        self.sidebar.droppedOnPlaylist.connect(self._dropped_on_playlist)
        self.sidebar.droppedFiles.connect(self.library_commands.add)
        self.overlay.dropped.connect(self.library_commands.add)
        self.view.changed.connect(self._view_changed)
        self.top_bar.query.queryChanged.connect(self.view.show_filtered)
        context.client.changed.connect(self.sidebar.model.take_change)
        context.queue.currentChanged.connect(context.actions.refresh)
        context.queue.listChanged.connect(context.actions.refresh)
        context.queue.modesChanged.connect(context.actions.refresh)
        context.player.stateChanged.connect(context.actions.refresh)
        self.player_bar.playWanted.connect(self.track_commands.play_or_pause)
        context.actions.action("playback.toggle").enabledChanged.connect(self.player_bar.set_playable)
        self.player_bar.queue.clicked.connect(context.actions.action("view.queue").trigger)
        context.actions.action("view.queue").toggled.connect(self.player_bar.queue.setChecked)
        self.queue_panel.shownOrHidden.connect(context.actions.refresh)
        self.page.counted.connect(self._show_counts)
        self.page.counted.connect(context.actions.refresh)
        self.talk.countsChanged.connect(self._take_counts)
        self.talk.libraryUnreadable.connect(self.page.show_fault)
        self.listening_left.changed.connect(self.jobs_area.listening_left.show_count)
        self.jobs_area.listening_left.wanted.connect(self.listening_left.go_on)
        navigation = context.navigation
        navigation.detailWanted.connect(self.inspector.show_tracks)
        navigation.reviewWanted.connect(self.dialogs.review)
        self.inspector.reviewWanted.connect(self.dialogs.review)
        self.pages.showFileWanted.connect(self.track_commands.show_path)

    def _first_steps(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        do = self.library_commands
        steps: list[tuple[str, Callable[[], object]]] = [(self.tr("Choose a folder…"), do.add_folder)]
        folder = do.music_folder()
        if folder is not None:
            steps.append((self.tr("Use {}").format(folder), do.add_music_folder))
        if do.has_demo():
            steps.append((self.tr("Try the demo music"), do.open_demo))
        return tuple(steps)

    # looking

    @Slot()
    def _view_changed(self) -> None:
        self._show_or_hide_inspector()
        self._show_counts()
        self.context.actions.refresh()

    def _show_or_hide_inspector(self) -> None:
        """It belongs to the table, and an empty library has nothing to inspect."""
        counts = self.talk.counts
        has_tracks = bool(self.page.model.ids) or (counts is not None and counts.tracks > 0)
        self.inspector.setVisible(self.view.inspector_wanted and self.view.on_library() and has_tracks)

    @Slot(object)
    def _take_counts(self, counts: LibraryCounts) -> None:
        self.page.set_library_empty(counts.tracks == 0)
        self._show_or_hide_inspector()
        self.top_bar.show_pending(counts.pending_writes)
        self._show_counts()

    @Slot()
    def _show_counts(self) -> None:
        counts = self.talk.counts
        if counts is None:
            self.counts_label.clear()
            return
        parts = [self.tr("{} tracks").format(wording.number(counts.tracks))]
        if self.page.count() != counts.tracks and self.view.on_library():
            parts.insert(0, self.tr("{} shown").format(wording.number(self.page.count())))
        if counts.analysed < counts.tracks:
            parts.append(self.tr("{} listened to").format(wording.number(counts.analysed)))
        self.counts_label.setText("  ·  ".join(parts))

    # drops

    @Slot(int, object, object)
    def _dropped_on_playlist(self, playlist_id: int, ids: list[int], paths: list[Path]) -> None:
        if ids:
            self.track_commands.add_to_playlist(playlist_id, ids)
        elif paths:
            self.talk.add_then_put_into_playlist(paths, playlist_id)

    # coming and going

    @Slot()
    def come_forward(self) -> None:
        """Before the other windows, also when this one was minimised."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized | Qt.WindowState.WindowActive)
        self.show()
        self.raise_()
        self.activateWindow()

    def showEvent(self, event: QShowEvent) -> None:
        """What is to be done first has the keyboard."""
        super().showEvent(event)
        if not self._splitter_restored:
            self._splitter_restored = True
            inspector = min(INSPECTOR_PX, self.width() * 27 // 100)
            sidebar = min(SIDEBAR_PX, self.width() * 19 // 100)
            self.splitter.setSizes([sidebar, self.width() - sidebar - inspector, inspector, QUEUE_PX])
        self.page.take_focus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember how the window looked."""
        if not self.pages.may_close():
            event.ignore()
            return
        self._state.setValue("geometry", self.saveGeometry())
        self._state.setValue("splitter", self.splitter.saveState())
        self._state.setValue("columns", self.page.table.columns_state())
        self._state.setValue("columns_fit", self.page.table.columns_fit)
        self._state.setValue("orders", msgspec.json.encode(self.page.model.orders()).decode())
        self._state.setValue("sidebar_hidden", self.sidebar.isHidden())
        self._state.setValue("place", self.view.place)
        self._state.setValue("inspector", self.view.inspector_wanted)
        self._state.setValue("queue", not self.queue_panel.isHidden())
        self.queue_keeper.close()
        self._state.sync()
        self.artwork.close()
        self.watch.close()
        super().closeEvent(event)
        self.closed.emit()

    def _restore_state(self) -> None:
        self.page.table.usual_columns()
        for key, restore in (
            ("geometry", self.restoreGeometry),
            ("splitter", self.splitter.restoreState),
            ("columns", self._restore_columns),
        ):
            value = self._state.value(key)
            if isinstance(value, QByteArray):
                restore(value)
                self._splitter_restored |= key == "splitter"
        self._restore_orders()
        self.sidebar.setHidden(bool(self._state.value("sidebar_hidden", False, type=bool)))
        self.view.inspector_wanted = bool(self._state.value("inspector", True, type=bool))
        self.inspector.hide()
        self.queue_panel.setVisible(bool(self._state.value("queue", False, type=bool)))

    def _restore_columns(self, state: QByteArray) -> None:
        self.page.table.restore_columns(state, bool(self._state.value("columns_fit", False, type=bool)))

    def _restore_orders(self) -> None:
        """What each page was sorted by. What is not as it was written down is as at the first start."""
        try:
            kept = msgspec.json.decode(str(self._state.value("orders", "{}")), type=dict[str, tuple[str, bool]])
        except msgspec.MsgspecError as error:
            log.info("Orders of pages are not restored: %s", error)
            return
        self.page.model.restore_orders(kept)
