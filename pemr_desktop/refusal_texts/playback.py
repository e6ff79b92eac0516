"""Why nothing is played, or not this file."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

PlaybackCode = Literal[
    "audio device gone",
    "audio device not opened",
    "audio device not started",
    "decoder failed",
    "file not played",
    "no PortAudio",
    "no audio device",
    "player ended",
    "player not started",
    "usual audio device not opened",
]


def playback_texts(translate: Translate) -> dict[PlaybackCode, str]:
    """The sentence of each code, with its values in braces."""
    return {
        "no PortAudio": translate(
            "refusals",
            "Nothing can be played, because the PortAudio library is not installed (on Debian and Ubuntu: "
            "libportaudio2). Everything else works.",
        ),
        "audio device gone": translate(
            "refusals",
            "The audio device went away, so playback is paused. Connect it again, or choose another one in "
            "the settings, and press play to go on.",
        ),
        "audio device not opened": translate(
            "refusals",
            "The audio device “{device}” cannot be opened. Choose another one in the settings, or press play again.",
        ),
        "audio device not started": translate("refusals", "The audio device does not start. Press play again."),
        "decoder failed": translate("refusals", "{path} cannot be played: its decoder failed."),
        "file not played": translate("refusals", "{path} cannot be played. {reason}"),
        "no audio device": translate(
            "refusals",
            "There is no audio device, so nothing can be played. Connect one and press play again. "
            "Everything else works.",
        ),
        "player ended": translate(
            "refusals",
            "The playback process ended unexpectedly. Nothing else is affected; press play to start it again.",
        ),
        "player not started": translate(
            "refusals", "The playback process cannot be started, so nothing can be played. Everything else works."
        ),
        "usual audio device not opened": translate(
            "refusals",
            "The system's audio device cannot be opened. Choose another one in the settings, or press play again.",
        ),
    }
