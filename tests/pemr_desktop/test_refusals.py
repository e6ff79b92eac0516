"""Errors made for people carry a code with its values; the sentences stand in their tables and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import pytest

import pemr_desktop
from pemr_desktop.errors import PemrDesktopError
from pemr_desktop.library.errors import LibraryError, QueryError
from pemr_desktop.reasons import reason_of
from pemr_desktop.refusals import Refusal, joined, refusal, refusal_texts, said
from pemr_desktop.sentences import English, english
from pemr_desktop.tagfiles.errors import CannotHold, WriteRefused
from pemr_desktop.tagfiles.formats.id3_block import UnreadableBlock

ROOT = Path(pemr_desktop.__file__).parent
TEXTS = refusal_texts(english)
CODE_AT = {"refusal": 0, "CannotHold": 0, "UnreadableBlock": 0}
"""Which argument of what is called is the code."""
NO_CODE = {"ResourceMissing", "JobCancelled"}
"""They say the same every time."""


BY_TYPE = ast.Name | ast.Attribute | ast.Call | ast.Subscript
"""What is no text; mypy sees that it is a code or a reason."""


class Site(NamedTuple):
    """Where a reason is given: the codes it can have, the names of its values, and whether those are all."""

    where: str
    argument: ast.expr
    codes: frozenset[str]
    values: frozenset[str]
    all_values: bool


def below(kind: type[PemrDesktopError]) -> Iterator[type[PemrDesktopError]]:
    yield kind
    for further in kind.__subclasses__():
        yield from below(further)


def constants(node: ast.AST | None) -> frozenset[str]:
    match node:
        case ast.Constant(value=str(text)):
            return frozenset({text})
        case ast.IfExp():
            return constants(node.body) | constants(node.orelse)
    return frozenset()


def codes_of(argument: ast.expr, module: ast.Module, line: int) -> frozenset[str]:
    """The codes written there, assigned to the name that stands there, or returned by the function called there."""
    if isinstance(argument, ast.Name):
        assigned = [
            node
            for node in ast.walk(module)
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno <= line
            if argument.id in ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        ]
        return constants(assigned[-1].value) if assigned else frozenset()
    if isinstance(argument, ast.Call):
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and node.name == ast.unparse(argument.func):
                returned = (constants(end.value) for end in ast.walk(node) if isinstance(end, ast.Return))
                return frozenset().union(*returned)
    return constants(argument)


@cache
def sites() -> tuple[Site, ...]:
    """Every call in the application that gives a reason to a person."""
    for name in ("analysis.covers.calibration", "library.errors", "tagfiles.errors"):
        __import__(f"pemr_desktop.{name}")
    names = {kind.__name__: int(kind.__mro__[1].__name__ == "TagFileError") for kind in below(PemrDesktopError)}
    code_at = {name: at for name, at in (names | CODE_AT).items() if name not in NO_CODE}
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        module = ast.parse(path.read_text("utf-8"))
        for call in ast.walk(module):
            if not isinstance(call, ast.Call) or (at := code_at.get(ast.unparse(call.func))) is None:
                continue
            argument = call.args[at]
            values = frozenset(keyword.arg for keyword in call.keywords if keyword.arg)
            found.append(
                Site(
                    f"{path.relative_to(ROOT)}:{call.lineno}",
                    argument,
                    codes_of(argument, module, call.lineno),
                    values,
                    all(keyword.arg for keyword in call.keywords),
                )
            )
    return tuple(found)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_walk_sees_what_there_is() -> None:
    assert len(sites()) > 200
    assert {site.where.split("/")[0] for site in sites()} >= {"tagfiles", "library", "analysis", "commands", "jobs"}


def test_no_error_for_people_carries_a_sentence_of_its_own() -> None:
    written = [site for site in sites() if not isinstance(site.argument, BY_TYPE)]
    prose = [
        f"{site.where}: {ast.unparse(site.argument)}"
        for site in written
        if not site.codes or not site.codes <= TEXTS.keys()
    ]
    assert prose == []


def test_the_values_given_are_those_of_the_sentence() -> None:
    wrong = [
        f"{site.where}: “{code}” wants {sorted(placeholders(TEXTS[code]))} and is given {sorted(site.values)}"
        for site in sites()
        for code in sorted(site.codes & TEXTS.keys())
        if not (
            placeholders(TEXTS[code]) == site.values if site.all_values else site.values <= placeholders(TEXTS[code])
        )
    ]
    assert wrong == []


def test_every_sentence_is_said_somewhere() -> None:
    tables = ROOT / "refusal_texts"
    written = {
        node.value
        for path in ROOT.rglob("*.py")
        if tables not in path.parents
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert sorted(TEXTS.keys() - written) == []


# --- what an error says


def test_an_error_says_the_sentence_of_its_code_and_keeps_the_values() -> None:
    error = LibraryError("tag not known", tag="{jazz}")
    assert str(error) == "“{jazz}” is not a tag that this library knows."
    assert error.refusal == Refusal(str(error), "tag not known", {"tag": "{jazz}"})
    assert str(LibraryError(error.refusal)) == str(error)


def test_an_error_of_a_file_names_it_and_can_be_told_without() -> None:
    error = WriteRefused(Path("/a.flac"), "left untouched", reason=CannotHold("NUL in value", field="genre").why)
    assert error.reason == "A value of “genre” contains a NUL character. It was left untouched."
    assert str(error) == f"/a.flac: {error.reason}"
    assert error.why.values == {"reason": UnreadableBlock("NUL in value", field="genre").why}


def test_a_query_error_knows_where() -> None:
    error = QueryError("no value given", 3, 4, field="genre")
    assert (str(error), error.position, error.length) == ("What should “genre” be?", 3, 4)


def test_a_reason_within_a_reason_is_translated_too() -> None:
    class Shouting(English):
        def __call__(self, context: str, text: str) -> str:
            return text.replace("It was left untouched.", "UNTOUCHED.").replace("The file is empty", "EMPTY")

    why = refusal("left untouched", reason=refusal("empty"))
    assert said(why, Shouting()) == "EMPTY (0 bytes). UNTOUCHED."
    assert said(joined(why, why), Shouting()) == "EMPTY (0 bytes). UNTOUCHED. EMPTY (0 bytes). UNTOUCHED."


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (LibraryError("playlist gone"), "This playlist is no longer there."),
        (OSError(28, "No space left on device", "/a"), "The system refused: The disk is full."),
        (OSError("cannot pickle"), "The system refused: The system reports error 0."),
        (KeyError("secret"), "Something unexpected happened. The job was stopped; what it finished stays."),
        (MemoryError(), "There is not enough memory."),
    ],
)
def test_what_a_person_is_told_of_any_error(error: Exception, sentence: str) -> None:
    assert reason_of(error).message.startswith(sentence)
