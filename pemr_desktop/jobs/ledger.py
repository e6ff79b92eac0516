"""What has been asked of the worker and how far it is. Knows no Qt and no process: it only keeps the account."""

from __future__ import annotations

import itertools
from collections import deque
from typing import Literal

import msgspec

from pemr_desktop.jobs.lanes import left_of_scan, place_of, waits_for
from pemr_desktop.protocol.messages import (
    Cancelled,
    Changed,
    Event,
    Failed,
    Finished,
    Progress,
    PutBack,
    Ready,
    Request,
    Scan,
    Start,
    Started,
)
from pemr_desktop.protocol.results import result_of
from pemr_desktop.protocol.sentences import doing, ending
from pemr_desktop.refusals import refusal
from pemr_desktop.sentences import Translate, english
from pemr_desktop.steps import Step

JobState = Literal["waiting", "running", "cancelling", "finished", "cancelled", "failed"]

ENDED: frozenset[JobState] = frozenset({"finished", "cancelled", "failed"})
KEPT_ENDED_JOBS = 50
FATAL_CRASHES_PER_JOB = 4
MAX_CRASHES_A_MINUTE = 5
EVERYTHING = Changed(
    everything=True, roots=True, playlists=True, problems=True, versions=True, journal=True, models=True
)


class JobView(msgspec.Struct, frozen=True):
    """One line of the jobs area. `doing` is what it does now, `message` how it ended, as sentences."""

    job_id: int
    title: str
    request: Request
    state: JobState = "waiting"
    done: int = 0
    total: int = 0
    seconds_left: float | None = None
    doing: str = ""
    message: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED


class Ledger:
    """All jobs of a session, in the order they were asked for.

    A worker that dies takes no job with it: `worker_died` puts what was unfinished back to waiting. A job during
    which the worker died several times without getting any further is given up, so that one bad file cannot
    keep the worker dying for ever.
    """

    def __init__(self, translate: Translate = english) -> None:
        self._translate = translate
        self._result: tuple[Finished | Cancelled, msgspec.Struct | None] | None = None
        self._jobs: dict[int, JobView] = {}
        self._ids = itertools.count(1)
        self._deaths: dict[int, int] = {}

    def add(self, request: Request, title: str) -> Start:
        """Note a new job; send what is returned to the worker."""
        job_id = next(self._ids)
        self._jobs[job_id] = JobView(job_id, title, request)
        self._forget_oldest()
        return Start(job_id, request)  # type: ignore[arg-type]

    def covering(self, request: Request) -> int | None:
        """The job that waits already and will do all of what is asked; watching a folder asks often."""
        if not isinstance(request, Scan):
            return None
        waiting = [view for view in self._jobs.values() if view.state == "waiting"]
        if left_of_scan(request, (view.request for view in waiting)) is not None:
            return None
        return next((view.job_id for view in reversed(waiting) if isinstance(view.request, Scan)), None)

    def waits_for(self, job_id: int) -> JobView | None:
        """The job that a waiting one waits for; None if it only waits for the worker."""
        waiting = self._jobs.get(job_id)
        if waiting is None or waiting.state != "waiting":
            return None
        place = place_of(waiting.request)
        unfinished = [view for view in self._jobs.values() if not view.ended]
        for view in unfinished:
            if view.state != "waiting" and place_of(view.request).lane == place.lane:
                return view
        before = (view for view in unfinished if view.job_id < job_id)
        return next((view for view in before if waits_for(waiting.request, view.request)), None)

    def views(self) -> list[JobView]:
        """All jobs, oldest first."""
        return list(self._jobs.values())

    def view(self, job_id: int) -> JobView | None:
        """One job, or None if it was never there or is forgotten."""
        return self._jobs.get(job_id)

    def unfinished(self) -> list[Start]:
        """What a new worker has to be told."""
        return [
            Start(view.job_id, view.request)  # type: ignore[arg-type]
            for view in self._jobs.values()
            if not view.ended and view.state != "cancelling"
        ]

    def cancelling(self, job_id: int) -> bool:
        """Note that a job is to stop; False if there is nothing to stop."""
        view = self._jobs.get(job_id)
        if view is None or view.ended:
            return False
        self._set(view, state="cancelling")
        return True

    def take(self, event: Event) -> None:
        """Account for what the worker says. Events of jobs that are not known any more are ignored."""
        if isinstance(event, Ready):
            return
        view = self._jobs.get(event.job_id)
        if view is None or view.ended:
            return
        match event:
            case Started():
                self._set(view, state="cancelling" if view.state == "cancelling" else "running")
            case Progress():
                if event.done:
                    self._deaths.pop(view.job_id, None)
                self._set(
                    view,
                    done=event.done,
                    total=event.total,
                    seconds_left=event.seconds_left,
                    doing=doing(event.step, self._translate),
                    state="cancelling" if view.state == "cancelling" else "running",
                )
            case PutBack():
                self._set(
                    view, state="cancelling" if view.state == "cancelling" else "waiting", seconds_left=None, doing=""
                )
            case Finished():
                self._end(view, "finished", self.said(event))
            case Cancelled():
                self._end(view, "cancelled", self.said(event))
            case Failed():
                self._end(view, "failed", self.said(event))

    def worker_died(self) -> list[Failed | Cancelled]:
        """Put running jobs back to waiting; those given up or being cancelled end here and are returned."""
        ended: list[Failed | Cancelled] = []
        for view in self.views():
            if view.state == "cancelling":
                ended.append(Cancelled(view.job_id, EVERYTHING, "without worker"))
            elif view.state == "running":
                self._deaths[view.job_id] = self._deaths.get(view.job_id, 0) + 1
                if self._deaths[view.job_id] >= FATAL_CRASHES_PER_JOB:
                    ended.append(Failed(view.job_id, refusal("given up", title=view.title)))
                else:
                    self._set(
                        view, state="waiting", seconds_left=None, doing=doing(Step("restarting"), self._translate)
                    )
        for event in ended:
            self.take(event)
        return ended

    def result(self, event: Finished | Cancelled) -> msgspec.Struct | None:
        """The job's own result, typed; None for a job that is not known any more. The latest is remembered."""
        view = self._jobs.get(event.job_id)
        if view is None:
            return None
        if self._result is None or self._result[0] is not event:
            self._result = event, result_of(view.request, event)
        return self._result[1]

    def said(self, event: Finished | Cancelled | Failed) -> str:
        """How a job ended, in a sentence; empty for one that is not known any more."""
        view = self._jobs.get(event.job_id)
        if view is None:
            return ""
        result = None if isinstance(event, Failed) else self.result(event)
        return ending(view.request, event, result, self._translate)

    def to_follow(self, event: Finished) -> Request | None:
        """What is to be asked for now that a job has finished; None if it waits to be done already."""
        waiting = (view.request for view in self._jobs.values() if view.state == "waiting")
        return None if event.then is None or event.then in waiting else event.then

    def forget_ended(self) -> None:
        """Drop all jobs that have ended."""
        self._jobs = {job_id: view for job_id, view in self._jobs.items() if not view.ended}

    def _set(self, view: JobView, **changes: object) -> None:
        self._jobs[view.job_id] = msgspec.structs.replace(view, **changes)

    def _end(self, view: JobView, state: JobState, message: str) -> None:
        self._set(view, state=state, message=message, seconds_left=None, doing="")
        self._deaths.pop(view.job_id, None)

    def _forget_oldest(self) -> None:
        ended = [job_id for job_id, view in self._jobs.items() if view.ended]
        for job_id in ended[: max(0, len(ended) - KEPT_ENDED_JOBS)]:
            del self._jobs[job_id]


class CrashLimit:
    """When to start the worker again, and when to stop trying. A worker that got something done is forgiven."""

    def __init__(self) -> None:
        self._fruitless: deque[float] = deque()

    def worker_was_useful(self) -> None:
        """The worker got something done since it was started."""
        self._fruitless.clear()

    def crashed(self, now_s: float) -> float | None:
        """Seconds to wait before the next start, or None if it is no use. `now_s` is a monotonic clock."""
        self._fruitless.append(now_s)
        while now_s - self._fruitless[0] > 60.0:
            self._fruitless.popleft()
        if len(self._fruitless) > MAX_CRASHES_A_MINUTE:
            self._fruitless.clear()
            return None
        return float(0.1 * 2 ** (len(self._fruitless) - 1))
