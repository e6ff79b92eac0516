"""Which jobs wait for which: the lane of a request, how urgent it is there, and what makes room for what.

A lane does one job at a time. Quick jobs, searches and scans never wait behind listening; in the long lane brief jobs
go first, and one that goes on where it stopped makes room for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pemr_desktop.protocol.messages import (
    ActivateModel,
    AddFolders,
    Analyse,
    CheckCovers,
    FindAllVersions,
    FindCovers,
    FitCoverSearch,
    MoreLikeThis,
    Request,
    ResetCoverSearch,
    Scan,
    TuneTags,
    UntuneTags,
)

LaneName = Literal["quick", "search", "scan", "long"]

LANES: tuple[LaneName, ...] = ("quick", "search", "scan", "long")
MAX_BRIEF_TRACKS = 16
"""Listening to so many chosen tracks is brief: somebody waits for it."""


@dataclass(frozen=True)
class Place:
    """Where a job waits. In a lane the smallest `rank` goes first, of equal ones the oldest job.

    `makes_room`: while it runs it stops for one of a smaller rank, waits again, and goes on where it stopped.
    """

    lane: LaneName = "quick"
    rank: int = 0
    makes_room: bool = False


def place_of(request: Request) -> Place:
    """The place of a request."""
    match request:
        case FindCovers() | MoreLikeThis():
            return Place("search")
        case AddFolders():
            return Place("scan", 0)
        case Scan():
            return Place("scan", 1)
        case ActivateModel():
            return Place("long", 0)
        case UntuneTags() | CheckCovers() | FitCoverSearch() | ResetCoverSearch() | TuneTags(listen=False):
            return Place("long", 1)
        case Analyse(track_ids=ids) if 0 < len(ids) <= MAX_BRIEF_TRACKS:
            return Place("long", 1)
        case TuneTags() | FindAllVersions():
            return Place("long", 2, makes_room=True)
        case Analyse(again=again):
            return Place("long", 3, makes_room=not again)
    return Place()


def waits_for(request: Request, ahead: Request) -> bool:
    """Whether a job cannot begin before another one has ended, in whatever lane, that was asked for earlier.

    Who asks for listening after a scan means what the scan finds.
    """
    return isinstance(request, Analyse) and isinstance(ahead, AddFolders | Scan)


def left_of_scan(scan: Scan, waiting: Iterable[Request]) -> Scan | None:
    """What of a scan is not covered by those that wait already; None if all of it is."""
    alike = [other for other in waiting if isinstance(other, Scan) and (other.again or not scan.again)]
    if any(not other.root_ids for other in alike):
        return None
    covered = {root_id for other in alike for root_id in other.root_ids}
    left = tuple(root_id for root_id in scan.root_ids if root_id not in covered)
    if scan.root_ids and not left:
        return None
    return Scan(left, scan.again)
