"""Why something was not done: a code with its values, which becomes a sentence in the language of whoever reads it."""

from __future__ import annotations

from typing import Literal

import msgspec

from pemr_desktop.sentences import Translate, english

RefusalCode = Literal[
    "application closed",
    "chosen tracks not analysed",
    "disk full",
    "field left alone",
    "fields left alone",
    "file not comparable",
    "file not there",
    "given up",
    "library cannot be opened",
    "library cannot be read",
    "library cannot be written",
    "library damaged",
    "library damaged, with backup",
    "library damaged in use",
    "library in use",
    "library left untouched",
    "library being made",
    "library lost, with backups",
    "library lost, with log",
    "library not migrated",
    "library not opened",
    "library of another application",
    "library of no application",
    "library read only",
    "library too new",
    "no folder",
    "no library",
    "no query",
    "nothing analysed",
    "nothing to check",
    "out of memory",
    "system refused",
    "too few answers",
    "too little music",
    "track not analysed",
    "unexpected",
    "unknown code page",
    "worker unavailable",
]


class Refusal(msgspec.Struct, frozen=True):
    """Why something was not done. `message`: a sentence in English.

    `code` is stable. For those of `RefusalCode` there is a sentence in every language, into which `values` are put; any
    other, the kind of the error, says only what it is about.
    """

    message: str
    code: str = ""
    values: dict[str, str] = {}


def refusal(code: RefusalCode, **values: str) -> Refusal:
    """Why something was not done, with its sentence."""
    return Refusal(refusal_texts(english)[code].format(**values), code, values)


def said(why: Refusal, translate: Translate = english) -> str:
    """The sentence, translated where the code has one."""
    text = refusal_texts(translate).get(why.code)
    return why.message if text is None else text.format(**why.values)


def refusal_texts(translate: Translate) -> dict[str, str]:
    """The sentence of each code, with its values in braces."""
    return dict([*_library_texts(translate).items(), *_job_texts(translate).items(), *_system_texts(translate).items()])


def _library_texts(translate: Translate) -> dict[RefusalCode, str]:
    return {
        "library cannot be opened": translate("refusals", "The library {library} cannot be opened. {reason}"),
        "library being made": translate("refusals", "The library {library} is still being made."),
        "library not opened": translate("refusals", "The library {library} cannot be opened ({reason})."),
        "no library": translate("refusals", "There is no library at {library} yet."),
        "library cannot be read": translate("refusals", "The library {library} cannot be read. {reason}"),
        "library left untouched": translate(
            "refusals", "The library {library} cannot be opened ({reason}). It was left untouched."
        ),
        "library damaged": translate(
            "refusals",
            "The library {library} is damaged ({reason}). It was not touched. There is no backup beside it.",
        ),
        "library damaged, with backup": translate(
            "refusals",
            "The library {library} is damaged ({reason}). It was not touched. The newest backup is {backup}; "
            "“pemr-desktop restore” puts it in place.",
        ),
        "library in use": translate(
            "refusals",
            "Another PEMR Desktop is using the library {library}. "
            "Close it first; until then this one can only show the library.",
        ),
        "library lost, with backups": translate(
            "refusals",
            "The library {library} is not there, but {count} backups of it are; the newest is {newest}. Nothing was "
            "begun anew. “pemr-desktop restore” puts it in place. If its disk is not connected, connect it. To begin "
            "anew, rename the folder {folder}.",
        ),
        "library lost, with log": translate(
            "refusals",
            "The library {library} is not there, but its log {log} is. Nothing was begun anew. Put the library back "
            "beside it; to begin anew, rename the log.",
        ),
        "library not migrated": translate(
            "refusals",
            "The library {library} could not be brought up to version {version} ({reason}). It is as it was before.",
        ),
        "library of another application": translate(
            "refusals", "{library} belongs to another application. It was not touched."
        ),
        "library of no application": translate(
            "refusals", "{library} is a database, but no library of PEMR Desktop. It was not touched."
        ),
        "library read only": translate("refusals", "The library cannot be changed from here."),
        "library too new": translate(
            "refusals",
            "The library {library} was made by a newer version of PEMR Desktop. "
            "It was not touched. Install the newer version, or choose another library folder.",
        ),
    }


def _job_texts(translate: Translate) -> dict[RefusalCode, str]:
    return {
        "chosen tracks not analysed": translate(
            "refusals", "The chosen tracks have not been listened to yet. Analyse them first."
        ),
        "field left alone": translate("refusals", "{fields} no longer holds what was written, and stays as it is."),
        "fields left alone": translate("refusals", "{fields} no longer hold what was written, and stays as it is."),
        "file not comparable": translate(
            "refusals", "{path} cannot be compared: {reason}. The file was left untouched."
        ),
        "file not there": translate("refusals", "{path} is not there."),
        "no folder": translate("refusals", "No folder was given."),
        "no query": translate("refusals", "Choose a track or a file to find covers of."),
        "nothing analysed": translate("refusals", "No track has been listened to yet. Analyse your music first."),
        "nothing to check": translate(
            "refusals",
            "There is nothing to check the cover search against yet. Confirm or reject what Find covers shows, or name "
            "the MusicBrainz works in your files, as Picard does; the tracks must have been listened to.",
        ),
        "too few answers": translate(
            "refusals",
            "Too few answers to learn from: {needed} versions of {works_needed} works and {needed} pairs that are no "
            "versions are needed; {versions} of {works} and {others} are there. Copies of the same recording "
            "teach nothing. Nothing was changed.",
        ),
        "too little music": translate(
            "refusals",
            "There is too little music to tune to: at least a dozen tracks of two albums must have been listened to. "
            "Your tags stay as they are.",
        ),
        "unknown code page": translate("refusals", "The code page “{name}” is not known."),
        "track not analysed": translate(
            "refusals", "“{title}” has not been listened to yet. Analyse it first, then look for covers."
        ),
    }


def _system_texts(translate: Translate) -> dict[RefusalCode, str]:
    kept = translate("refusals", "What was finished is kept; run it again afterwards and it goes on from there.")
    return {
        "application closed": translate("refusals", "The application was closed."),
        "disk full": translate("refusals", "The disk that holds {folder} is full. Free some space.") + f" {kept}",
        "given up": translate(
            "refusals",
            "“{title}” was given up: the background process ended each time it was tried. Nothing else is affected.",
        ),
        "library cannot be written": translate(
            "refusals", "The library {library} cannot be written ({reason}). Nothing was changed."
        )
        + f" {kept}",
        "library damaged in use": translate(
            "refusals", "The library {library} is damaged ({reason}). No music file was touched. Run “doctor”."
        ),
        "out of memory": translate("refusals", "There is not enough memory. Close other programs.") + f" {kept}",
        "system refused": translate("refusals", "The system refused: {reason}.") + f" {kept}",
        "unexpected": translate(
            "refusals",
            "Something unexpected happened ({reason}). The job was stopped; what it finished stays.",
        ),
        "worker unavailable": translate(
            "refusals", "The background process ended several times in a row and is not started again for now."
        ),
    }
