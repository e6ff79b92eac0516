"""How tracks are listened to inside a job: with which settings, and at once for one that somebody asks about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from pemr_desktop.analysis.analyser import Analyser
from pemr_desktop.errors import JobCancelled
from pemr_desktop.jobs.context import JobContext
from pemr_desktop.library.library import Library
from pemr_desktop.steps import Step

if TYPE_CHECKING:
    from pemr.embed import Encoder

ASKED_FOR = 5.0
"""One file that somebody waits for, and can stop, may take so many times as long as one of a whole library."""
COMPARED_AT_A_TIME = 500


def listen_at_once(track_ids: Sequence[int], context: JobContext) -> None:
    """Listen to tracks whose turn has not come; what cannot be listened to is on the list of problems then.

    Raises `JobCancelled`, `ModelUnusable`.
    """
    library = context.library
    context.progress(0, 0, Step("preparing analysis"))
    encoder = context.loaded_models.encoder(library)
    tracks = library.tracks_to_analyse(encoder.model_id, track_ids, again=True)
    if not tracks:
        return
    context.progress(0, 0, Step("listening", tracks[0].path.stem))
    compared = Comparison(library)
    analyser = analyser_for(
        context, encoder, listeners=1, patience=ASKED_FOR, changed=compared.add, suspects=".listening-at-once"
    )
    try:
        done = analyser.run(tracks, context.progress, context.cancelled)
    finally:
        context.touched(track_ids, models=True, problems=True)
    compared.finish()
    if done.cancelled:
        raise JobCancelled


def analyser_for(
    context: JobContext,
    encoder: Encoder,
    *,
    listeners: int,
    changed: Callable[[list[int]], None],
    patience: float = 1.0,
    suspects: str = ".listening",
) -> Analyser:
    """An analyser as it is set. `patience`: so many times as long as is set. `suspects`: see `Analyser`."""
    settings = context.settings.analyse
    return Analyser(
        context.library,
        encoder,
        listeners=listeners,
        patience_s=patience * settings.limit_s,
        keep_segments=settings.segments,
        changed=changed,
        suspects=suspects,
    )


class Comparison:
    """Finds the same recordings among tracks as they are listened to, some at a time, so that stopping owes nothing."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._new: list[int] = []

    def add(self, track_ids: Iterable[int]) -> None:
        """These have been listened to."""
        self._new += track_ids
        if len(self._new) >= COMPARED_AT_A_TIME:
            self.finish()

    def finish(self) -> None:
        """Compare what has not been compared."""
        if self._new:
            self._library.find_same_recordings(self._new)
            self._new = []
