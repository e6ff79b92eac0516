"""How good the cover search is on one's own library, in sentences: each figure with the counts behind it."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QLocale

from pemr_desktop.jobs.translation import translate
from pemr_desktop.library.rows import TrackRow
from pemr_desktop.library.versions.calibration import CoverFitStatus
from pemr_desktop.protocol.cover_quality import Count, CoverFitReport, CoverQuality, SurenessBand, WrongPair
from pemr_desktop.ui import wording

FEW = 10
"""A share of fewer pairs than this says little."""


def of(count: Count) -> str:
    """“41 of 44”."""
    return translate("QualityPage", "{} of {}").format(wording.number(count.right), wording.number(count.of))


def when(seconds: float) -> str:
    """Seconds since 1970, as the system's language writes them."""
    return QLocale().toString(QDateTime.fromSecsSinceEpoch(int(seconds)), QLocale.FormatType.ShortFormat)


def headline_figures(quality: CoverQuality) -> list[tuple[str, str]]:
    """(figure, what it is): of what is called a version how much is one, and how many known versions are found."""
    return [_called(quality), _found(quality)]


def other_figures(quality: CoverQuality) -> list[tuple[str, str]]:
    """(figure, what it is) for the rest, as far as there is anything to count."""
    non_versions = wording.counted(
        quality.non_versions_in_all,
        translate("QualityPage", "rightly left alone, of pairs of different works: the only such pair."),
        translate("QualityPage", "rightly left alone, of pairs of different works; they stand for {} such pairs."),
    )
    told = (
        (
            quality.found_same_recording,
            translate("QualityPage", "found, of the copies of the same recording that the tags in your files tell of."),
        ),
        (
            quality.confirmed,
            translate(
                "QualityPage",
                "found again, of the versions that you confirmed. The search has shown you most of them itself.",
            ),
        ),
        (quality.non_versions, non_versions),
    )
    return [(of(count), words) for count, words in told if count.of]


def _called(quality: CoverQuality) -> tuple[str, str]:
    called = quality.called
    if not called.of:
        return "–", translate(
            "QualityPage",
            "None of the pairs that are known was called a version, so nothing says how many of those are.",
        )
    likely = translate("QualityPage", "Of all such pairs, likely {} % to {} % are.").format(
        round(quality.called_low * 100), round(quality.called_high * 100)
    )
    few = translate("QualityPage", " Too few to rely on.") if called.of < FEW else ""
    return of(called), translate("QualityPage", "right, of the pairs that it calls versions. {}").format(likely) + few


def _found(quality: CoverQuality) -> tuple[str, str]:
    found = quality.found
    if not found.of:
        return "–", translate(
            "QualityPage",
            "How many versions it finds cannot be said: no two files that were listened to name the same MusicBrainz "
            "work. Picard writes it where “Use track relationships” is on.",
        )
    parts = [
        translate("QualityPage", "{} by the same artist").format(of(quality.found_same_artist))
        if quality.found_same_artist.of
        else "",
        translate("QualityPage", "{} by another artist").format(of(quality.found_other_artist))
        if quality.found_other_artist.of
        else "",
    ]
    apart = ", ".join(part for part in parts if part)
    few = translate("QualityPage", " Too few to rely on.") if found.of < FEW else ""
    return of(found), translate(
        "QualityPage", "found, of the versions that the tags in your files tell of: {}."
    ).format(apart) + few


def sureness(quality: CoverQuality) -> str:
    """Whether it is as sure as it should be."""
    return {
        "too few": translate(
            "QualityPage", "It showed too few of the known pairs to say whether it is as sure as it should be."
        ),
        "fits": translate("QualityPage", "It is as sure as it should be."),
        "too sure": translate(
            "QualityPage", "It is surer than it should be: fewer of these pairs are versions than it says."
        ),
        "too unsure": translate("QualityPage", "It could be surer: more of these pairs are versions than it says."),
    }[quality.sureness]


def band(shown: SurenessBand) -> str:
    """“Where it is 60 % to 90 % sure, 12 of 15 turned out right; about 11 should.”"""
    return translate("QualityPage", "Where it is {} % to {} % sure, {} turned out right; about {} should.").format(
        round(shown.low * 100), round(shown.high * 100), of(Count(shown.right, shown.of)), round(shown.expected)
    )


def not_compared(count: int) -> str:
    """That wrong matches may be missing."""
    sentence = wording.counted(
        count,
        translate("QualityPage", "1 of these tracks has not been compared with all others yet:"),
        translate("QualityPage", "{} of these tracks have not been compared with all others yet:"),
    )
    return sentence + translate("QualityPage", " a wrong match among them may not be known.")


def known(status: CoverFitStatus) -> str:
    """What there is to check against."""
    you = wording.counted(
        status.known.by_you, translate("QualityPage", "1 pair from you"), translate("QualityPage", "{} pairs from you")
    )
    return translate("QualityPage", "Known: {}, {} from MusicBrainz ids in your files.").format(
        you, wording.number(status.known.by_tags)
    )


def since_the_check(status: CoverFitStatus, quality: CoverQuality) -> str:
    """What has become known that the figures do not count yet; empty when they count everything."""
    then, now = quality.known, status.known
    if then is None:
        return ""
    by_tags, works = now.by_tags - then.by_tags, now.naming_works - then.naming_works
    news = [
        wording.counted(
            status.judged_since,
            translate("QualityPage", "1 pair that you judged"),
            translate("QualityPage", "{} pairs that you judged"),
        )
        if status.judged_since
        else "",
        wording.counted(
            by_tags, translate("QualityPage", "1 more pair by tags"), translate("QualityPage", "{} more pairs by tags")
        )
        if by_tags > 0
        else "",
        wording.counted(
            works,
            translate("QualityPage", "1 more file that names its work"),
            translate("QualityPage", "{} more files that name their works"),
        )
        if works > 0
        else "",
    ]
    new = ", ".join(news_item for news_item in news if news_item)
    if new:
        return translate("QualityPage", "Not counted yet: {}. Check again.").format(new)
    if now != then:
        return translate("QualityPage", "Some of what was known then is known no longer. Check again.")
    return ""


def what_is_needed(status: CoverFitStatus) -> str:
    """Why there is nothing to check against, and what to do."""
    if status.analysed < 2:
        return translate(
            "QualityPage", "First some of your music has to be listened to: at least two tracks that can be compared."
        )
    return translate(
        "QualityPage",
        "Confirm or reject what “Find covers” shows, or name the MusicBrainz works in your files, as Picard does. Then "
        "this page counts how often the search is right.",
    )


def fit_words(result: CoverFitReport) -> str:
    """As shipped and as taught, on works that were kept aside."""
    before, after = result.before, result.after
    return translate(
        "QualityPage",
        "On works kept aside: right of the pairs called versions, {} as shipped and {} as taught; found of the known "
        "versions, {} as shipped and {} as taught.",
    ).format(of(before.called), of(after.called), of(before.found), of(after.found))


def layer_words(result: CoverFitReport) -> str:
    """What became of the last layer of the network, with the figures that decided; empty without a network."""
    report = result.layer
    if report is None:
        return ""
    doubts = translate("QualityPage", "doubt about the truth {} as shipped, {} as taught").format(
        wording.figure(report.before.doubt), wording.figure(report.after.doubt)
    )
    if not report.kept:
        return translate(
            "QualityPage", "It listens as it was shipped: fine-tuned to your music it was no better ({})."
        ).format(doubts)
    return translate(
        "QualityPage",
        "It also listens anew: the last layer of its network is fine-tuned to your music, which by itself finds {} of "
        "the known versions instead of {} ({}).",
    ).format(wording.number(report.after.found.right), wording.number(report.before.found.right), doubts)


def learned_from(result: CoverFitReport) -> str:
    """What it learned from."""
    return translate("QualityPage", "Learned from {} of {}, and from {}.").format(
        wording.counted(
            result.versions, translate("QualityPage", "1 version"), translate("QualityPage", "{} versions")
        ),
        wording.counted(result.works, translate("QualityPage", "1 work"), translate("QualityPage", "{} works")),
        wording.counted(
            result.non_versions,
            translate("QualityPage", "1 pair that is none"),
            translate("QualityPage", "{} pairs that are none"),
        ),
    )


def wrong_cells(pair: WrongPair, rows: dict[int, TrackRow]) -> tuple[str, ...]:
    """It says, how sure, it is, says who, and both tracks."""
    said = {
        "same recording": translate("QualityPage", "Same recording"),
        "version": translate("QualityPage", "Version"),
        "possible": translate("QualityPage", "Possible version"),
        "none": translate("QualityPage", "No version"),
    }[pair.said]
    truth = {
        "same recording": translate("QualityPage", "Same recording"),
        "version": translate("QualityPage", "Version"),
        "not a version": translate("QualityPage", "Not a version"),
    }[pair.truth]
    return (
        said if pair.reached else translate("QualityPage", "Not compared"),
        wording.confidence(pair.probability) if pair.reached else "–",
        truth,
        translate("QualityPage", "you") if pair.told_by == "you" else translate("QualityPage", "tags"),
        *(_name(rows[track]) for track in (pair.track_a, pair.track_b)),
    )


def _name(row: TrackRow) -> str:
    title = row.title or row.location.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{title} – {row.artist}" if row.artist else title
