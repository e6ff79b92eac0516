"""The account of jobs: what is asked for again after a crash, and when that ends."""

from __future__ import annotations

import msgspec

from pemr_desktop.jobs.ledger import (
    FATAL_CRASHES_PER_JOB,
    KEPT_ENDED_JOBS,
    MAX_CRASHES_A_MINUTE,
    CrashLimit,
    Ledger,
)
from pemr_desktop.protocol.messages import (
    Analyse,
    Cancelled,
    Changed,
    Failed,
    Finished,
    Progress,
    PutBack,
    Scan,
    Started,
    UntuneTags,
)
from pemr_desktop.protocol.results import ScanResult, result_of
from pemr_desktop.steps import Step

TWELVE_FOUND = msgspec.Raw(msgspec.json.encode(ScanResult(12, 0, 0, 0, 0, 0)))


def test_a_job_goes_from_waiting_to_finished() -> None:
    ledger = Ledger()
    start = ledger.add(Scan(), "Scanning")
    assert ledger.views()[0].state == "waiting"
    ledger.take(Started(start.job_id))
    ledger.take(Progress(start.job_id, 3, 10, 7.0, Step("reading tags")))
    view = ledger.view(start.job_id)
    assert view is not None and (view.state, view.done, view.total, view.seconds_left) == ("running", 3, 10, 7.0)
    ledger.take(Finished(start.job_id, Changed(), TWELVE_FOUND))
    view = ledger.view(start.job_id)
    assert view is not None and (view.state, view.seconds_left) == ("finished", None)
    assert view.message == "12 tracks found; nothing new."


def test_what_was_not_finished_is_asked_for_again() -> None:
    ledger = Ledger()
    done, running, waiting = (ledger.add(Analyse((n,)), "") for n in range(3))
    ledger.take(Finished(done.job_id, Changed()))
    ledger.take(Started(running.job_id))
    assert ledger.worker_died() == []
    assert ledger.unfinished() == [running, waiting]


def test_a_job_that_was_being_cancelled_is_not_asked_for_again() -> None:
    ledger = Ledger()
    start = ledger.add(Scan(), "")
    ledger.take(Started(start.job_id))
    assert ledger.cancelling(start.job_id)
    ended = ledger.worker_died()
    assert [type(event) for event in ended] == [Cancelled] and ledger.unfinished() == []
    assert not ledger.cancelling(start.job_id)


def test_a_job_that_kills_every_worker_is_given_up_and_the_others_go_on() -> None:
    ledger = Ledger()
    bad, good = ledger.add(Analyse(), "Listening"), ledger.add(Scan(), "")
    for death in range(FATAL_CRASHES_PER_JOB):
        ledger.take(Started(bad.job_id))
        ended = ledger.worker_died()
        assert bool(ended) == (death == FATAL_CRASHES_PER_JOB - 1)
    assert isinstance(ended[0], Failed) and "Listening" in ended[0].why.message
    assert ledger.unfinished() == [good]


def test_a_job_that_gets_further_between_deaths_is_never_given_up() -> None:
    ledger = Ledger()
    start = ledger.add(Analyse(), "")
    for done in range(5 * FATAL_CRASHES_PER_JOB):
        ledger.take(Started(start.job_id))
        ledger.take(Progress(start.job_id, 1, 100 - done, None, Step("listened", "a tune")))
        assert ledger.worker_died() == []


def test_only_the_latest_ended_jobs_are_kept() -> None:
    ledger = Ledger()
    running = ledger.add(Scan(), "")
    for _ in range(KEPT_ENDED_JOBS + 20):
        ledger.take(Finished(ledger.add(Scan(), "").job_id, Changed(), TWELVE_FOUND))
    ledger.add(Scan(), "")
    assert running.job_id in [view.job_id for view in ledger.views()]
    assert sum(view.ended for view in ledger.views()) == KEPT_ENDED_JOBS
    ledger.forget_ended()
    assert sum(view.ended for view in ledger.views()) == 0


def test_news_of_a_forgotten_job_is_ignored() -> None:
    ledger = Ledger()
    ledger.take(Started(99))
    assert ledger.views() == []


def test_the_result_of_a_job_is_typed() -> None:
    result = ScanResult(1, 2, 3, 4, 5, 6)
    ended = Finished(1, Changed(), msgspec.Raw(msgspec.json.encode(result)))
    assert result_of(Scan(), ended) == result


def test_a_worker_that_dies_at_once_is_tried_a_few_times_with_growing_pauses() -> None:
    limit = CrashLimit()
    pauses = [limit.crashed(now_s=float(second)) for second in range(MAX_CRASHES_A_MINUTE + 1)]
    assert pauses[-1] is None
    waits = [pause for pause in pauses if pause is not None]
    assert len(waits) == MAX_CRASHES_A_MINUTE and waits == sorted(waits) and waits[-1] > waits[0]


def test_a_worker_that_dies_now_and_then_is_always_started_again() -> None:
    limit = CrashLimit()
    assert all(limit.crashed(now_s=61.0 * minute) is not None for minute in range(50))
    for second in range(50):
        assert limit.crashed(now_s=10_000.0 + second) is not None
        limit.worker_was_useful()


def test_a_job_that_made_room_waits_again_and_says_for_what() -> None:
    ledger = Ledger()
    listening = ledger.add(Analyse(), "Listening")
    ledger.take(Started(listening.job_id))
    urgent = ledger.add(UntuneTags(), "Going back")
    waits_for = ledger.waits_for(urgent.job_id)
    assert waits_for is not None and waits_for.title == "Listening"
    ledger.take(PutBack(listening.job_id, Changed()))
    ledger.take(Started(urgent.job_id))
    view = ledger.view(listening.job_id)
    assert view is not None and (view.state, view.doing) == ("waiting", "")
    waits_for = ledger.waits_for(listening.job_id)
    assert waits_for is not None and waits_for.title == "Going back"
    assert ledger.waits_for(urgent.job_id) is None
    assert ledger.unfinished() == [listening, urgent]


def test_listening_says_that_it_waits_for_a_scan_in_another_lane() -> None:
    ledger = Ledger()
    scan = ledger.add(Scan(), "Scanning")
    listening = ledger.add(Analyse(), "Listening")
    waits_for = ledger.waits_for(listening.job_id)
    assert waits_for is not None and waits_for.title == "Scanning"
    ledger.take(Finished(scan.job_id, Changed(), TWELVE_FOUND))
    assert ledger.waits_for(listening.job_id) is None


def test_a_scan_that_waits_stands_for_others_of_the_same_folder() -> None:
    ledger = Ledger()
    scan = ledger.add(Scan((1, 2)), "")
    assert ledger.covering(Scan((2,))) == scan.job_id
    assert ledger.covering(Scan((3,))) is None and ledger.covering(Scan()) is None
    assert ledger.covering(Analyse()) is None
    ledger.take(Started(scan.job_id))  # it may have looked there already
    assert ledger.covering(Scan((2,))) is None
