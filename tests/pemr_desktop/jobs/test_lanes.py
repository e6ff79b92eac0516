"""What waits for what: lanes, ranks, and scans that cover one another."""

from __future__ import annotations

import itertools

import pytest

from pemr_desktop.jobs.lanes import MAX_BRIEF_TRACKS, left_of_scan, place_of, waits_for
from pemr_desktop.protocol.messages import (
    ActivateModel,
    AddFolders,
    Analyse,
    Decide,
    FindAllVersions,
    FindCovers,
    Request,
    Scan,
    TuneTags,
    UntuneTags,
)

LONG_JOBS: list[list[Request]] = [
    [ActivateModel(b"/ear.safetensors")],
    [TuneTags(listen=False), UntuneTags(), Analyse((1,))],
    [TuneTags(), FindAllVersions()],
    [Analyse(), Analyse(tuple(range(MAX_BRIEF_TRACKS + 1)))],
]


def test_scans_searches_and_quick_jobs_never_wait_behind_listening() -> None:
    lanes = {
        place_of(request).lane for request in (Analyse(), Scan(), FindCovers(1), Decide((1,), ("jazz",), "accepted"))
    }
    assert len(lanes) == 4


def test_in_the_long_lane_brief_jobs_go_first() -> None:
    for urgent, patient in itertools.pairwise(LONG_JOBS):
        for first, second in itertools.product(urgent, patient):
            assert place_of(first).lane == place_of(second).lane == "long"
            assert place_of(first).rank < place_of(second).rank


def test_only_what_goes_on_where_it_stopped_makes_room() -> None:
    assert place_of(Analyse()).makes_room and place_of(FindAllVersions()).makes_room and place_of(TuneTags()).makes_room
    assert not place_of(Analyse(again=True)).makes_room
    assert not place_of(ActivateModel(b"")).makes_room


def test_listening_waits_for_scans_that_were_asked_for_before() -> None:
    assert waits_for(Analyse(), Scan()) and waits_for(Analyse((1,)), AddFolders((b"/music",)))
    assert not waits_for(Scan(), Analyse()) and not waits_for(FindAllVersions(), Scan())


@pytest.mark.parametrize(
    ("asked", "waiting", "left"),
    [
        (Scan((1,)), [], Scan((1,))),
        (Scan((1,)), [Scan((1,))], None),
        (Scan((1, 2)), [Scan((1,)), Scan((2, 3))], None),
        (Scan((1, 2)), [Scan((1,))], Scan((2,))),
        (Scan((1,)), [Scan()], None),
        (Scan(), [Scan((1,))], Scan()),
        (Scan((1,), again=True), [Scan((1,))], Scan((1,), again=True)),
        (Scan((1,)), [Scan((1,), again=True)], None),
        (Scan(), [AddFolders((b"/music",)), Analyse()], Scan()),
    ],
)
def test_what_waits_already_is_not_asked_for_again(asked: Scan, waiting: list[Request], left: Scan | None) -> None:
    assert left_of_scan(asked, waiting) == left
