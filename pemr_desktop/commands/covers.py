"""Covers: of one track or file; how good the search is on this library, and teaching it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from pemr_desktop.commands.context import CommandContext, chosen_tracks
from pemr_desktop.commands.exchange import print_left_out
from pemr_desktop.commands.tags import named
from pemr_desktop.errors import JobRefused
from pemr_desktop.library import queries
from pemr_desktop.library.playlists.m3u8 import export_m3u8
from pemr_desktop.protocol.cover_quality import Count, CoverFitReport, CoverQuality, LayerFitReport, WrongPair
from pemr_desktop.protocol.cover_sentences import fit_reason
from pemr_desktop.protocol.messages import CheckCovers, FindCovers, FitCoverSearch, ResetCoverSearch
from pemr_desktop.protocol.results import CoverMatch, CoverResult
from pemr_desktop.sentences import counted

WRONG_SHOWN = 20
SURENESS = {
    "too few": "Too few pairs to say whether it is as sure as it should be.",
    "fits": "It is as sure as it should be.",
    "too sure": "It is surer than it should be.",
    "too unsure": "It could be surer than it is.",
}


class FindsByDefault(TyperGroup):
    """`covers FILE` is `covers find FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the command that was left out."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["find", *args]
        return super().parse_args(ctx, args)


def application() -> typer.Typer:
    """The group `pemr-desktop covers`."""
    app = typer.Typer(
        cls=FindsByDefault,
        no_args_is_help=True,
        add_completion=False,
        help="Find versions of a track, check that, and teach it.",
    )
    for command in (find, quality, teach, export):
        app.command(command.__name__)(command)
    return app


def find(
    context: typer.Context,
    file_or_id: Annotated[str, typer.Argument(help="A track number, or a file in or outside the library.")],
    limit: Annotated[int, typer.Option(help="How many at most.")] = 20,
) -> None:
    """Find versions of a track, in or outside the library. `covers FILE` does the same."""
    command: CommandContext = context.obj
    result = cast("CoverResult", command.run(_cover_request(command, file_or_id, limit), "Finding covers"))
    print_covers(command, result)


def quality(
    context: typer.Context,
    all_wrong: Annotated[bool, typer.Option("--all", help="List all wrong pairs, not only the first.")] = False,
) -> None:
    """Check the search against pairs that are known: confirmed, rejected, or told by MusicBrainz ids in the files."""
    command: CommandContext = context.obj
    checked = cast("CoverQuality", command.run(CheckCovers(), "Checking"))
    print_quality(command, checked, len(checked.wrong) if all_wrong else WRONG_SHOWN)


def teach(
    context: typer.Context,
    undo: Annotated[bool, typer.Option("--undo", help="Back to the search as it was shipped.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
) -> None:
    """Let the search learn from the same pairs how sure to be, and fine-tune the last layer of its network.

    Each is kept only where it gets better than as shipped on works kept aside.
    """
    command: CommandContext = context.obj
    if undo and dry_run:
        raise JobRefused("undo goes alone")
    if undo:
        command.run(ResetCoverSearch(), "Going back")
        return
    result = cast("CoverFitReport", command.run(FitCoverSearch(dry_run), "Teaching"))
    command.err.print(
        f"Learned from {counted(result.versions, 'version')} of {counted(result.works, 'work')}, and from "
        f"{counted(result.non_versions, 'pair that is none', 'pairs that are none')}."
    )
    before, after = result.before, result.after
    for words, count_before, count_after in (
        ("called versions and right", before.called, after.called),
        ("known versions found", before.found, after.found),
    ):
        command.out.print(f"{words}: {of(count_before)} -> {of(count_after)}")
    command.out.print(f"doubt about the truth: {before.doubt:.3f} -> {after.doubt:.3f}")
    if result.layer is not None:
        command.out.print(layer_words(result.layer))
    if result.kept and not dry_run:
        command.err.print("To go back: pemr-desktop covers teach --undo")


def layer_words(report: LayerFitReport) -> str:
    """What became of the last layer, with what it does by itself."""
    before, after = report.before, report.after
    figures = (
        f"by itself: known versions found: {of(before.found)} -> {of(after.found)}; doubt: {before.doubt:.3f} -> "
        f"{after.doubt:.3f}"
    )
    if report.kept:
        return f"last layer of the network: fine-tuned ({figures})"
    return f"last layer of the network: as shipped. {fit_reason(report.why, report.reason)} ({figures})"


def export(
    context: typer.Context,
    file_or_id: Annotated[str, typer.Argument(help="A track of the group: its number or its file.")],
    playlist: Annotated[Path, typer.Argument(help="What to write: .m3u8.")],
) -> None:
    """Write the group of versions that a track belongs to as a playlist file."""
    command: CommandContext = context.obj
    with command.reader() as conn:
        (track_id, *_) = chosen_tracks(conn, [file_or_id])
        group = next((group for group in queries.cover_groups(conn) if track_id in group.track_ids), None)
        if group is None:
            raise JobRefused("no version known", track=file_or_id)
        left_out = export_m3u8(conn, group.track_ids, playlist.expanduser().absolute(), name=group.title)
    print_left_out(command, left_out)
    command.err.print(f"Wrote {counted(len(group.track_ids) - len(left_out), 'version')} to {playlist}.")


def of(count: Count) -> str:
    """“41 of 44”."""
    return f"{count.right:,} of {count.of:,}"


def print_quality(command: CommandContext, checked: CoverQuality, wrong_shown: int) -> None:
    """The figures, each with its counts, and the pairs it gets wrong."""
    lines = [
        f"known: {counted(checked.by_you, 'pair')} from you, {checked.by_tags:,} from MusicBrainz ids in the files"
    ]
    if checked.called.of:
        low, high = checked.called_low, checked.called_high
        lines.append(f"called versions: {of(checked.called)} right (likely {low:.0%} to {high:.0%} of all such pairs)")
    for words, count in (
        ("known versions found", checked.found),
        ("  by the same artist", checked.found_same_artist),
        ("  by another artist", checked.found_other_artist),
        ("the same recording found", checked.found_same_recording),
        ("of those you confirmed, it still finds", checked.confirmed),
        ("pairs of different works rightly left alone", checked.non_versions),
    ):
        if count.of:
            lines.append(f"{words}: {of(count)}")
    for band in checked.bands:
        lines.append(
            f"when {band.low:.0%} to {band.high:.0%} sure: {band.right} of {band.of} turned out right, "
            f"{band.expected:.1f} should"
        )
    lines.append(SURENESS[checked.sureness])
    if checked.not_compared:
        have = "has" if checked.not_compared == 1 else "have"
        lines.append(
            f"{checked.not_compared:,} of these tracks {have} not been compared with all others yet, so wrong matches "
            "among them may be missing here. Run: pemr-desktop versions"
        )
    for line in lines:
        command.out.print(line)
    _print_wrong(command, checked.wrong[:wrong_shown], len(checked.wrong))


def _print_wrong(command: CommandContext, wrong: tuple[WrongPair, ...], in_all: int) -> None:
    if not wrong:
        return
    with command.reader() as conn:
        ids = sorted({track for pair in wrong for track in (pair.track_a, pair.track_b)})
        rows = {row.id: row for row in queries.rows(conn, ids)}
    table = Table("it says", "sure", "it is", "says who", "track", "track", box=None, pad_edge=False)
    for pair in wrong:
        if pair.track_a in rows and pair.track_b in rows:
            said = "not compared" if not pair.reached else "no version" if pair.said == "none" else pair.said
            who = "you" if pair.told_by == "you" else "the files"
            tracks = (Text(f"{track_id} {named(rows[track_id])}") for track_id in (pair.track_a, pair.track_b))
            table.add_row(said, f"{pair.probability:.0%}", pair.truth, who, *tracks)
    command.out.print(table)
    if in_all > len(wrong):
        command.err.print(f"{counted(in_all - len(wrong), 'more wrong pair')}: --all shows all.")


def print_covers(command: CommandContext, result: CoverResult) -> None:
    """A line a match: verdict, how sure, key, tempo, and the longest passage."""
    if not result.matches:
        return
    with command.reader() as conn:
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
    command.out.print(table)


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


def _cover_request(command: CommandContext, file_or_id: str, limit: int) -> FindCovers:
    path = Path(file_or_id).expanduser().absolute()
    if file_or_id.isdigit() and not path.exists():
        return FindCovers(track_id=int(file_or_id), limit=limit)
    if not path.is_file():
        raise JobRefused("neither track nor file", word=file_or_id)
    with command.reader() as conn:
        known = queries.find_track(conn, path)
    return FindCovers(track_id=known, limit=limit) if known else FindCovers(path=os.fsencode(path), limit=limit)
