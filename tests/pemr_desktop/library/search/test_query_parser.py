"""The query line is read as people mean it, and every error points at the characters that are wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pemr_desktop.library.errors import QueryError
from pemr_desktop.library.search.query_parser import (
    FIELDS,
    LABELS,
    MAX_DEPTH,
    NAMES,
    NUMBER_FIELDS,
    TEXT_FIELDS,
    Condition,
    Term,
    Value,
    parse,
    terms_of,
)
from pemr_desktop.ui.tracks.track_columns import track_columns


def terms(line: str) -> list[Term]:
    """The terms of a line without OR and brackets."""
    found = []
    for condition in parse(line):
        assert isinstance(condition, Term)
        found.append(condition)
    return found


def words(term: Term) -> list[str]:
    return [value.text for value in term.values]


def shape(conditions: tuple[Condition, ...]) -> str:
    """The conditions with every bracket written out."""
    parts = []
    for condition in conditions:
        if isinstance(condition, Term):
            part = condition.values[0].text
        else:
            part = "(" + " | ".join(shape(alternative) for alternative in condition.alternatives) + ")"
        parts.append(f"-{part}" if condition.negated else part)
    return " ".join(parts)


def test_an_empty_line_has_no_terms() -> None:
    assert parse("") == parse("   \t ") == ()


def test_the_example_of_the_manual() -> None:
    found = terms('genre:jazz year:1960..1969 -tag:live mood:calm has:cover artist:"Miles Davis" free words')
    assert [(term.field, words(term), term.negated) for term in found] == [
        ("genre", ["jazz"], False),
        ("year", [], False),
        ("tag", ["live"], True),
        ("mood", ["calm"], False),
        ("has", ["cover"], False),
        ("artist", ["Miles Davis"], False),
        ("", ["free"], False),
        ("", ["words"], False),
    ]
    assert (found[1].low, found[1].high) == (1960, 1969)
    assert found[5].values[0].match == "phrase"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("year:1969", 1969, 1969),
        ("year:..1969", None, 1969),
        ("year:1969..", 1969, None),
        ("year:>1969", 1970, None),
        ("year:>=1969", 1969, None),
        ("year:<1969", None, 1968),
        ("duration:3:30..5:00", 210, 300),
        ("duration:1:00:00..", 3600, None),
        ("bpm:120..130", 120, 130),
    ],
)
def test_ranges(text: str, low: float | None, high: float | None) -> None:
    (term,) = terms(text)
    assert (term.low, term.high) == (low, high)


def test_a_comma_is_either_and_an_equals_sign_is_the_whole_value() -> None:
    (either,) = terms("genre:jazz,=Blues")
    assert either.values == (Value("jazz", "words"), Value("Blues", "whole"))
    (quoted,) = terms('artist:="Sly, Robbie"')
    assert quoted.values == (Value("Sly, Robbie", "whole"),)


def test_what_is_quoted_is_never_a_field() -> None:
    assert parse('"genre:jazz"')[0] == Term("", (Value("genre:jazz", "phrase"),), position=0, length=12)


@pytest.mark.parametrize(
    ("line", "position", "length"),
    [
        ("jazz year:19x9", 10, 4),
        ("year:1969..1960", 5, 10),
        ('artist:"Miles', 7, 6),
        ("a ganre:jazz", 2, 5),
        ("-ganre:jazz", 1, 5),
        ("has:coffee", 4, 6),
        ("genre:", 0, 6),
        ("added:yesterday", 6, 9),
        ('x ""', 2, 2),
        ("(jazz", 0, 1),
        ("jazz)", 4, 1),
        (")", 0, 1),
        ("a -(b (c)", 2, 2),
        ("()", 0, 1),
        ("jazz OR", 5, 2),
        ("AND jazz", 0, 3),
        ("jazz (OR blues)", 6, 2),
        ("jazz NOT", 5, 3),
        ("a OR OR b", 5, 2),
        ("length:x", 7, 1),
    ],
)
def test_an_error_points_at_what_is_wrong(line: str, position: int, length: int) -> None:
    with pytest.raises(QueryError) as raised:
        parse(line)
    assert (raised.value.position, raised.value.length) == (position, length)
    assert str(raised.value).endswith((".", "?"))


def test_a_slip_of_the_pen_gets_a_hint() -> None:
    with pytest.raises(QueryError, match="Did you mean “genre”"):
        parse("ganre:jazz")
    with pytest.raises(QueryError, match="Did you mean “length”"):
        parse("lenght:3:00")


@pytest.mark.parametrize("line", ["ganre:jazz", "qqq:jazz"])
def test_an_unknown_field_names_the_fields_that_there_are(line: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(line)
    assert all(name in str(raised.value) for name in NAMES)


def test_every_column_goes_by_its_label() -> None:
    for column in track_columns():
        if column.title:
            name = f'"{column.title}"' if " " in column.title else column.title
            line = f"{name}:1" if column.id != "added" else f"{name}:7d"
            (term,) = terms(line)
            assert term.field == LABELS.get(column.title.casefold(), column.id), column.title
    with pytest.raises(QueryError, match=r"length:3:00"):
        parse("length:")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("a b OR c", "(a b | c)"),
        ("a AND b OR c AND d", "(a b | c d)"),
        ("a (b OR c)", "a (b | c)"),
        ("a OR (b OR c)", "(a | (b | c))"),
        ("(a b) c", "a b c"),
        ("NOT a", "-a"),
        ("NOT NOT a", "a"),
        ("NOT -a", "a"),
        ("NOT (a b)", "-(a b)"),
        ("-(a OR b) c", "-((a | b)) c"),
        ("NOT -(a b)", "a b"),
        ("a or b and not c", "a or b and not c"),
        ('"OR" b', "OR b"),
        ("Help (live)", "Help live"),
        ("f(x) OR b", "(f(x) | b)"),
        ("(f(x))", "f(x)"),
        ('("a) b" OR c)', "(a) b | c)"),
    ],
)
def test_or_binds_less_than_side_by_side_and_brackets_bind_most(line: str, wanted: str) -> None:
    assert shape(parse(line)) == wanted


def test_brackets_inside_brackets_have_a_limit() -> None:
    assert shape(parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH)) == "a"
    with pytest.raises(QueryError, match="brackets can stand inside each other"):
        parse("(" * 5000 + "a" + ")" * 5000)


pieces = st.sampled_from(["(", ")", "-", "a", "year:1", "AND", "OR", "NOT", '"', " ", " "])


@given(st.one_of(st.text(max_size=60), st.lists(pieces, max_size=30).map("".join)))
def test_any_line_is_read_or_refused_inside_the_line(line: str) -> None:
    try:
        conditions = parse(line)
    except QueryError as error:
        assert 0 <= error.position < max(1, len(line))
        assert error.position + error.length <= len(line) + 1
        return
    for term, _ in terms_of(conditions):
        assert line[term.position : term.position + term.length].strip()
        assert term.values or term.field in NUMBER_FIELDS or term.field == "added"


plain = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=12)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(TEXT_FIELDS), plain), max_size=6))
def test_terms_come_out_as_they_were_written(wanted: list[tuple[bool, str, str]]) -> None:
    line = "  ".join(f'{"-" if negated else ""}{field}:"{text}"' for negated, field, text in wanted)
    assert [(term.negated, term.field, words(term)) for term in terms(line)] == [
        (negated, field, [text]) for negated, field, text in wanted
    ]


@given(st.text(max_size=30), st.sampled_from(FIELDS))
def test_quoting_makes_any_text_harmless(text: str, field: str) -> None:
    quoted = f'"{field}:{text.replace(chr(34), "")}"'
    (term,) = terms(quoted)
    assert term.field == ""
