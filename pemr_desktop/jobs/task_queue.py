"""The jobs of a worker while they wait and run: which one a lane takes next, and which has to make room."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from pemr_desktop.jobs.lanes import LaneName, place_of, waits_for
from pemr_desktop.protocol.messages import Start


class Task:
    """One job in the worker: waiting, then running, then gone, or waiting again."""

    def __init__(self, start: Start) -> None:
        self.job_id = start.job_id
        self.request = start.request
        self.place = place_of(start.request)
        self.cancel = threading.Event()
        self.make_room = threading.Event()
        self.runs = False

    def must_stop(self) -> bool:
        """Whether it is to stop between two items, for good or for a while."""
        return self.cancel.is_set() or self.make_room.is_set()


class TaskQueue:
    """All tasks in the order they were asked for. Any thread may call; each lane has one that takes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tasks: dict[int, Task] = {}
        self._closed = False

    def put(self, task: Task) -> None:
        """One more task; a less urgent one that runs in its lane may have to make room."""
        with self._changed:
            self._tasks[task.job_id] = task
            self._tell()

    def take(self, lane: LaneName) -> Task | None:
        """Wait for the next task of a lane, which runs from now on; None when the queue is closed."""
        with self._changed:
            while not self._closed:
                task = self._next(lane)
                if task is not None:
                    task.runs = True
                    return task
                self._changed.wait()
            return None

    def put_back(self, task: Task) -> bool:
        """Let a task that made room wait again, in its old place; False if it was cancelled meanwhile."""
        with self._changed:
            if task.cancel.is_set():
                return False
            task.runs = False
            task.make_room.clear()
            self._tell()
            return True

    def remove(self, task: Task) -> None:
        """A task has ended."""
        with self._changed:
            self._tasks.pop(task.job_id, None)
            self._tell()

    def cancel(self, job_id: int) -> bool:
        """Stop a task between two items -> whether it had not begun, and is gone."""
        with self._changed:
            task = self._tasks.get(job_id)
            if task is None:
                return False
            task.cancel.set()
            if task.runs:
                return False
            del self._tasks[job_id]
            self._tell()
            return True

    def close(self) -> None:
        """Cancel everything; nobody gets a task any more."""
        with self._changed:
            self._closed = True
            for task in self._tasks.values():
                task.cancel.set()
            self._changed.notify_all()

    def is_idle(self, lane: LaneName) -> bool:
        """Whether nothing waits or runs in a lane."""
        with self._changed:
            return not any(task.place.lane == lane for task in self._tasks.values())

    def _tell(self) -> None:
        """Wake the lanes, and ask for room where a more urgent task could begin."""
        for running in self._tasks.values():
            if not running.runs or not running.place.makes_room:
                continue
            most_urgent = self._next(running.place.lane)
            if most_urgent is not None and most_urgent.place.rank < running.place.rank:
                running.make_room.set()
        self._changed.notify_all()

    def _next(self, lane: LaneName) -> Task | None:
        return min(self._ready(lane), key=lambda task: task.place.rank, default=None)

    def _ready(self, lane: LaneName) -> Iterator[Task]:
        """Tasks of a lane that could begin, oldest first."""
        ahead: list[Task] = []
        for task in self._tasks.values():
            is_held = any(waits_for(task.request, other.request) for other in ahead)
            if task.place.lane == lane and not task.runs and not is_held:
                yield task
            ahead.append(task)
