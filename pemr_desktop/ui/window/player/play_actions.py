"""The actions that move within what plays, those that say what plays after it, and those of the queue."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from pemr_desktop.ui.actions import ActionSpec

if TYPE_CHECKING:
    from pemr_desktop.playback.play_order import Repeat
    from pemr_desktop.playback.player import Player
    from pemr_desktop.ui.play_queue import PlayQueue
    from pemr_desktop.ui.window.player.queue_panel import QueuePanel

STEP_S, FAR_S = 5.0, 30.0


def tr(text: str) -> str:
    """The text in the language of the window. lupdate finds it by this name, and gives it no context."""
    return QCoreApplication.translate("", text)


def seeking(player: Player, section: str) -> tuple[ActionSpec, ...]:
    """Forward and back in the track. A control that has the focus and needs the arrow keys itself keeps them."""
    ways = (
        ("forward", tr("&Forward"), STEP_S, "Right"),
        ("back", tr("&Back"), -STEP_S, "Left"),
        ("far-forward", tr("Far for&ward"), FAR_S, "Shift+Right"),
        ("far-back", tr("Far bac&k"), -FAR_S, "Shift+Left"),
    )
    return tuple(
        ActionSpec(
            f"playback.{name}",
            text,
            partial(move, player, by_s),
            (keys,),
            section=section,
            enabled_when=lambda: player.path is not None,
        )
        for name, text, by_s, keys in ways
    )


def move(player: Player, by_s: float) -> None:
    """Go on this many seconds from where the track is, at most to its end."""
    position_s = max(0.0, player.position_s + by_s)
    player.seek(min(position_s, player.duration_s) if player.duration_s > 0 else position_s)


def modes(queue: PlayQueue, section: str) -> tuple[ActionSpec, ...]:
    """Shuffle, and the three ways to repeat."""
    shuffle = ActionSpec(
        "playback.shuffle",
        tr("S&huffle"),
        lambda: queue.set_shuffled(not queue.shuffled),
        ("Ctrl+Shift+S",),
        section=section,
        checked_when=lambda: queue.shuffled,
    )
    ways: tuple[tuple[Repeat, str], ...] = (
        ("off", tr("&Do not repeat")),
        ("all", tr("Repeat &all")),
        ("one", tr("Repeat &track")),
    )
    return (
        shuffle,
        *(
            ActionSpec(
                f"playback.repeat-{repeat}",
                text,
                partial(queue.set_repeat, repeat),
                section=section,
                checked_when=partial(_repeats, queue, repeat),
            )
            for repeat, text in ways
        ),
    )


def _repeats(queue: PlayQueue, repeat: str) -> bool:
    return queue.repeat == repeat


def queue_actions(panel: QueuePanel, queue: PlayQueue) -> tuple[ActionSpec, ...]:
    """What one does to entries of the queue; keys count while its table has the focus."""
    chosen = panel.any_chosen
    of_entries = (
        ("play", tr("&Play from here"), panel.play, "", "play"),
        ("play-next", tr("Play &next"), panel.play_next, "Shift+Return", ""),
        ("play-later", tr("Play &last"), panel.play_later, "Ctrl+Shift+Return", ""),
        ("up", tr("Move &up"), panel.move_up, "Alt+Up", "chevron-up"),
        ("down", tr("Move &down"), panel.move_down, "Alt+Down", "chevron-down"),
        ("remove", tr("&Remove from the queue"), panel.remove, "Del", "remove"),
    )
    section = tr("Queue")
    return (
        ActionSpec(
            "view.queue",
            tr("Queue"),
            panel.toggle,
            ("Ctrl+U",),
            "queue",
            section=tr("View"),
            checked_when=lambda: not panel.isHidden(),
        ),
        *(
            ActionSpec(
                f"queue.{name}",
                text,
                handler,
                (keys,) if keys else (),
                icon,
                section=section,
                enabled_when=chosen,
                owner=panel.table,
            )
            for name, text, handler, keys, icon in of_entries
        ),
        ActionSpec(
            "queue.save",
            tr("Save the queue as a playlist…"),
            panel.save,
            (),
            "playlist",
            section=section,
            enabled_when=lambda: bool(queue.ids),
        ),
        ActionSpec(
            "queue.clear",
            tr("&Empty the queue"),
            panel.clear,
            (),
            "delete",
            section=section,
            enabled_when=lambda: bool(queue.ids),
        ),
    )
