"""What the system refuses, and what is wrong with the installation and the settings."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

SystemCode = Literal[
    "application closed",
    "disk faulty",
    "disk full",
    "disk full, said briefly",
    "disk not answering",
    "disk read only",
    "file missing from installation",
    "file not there, said briefly",
    "file too large",
    "folder not empty",
    "folder, not a file",
    "folders not made",
    "given up",
    "in use by another program",
    "library cannot be written",
    "library damaged in use",
    "links too many",
    "log not written",
    "memory full",
    "name taken",
    "name too long",
    "no folder in path",
    "no permission",
    "not possible there",
    "out of memory",
    "refused by system",
    "setting left out",
    "setting not a choice",
    "setting not a list",
    "setting not a number",
    "setting not a switch",
    "setting not a whole number",
    "setting not known",
    "setting not of shortcuts",
    "setting not text",
    "setting out of range",
    "settings file damaged",
    "settings file damaged, in a line",
    "settings file nested too deeply",
    "settings file not opened",
    "settings file with long number",
    "settings file without text",
    "settings not saved",
    "system error",
    "system refused",
    "too many open files",
    "unexpected",
    "worker ended several times",
    "worker unavailable",
]


def system_texts(translate: Translate) -> dict[SystemCode, str]:
    """The sentence of each code, with its values in braces."""
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
        "system refused": translate("refusals", "The system refused: {reason}") + f" {kept}",
        "unexpected": translate(
            "refusals",
            "Something unexpected happened. The job was stopped; what it finished stays. The log says more.",
        ),
        "worker unavailable": translate(
            "refusals", "The background process ended several times in a row and is not started again for now."
        ),
        "file missing from installation": translate(
            "refusals", "“{name}” is missing from this installation of PEMR Desktop. Install it again."
        ),
        "setting not known": translate("refusals", "There is no setting “{setting}”."),
        "setting out of range": translate(
            "refusals", "The setting {setting} cannot be {value}: it can be {minimum} to {maximum}."
        ),
        "setting left out": translate("refusals", "{reason} {default} is used instead; {path} was left as it is."),
        "setting not a choice": translate("refusals", "The setting {setting} cannot be {value}: it can be {choices}."),
        "setting not a list": translate("refusals", "The setting {setting} cannot be {value}: it is a list of words."),
        "setting not a number": translate("refusals", "The setting {setting} cannot be {value}: it is a number."),
        "setting not a whole number": translate(
            "refusals", "The setting {setting} cannot be {value}: it is a whole number."
        ),
        "setting not a switch": translate("refusals", "The setting {setting} cannot be {value}: it is true or false."),
        "setting not text": translate("refusals", "The setting {setting} cannot be {value}: it is text."),
        "setting not of shortcuts": translate(
            "refusals", "The setting {setting} cannot be {value}: it names the keys of actions."
        ),
        "settings file damaged": translate(
            "refusals",
            "The settings file {path} cannot be read: it ends too early. Default settings are used; it was "
            "left as it is.",
        ),
        "settings file damaged, in a line": translate(
            "refusals",
            "The settings file {path} cannot be read: line {line} is no TOML. Default settings are used; it "
            "was left as it is.",
        ),
        "settings file nested too deeply": translate(
            "refusals",
            "The settings file {path} cannot be read: it is nested too deeply. Default settings are used; it "
            "was left as it is.",
        ),
        "settings file with long number": translate(
            "refusals",
            "The settings file {path} cannot be read: a number in it has too many digits. Default settings "
            "are used; it was left as it is.",
        ),
        "settings file without text": translate(
            "refusals",
            "The settings file {path} cannot be read: its byte {byte} is no text in UTF-8. Default settings "
            "are used; it was left as it is.",
        ),
        "settings file not opened": translate(
            "refusals", "The settings file {path} cannot be opened. {reason} Default settings are used."
        ),
        "folders not made": translate(
            "refusals", "PEMR Desktop cannot make its folders. {reason} Nothing was changed."
        ),
        "refused by system": translate("refusals", "The system refused: {reason}"),
        "log not written": translate("refusals", "The log {path} cannot be written. {reason}"),
        "settings not saved": translate(
            "refusals", "The settings could not be saved in {path}. {reason} Nothing was changed."
        ),
        "worker ended several times": translate(
            "refusals", "The background process ended several times in a row. Your library is unharmed."
        ),
        "disk not answering": translate("refusals", "The disk does not answer."),
        "disk faulty": translate("refusals", "The disk could not be read or written; it may be faulty."),
        "disk full, said briefly": translate("refusals", "The disk is full."),
        "disk read only": translate("refusals", "The disk can only be read, not written."),
        "file not there, said briefly": translate("refusals", "The file is not there."),
        "folder, not a file": translate("refusals", "This is a folder, not a file."),
        "folder not empty": translate("refusals", "The folder is not empty."),
        "in use by another program": translate("refusals", "Another program is using it."),
        "links too many": translate("refusals", "Links in its path lead back to one another."),
        "memory full": translate("refusals", "There is not enough memory."),
        "name taken": translate("refusals", "Something of this name is there already."),
        "name too long": translate("refusals", "Its name is too long."),
        "no folder in path": translate("refusals", "A part of its path is no folder."),
        "no permission": translate("refusals", "There is no permission to read or change it."),
        "not possible there": translate("refusals", "That is not possible on this disk."),
        "too many open files": translate("refusals", "Too many files are open."),
        "file too large": translate("refusals", "The file is larger than the disk allows."),
        "system error": translate("refusals", "The system reports error {number}."),
    }
