"""Why a file could not be listened to. “It” is the file."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

SoundCode = Literal[
    "audio not readable",
    "cut off, listened to in part",
    "decoding ended the decoder",
    "decoding needs too much memory",
    "decoding took too long",
    "listening ended the program",
    "listening failed",
    "no process to decode it",
    "written all the time",
]


def sound_texts(translate: Translate) -> dict[SoundCode, str]:
    """The sentence of each code, with its values in braces."""
    return {
        "audio not readable": translate(
            "refusals", "Its audio cannot be read; the file is probably damaged. It is left as it is."
        ),
        "cut off, listened to in part": translate(
            "refusals", "The file is cut off: only {seconds} s of it could be listened to."
        ),
        "decoding ended the decoder": translate(
            "refusals", "Decoding it ended the decoder; the file is probably damaged."
        ),
        "decoding needs too much memory": translate("refusals", "It needs more memory than there is."),
        "decoding took too long": translate("refusals", "Decoding it took longer than {seconds} s and was given up."),
        "listening ended the program": translate(
            "refusals", "Listening to it ended the program several times; it is not tried again."
        ),
        "listening failed": translate("refusals", "It could not be listened to. It is left as it is."),
        "no process to decode it": translate("refusals", "No process could be started to decode it. {reason}"),
        "written all the time": translate(
            "refusals", "It is being written to all the time; listen to it again when that is over."
        ),
    }
