"""Says once, when music has been listened to for the first time, that the tags can be tuned to it; and, when many
suggestions were answered, that they can learn from that.
"""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Slot

from pemr_desktop.errors import SettingsError
from pemr_desktop.library import queries
from pemr_desktop.library.embeddings.tag_tuning_status import TagTuningStatus
from pemr_desktop.protocol.messages import Analyse, Decide, Finished, TuneTags
from pemr_desktop.protocol.results import TagTuningResult
from pemr_desktop.ui import wording
from pemr_desktop.ui.context import WindowContext
from pemr_desktop.ui.notices import Notice

log = logging.getLogger(__name__)

OFFER = "tuning.offer"
KEY = "tuning"
MIN_OFFER_TRACKS = 30
MIN_OFFER_LABELS = 30


class TagTuningOffer(QObject):
    """One notice with one button; afterwards it keeps silent. Also tells how a tuning that was asked for ended."""

    def __init__(self, context: WindowContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._labels_offered = False
        context.client.finished.connect(self._finished)

    @Slot(object)
    def _finished(self, event: Finished) -> None:
        view = self._context.client.job(event.job_id)
        if view is None:
            return
        if isinstance(view.request, Analyse) and self._context.settings.current.tuning.offer:
            self._context.reader.ask(
                queries.tag_tuning_status, done=self._offer, failed=self._no_library, topic=(id(self), KEY)
            )
        elif isinstance(view.request, Decide) and not self._labels_offered:
            self._context.reader.ask(
                queries.tag_tuning_status, done=self._offer_labels, failed=self._no_library, topic=(id(self), KEY)
            )
        elif isinstance(view.request, TuneTags) and isinstance(self._context.client.result(event), TagTuningResult):
            self._context.notices.post(
                Notice(self._context.client.said(event), "good", "", self.tr("Show the figures"), self._show, key=KEY)
            )

    def _offer(self, status: TagTuningStatus) -> None:
        if status.was_tuned or status.analysed < MIN_OFFER_TRACKS or not self._context.settings.current.tuning.offer:
            return
        try:
            self._context.settings.set(OFFER, False)
        except SettingsError as error:
            log.warning("It will be offered again: %s", error)
        sentence = self.tr(
            "Your music has been listened to. The suggested tags can be tuned to it, in the background; "
            "you can always go back."
        )
        self._context.notices.post(Notice(sentence, "info", "", self.tr("Tune to my library"), self._tune, key=KEY))

    def _offer_labels(self, status: TagTuningStatus) -> None:
        """Once in a session."""
        if self._labels_offered or status.user_labels_since < MIN_OFFER_LABELS:
            return
        self._labels_offered = True
        sentence = self.tr("You have answered {} suggestions one by one. The tags can learn from that in seconds.")
        notice = Notice(
            sentence.format(wording.number(status.user_labels_since)),
            "info",
            "",
            self.tr("Learn now"),
            self._teach,
            key=KEY,
        )
        self._context.notices.post(notice)

    def _teach(self) -> None:
        self._context.client.submit(TuneTags(listen=False))
        self._show()

    def _no_library(self, error: Exception) -> None:
        log.info("Nothing to tune: %s", error)

    def _tune(self) -> None:
        self._context.client.submit(TuneTags())
        self._show()

    def _show(self) -> None:
        self._context.navigation.pageWanted.emit("tuning")
