from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pemr.covers.version_groups import version_groups


def test_a_pair_makes_a_group() -> None:
    assert version_groups([(5, 2, 0.9)]) == [(2, 5)]


def test_three_tracks_that_all_match_make_one_group() -> None:
    assert version_groups([(1, 2, 0.9), (2, 3, 0.8), (1, 3, 0.7)]) == [(1, 2, 3)]


def test_one_wrong_pair_does_not_chain_two_works() -> None:
    first = [(1, 2, 0.99), (2, 3, 0.99), (1, 3, 0.99)]
    second = [(4, 5, 0.99), (5, 6, 0.99), (4, 6, 0.99)]
    assert version_groups([*first, *second, (3, 4, 0.95)]) == [(1, 2, 3), (4, 5, 6)]


def test_a_version_that_matches_only_part_of_a_chain_stays_out() -> None:
    chain = [(1, 2, 0.9), (2, 3, 0.9), (3, 4, 0.9)]
    assert (1, 2, 3, 4) not in version_groups(chain)


def test_tracks_that_the_user_joined_count_as_one() -> None:
    assert version_groups([(1, 2, 0.9), (2, 3, 1.0)]) == [(1, 2, 3)]


def test_the_users_word_goes_before_any_guess() -> None:
    assert version_groups([(1, 2, 0.99), (2, 3, 1.0)], rejected=[(1, 3)]) == [(2, 3)]


def test_a_rejected_pair_never_shares_a_group() -> None:
    pairs = [(1, 2, 0.9), (2, 3, 0.95), (1, 3, 0.99)]
    assert version_groups(pairs, rejected=[(3, 1)]) == [(2, 3)]


def test_no_pairs_give_no_groups() -> None:
    assert version_groups([]) == []


PAIRS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.floats(0.5, 1.0)), max_size=40)


@given(PAIRS, st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=8))
def test_groups_are_disjoint_sorted_and_respect_rejections(
    pairs: list[tuple[int, int, float]], rejected: list[tuple[int, int]]
) -> None:
    groups = version_groups(pairs, rejected)
    tracks = [track for group in groups for track in group]
    assert len(tracks) == len(set(tracks))
    assert groups == sorted(groups) and all(list(group) == sorted(group) and len(group) > 1 for group in groups)
    assert not any(a in group and b in group for a, b in rejected if a != b for group in groups)


@given(PAIRS)
def test_the_order_of_pairs_does_not_matter(pairs: list[tuple[int, int, float]]) -> None:
    assert version_groups(pairs) == version_groups(pairs[::-1])
