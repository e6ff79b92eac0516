"""Why a command line cannot be carried out."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

CommandCode = Literal[
    "already a playlist",
    "code page not known",
    "folder not in library",
    "hard links choice",
    "library empty",
    "neither track nor file",
    "never written",
    "no change named",
    "no playlist",
    "no playlist, see list",
    "no track fits",
    "no version known",
    "not field=value",
    "nothing to undo",
    "path not in library",
    "playlist file ending",
    "undo goes alone",
    "verdict choice",
]


def command_texts(translate: Translate) -> dict[CommandCode, str]:
    """The sentence of each code, with its values in braces."""
    return {
        "code page not known": translate("refusals", "The code page “{name}” is not known. These are: {known}."),
        "already a playlist": translate(
            "refusals", "There is a playlist “{name}” already. Add to it: pemr-desktop playlist add."
        ),
        "folder not in library": translate(
            "refusals", "{folder} is not a folder of the library. “pemr-desktop status” lists them."
        ),
        "hard links choice": translate("refusals", "--hard-links can be refuse, break or 'in place'."),
        "library empty": translate("refusals", "The library is empty. Add music: pemr-desktop scan FOLDER."),
        "neither track nor file": translate("refusals", "{word} is neither a track number nor a file."),
        "never written": translate("refusals", "Nothing was ever written to {path}."),
        "no change named": translate(
            "refusals", "Say what to change, for example: --set genre=Jazz --add mood=calm --remove grouping."
        ),
        "no playlist": translate("refusals", "There is no playlist “{name}”."),
        "no playlist, see list": translate(
            "refusals", "There is no playlist “{name}”. “pemr-desktop playlist list” lists them."
        ),
        "no track fits": translate("refusals", "No track fits."),
        "no version known": translate(
            "refusals", "No version of {track} is known. Look for them: pemr-desktop versions"
        ),
        "not field=value": translate("refusals", "“{word}” is not of the form field=value."),
        "nothing to undo": translate("refusals", "There is nothing to undo."),
        "path not in library": translate(
            "refusals", "{path} is not in the library. Add its folder first: pemr-desktop scan FOLDER."
        ),
        "playlist file ending": translate("refusals", "A playlist file ends in .m3u8."),
        "undo goes alone": translate("refusals", "--undo goes alone."),
        "verdict choice": translate("refusals", "The verdict can be {verdicts}."),
    }
