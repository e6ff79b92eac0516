"""What the worker answers has a sentence, whatever it is, and the sentences are those that people know."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

import pemr_desktop
from pemr.errors import PemrError
from pemr_desktop.library.rows import Recovery
from pemr_desktop.protocol import messages as m
from pemr_desktop.protocol import results as r
from pemr_desktop.protocol.cover_quality import Count, CoverFitReport, CoverQuality, FitCode, FitScore
from pemr_desktop.protocol.cover_sentences import answer_of, fit_reason, fit_texts, not_comparable_texts
from pemr_desktop.protocol.sentences import (
    SUMMARIES,
    cancelled,
    cover_sentence,
    doing,
    ending,
    recovery_sentence,
    step_texts,
    summary,
    tag_doubt_texts,
    tag_reason,
)
from pemr_desktop.refusals import TABLES, Refusal, refusal, refusal_texts, said
from pemr_desktop.sentences import english
from pemr_desktop.steps import Step, StepCode

ROOT = Path(pemr_desktop.__file__).parent
NO_FIGURES = r.TagFigures(0, 0, 0, None, None)
SCORE = FitScore(Count(2, 3), Count(4, 5), 0.5)
QUALITY = CoverQuality(
    1, 2, Count(1, 2), 0.1, 0.9, Count(3, 4), Count(), Count(), Count(), Count(), Count(), 0, (), "fits", (), 0, False
)


def tag(name: str, change: Any) -> r.TunedTag:
    return r.TunedTag(name, "genre", change, True, "teacher", NO_FIGURES, NO_FIGURES)


def test_every_request_has_a_result_and_every_result_a_sentence() -> None:
    assert set(r.RESULTS) == set(get_args(m.AnyRequest))
    can_come = {*r.RESULTS.items(), *r.STOPPED.items()}
    assert set(SUMMARIES) == can_come


def test_every_code_has_a_sentence() -> None:
    assert set(step_texts(english)) == set(get_args(StepCode))
    for table in TABLES:
        codes = get_type_hints(table)["return"].__args__[0]
        assert table(english).keys() == set(get_args(codes)), table.__name__
    assert len(refusal_texts(english)) == sum(len(table(english)) for table in TABLES), "no code in two tables"
    assert set(tag_doubt_texts(english)) == set(get_args(r.TagDoubt))
    assert set(fit_texts(english)) == set(get_args(FitCode))
    assert set(not_comparable_texts(english)) == set(get_args(get_type_hints(r.NotComparable)["why"]))
    assert all(cancelled(how).startswith("Cancelled") for how in get_args(get_type_hints(m.Cancelled)["how"]))
    assert {type(answer) for answer in ANSWERS} == set(get_args(r.CoverAnswer))


def test_the_kind_of_an_error_is_no_code_that_wants_values() -> None:
    def kinds(of: type[PemrError]) -> set[str]:
        return {of.kind, *(kind for below in of.__subclasses__() for kind in kinds(below))}

    assert not kinds(PemrError) & refusal_texts(english).keys()


ANSWERS = [
    r.CoversFound(0, 2, 0, 3),
    r.CoversFound(1, 1, 2, 22),
    r.CoversFound(0, 0, 1, 1),
    r.CoversFound(0, 0, 0, 3),
    r.NotComparable("too short", 3.96),
    r.NothingToCompare("none analysed"),
    r.NothingToCompare("all silent"),
]
SAID = [
    "2 versions found among 3 tracks.",
    "1 copy of the same recording and 1 version found among 22 tracks, and 2 more that may be.",
    "No sure version among 1 track; 1 that may be one.",
    "No cover found among 3 tracks.",
    "This track lasts 4.0 seconds: too short to be compared.",
    "There is nothing to compare this track with: no other track has been listened to yet.",
    "There is nothing to compare this track with: the others hold no music to compare.",
]


@pytest.mark.parametrize(("answer", "sentence"), list(zip(ANSWERS, SAID, strict=True)))
def test_what_a_cover_search_found_is_said(answer: r.CoverAnswer, sentence: str) -> None:
    assert answer_of(answer) == sentence


def test_of_a_long_query_the_part_that_was_compared_is_named() -> None:
    result = r.CoverResult(None, (), 3, r.CoversFound(0, 0, 0, 3), query_cut_to_s=1200.0)
    told = cover_sentence(result)
    assert told == "No cover found among 3 tracks. Only the first 20 minutes of the track were compared."


MANY = r.ScanResult(1234, 1, 2, 0, 3, 1, ("/mnt/disk",), (Refusal("/gone is not there, so it was not added."),))
CASES: list[tuple[m.Request, msgspec.Struct, str]] = [
    (m.AddFolders((b"/a",)), r.ScanResult(12, 12, 0, 0, 0, 0), "12 tracks found; 12 tracks added."),
    (m.Scan(), r.ScanResult(0, 0, 0, 0, 0, 0), "No tracks found; nothing new."),
    (
        m.Scan(),
        r.ScanResult(3, 0, 0, 0, 0, 0, left_out=2),
        "3 tracks found; nothing new. 2 films left out: see Problems.",
    ),
    (
        m.Scan(),
        MANY,
        "1,234 tracks found; 1 track added, 2 tracks changed and 3 tracks not there any more. Something is wrong with "
        "1 file: see Problems. Not reachable at the moment: /mnt/disk. /gone is not there, so it was not added.",
    ),
    (m.RemoveRoot(1), r.RootRemoved(None), "The folder is not in the library any more."),
    (
        m.RemoveRoot(1),
        r.RootRemoved("/music", 2),
        "Removed /music with 2 tracks from the library. No file was touched.",
    ),
    (m.Analyse(), r.AnalyseResult(0, 0, 0.0, 0.0, {}), "Every track has been listened to."),
    (
        m.Analyse(),
        r.AnalyseResult(0, 0, 0.0, 0.0, {}, given_up=2),
        "Every other track has been listened to; 2 files could not be: see Problems. Analyse them again to give them "
        "another try.",
    ),
    (
        m.Analyse(),
        r.AnalyseResult(1, 1, 0.0, 0.0, {}, 3, 1),
        "Listened to 1 track. 1 file could not be listened to properly: see Problems. 1 file not reachable at the "
        "moment; run it again later.",
    ),
    (m.Decide((1,), ("jazz", "calm"), "accepted"), r.TracksDecided(1), "Accepted jazz and calm for 1 track."),
    (m.Decide((1,), ("jazz",), "undecided"), r.TracksDecided(0), "Took back jazz for no tracks."),
    (m.AcceptAbove(0.9), r.TracksDecided(3), "Accepted suggestions of at least 90% for 3 tracks."),
    (m.PlanWrites(), r.PlanResult((), {}), "No files would change."),
    (m.PlanEdits({}), r.PlanResult((), {"/a": Refusal("")}), "No files would change. 1 file cannot be written."),
    (m.PlanRecoding((1,), "cp1251"), r.PlanResult((), {}), "No files would change."),
    (
        m.FindLegacyTexts((1,)),
        r.LegacyTextsResult((), 2, (), {"/a": Refusal("")}),
        "2 files have text in an old code page. 1 file cannot be read.",
    ),
    (m.ApplyWrites(()), r.WriteResult(1, 2, {}), "Wrote tags to 2 files."),
    (
        m.Undo(1),
        r.WriteResult(2, 1, {"/a": Refusal("")}),
        "Brought back the tags of 1 file. 1 file left untouched, for a reason that is shown.",
    ),
    (m.FindCovers(1), r.CoverResult(1, (), 3, r.CoversFound(0, 2, 0, 3)), "2 versions found among 3 tracks."),
    (m.MoreLikeThis((1,)), r.SimilarResult((r.SimilarTrack(2, 0.9),), 1234), "1 track among 1,234."),
    (
        m.FindAllVersions(),
        r.VersionsResult(1000, 1, 0),
        "Compared 1,000 pairs of tracks: 1 pair of versions found, no groups in all.",
    ),
    (m.JudgeVersion(1, 2, "not a version"), r.Done(), "Noted: not a version."),
    (m.JudgeVersion(1, 2, "undecided"), r.Done(), "Took back the verdict on the two tracks."),
    (m.CheckCovers(), QUALITY, "1 of 2 pairs called versions is right; 3 of 4 known versions found."),
    (
        m.CheckCovers(),
        msgspec.structs.replace(QUALITY, called=Count(), found=Count()),
        "no wrong pairs among 1 answer.",
    ),
    (
        m.FitCoverSearch(),
        CoverFitReport(1, 1, 1, SCORE, SCORE, False, "", why="fewer found"),
        "Nothing was changed. On works kept aside it would find fewer versions than before.",
    ),
    (
        m.FitCoverSearch(),
        CoverFitReport(1, 1, 1, SCORE, SCORE, True, ""),
        "The cover search has learned from your library. On works kept aside: right of the pairs called versions, 2 of "
        "3 as shipped and 2 of 3 as taught; found of the known versions, 4 of 5 as shipped and 4 of 5 as taught.",
    ),
    (
        m.FitCoverSearch(dry_run=True),
        CoverFitReport(1, 1, 1, SCORE, SCORE, True, ""),
        "On works kept aside: right of the pairs called versions, 2 of 3 as shipped and 2 of 3 as taught; found of the "
        "known versions, 4 of 5 as shipped and 4 of 5 as taught. This was a trial: nothing was changed.",
    ),
    (m.ResetCoverSearch(), r.WentBack(False), "The cover search is as it was shipped."),
    (
        m.ResetCoverSearch(),
        r.WentBack(True),
        "The cover search is as it was shipped again. What you confirmed and rejected stays.",
    ),
    (m.ActivateModel(b"/m"), r.ModelActivated("mine", 0), "The model “mine” is active."),
    (
        m.ActivateModel(b"/m"),
        r.ModelActivated("mine", 1),
        "The model “mine” is active; 1 track to be listened to with it.",
    ),
    (
        m.TuneTags(),
        r.TagTuningResult(9, 2, 9, (*(tag(name, "better") for name in "abcdef"), tag("new", "new")), 1.0, True),
        "Tuned to your music. Learned: new; improved: a, b, c, d and 2 more.",
    ),
    (
        m.TuneTags(dry_run=True),
        r.TagTuningResult(9, 2, 9, (tag("a", "kept"),), 1.0, False),
        "None would suit your music better than it was shipped: all tags are as they were shipped. "
        "This was a trial: nothing was changed.",
    ),
    (
        m.TuneTags(),
        r.TuningStopped(1),
        "Stopped after 1 track. What was heard is kept, and no tag was changed.",
    ),
    (m.UntuneTags(), r.WentBack(False), "The tags are as they were shipped."),
    (
        m.UntuneTags(),
        r.WentBack(True),
        "The tags are as they were shipped again. Your decisions and your files stay as they are.",
    ),
    (m.SavePlaylist("Mine {x}", ()), r.PlaylistResult(1, 0), "Saved “Mine {x}” with no tracks."),
    (
        m.ImportPlaylist(b"/p/Mine.m3u8"),
        r.PlaylistResult(1, 2, ("x", "y")),
        "Imported “Mine” with 2 tracks. 2 entries not in the library.",
    ),
    (m.DeletePlaylist(1), r.Done(), "Deleted the playlist. Its tracks stay in the library."),
]


@pytest.mark.parametrize(("request_", "result", "sentence"), CASES, ids=lambda case: type(case).__name__)
def test_what_a_job_has_done_is_said(request_: m.Request, result: msgspec.Struct, sentence: str) -> None:
    assert summary(request_, result) == sentence
    sent = msgspec.Raw(m.encode(result))
    event = m.Cancelled(1, m.Changed(), result=sent) if type(result) in r.STOPPED.values() else None
    back = r.result_of(request_, event or m.Finished(1, m.Changed(), sent))
    assert back == result
    assert ending(request_, event or m.Finished(1, m.Changed(), sent), back) == sentence


def test_there_is_an_example_of_every_sentence() -> None:
    assert {(type(request), type(result)) for request, result, _ in CASES} == set(SUMMARIES)


def test_how_a_job_without_a_result_ended_is_said() -> None:
    nothing = m.Cancelled(1, m.Changed(), "waiting")
    assert r.result_of(m.Scan(), nothing) is None
    assert ending(m.Scan(), nothing, None) == "Cancelled before it began."
    assert ending(m.Scan(), m.Cancelled(1, m.Changed()), None) == "Cancelled. What was finished stays."
    assert ending(m.Scan(), m.Failed(1, Refusal("It is so.")), None) == "It is so."


def test_what_a_job_does_is_said_with_the_name_it_is_at() -> None:
    assert doing(Step("writing tags", "a {b}.mp3")) == "Writing tags: a {b}.mp3"
    assert doing(Step("reading tags")) == "Reading tags"


def test_what_start_up_mended_is_said() -> None:
    told = recovery_sentence(Recovery(1, 3))
    assert told == (
        "The last writing of tags was interrupted. Of the 3 files left 1 were written, 2 had not been touched."
    )
    later = {"/a.mp3": refusal("disk read only"), "/b.mp3": refusal("disk may be missing")}
    told = recovery_sentence(Recovery(1, 5, 1, later))
    assert "1 were written, 1 had not been touched. 1 were changed by another program" in told
    assert told.endswith("waits for the next start: The disk can only be read, not written. 1 others wait like it.")


def test_a_refusal_with_a_code_is_said_by_its_code_and_another_by_its_message() -> None:
    why = refusal("disk full", folder="/data")
    assert why.message == said(why)
    assert why.message == (
        "The disk that holds /data is full. Free some space. "
        "What was finished is kept; run it again afterwards and it goes on from there."
    )
    assert said(Refusal("No such thing.", "tag file not read", {"path": "/x"})) == "No such thing."


def test_a_result_of_before_that_had_codes_keeps_its_words() -> None:
    assert fit_reason(None, "As it was said then.") == "As it was said then."
    old = b'{"name":"rock","group":"genre","change":"kept","is_on":false,"judged_by":"you","before":{"positives":0,'
    old += b'"shown":0,"right":0,"tells_apart":null,"pr_auc":null},"after":{"positives":0,"shown":0,"right":0,'
    old += b'"tells_apart":null,"pr_auc":null},"reason":"as it was said then"}'
    assert tag_reason(msgspec.json.decode(old, type=r.TunedTag)) == "as it was said then"


# --- nothing is said anywhere else, and everything can be translated


def is_prose(text: str) -> bool:
    """A sentence or a phrase for people, not a code, a name or a statement for the database."""
    return " " in text.strip() and text[:1].isupper() and not text.isupper() and text.split()[0] not in ("SELECT",)


def texts_of(tree: ast.Module) -> list[tuple[int, str]]:
    """(line, text) of every string that is no docstring."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    documented |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented
    ]


def test_no_job_makes_a_sentence_of_its_own() -> None:
    found = [
        f"{path.name}:{line}: {text}"
        for path in sorted((ROOT / "jobs" / "operations").glob("*.py"))
        for line, text in texts_of(ast.parse(path.read_text("utf-8")))
        if is_prose(text)
    ]
    assert found == []


SENTENCES = [
    ROOT / "protocol" / "sentences.py",
    ROOT / "protocol" / "cover_sentences.py",
    *sorted((ROOT / "refusal_texts").glob("[a-z]*.py")),
]


def translated(path: Path) -> list[str]:
    """The text of every call of `translate` and `translate.tr`; written out, or lupdate would not find it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("translate", "translate.tr"):
            arguments = node.args[:2] if ast.unparse(node.func) == "translate" else node.args[:1]
            assert all(isinstance(argument, ast.Constant) for argument in arguments), ast.unparse(node)
            found.append(ast.literal_eval(arguments[-1]))
    return found


@pytest.mark.parametrize("path", SENTENCES, ids=lambda path: path.name)
def test_every_sentence_goes_through_the_translator(path: Path) -> None:
    texts = set(translated(path))
    assert texts
    said_of = texts | refusal_texts(english).keys()
    outside = [text for _, text in texts_of(ast.parse(path.read_text("utf-8"))) if is_prose(text)]
    outside = [text for text in outside if text not in said_of]
    assert outside == []
    for text in texts:
        assert all(name is None or name.isidentifier() for _, name, _, _ in Formatter().parse(text) if name != "")
