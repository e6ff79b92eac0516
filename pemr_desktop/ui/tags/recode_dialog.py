"""Repairing garbled text: the likely code pages, what the tags would say in each, and then the review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from pemr_desktop.jobs.translation import translate
from pemr_desktop.protocol.messages import Cancelled, Failed, FindLegacyTexts, Finished, PlanRecoding
from pemr_desktop.protocol.results import LegacyTextsResult
from pemr_desktop.tagfiles.code_pages import CodePage, decoded, find_page
from pemr_desktop.ui.tags.recode_preview import AFTER, BEFORE, FIELD, FILE, RecodePreview
from pemr_desktop.ui.widgets.empty_state import EmptyState
from pemr_desktop.ui.widgets.label import Label
from pemr_desktop.ui.widgets.theme import ROOM, VAST, WIDE

if TYPE_CHECKING:
    from pemr_desktop.ui.context import WindowContext

SIZE_PX = (960, 600)
PAGES_PX, PAGE_ROW_PX, FILE_PX, FIELD_PX, ROW_PX = 250, 46, 170, 90, 28
PAGE_ROLE = Qt.ItemDataRole.UserRole + 1
Stage = Literal["reading", "choosing", "nothing"]


class RecodeDialog(QDialog):
    """Emits the request that plans the change; nothing is written from here."""

    chosen = Signal(object)

    def __init__(self, context: WindowContext, track_ids: Sequence[int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recodeDialog")
        self.setWindowTitle(self.tr("Repair garbled text"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*SIZE_PX)
        self._context = context
        self._ids = tuple(track_ids)
        self.stage: Stage = "reading"
        self._build()
        context.client.finished.connect(self._finished)
        context.client.failed.connect(self._failed)
        context.client.cancelled.connect(self._failed)
        self._job = context.client.submit(FindLegacyTexts(self._ids))

    # building

    def _build(self) -> None:
        self.heading = Label(self.tr("Which code page reads right?"), self)
        self.heading.setProperty("role", "title")
        self.hint = Label(
            self.tr(
                "Old programs wrote tags in the code page of their country and did not say which one. Choose the one "
                "in which the texts make sense. Text in Unicode stays as it is, and you see every change before it is "
                "written."
            ),
            self,
        )
        self.hint.setProperty("role", "soft")
        self.hint.setWordWrap(True)
        self.stack = QStackedWidget(self)
        self.reading = QProgressBar(self)
        self.reading.setRange(0, 0)
        self.reading.setTextVisible(False)
        self.reading.setAccessibleName(self.tr("Reading the tags"))
        waiting = QWidget(self)
        centred = QVBoxLayout(waiting)
        centred.addWidget(self.reading, 0, Qt.AlignmentFlag.AlignVCenter)
        self.outcome = EmptyState(self._context.theme, self)
        self.choice = QWidget(self)
        beside = QHBoxLayout(self.choice)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(ROOM)
        beside.addWidget(self._pages())
        beside.addWidget(self._preview(), 1)
        for page in (waiting, self.choice, self.outcome):
            self.stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(VAST, WIDE, VAST, WIDE)
        layout.setSpacing(ROOM)
        layout.addWidget(self.heading)
        layout.addWidget(self.hint)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self._buttons())

    def _pages(self) -> QListWidget:
        self.pages = QListWidget(self.choice)
        self.pages.setObjectName("recodePages")
        self.pages.setAccessibleName(self.tr("Code pages, the likeliest first"))
        self.pages.setFixedWidth(self._context.theme.px(PAGES_PX))
        self.pages.setSpacing(1)
        self.pages.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.pages.currentItemChanged.connect(self._page_chosen)
        return self.pages

    def _preview(self) -> QTableView:
        theme = self._context.theme
        self.model = RecodePreview(theme, self)
        self.preview = QTableView(self.choice)
        self.preview.setObjectName("recodePreview")
        self.preview.setAccessibleName(self.tr("The texts, now and in the chosen code page"))
        self.preview.setModel(self.model)
        self.preview.setShowGrid(False)
        self.preview.setWordWrap(False)
        self.preview.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.preview.setTabKeyNavigation(False)
        self.preview.verticalHeader().hide()
        self.preview.verticalHeader().setDefaultSectionSize(theme.px(ROW_PX))
        header = self.preview.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in ((FILE, FILE_PX), (FIELD, FIELD_PX)):
            header.resizeSection(column, theme.px(width))
        for column in (BEFORE, AFTER):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        return self.preview

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.cancel = buttons.button(QDialogButtonBox.StandardButton.Cancel)
        self.cancel.setIcon(QIcon())
        self.review = buttons.addButton(self.tr("Review…"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.review.setObjectName("reviewRecoding")
        self.review.setProperty("look", "primary")
        self.review.setEnabled(False)
        buttons.accepted.connect(self._accepted)
        buttons.rejected.connect(self.reject)
        return buttons

    # what was found

    @Slot(object)
    def _finished(self, event: Finished) -> None:
        if event.job_id != self._job:
            return
        result = self._context.client.result(event)
        if isinstance(result, LegacyTextsResult) and result.tracks and result.pages:
            self._show(result)
        else:
            self._say_nothing(
                self.tr("No text in an old code page"),
                self.tr(
                    "All that these files say is in Unicode. If it looks wrong all the same, a program has converted "
                    "it wrongly before, and only typing it anew will help."
                ),
            )

    @Slot(object)
    def _failed(self, event: Failed | Cancelled) -> None:
        if event.job_id == self._job and self.stage == "reading":
            self._say_nothing(self.tr("The tags could not be read"), self._context.client.said(event))

    def _say_nothing(self, headline: str, sentence: str) -> None:
        self.stage = "nothing"
        self.heading.hide()
        self.hint.hide()
        self.review.hide()
        self.cancel.setText(self.tr("Close"))
        self.outcome.say("check", headline, sentence)
        self.stack.setCurrentWidget(self.outcome)

    def _show(self, result: LegacyTextsResult) -> None:
        self.stage = "choosing"
        self.model.set_tracks(result.tracks)
        for likely in result.pages:
            page = find_page(likely.name)
            if page is not None:
                self.pages.addItem(self._item(page, likely.share))
        shown = len(result.tracks)
        if result.count > shown:
            said = self.tr("{} tracks have such text. The first {} are shown here; the review shows all of them.")
            self.hint.setText(said.format(f"{result.count:,}", f"{shown:,}"))
        self.stack.setCurrentWidget(self.choice)
        self.pages.setCurrentRow(0)
        self.pages.setFocus()

    def _item(self, page: CodePage, share: float) -> QListWidgetItem:
        """A page by the letters it has, with what the first text would say in it."""
        sample = next((text for raw in self.model.texts() if (text := decoded(raw, page)) is not None), "")
        name = f"{script_title(page.script)} ({page.label})"
        item = QListWidgetItem(f"{name}\n{' '.join(sample.split())[:40]}")
        item.setData(PAGE_ROLE, page.name)
        item.setSizeHint(QSize(0, self._context.theme.px(PAGE_ROW_PX)))
        likely = self.tr("{} likely").format(f"{share:.0%}")
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {likely}: {sample[:40]}")
        return item

    @Slot()
    def _page_chosen(self) -> None:
        page = self.page()
        if page is not None:
            self.model.set_page(page)
            fitting = [decoded(raw, page) is not None for raw in self.model.texts()]
            self.review.setEnabled(any(fitting))

    def page(self) -> CodePage | None:
        """The chosen page."""
        item = self.pages.currentItem()
        return None if item is None else find_page(item.data(PAGE_ROLE))

    @Slot()
    def _accepted(self) -> None:
        page = self.page()
        self.accept()
        if page is not None:
            self.chosen.emit(PlanRecoding(self._ids, page.name))

    def reject(self) -> None:
        """What is still being read need not be read any further."""
        if self.stage == "reading":
            self._context.client.cancel(self._job)
        super().reject()


def script_title(script: str) -> str:
    """Whose letters a page has, in the language of the window."""
    known = {
        "Unicode": translate("scripts", "Unicode"),
        "Western European": translate("scripts", "Western European"),
        "Central European": translate("scripts", "Central European"),
        "Cyrillic": translate("scripts", "Cyrillic"),
        "Greek": translate("scripts", "Greek"),
        "Turkish": translate("scripts", "Turkish"),
        "Hebrew": translate("scripts", "Hebrew"),
        "Arabic": translate("scripts", "Arabic"),
        "Baltic": translate("scripts", "Baltic"),
        "Vietnamese": translate("scripts", "Vietnamese"),
        "Thai": translate("scripts", "Thai"),
        "Japanese": translate("scripts", "Japanese"),
        "Simplified Chinese": translate("scripts", "Simplified Chinese"),
        "Traditional Chinese": translate("scripts", "Traditional Chinese"),
        "Korean": translate("scripts", "Korean"),
    }
    return known.get(script, script)
