"""Differences lose nothing and invent nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pemr_desktop.ui.tags.tag_diff import SEPARATOR, Piece, as_html, spoken, values_diff, word_diff

texts = st.text(alphabet=st.sampled_from("ab ü.,-1\U0001f3b5"), max_size=20)
values = st.lists(texts.map(lambda text: text.replace("·", "")), max_size=4)


@given(texts, texts)
def test_the_pieces_join_to_both_sides(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(piece.text for piece in pieces if piece.fate != "added") == before
    assert "".join(piece.text for piece in pieces if piece.fate != "removed") == after


@given(texts)
def test_equal_texts_have_no_difference(text: str) -> None:
    assert all(piece.fate == "same" for piece in word_diff(text, text))


@given(values, values)
def test_every_value_after_is_in_the_pieces(before: list[str], after: list[str]) -> None:
    kept = "".join(piece.text for piece in values_diff(before, after) if piece.fate != "removed")
    assert all(value in kept for value in after)


def test_an_added_value_is_added_whole() -> None:
    assert values_diff(("Rock",), ("Rock", "Blues Rock")) == [
        Piece("Rock", "same"),
        Piece(SEPARATOR, "same"),
        Piece("Blues Rock", "added"),
    ]


def test_a_reworded_value_is_compared_by_word() -> None:
    assert values_diff(("Hard Rock",), ("Soft Rock",)) == [
        Piece("Hard", "removed"),
        Piece("Soft", "added"),
        Piece(" Rock", "same"),
    ]


def test_texts_without_a_word_in_common_are_compared_whole() -> None:
    assert word_diff("Áåëàÿ ãâàðäèÿ", "Белая гвардия") == [
        Piece("Áåëàÿ ãâàðäèÿ", "removed"),
        Piece("Белая гвардия", "added"),
    ]


def test_the_difference_can_be_heard() -> None:
    assert spoken(values_diff(("Rock",), ("Jazz",))) == "[-Rock-][+Jazz+]"


def test_markup_in_tags_stays_text() -> None:
    assert "<b>" not in as_html(word_diff("", "<b>loud</b>"), ("#000", "#fff"), ("#000", "#fff"))
