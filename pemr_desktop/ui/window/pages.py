"""The pages beside the library, each made when it is first needed, so that the window opens at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

if TYPE_CHECKING:
    from pemr_desktop.ui.artwork.artwork import Artwork
    from pemr_desktop.ui.context import WindowContext
    from pemr_desktop.ui.tracks.query_line import QueryLine
    from pemr_desktop.ui.training.training_panel import TrainingPanel

NAMES = ("covers", "cover-quality", "training", "models", "tuning", "history", "problems", "albums")


class Pages(QObject):
    """Shows pages by name in the window's stack."""

    showFileWanted = Signal(object)

    def __init__(self, context: WindowContext, stack: QStackedWidget, artwork: Artwork, query_line: QueryLine) -> None:
        super().__init__(stack)
        self._context = context
        self._stack = stack
        self._artwork = artwork
        self._query_line = query_line
        self._made: dict[str, QWidget] = {}

    def show(self, name: str) -> Any:
        """Go to a page; the page comes back. KeyError for a name that is none of `NAMES`."""
        page = self.page("training" if name in ("models", "tuning") else name)
        self._stack.setCurrentWidget(page)
        if name == "models":
            page.show_models()
        elif name == "tuning":
            page.show_tag_tuning()
        elif name == "training":
            page.show_trainings()
        return page

    def page(self, name: str) -> Any:
        """The page of a name, made now if it was not needed before."""
        if name not in self._made:
            page = self._make(name)
            self._made[name] = page
            self._stack.addWidget(page)
        return self._made[name]

    def is_filtered(self, page: QWidget | None) -> bool:
        """Whether a page follows the query line."""
        return page is not None and page is self._made.get("albums")

    def open_settings(self, section: str, window: QWidget) -> None:
        """Open the settings dialog at a section."""
        from pemr_desktop.ui.window.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._context, window, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if section:
            dialog.show_section(section)
        dialog.open()

    def training(self) -> TrainingPanel | None:
        """The page of trainings, if it was needed before: no training runs without it."""
        return cast("TrainingPanel | None", self._made.get("training"))

    def may_close(self) -> bool:
        """Ask the pages that have something running."""
        training = self.training()
        return training is None or training.may_close()

    def _make(self, name: str) -> QWidget:
        if name == "covers":
            from pemr_desktop.ui.covers.covers_page import CoversPage

            return CoversPage(self._context, self._stack, self._artwork)
        if name == "albums":
            from pemr_desktop.ui.albums.albums_page import AlbumsPage

            albums = AlbumsPage(self._context, self._artwork, self._query_line.text, self._stack)
            self._query_line.queryChanged.connect(albums.filter)
            return albums
        if name == "cover-quality":
            from pemr_desktop.ui.covers.quality_page import QualityPage

            return QualityPage(self._context, self._stack)
        if name == "training":
            from pemr_desktop.ui.training.training_panel import TrainingPanel

            return TrainingPanel(self._context, self._stack)
        if name == "history":
            from pemr_desktop.ui.window.history_page import HistoryPage

            return HistoryPage(self._context, self._stack)
        if name == "problems":
            from pemr_desktop.ui.window.problems_page import ProblemsPage

            page = ProblemsPage(self._context, self._stack)
            page.showFileWanted.connect(self.showFileWanted)
            return page
        raise KeyError(name)
