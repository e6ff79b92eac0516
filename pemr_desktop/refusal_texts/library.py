"""Why the library cannot be opened, read, written or replaced."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

LibraryCode = Literal[
    "backup empty",
    "backup not copied",
    "backup not put in place",
    "library being made",
    "library cannot be opened",
    "library cannot be read",
    "library cannot be replaced",
    "library cannot be used",
    "library damaged",
    "library damaged, not backed up",
    "library damaged, with backup",
    "library in use",
    "library left untouched",
    "library lost, with backups",
    "library lost, with log",
    "library not migrated",
    "library not opened",
    "library not put aside",
    "library of another application",
    "library of no application",
    "library read only",
    "library refused",
    "library replaced",
    "library step not stored",
    "library too new",
    "no backup",
    "no backup file",
    "no library",
]


def library_texts(translate: Translate) -> dict[LibraryCode, str]:
    """The sentence of each code, with its values in braces."""
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
        "backup empty": translate("refusals", "{backup} is empty. Nothing was changed."),
        "backup not copied": translate("refusals", "{backup} cannot be copied ({reason}). Nothing was changed."),
        "backup not put in place": translate(
            "refusals", "The backup {backup} could not be put in place. {reason} The library is as it was."
        ),
        "library cannot be replaced": translate("refusals", "The library {library} cannot be replaced. {reason}"),
        "library damaged, not backed up": translate(
            "refusals",
            "The library {library} is damaged ({reason}). It was not backed up, so that the earlier backups "
            "in {folder} stay good.",
        ),
        "library not put aside": translate(
            "refusals",
            "The library {library} cannot be put aside now ({reason}); perhaps another program has it open. "
            "Close it and try again. Nothing was changed.",
        ),
        "library replaced": translate(
            "refusals",
            "The library {library} was removed or replaced by another program while PEMR Desktop had it "
            "open. Nothing more is written, to the library or to music files, so that every write can be "
            "taken back. Close PEMR Desktop, put the library back if you moved it, or restore a backup, and "
            "start again.",
        ),
        "library refused": translate(
            "refusals",
            "The library {library} could not be used ({reason}). What was finished is kept; run it again "
            "afterwards and it goes on from there.",
        ),
        "library step not stored": translate(
            "refusals",
            "The library {library} could not be written ({reason}). Nothing of this step was stored; what "
            "was stored before is safe.",
        ),
        "no backup": translate("refusals", "There is no backup of the library {library}. Nothing was changed."),
        "no backup file": translate("refusals", "There is no file {backup}. Nothing was changed."),
        "library cannot be used": translate(
            "refusals",
            "The library cannot be used; it may be damaged ({reason}). No music file was touched. Look with "
            "“pemr-desktop doctor”; “pemr-desktop restore” puts the newest backup in its place.",
        ),
    }
