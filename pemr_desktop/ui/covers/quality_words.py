"""How good the cover search is on one's own library, in sentences: each figure with the counts behind it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from pemr_desktop.library.rows import TrackRow
from pemr_desktop.library.versions.calibration import CoverFitStatus
from pemr_desktop.protocol.cover_quality import Count, CoverFitReport, CoverQuality, SurenessBand, WrongPair
from pemr_desktop.ui import wording

FEW = 10
"""A share of fewer pairs than this says little."""


def _say(text: str) -> str:
    return QCoreApplication.translate("QualityPage", text)


def of(count: Count) -> str:
    """“41 of 44”."""
    return _say("{} of {}").format(wording.number(count.right), wording.number(count.of))


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
        _say("rightly left alone, of pairs of different works: the only such pair."),
        _say("rightly left alone, of pairs of different works; they stand for {} such pairs."),
    )
    told = (
        (
            quality.found_same_recording,
            _say("found, of the copies of the same recording that the tags in your files tell of."),
        ),
        (
            quality.confirmed,
            _say("found again, of the versions that you confirmed. The search has shown you most of them itself."),
        ),
        (quality.non_versions, non_versions),
    )
    return [(of(count), words) for count, words in told if count.of]


def _called(quality: CoverQuality) -> tuple[str, str]:
    called = quality.called
    if not called.of:
        return "–", _say(
            "None of the pairs that are known was called a version, so nothing says how many of those are."
        )
    likely = _say("Of all such pairs, likely {} % to {} % are.").format(
        round(quality.called_low * 100), round(quality.called_high * 100)
    )
    few = _say(" Too few to rely on.") if called.of < FEW else ""
    return of(called), _say("right, of the pairs that it calls versions. {}").format(likely) + few


def _found(quality: CoverQuality) -> tuple[str, str]:
    found = quality.found
    if not found.of:
        return "–", _say(
            "How many versions it finds cannot be said: no two files that were listened to name the same MusicBrainz "
            "work. Picard writes it where “Use track relationships” is on."
        )
    parts = [
        _say("{} by the same artist").format(of(quality.found_same_artist)) if quality.found_same_artist.of else "",
        _say("{} by another artist").format(of(quality.found_other_artist)) if quality.found_other_artist.of else "",
    ]
    apart = ", ".join(part for part in parts if part)
    few = _say(" Too few to rely on.") if found.of < FEW else ""
    return of(found), _say("found, of the versions that the tags in your files tell of: {}.").format(apart) + few


def sureness(quality: CoverQuality) -> str:
    """Whether it is as sure as it should be."""
    return {
        "too few": _say("It showed too few of the known pairs to say whether it is as sure as it should be."),
        "fits": _say("It is as sure as it should be."),
        "too sure": _say("It is surer than it should be: fewer of these pairs are versions than it says."),
        "too unsure": _say("It could be surer: more of these pairs are versions than it says."),
    }[quality.sureness]


def band(shown: SurenessBand) -> str:
    """“Where it is 60 % to 90 % sure, 12 of 15 turned out right; about 11 should.”"""
    return _say("Where it is {} % to {} % sure, {} turned out right; about {} should.").format(
        round(shown.low * 100), round(shown.high * 100), of(Count(shown.right, shown.of)), round(shown.expected)
    )


def not_compared(count: int) -> str:
    """That wrong matches may be missing."""
    sentence = wording.counted(
        count,
        _say("1 of these tracks has not been compared with all others yet:"),
        _say("{} of these tracks have not been compared with all others yet:"),
    )
    return sentence + _say(" a wrong match among them may not be known.")


def known(status: CoverFitStatus) -> str:
    """What there is to check against."""
    you = wording.counted(status.known.by_you, _say("1 pair from you"), _say("{} pairs from you"))
    return _say("Known: {}, {} from MusicBrainz ids in your files.").format(you, wording.number(status.known.by_tags))


def since_the_check(status: CoverFitStatus, quality: CoverQuality) -> str:
    """What has become known that the figures do not count yet; empty when they count everything."""
    then, now = quality.known, status.known
    if then is None:
        return ""
    by_tags, works = now.by_tags - then.by_tags, now.naming_works - then.naming_works
    news = [
        wording.counted(status.judged_since, _say("1 pair that you judged"), _say("{} pairs that you judged"))
        if status.judged_since
        else "",
        wording.counted(by_tags, _say("1 more pair by tags"), _say("{} more pairs by tags")) if by_tags > 0 else "",
        wording.counted(works, _say("1 more file that names its work"), _say("{} more files that name their works"))
        if works > 0
        else "",
    ]
    new = ", ".join(news_item for news_item in news if news_item)
    if new:
        return _say("Not counted yet: {}. Check again.").format(new)
    if now != then:
        return _say("Some of what was known then is known no longer. Check again.")
    return ""


def what_is_needed(status: CoverFitStatus) -> str:
    """Why there is nothing to check against, and what to do."""
    if status.analysed < 2:
        return _say("First some of your music has to be listened to: at least two tracks that can be compared.")
    return _say(
        "Confirm or reject what “Find covers” shows, or name the MusicBrainz works in your files, as Picard does. Then "
        "this page counts how often the search is right."
    )


def fit_words(result: CoverFitReport) -> str:
    """As shipped and as taught, on works that were kept aside."""
    before, after = result.before, result.after
    return _say(
        "On works kept aside: right of the pairs called versions, {} as shipped and {} as taught; found of the known "
        "versions, {} as shipped and {} as taught."
    ).format(of(before.called), of(after.called), of(before.found), of(after.found))


def layer_words(result: CoverFitReport) -> str:
    """What became of the last layer of the network, with the figures that decided; empty without a network."""
    report = result.layer
    if report is None:
        return ""
    doubts = _say("doubt about the truth {} as shipped, {} as taught").format(
        wording.figure(report.before.doubt), wording.figure(report.after.doubt)
    )
    if not report.kept:
        return _say("It listens as it was shipped: fine-tuned to your music it was no better ({}).").format(doubts)
    return _say(
        "It also listens anew: the last layer of its network is fine-tuned to your music, which by itself finds {} of "
        "the known versions instead of {} ({})."
    ).format(wording.number(report.after.found.right), wording.number(report.before.found.right), doubts)


def learned_from(result: CoverFitReport) -> str:
    """What it learned from."""
    return _say("Learned from {} of {}, and from {}.").format(
        wording.counted(result.versions, _say("1 version"), _say("{} versions")),
        wording.counted(result.works, _say("1 work"), _say("{} works")),
        wording.counted(result.non_versions, _say("1 pair that is none"), _say("{} pairs that are none")),
    )


def wrong_cells(pair: WrongPair, rows: dict[int, TrackRow]) -> tuple[str, ...]:
    """It says, how sure, it is, says who, and both tracks."""
    said = {
        "same recording": _say("Same recording"),
        "version": _say("Version"),
        "possible": _say("Possible version"),
        "none": _say("No version"),
    }[pair.said]
    truth = {
        "same recording": _say("Same recording"),
        "version": _say("Version"),
        "not a version": _say("Not a version"),
    }[pair.truth]
    return (
        said if pair.reached else _say("Not compared"),
        wording.confidence(pair.probability) if pair.reached else "–",
        truth,
        _say("you") if pair.told_by == "you" else _say("tags"),
        *(_name(rows[track]) for track in (pair.track_a, pair.track_b)),
    )


def _name(row: TrackRow) -> str:
    title = row.title or row.location.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{title} – {row.artist}" if row.artist else title
