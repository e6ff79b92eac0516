"""The composition root: builds the services and the window, runs, and takes everything down in order."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTimer, QTranslator, Slot
from PySide6.QtWidgets import QApplication

from pemr.pending_writes.notes import note_in
from pemr_desktop import __version__
from pemr_desktop.errors import PemrDesktopError, ResourceMissing
from pemr_desktop.jobs.client import WorkerClient
from pemr_desktop.jobs.translation import translate
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.paths import Paths, find_paths
from pemr_desktop.playback.player import Player
from pemr_desktop.refusals import refusal, said
from pemr_desktop.resources import resource
from pemr_desktop.settings import Settings, library_file
from pemr_desktop.settings_file import SettingsStore, load
from pemr_desktop.system_reasons import system_reason
from pemr_desktop.ui.library_reader import Reader
from pemr_desktop.ui.notices import Notice
from pemr_desktop.ui.services import Services
from pemr_desktop.ui.stay_awake import AwakeForJobs
from pemr_desktop.ui.widgets.key_claims import KeyClaims
from pemr_desktop.ui.widgets.theme import Theme
from pemr_desktop.ui.window.application import Application
from pemr_desktop.ui.window.crash_report import CrashReportDialog, CrashWatch
from pemr_desktop.ui.window.end_signals import EndSignals
from pemr_desktop.ui.window.main_window import MainWindow
from pemr_desktop.ui.window.player.desktop_panel import DesktopPanel, join_desktop
from pemr_desktop.ui.window.single_instance import SingleInstance

log = logging.getLogger(__name__)

LOG_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
SWITCH_INTERVAL_S = 0.001
"""Reader threads give way to the window this often; Python's own 5 ms are a third of a frame."""
AFTERWARDS_MS = 2000


class App(QObject):
    """The services and the window of one run."""

    def __init__(self, application: QApplication, paths: Paths) -> None:
        super().__init__(application)
        self.paths = paths
        self.settings = SettingsStore(paths.settings_file)
        self._translators = install_translations(application, self.settings.current)
        file = library_file(self.settings.current, paths)
        self.theme = make_theme(application, self.settings.current)
        self.reader = Reader(file, open_reader, parent=self)
        self.client = WorkerClient(file, parent=self)
        self.player = Player(self)
        self.player.set_volume(self.settings.current.playback.volume)
        self.player.set_device(self.settings.current.playback.device or None)
        self.window = MainWindow(Services(paths, self.settings, self.reader, self.client, self.player, self.theme))
        self._unsubscribe = self.settings.subscribe(self._setting_changed)
        self._keys = KeyClaims(application)
        self._panel: DesktopPanel | None = None
        self._awake = AwakeForJobs(self.client, self)
        self._afterwards = QTimer(self, interval=AFTERWARDS_MS, singleShot=True)
        self._afterwards.timeout.connect(self._settle_in)
        for message in self.settings.messages:
            self.window.context.notices.post(Notice(said(message, translate), "warning"))

    def start(self, paths: Sequence[Path] = ()) -> None:
        """Show the window; the worker starts after the first paint, what can wait a moment waits."""
        self.window.show()
        QTimer.singleShot(0, self.client.start)
        self._afterwards.start()
        self._open(paths)

    @Slot(object)
    def open_in_front(self, paths: Sequence[Path]) -> None:
        """Come forward and open what another program, or another start of this one, names."""
        self.window.come_forward()
        self._open(paths)

    def _open(self, paths: Sequence[Path]) -> None:
        """Folders go into the library, files play."""
        self.window.library_commands.add([path for path in paths if path.is_dir()])
        files = [path for path in paths if not path.is_dir()]
        if files:
            self.window.track_commands.play_files(files)

    def _settle_in(self) -> None:
        """Media keys, and the playback engine, so that the first play begins at once."""
        self._panel = join_desktop(self.window)
        self.player.warm_up()

    def stop(self) -> bool:
        """Take everything down. True when all of it ended in time."""
        self._unsubscribe()
        self._afterwards.stop()
        self._awake.close()
        if self._panel is not None:
            self._panel.controls.unregister()
        self._keys.release()
        self.window.close()
        self.player.close()
        read = self.reader.close()
        worked = self.client.stop()
        self.window.deleteLater()
        return read and worked

    def _setting_changed(self, name: str, settings: Settings) -> None:
        if name == "appearance.scheme":
            self.theme.set_scheme(settings.appearance.scheme)
        elif name == "appearance.zoom":
            self.theme.set_zoom(settings.appearance.zoom)
        elif name == "playback.device":
            self.player.set_device(settings.playback.device or None)
        elif name == "shortcuts":
            keys = {action: (sequence,) for action, sequence in settings.shortcuts.items()}
            self.window.context.actions.set_shortcuts(keys)


def quiet_collector() -> None:
    """Leave what the start made to itself: it stays, and a collector that goes through it stops the window."""
    gc.freeze()


def make_theme(application: QApplication, settings: Settings) -> Theme:
    """Fusion in our colours, as the settings say."""
    application.setStyle("Fusion")
    appearance = settings.appearance
    icons, sheet = resource("icons"), resource("themes", "window.qss")
    return Theme(application, icons, sheet, appearance.scheme, appearance.zoom)


def install_translations(application: QApplication, settings: Settings) -> list[QTranslator]:
    """Our own words and Qt's, in the language of the settings; English needs none."""
    chosen = settings.appearance.language
    locale = QLocale() if chosen == "system" else QLocale(chosen)
    QLocale.setDefault(locale)
    installed: list[QTranslator] = []
    folders = [("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))]
    try:
        folders.append(("pemr_desktop", str(resource("translations"))))
    except ResourceMissing:
        log.info("No translations came with this installation")
    for name, folder in folders:
        translator = QTranslator(application)
        if translator.load(locale, name, "_", folder):
            application.installTranslator(translator)
            installed.append(translator)
    return installed


def start_logging(paths: Paths) -> None:
    """One rotated file beside the worker's."""
    from logging.handlers import RotatingFileHandler

    handler = RotatingFileHandler(paths.log / "window.log", maxBytes=1_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter(LOG_FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    log.info("PEMR Desktop %s", __version__)


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window; folders named in `argv` (without the program's name) are added to the library, files play.

    Where a window of this library is open already, it does so, and this start ends.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    application = Application(sys.argv[:1])
    application.setApplicationName("pemr-desktop")
    application.setApplicationDisplayName("PEMR Desktop")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("org.pemr.Desktop")
    try:
        paths = find_paths().create()
        note_in(paths.pending_writes_dir)
    except OSError as error:
        return complain(said(refusal("folders not made", reason=system_reason(error)), translate))
    wanted = [Path(name).expanduser().absolute() for name in arguments]
    instance = SingleInstance(library_file(load(paths.settings_file)[0], paths), application)
    if not instance.claim(wanted):
        return 0
    start_logging(paths)
    watch = CrashWatch(paths.log)
    report = watch.start()
    try:
        app = App(application, paths)
    except PemrDesktopError as error:
        return complain(said(error.refusal, translate))
    quiet_collector()
    app.start(wanted)
    instance.openRequested.connect(app.open_in_front)
    application.fileOpened.connect(app.open_in_front)
    if report is not None:
        CrashReportDialog(report, app.window).open()
    app.window.closed.connect(application.quit)
    signals = EndSignals(app.window.close, app)
    code = application.exec()
    instance.close()
    signals.release()
    app.stop()
    watch.stop()
    return code


def complain(sentence: str) -> int:
    """Say why there is no window; exit code 1."""
    from PySide6.QtWidgets import QMessageBox

    log.error("%s", sentence)
    QMessageBox.critical(None, "PEMR Desktop", sentence)
    return 1
