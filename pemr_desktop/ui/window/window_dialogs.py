"""The dialogs of the main window and what opens them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from pemr_desktop import __version__
from pemr_desktop.protocol.messages import PlanEdits, PlanRecoding, PlanWrites
from pemr_desktop.ui.notices import Notice
from pemr_desktop.ui.tags.edit_tags_dialog import MAX_EDITED_TRACKS, EditTagsDialog
from pemr_desktop.ui.tags.recode_dialog import RecodeDialog
from pemr_desktop.ui.tags.review_dialog import ReviewDialog
from pemr_desktop.ui.widgets.message_box import MessageBox
from pemr_desktop.ui.window.command_palette import CommandPalette
from pemr_desktop.ui.window.shortcuts_overview import ShortcutsOverview

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

BELOW_TOP_PX = 88


class WindowDialogs(QObject):
    """Bound to one window."""

    def __init__(self, context: WindowContext, window: QWidget) -> None:
        super().__init__(window)
        self._context = context
        self._window = window

    @Slot(object)
    def review(self, ids: Sequence[int]) -> None:
        """Review what accepted tags of these tracks would change; no ids: everything that waits."""
        self._context.notices.withdraw("accepted")
        self._review(PlanWrites(tuple(ids)))

    def edit_tags(self, ids: Sequence[int]) -> None:
        """Edit the tags of tracks by hand; the review follows."""
        if len(ids) > MAX_EDITED_TRACKS:
            sentence = self.tr("Tags of {} tracks at most can be edited at once. Choose fewer.").format(
                MAX_EDITED_TRACKS
            )
            self._context.notices.post(Notice(sentence, key="edit"))
            return
        dialog = EditTagsDialog(self._context, ids, self._window)
        dialog.edited.connect(self._review)
        dialog.open()

    def recode(self, ids: Sequence[int]) -> None:
        """Choose the code page of garbled text; the review follows."""
        dialog = RecodeDialog(self._context, ids, self._window)
        dialog.chosen.connect(self._review)
        dialog.open()

    @Slot(object)
    def _review(self, request: PlanWrites | PlanEdits | PlanRecoding) -> None:
        ReviewDialog(self._context, request, self._window).open()

    def palette(self) -> None:
        """All actions, by typing."""
        palette = CommandPalette(self._context.actions, self._context.theme, self._window)
        left = (self._window.width() - palette.width()) // 2
        palette.move(self._window.mapToGlobal(QPoint(left, BELOW_TOP_PX)))
        palette.open()

    def shortcuts(self) -> None:
        """All keys."""
        ShortcutsOverview(self._context.actions, self._context.theme, self._window).open()

    def about(self) -> None:
        """What this is."""
        text = self.tr(
            "PEMR Desktop {} listens to your music on your own computer: it suggests tags, finds cover versions and "
            "learns from you. No account, no server, no upload."
        ).format(__version__)
        title = self.tr("About PEMR Desktop")
        licence = self.tr("Free software under the GNU General Public License, version 3 or later.")
        box = MessageBox(text, licence, self._window, title)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def log_folder(self) -> None:
        """Open the folder of the logs."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._context.paths.log)))
