"""How numbers are said in the window: times, keys, tempos, sizes, in plain words."""

from __future__ import annotations

import math

from PySide6.QtCore import QLocale

from pemr_desktop.jobs.translation import translate

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400
LARGEST_TEMPO_RATIO = 100


def clock(seconds: float | None) -> str:
    """Seconds -> `3:07` or `1:02:03`; an unknown, endless or negative time is `–:––`."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "–:––"
    whole = int(seconds)
    hours, minutes, rest = whole // HOUR_S, whole // MINUTE_S % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def nearest_key_shift(semitones: int) -> int:
    """The same key change by the shorter way: any number of semitones -> -5 ... 6."""
    return (semitones + 5) % 12 - 5


def key_shift(semitones: int) -> str:
    """Semitones from one version to the other -> `+3 semitones`, `same key`."""
    shift = nearest_key_shift(semitones)
    if shift == 0:
        return translate("wording", "same key")
    sign = "+" if shift > 0 else "−"
    unit = translate("wording", "semitone") if abs(shift) == 1 else translate("wording", "semitones")
    return f"{sign}{abs(shift)} {unit}"


def tempo(ratio: float) -> str:
    """Tempo of the other version over that of the query -> `12 % faster`, `same tempo`, `half the tempo`."""
    if not 0 < ratio < LARGEST_TEMPO_RATIO:
        return translate("wording", "tempo not known")
    percent = round((ratio - 1) * 100)
    if percent == 0:
        return translate("wording", "same tempo")
    if 96 <= percent <= 104:
        return translate("wording", "twice the tempo")
    if percent in (-51, -50, -49):
        return translate("wording", "half the tempo")
    return (translate("wording", "{} % faster") if percent > 0 else translate("wording", "{} % slower")).format(
        abs(percent)
    )


def time_left(seconds: float | None) -> str:
    """Seconds still to go -> a phrase that does not pretend to know more than it does."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return translate("wording", "time left not known yet")
    if seconds < 10:
        return translate("wording", "a few seconds left")
    if seconds < 55:
        return translate("wording", "about {} seconds left").format(round(seconds / 5) * 5)
    if seconds < 90:
        return translate("wording", "about a minute left")
    minutes = round(seconds / MINUTE_S)
    if minutes < 60:
        return translate("wording", "about {} minutes left").format(minutes)
    if seconds < DAY_S:
        hours, rest = divmod(round(seconds / 600) * 10, 60)
        if hours == 24:
            return translate("wording", "about a day left")
        return (
            translate("wording", "about {} h {} min left") if rest else translate("wording", "about {} h left")
        ).format(hours, rest)
    days = round(seconds / DAY_S)
    return (
        translate("wording", "about a day left")
        if days == 1
        else translate("wording", "about {} days left").format(days)
    )


def duration(seconds: float) -> str:
    """A span of time that has passed -> `40 s`, `12 min`, `3 h 20 min`."""
    whole = max(0, round(seconds))
    if whole < MINUTE_S:
        return translate("wording", "{} s").format(whole)
    minutes = whole // MINUTE_S
    if minutes < 60:
        return translate("wording", "{} min").format(minutes)
    return translate("wording", "{} h {} min").format(minutes // 60, minutes % 60)


def size(byte_count: float) -> str:
    """Bytes -> `1.4 GB` the way the system's language writes it."""
    return QLocale().formattedDataSize(max(0, int(byte_count)), 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def confidence(probability: float) -> str:
    """A probability -> `94 %`; it never says 0 or 100, because nothing is that sure."""
    return f"{min(99, max(1, round(probability * 100)))} %"


def number(value: float) -> str:
    """A whole number with the language's digit grouping."""
    return QLocale().toString(round(value))


def counted(count: int, singular: str, plural: str) -> str:
    """The words for this number of things: `singular` as it is, or `plural` with the number put in."""
    return singular if count == 1 else plural.format(number(count))


def figure(value: float | None, digits: int = 3) -> str:
    """A measured value with that many significant digits; a missing one is a dash."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{digits}g}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.{digits - 1}e}"
