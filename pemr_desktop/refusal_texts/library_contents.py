"""Why something cannot be done with what the library holds: tracks, playlists, pairs, folders."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

ContentsCode = Literal[
    "batch not known",
    "export ending not known",
    "folder not added",
    "file is no music",
    "file not added",
    "folder not there",
    "model not known",
    "not written",
    "pair in wrong order",
    "playlist damaged",
    "playlist empty",
    "playlist gone",
    "playlist kind not known",
    "playlist name impossible",
    "playlist not read",
    "playlist too large",
    "playlist too long",
    "tag not known",
    "track gone",
    "version of itself",
]


def contents_texts(translate: Translate) -> dict[ContentsCode, str]:
    """The sentence of each code, with its values in braces."""
    return {
        "batch not known": translate("refusals", "The history has no batch {batch}, so nothing was taken back."),
        "folder not added": translate("refusals", "{folder} cannot be added. {reason}"),
        "file is no music": translate("refusals", "{path} is no music file, so it was not added."),
        "file not added": translate("refusals", "{path} was not added. {reason}"),
        "folder not there": translate("refusals", "{folder} is not there, so it was not added."),
        "model not known": translate("refusals", "The model {model} is not known to this library."),
        "not written": translate("refusals", "{path} could not be written. {reason}"),
        "export ending not known": translate(
            "refusals", "{path}: name the file .csv, .json or .m3u8. Nothing was written."
        ),
        "pair in wrong order": translate("refusals", "A pair of versions names the track with the smaller id first."),
        "playlist damaged": translate("refusals", "{path} is damaged: it is no whole XSPF file. Nothing was imported."),
        "playlist empty": translate("refusals", "{path} names no file. Nothing was imported."),
        "playlist gone": translate("refusals", "This playlist is no longer there."),
        "playlist kind not known": translate(
            "refusals",
            "{path} is no playlist of a known kind: M3U, M3U8, PLS and XSPF can be read. Nothing was imported.",
        ),
        "playlist name impossible": translate("refusals", "{path} could not be read. No file has such a name."),
        "playlist not read": translate("refusals", "{path} could not be read. {reason}"),
        "playlist too large": translate("refusals", "{path} is too large for a playlist. Nothing was imported."),
        "playlist too long": translate("refusals", "{path} names more than {count} files. Nothing was imported."),
        "tag not known": translate("refusals", "“{tag}” is not a tag that this library knows."),
        "track gone": translate("refusals", "This track is no longer in the library."),
        "version of itself": translate("refusals", "A track cannot be a version of itself."),
    }
