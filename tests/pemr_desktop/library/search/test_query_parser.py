"""The query line is read as people mean it, and every error points at the characters that are wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pemr_desktop.library.errors import QueryError
from pemr_desktop.library.search.query_parser import FIELDS, NUMBER_FIELDS, TEXT_FIELDS, Term, Value, parse


def words(term: Term) -> list[str]:
    return [value.text for value in term.values]


def test_an_empty_line_has_no_terms() -> None:
    assert parse("") == parse("   \t ") == ()


def test_the_example_of_the_manual() -> None:
    terms = parse('genre:jazz year:1960..1969 -tag:live mood:calm has:cover artist:"Miles Davis" free words')
    assert [(term.field, words(term), term.negated) for term in terms] == [
        ("genre", ["jazz"], False),
        ("year", [], False),
        ("tag", ["live"], True),
        ("mood", ["calm"], False),
        ("has", ["cover"], False),
        ("artist", ["Miles Davis"], False),
        ("", ["free"], False),
        ("", ["words"], False),
    ]
    assert (terms[1].low, terms[1].high) == (1960, 1969)
    assert terms[5].values[0].match == "phrase"


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
    (term,) = parse(text)
    assert (term.low, term.high) == (low, high)


def test_a_comma_is_either_and_an_equals_sign_is_the_whole_value() -> None:
    (either,) = parse("genre:jazz,=Blues")
    assert either.values == (Value("jazz", "words"), Value("Blues", "whole"))
    (quoted,) = parse('artist:="Sly, Robbie"')
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


@given(st.text(max_size=60))
def test_any_line_is_read_or_refused_inside_the_line(line: str) -> None:
    try:
        terms = parse(line)
    except QueryError as error:
        assert 0 <= error.position < max(1, len(line))
        assert error.position + error.length <= len(line) + 1
        return
    for term in terms:
        assert line[term.position : term.position + term.length].strip()
        assert term.values or term.field in NUMBER_FIELDS or term.field == "added"


plain = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=12)


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(TEXT_FIELDS), plain), max_size=6))
def test_terms_come_out_as_they_were_written(wanted: list[tuple[bool, str, str]]) -> None:
    line = "  ".join(f'{"-" if negated else ""}{field}:"{text}"' for negated, field, text in wanted)
    assert [(term.negated, term.field, words(term)) for term in parse(line)] == [
        (negated, field, [text]) for negated, field, text in wanted
    ]


@given(st.text(max_size=30), st.sampled_from(FIELDS))
def test_quoting_makes_any_text_harmless(text: str, field: str) -> None:
    quoted = f'"{field}:{text.replace(chr(34), "")}"'
    (term,) = parse(quoted)
    assert term.field == ""
