"""Why a database cannot be used, as a part of a sentence about it."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

DatabaseCode = Literal[
    "database busy",
    "database damaged",
    "database error",
    "database full",
    "database not a database",
    "database not opened",
    "database not readable",
    "database of other tables",
    "database read only",
    "database without text",
    "log in use",
    "memory full for database",
]


def database_texts(translate: Translate) -> dict[DatabaseCode, str]:
    """The words of each code, with values in braces."""
    return {
        "database busy": translate("refusals", "another program is using it"),
        "database damaged": translate("refusals", "its content contradicts itself"),
        "database error": translate("refusals", "the database reports error {number}"),
        "database full": translate("refusals", "the disk is full"),
        "database not a database": translate("refusals", "it does not begin as a database does"),
        "database not opened": translate("refusals", "it cannot be opened"),
        "database not readable": translate("refusals", "the disk could not be read or written; it may be faulty"),
        "database of other tables": translate("refusals", "its tables are not those of a library"),
        "database read only": translate("refusals", "it can only be read"),
        "database without text": translate("refusals", "its tables hold no text where there should be some"),
        "log in use": translate("refusals", "its log is in use"),
        "memory full for database": translate("refusals", "there is not enough memory"),
    }
