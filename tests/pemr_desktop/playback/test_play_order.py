"""The order of the queue, without sound: shuffled and back, repeated, rearranged while one entry is at hand."""

from __future__ import annotations

import random

import pytest

from pemr_desktop.playback.play_order import PlayOrder


def order_of(*ids: int, at: int = 0, shuffled: bool = False) -> PlayOrder:
    order = PlayOrder(random.Random(7))
    order.set_shuffled(shuffled)
    order.replace(ids, at)
    return order


def test_once_through_and_the_end() -> None:
    order = order_of(5, 6, 7, at=1)
    assert (order.preceding(), order.following(), order.after_end()) == (0, 2, 2)
    order.at = 2
    assert order.following() is None and order.after_end() is None
    order.at = 0
    assert order.preceding() is None


def test_repeating_all_goes_round() -> None:
    order = order_of(5, 6, 7, at=2)
    order.repeat = "all"
    assert (order.following(), order.after_end(), order.after_end(2)) == (0, 0, 1)
    order.at = 0
    assert order.preceding() == 2


def test_repeating_one_stays_by_itself_and_goes_on_when_asked() -> None:
    order = order_of(5, 6, 7, at=1)
    order.repeat = "one"
    assert (order.after_end(), order.following()) == (1, 2)


def test_nothing_follows_nothing() -> None:
    order = PlayOrder()
    order.repeat = "all"
    assert order.following() is None and order.preceding() is None and order.after_end() is None


def test_shuffling_begins_with_the_entry_at_hand_loses_none_and_goes_back() -> None:
    order = order_of(*range(100), at=40)
    order.set_shuffled(True)
    assert order.at == 0 and order.ids[0] == 40
    assert sorted(order.ids) == list(range(100)) and list(order.ids[1:]) != sorted(order.ids[1:])
    order.at = 3
    playing = order.ids[3]
    order.set_shuffled(False)
    assert list(order.ids) == list(range(100)) and order.ids[order.at] == playing


def test_new_tracks_are_shuffled_too_while_shuffle_is_on() -> None:
    order = order_of(*range(50), at=10, shuffled=True)
    assert order.ids[0] == 10 and sorted(order.ids) == list(range(50)) and list(order.ids) != sorted(order.ids)


def test_what_is_put_next_while_shuffled_stays_behind_its_neighbour_afterwards() -> None:
    order = order_of(0, 1, 2, 3, at=1, shuffled=True)
    order.insert(1, [70, 71])
    assert list(order.ids[:3]) == [1, 70, 71]
    order.set_shuffled(False)
    assert list(order.ids) == [0, 1, 70, 71, 2, 3] and order.ids[order.at] == 1


def test_entries_put_before_the_one_at_hand_do_not_change_it() -> None:
    order = order_of(5, 6, at=1)
    order.insert(0, [8])
    assert (list(order.ids), order.at) == ([8, 5, 6], 2)


@pytest.mark.parametrize(
    ("gone", "left", "at", "lost"),
    [([0], [6, 7, 8], 1, False), ([3], [5, 6, 7], 2, False), ([2], [5, 6, 8], 2, True), ([2, 3], [5, 6], -1, True)],
)
def test_removing(gone: list[int], left: list[int], at: int, lost: bool) -> None:
    order = order_of(5, 6, 7, 8, at=2)
    assert order.remove(gone) is lost
    assert (list(order.ids), order.at) == (left, at)


@pytest.mark.parametrize(
    ("lines", "before", "result", "first"),
    [
        ([0], 3, [6, 7, 5, 8], 2),
        ([3], 0, [8, 5, 6, 7], 0),
        ([0, 2], 2, [6, 5, 7, 8], 1),
        ([1, 2], 4, [5, 8, 6, 7], 2),
        ([1], 1, [5, 6, 7, 8], 1),
    ],
)
def test_moving_keeps_the_entry_at_hand(lines: list[int], before: int, result: list[int], first: int) -> None:
    order = order_of(5, 6, 7, 8, at=1)
    assert order.move(lines, before) == first
    assert list(order.ids) == result and order.ids[order.at] == 6


def test_a_track_that_stands_in_the_list_twice_is_two_entries() -> None:
    order = order_of(5, 6, 5, at=2)
    order.move([0], 3)
    assert (list(order.ids), order.at) == ([6, 5, 5], 1)
    order.set_shuffled(True)
    order.set_shuffled(False)
    assert (list(order.ids), order.at) == ([6, 5, 5], 1)


def test_an_order_is_restored_whole_or_not_at_all() -> None:
    order = PlayOrder()
    order.restore([7, 5, 6], [2, 0, 1], 0, shuffled=True, repeat="all")
    order.set_shuffled(False)
    assert (list(order.ids), order.at) == ([5, 6, 7], 2)
    with pytest.raises(ValueError, match="do not fit"):
        order.restore([1], [0, 1], 0, shuffled=False, repeat="off")
    with pytest.raises(ValueError, match="do not fit"):
        order.restore([1], [0], 1, shuffled=False, repeat="off")
    assert list(order.ids) == [5, 6, 7]
