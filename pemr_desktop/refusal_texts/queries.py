"""What is wrong with a query line."""

from __future__ import annotations

from typing import Literal

from pemr_desktop.sentences import Translate

QueryCode = Literal[
    "added not understood",
    "bracket not closed",
    "bracket not opened",
    "brackets too deep",
    "field not known",
    "field not known, but a like one",
    "flag not known",
    "no number given",
    "no value given",
    "not a number",
    "nothing beside",
    "nothing to look for",
    "only letters and digits",
    "query wrong",
    "quotation mark not closed",
    "range ends before it begins",
]


def query_texts(translate: Translate) -> dict[QueryCode, str]:
    """The sentence of each code, with its values in braces."""
    return {
        "added not understood": translate("refusals", "Write for example added:7d or added:2026-01-01..2026-03-31."),
        "bracket not closed": translate("refusals", "This bracket is never closed."),
        "bracket not opened": translate("refusals", "This bracket closes none that was opened."),
        "brackets too deep": translate("refusals", "Not more than {most} brackets can stand inside each other."),
        "field not known": translate(
            "refusals",
            "There is no field “{field}”. Put it in quotation marks to look for the text. The fields are {known}.",
        ),
        "field not known, but a like one": translate(
            "refusals", "There is no field “{field}”. Did you mean “{like}”? The fields are {known}."
        ),
        "flag not known": translate("refusals", "“{field}:” knows {known}."),
        "no number given": translate("refusals", "Which {field}? For example {field}:{example}."),
        "no value given": translate("refusals", "What should “{field}” be?"),
        "not a number": translate("refusals", "“{text}” is no {field}; write for example {example}."),
        "nothing beside": translate("refusals", "{word} needs something to look for on this side of it."),
        "nothing to look for": translate("refusals", "There is nothing to look for here."),
        "only letters and digits": translate("refusals", "Only letters and digits can be looked for."),
        "quotation mark not closed": translate("refusals", "This quotation mark is never closed."),
        "range ends before it begins": translate("refusals", "This range ends before it begins."),
        "query wrong": translate("refusals", "{reason}\n  {line}\n  {marks}"),
    }
