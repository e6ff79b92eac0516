"""Which task a lane takes next, and which one has to make room for it."""

from __future__ import annotations

import threading

from patience import PATIENCE_S
from pemr_desktop.jobs.task_queue import Task, TaskQueue
from pemr_desktop.protocol.messages import Analyse, FindAllVersions, Request, Scan, Start, UntuneTags


def queue_of(*requests: Request) -> tuple[TaskQueue, list[Task]]:
    tasks = [Task(Start(number, request)) for number, request in enumerate(requests, 1)]  # type: ignore[arg-type]
    queue = TaskQueue()
    for task in tasks:
        queue.put(task)
    return queue, tasks


def test_the_most_urgent_goes_first_and_of_equals_the_oldest() -> None:
    queue, (listening, versions, first, second) = queue_of(Analyse(), FindAllVersions(), UntuneTags(), Analyse((1,)))
    taken = []
    for _ in range(4):
        task = queue.take("long")
        assert task is not None
        taken.append(task)
        queue.remove(task)
    assert taken == [first, second, versions, listening]
    assert queue.is_idle("long")


def test_what_listens_makes_room_and_goes_on_after_it() -> None:
    queue, (listening,) = queue_of(Analyse())
    assert queue.take("long") is listening and not listening.must_stop()
    queue.put(Task(Start(2, Analyse())))
    assert not listening.must_stop()
    urgent = Task(Start(3, UntuneTags()))
    queue.put(urgent)
    assert listening.must_stop() and not listening.cancel.is_set()
    assert queue.put_back(listening)
    assert queue.take("long") is urgent
    queue.remove(urgent)
    assert queue.take("long") is listening and not listening.must_stop()


def test_what_would_begin_anew_makes_no_room() -> None:
    queue, (listening,) = queue_of(Analyse(again=True))
    assert queue.take("long") is listening
    queue.put(Task(Start(2, UntuneTags())))
    assert not listening.must_stop()


def test_a_cancelled_task_is_not_put_back() -> None:
    queue, (listening,) = queue_of(Analyse())
    queue.take("long")
    queue.put(Task(Start(2, UntuneTags())))
    assert not queue.cancel(1)  # it runs: it stops by itself
    assert not queue.put_back(listening)


def test_a_waiting_task_is_cancelled_at_once() -> None:
    queue, (_, versions) = queue_of(UntuneTags(), FindAllVersions())
    queue.take("long")
    assert queue.cancel(2) and versions.cancel.is_set()
    assert not queue.cancel(2)
    assert not queue.cancel(99)


def test_listening_waits_for_an_earlier_scan_in_another_lane_and_not_for_a_later_one() -> None:
    queue, (scan, listening, later) = queue_of(Scan((1,)), Analyse(), Scan((2,)))
    taken: list[Task | None] = []
    thread = threading.Thread(target=lambda: taken.append(queue.take("long")))
    thread.start()
    assert queue.take("scan") is scan
    assert thread.is_alive() and taken == []
    queue.remove(scan)
    thread.join(PATIENCE_S)
    assert taken == [listening]
    assert queue.take("scan") is later


def test_what_cannot_begin_yet_asks_for_no_room() -> None:
    queue, (listening,) = queue_of(Analyse())
    queue.take("long")
    scan, chosen = Task(Start(2, Scan())), Task(Start(3, Analyse((1,))))
    queue.put(scan)
    queue.put(chosen)
    assert not listening.must_stop()
    assert queue.take("scan") is scan
    queue.remove(scan)
    assert listening.must_stop()


def test_a_closed_queue_gives_nothing_and_cancels_everything() -> None:
    queue, (running, waiting) = queue_of(UntuneTags(), FindAllVersions())
    queue.take("long")
    queue.close()
    assert queue.take("long") is None
    assert running.cancel.is_set() and waiting.cancel.is_set()
