"""Covers: of one track or file, of the whole library; and what sounds alike."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.table import Table
from rich.text import Text

from pemr_desktop.commands.place import Place, chosen_tracks
from pemr_desktop.commands.tagging import named
from pemr_desktop.errors import JobRefused
from pemr_desktop.jobs.messages import (
    CoverMatch,
    CoverResult,
    FindAllVersions,
    FindCovers,
    JudgeVersion,
    MoreLikeThis,
    SimilarResult,
)
from pemr_desktop.library import queries

VERDICTS = {"same": "same recording", "version": "version", "not": "not a version", "undecided": "undecided"}


def covers(
    context: typer.Context,
    file_or_id: Annotated[str, typer.Argument(help="A track number, or a file in or outside the library.")],
    limit: Annotated[int, typer.Option(help="How many at most.")] = 20,
) -> None:
    """Find versions of a track: other recordings of the same work."""
    place: Place = context.obj
    result = cast("CoverResult", place.run(_cover_request(place, file_or_id, limit), "Finding covers"))
    print_covers(place, result)


def versions(context: typer.Context) -> None:
    """Compare all tracks with one another and print the cover groups."""
    place: Place = context.obj
    place.run(FindAllVersions(), "Finding all versions")
    print_groups(place)


def judge(
    context: typer.Context,
    track_a: Annotated[int, typer.Argument()],
    track_b: Annotated[int, typer.Argument()],
    verdict: Annotated[str, typer.Argument(help="same, version, not, or undecided.")],
) -> None:
    """Say whether two tracks are versions of one another."""
    place: Place = context.obj
    if verdict not in VERDICTS:
        raise JobRefused(f"The verdict can be {', '.join(VERDICTS)}.")
    place.run(JudgeVersion(track_a, track_b, VERDICTS[verdict]), "Noting")  # type: ignore[arg-type]


def similar(
    context: typer.Context,
    tracks: Annotated[list[str], typer.Argument(help="Track numbers, files or a query.")],
    limit: Annotated[int, typer.Option(help="How many at most.")] = 20,
) -> None:
    """List tracks that sound alike, nearest first."""
    place: Place = context.obj
    with place.reader() as conn:
        ids = chosen_tracks(conn, tracks)
    result = cast("SimilarResult", place.run(MoreLikeThis(ids, limit), "Comparing"))
    with place.reader() as conn:
        rows = {row.id: row for row in queries.rows(conn, [track.track_id for track in result.tracks])}
    table = Table("track", "artist – title", "similarity", box=None, pad_edge=False)
    for track in result.tracks:
        if track.track_id in rows:
            table.add_row(str(track.track_id), Text(named(rows[track.track_id])), f"{track.similarity:.2f}")
    place.out.print(table)


def print_covers(place: Place, result: CoverResult) -> None:
    """A line a match: verdict, how sure, key, tempo, and the longest passage."""
    if not result.matches:
        return
    with place.reader() as conn:
        rows = {row.id: row for row in queries.rows(conn, [match.track_id for match in result.matches])}
    table = Table("track", "artist – title", "verdict", "sure", "key", "tempo", "passage", box=None, pad_edge=False)
    for match in result.matches:
        if match.track_id in rows:
            table.add_row(
                str(match.track_id),
                Text(named(rows[match.track_id])),
                match.verdict,
                f"{match.probability:.0%}",
                key_shift_text(match.key_shift),
                f"×{match.tempo_ratio:.2f}",
                _passage_text(match),
            )
    place.out.print(table)


def print_groups(place: Place) -> None:
    """All cover groups with their tracks."""
    with place.reader() as conn:
        groups = queries.cover_groups(conn)
        for group in groups:
            place.out.print(Text(group.title, style="bold"))
            for row in queries.rows(conn, group.track_ids):
                place.out.print(Text(f"  {row.id:>5}  {named(row)}"))
    if not groups:
        place.out.print("No two tracks are versions of one another.")


def key_shift_text(semitones: int) -> str:
    """“same key”, “+3 semitones”."""
    if semitones == 0:
        return "same key"
    return f"{semitones:+d} semitone{'' if abs(semitones) == 1 else 's'}"


def _passage_text(match: CoverMatch) -> str:
    if not match.passages:
        return ""
    longest = max(match.passages, key=lambda passage: passage.a_end_s - passage.a_start_s)
    times = [longest.a_start_s, longest.a_end_s, longest.b_start_s, longest.b_end_s]
    a_start, a_end, b_start, b_end = (f"{int(s) // 60}:{int(s) % 60:02d}" for s in times)
    return f"{a_start}–{a_end} is {b_start}–{b_end}"


def _cover_request(place: Place, file_or_id: str, limit: int) -> FindCovers:
    path = Path(file_or_id).expanduser().absolute()
    if file_or_id.isdigit() and not path.exists():
        return FindCovers(track_id=int(file_or_id), limit=limit)
    if not path.is_file():
        raise JobRefused(f"{file_or_id} is neither a track number nor a file.")
    with place.reader() as conn:
        known = queries.find_track(conn, path)
    return FindCovers(track_id=known, limit=limit) if known else FindCovers(path=os.fsencode(path), limit=limit)
