"""Why something was not done: a code with its values, which becomes a sentence in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

import msgspec

from pemr_desktop.refusal_texts.commands import CommandCode, command_texts
from pemr_desktop.refusal_texts.databases import DatabaseCode, database_texts
from pemr_desktop.refusal_texts.jobs import JobCode, job_texts
from pemr_desktop.refusal_texts.library import LibraryCode, library_texts
from pemr_desktop.refusal_texts.library_contents import ContentsCode, contents_texts
from pemr_desktop.refusal_texts.playback import PlaybackCode, playback_texts
from pemr_desktop.refusal_texts.queries import QueryCode, query_texts
from pemr_desktop.refusal_texts.sounds import SoundCode, sound_texts
from pemr_desktop.refusal_texts.system import SystemCode, system_texts
from pemr_desktop.refusal_texts.tag_files import TagFileCode, tag_file_texts
from pemr_desktop.refusal_texts.tag_formats import TagFormatCode, tag_format_texts
from pemr_desktop.sentences import Translate, english

RefusalCode: TypeAlias = (
    CommandCode
    | ContentsCode
    | DatabaseCode
    | JobCode
    | LibraryCode
    | PlaybackCode
    | QueryCode
    | SoundCode
    | SystemCode
    | TagFileCode
    | TagFormatCode
)
TABLES: tuple[Callable[[Translate], Mapping[Any, str]], ...] = (
    command_texts,
    contents_texts,
    database_texts,
    job_texts,
    library_texts,
    playback_texts,
    query_texts,
    sound_texts,
    system_texts,
    tag_file_texts,
    tag_format_texts,
)
"""By subject, and no code in two of them."""


class Refusal(msgspec.Struct, frozen=True):
    """Why something was not done, or what is odd about it. `message`: a sentence in English.

    `code` is stable. For those of `RefusalCode` there is a sentence in every language, into which `values` are put; a
    value may be a reason itself. Any other code, the kind of the error, says only what it is about.
    """

    message: str
    code: str = ""
    values: dict[str, str | Refusal] = {}


Value: TypeAlias = str | Refusal


def refusal(code: RefusalCode, /, **values: Value) -> Refusal:
    """Why something was not done, with its sentence."""
    return Refusal(_filled(_english_texts()[code], values, english), code, values)


def said(why: Refusal, translate: Translate = english) -> str:
    """The sentence, translated where the code has one."""
    text = refusal_texts(translate).get(why.code)
    return why.message if text is None else _filled(text, why.values, translate)


def joined(first: Refusal, *more: Refusal) -> Refusal:
    """Several sentences, one after the other."""
    for following in more:
        first = refusal("two sentences", first=first, second=following)
    return first


def refusal_texts(translate: Translate) -> dict[str, str]:
    """The sentence of each code, with its values in braces."""
    return {code: text for table in TABLES for code, text in table(translate).items()}


@cache
def _english_texts() -> dict[str, str]:
    return refusal_texts(english)


def _filled(text: str, values: Mapping[str, Value], translate: Translate) -> str:
    return text.format_map(
        {name: said(value, translate) if isinstance(value, Refusal) else value for name, value in values.items()}
    )
