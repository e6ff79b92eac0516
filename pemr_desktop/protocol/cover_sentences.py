"""What the cover search answers, in sentences: what was found, how good it is, what it has learned."""

from __future__ import annotations

from collections.abc import Mapping

from pemr_desktop.protocol.cover_quality import CoverFitReport, CoverQuality, FitCode
from pemr_desktop.protocol.results import CoverAnswer, CoversFound, NotComparable, NothingToCompare
from pemr_desktop.sentences import Translate, english


def answer_of(answer: CoverAnswer, translate: Translate = english) -> str:
    """What was found, or why nothing could be."""
    match answer:
        case CoversFound():
            return _found(answer, translate)
        case NotComparable():
            return not_comparable_texts(translate)[answer.why].format(seconds=f"{answer.seconds:.1f}")
        case NothingToCompare(why="none analysed"):
            return translate(
                "covers",
                "There is nothing to compare this track with: no other track has been listened to yet.",
            )
        case NothingToCompare():
            return translate(
                "covers", "There is nothing to compare this track with: the others hold no music to compare."
            )


def not_comparable_texts(translate: Translate) -> Mapping[str, str]:
    """Why a track has nothing to compare, with the seconds in braces."""
    return {
        "too short": translate("covers", "This track lasts {seconds} seconds: too short to be compared."),
        "silent": translate("covers", "This track is silent, so it cannot be compared."),
        "too quiet": translate(
            "covers", "Only {seconds} seconds of this track are loud enough to be compared: too little."
        ),
        "no pitches": translate(
            "covers", "This track has no clear pitches (noise or percussion only), so it cannot be compared."
        ),
        "unchanging": translate(
            "covers", "This track holds one unchanging sound, so there is no melody or harmony to compare."
        ),
    }


def _found(answer: CoversFound, translate: Translate) -> str:
    among = translate.tr("among %n track(s)", "", answer.compared)
    sure = _sure(answer, translate)
    if sure and answer.possible:
        text = translate.tr("{sure} found {among}, and %n more that may be.", "", answer.possible)
    elif sure:
        text = translate("covers", "{sure} found {among}.")
    elif answer.possible:
        text = translate.tr("No sure version {among}; %n that may be one.", "", answer.possible)
    else:
        text = translate("covers", "No cover found {among}.")
    return text.format(sure=sure, among=among)


def _sure(answer: CoversFound, translate: Translate) -> str:
    copies = translate.tr("%n cop(y|ies) of the same recording", "", answer.copies)
    versions = translate.tr("%n version(s)", "", answer.versions)
    if answer.copies and answer.versions:
        return translate("covers", "{copies} and {versions}").format(copies=copies, versions=versions)
    return copies if answer.copies else versions if answer.versions else ""


def quality_summary(quality: CoverQuality, translate: Translate = english) -> str:
    """How many verdicts are right and how many known versions are found; without either, how many are wrong."""
    parts = []
    called, found = quality.called, quality.found
    if called.of:
        text = (
            translate.tr("{right} of %Ln pair(s) called versions is right", "", called.of)
            if called.right == 1
            else translate.tr("{right} of %Ln pair(s) called versions are right", "", called.of)
        )
        parts.append(text.format(right=f"{called.right:,}"))
    if found.of:
        text = translate.tr("{right} of %Ln known version(s) found", "", found.of)
        parts.append(text.format(right=f"{found.right:,}"))
    if not parts:
        answers = translate.tr("%Ln answer(s)", "", quality.by_you)
        text = translate.tr("%Ln wrong pair(s) among {answers}", "", len(quality.wrong))
        parts.append(text.format(answers=answers))
    return f"{'; '.join(parts)}."


def fit_scores(result: CoverFitReport, translate: Translate = english) -> str:
    """What teaching does on works kept aside, before and after."""
    before, after = result.before, result.after
    return translate(
        "covers",
        "On works kept aside: right of the pairs called versions, {called_before} as shipped and {called_after} as "
        "taught; found of the known versions, {found_before} as shipped and {found_after} as taught.",
    ).format(
        **{
            name: translate("covers", "{right} of {of}").format(right=count.right, of=count.of)
            for name, count in (
                ("called_before", before.called),
                ("called_after", after.called),
                ("found_before", before.found),
                ("found_after", after.found),
            )
        }
    )


def fit_reason(why: FitCode | None, stored: str, translate: Translate = english) -> str:
    """Why what was learned is not used. `stored`: the words of a result of before that had codes."""
    return stored if why is None else fit_texts(translate)[why]


def fit_texts(translate: Translate) -> Mapping[FitCode, str]:
    """Why what was learned is not used."""
    return {
        "no better": translate("covers", "On works kept aside it is no better than before, or by chance only."),
        "hears no better": translate(
            "covers", "On works kept aside it hears versions no better than before, or by chance only."
        ),
        "more wrong": translate("covers", "On works kept aside it would call more strangers versions than before."),
        "fewer found": translate("covers", "On works kept aside it would find fewer versions than before."),
    }
