"""Read the melody of a tune in ABC notation, repeats written out.

Enough of ABC 2.1 for printed dance and song tunes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from pemr.errors import CorpusError

NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHARPS_OF_MAJOR = {
    "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5, "F#": 6, "C#": 7,
    "F": -1, "Bb": -2, "Eb": -3, "Ab": -4, "Db": -5, "Gb": -6, "Cb": -7,
}  # fmt: skip
SHARPS_OF_MODE = {
    "maj": 0,
    "ion": 0,
    "mix": -1,
    "dor": -2,
    "min": -3,
    "m": -3,
    "aeo": -3,
    "phr": -4,
    "loc": -5,
    "lyd": 1,
}
ORDER_OF_SHARPS = "FCGDAEB"

TOKEN = re.compile(
    r"""(?P<skip>"[^"]*"|![^!\n]*!|\+[a-z]+\+|\{[^}]*\}|[~.TuvHLMOPRSJ$`\\ ]+|y\d*)
    |(?P<field>\[[A-Za-z]:[^\]]*\])
    |(?P<ending>\[[1-9][-,0-9]*|(?<=\|)[1-9](?![0-9/]))
    |(?P<bar>:*\|+[\]:]*|::|\[\||:)
    |(?P<tuplet>\([2-9](?::[0-9]*){0,2})
    |(?P<chord>\[(?:[\^_=]*[A-Ga-gzx][,']*[0-9/]*)+\])
    |(?P<note>[\^_=]*[A-Ga-gzxZ][,']*)
    |(?P<length>[0-9]*/+[0-9]*|[0-9]+)
    |(?P<broken>>+|<+)
    |(?P<tie>-)
    |(?P<slur>[()])
    |(?P<other>.)""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Note:
    """`onset` and `duration` in quarter notes from the start, `pitch` as MIDI number."""

    onset: Fraction
    duration: Fraction
    pitch: int


@dataclass(frozen=True)
class Tune:
    """A melody. `bar_length` in quarter notes; `key_sharps` counts sharps (flats negative).

    `written_key` and `written_meter` are as printed (“Ador”, “6/8”); empty if they are not.
    """

    title: str
    bar_length: Fraction
    key_sharps: int
    notes: tuple[Note, ...]
    written_key: str = ""
    written_meter: str = ""

    @property
    def length(self) -> Fraction:
        """Quarter notes."""
        return self.notes[-1].onset + self.notes[-1].duration if self.notes else Fraction(0)


@dataclass
class _Event:
    duration: Fraction
    pitch: int | None
    tied: bool = False


def tunes_in(text: str) -> list[str]:
    """The tunes of an ABC book, each with its header, in the order of the file."""
    starts = [match.start() for match in re.finditer(r"^X:", text, re.MULTILINE)]
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def read_tune(text: str) -> Tune:
    """Parse one tune. Raises `CorpusError` if it has no key line or no notes."""
    header: dict[str, str] = {}
    body: list[str] = []
    in_body = False
    for line in text.splitlines():
        plain = line.split("%")[0].rstrip()
        if match := re.match(r"^([A-Za-z]):\s*(.*)$", plain):
            name, value = match.groups()
            if in_body and name in "KML":
                body.append(f"[{name}:{value}]")
            elif not in_body:
                header.setdefault(name, value)
            in_body = in_body or name == "K"
        elif in_body and plain:
            body.append(plain.removesuffix("\\"))
    title = header.get("T", "untitled")
    if "K" not in header:
        raise CorpusError(f"The tune “{title}” has no key line (K:), so its notes cannot be read.")
    bar_length = meter(header.get("M", "4/4"))
    unit = unit_length(header.get("L"), bar_length)
    sharps = key_sharps(header["K"])
    notes = tuple(_notes(_written_out(_events(" ".join(body), sharps, unit))))
    if not notes:
        raise CorpusError(f"The tune “{title}” has no notes.")
    return Tune(title, bar_length, sharps, notes, header["K"].strip(), header.get("M", "").strip())


def meter(value: str) -> Fraction:
    """Length of a bar in quarter notes: `6/8` -> 3."""
    value = value.strip()
    if value.startswith("C"):
        return Fraction(4)
    match = re.match(r"(\d+)\s*/\s*(\d+)", value)
    return Fraction(int(match[1]) * 4, int(match[2])) if match else Fraction(4)


def unit_length(value: str | None, bar_length: Fraction) -> Fraction:
    """Length of a note without a number, in quarter notes; without an L: line it follows from the meter."""
    match = re.match(r"(\d+)\s*/\s*(\d+)", value or "")
    if match:
        return Fraction(int(match[1]) * 4, int(match[2]))
    return Fraction(1, 4) if bar_length < 3 else Fraction(1, 2)


def key_sharps(value: str) -> int:
    """`D` -> 2, `Ador` -> 1, `Gm` -> -2, `HP` (highland pipes) -> 2."""
    value = value.strip()
    if value.upper().startswith("HP"):
        return 2
    match = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", value)
    if match is None:
        return 0
    mode = match[3].lower()[:3]
    shift = SHARPS_OF_MODE.get("m" if mode == "m" else mode, 0)
    return SHARPS_OF_MAJOR.get(match[1] + match[2], 0) + shift


def _signature(sharps: int) -> dict[str, int]:
    if sharps >= 0:
        return dict.fromkeys(ORDER_OF_SHARPS[:sharps], 1)
    return dict.fromkeys(ORDER_OF_SHARPS[sharps:], -1)


def _fraction(text: str) -> Fraction:
    if "/" not in text:
        return Fraction(int(text))
    top, _, bottom = text.partition("/")
    slashes = 1 + bottom.count("/")
    bottom = bottom.strip("/")
    return Fraction(int(top or 1), int(bottom) if bottom else 2**slashes)


def _pitch(token: str, signature: dict[str, int], accidentals: dict[str, int]) -> int | None:
    match = re.match(r"([\^_=]*)([A-Ga-gzxZ])([,']*)", token)
    if match is None or match[2] in "zxZ":
        return None
    letter = match[2].upper()
    octave = (5 if match[2].isupper() else 6) + match[3].count("'") - match[3].count(",")
    note = f"{letter}{octave}"
    if match[1]:
        accidentals[note] = match[1].count("^") - match[1].count("_")
    return 12 * octave + NATURAL[letter] + accidentals.get(note, signature.get(letter, 0))


def _events(body: str, sharps: int, unit: Fraction) -> Iterator[_Event | str]:
    """Notes, and bar lines and endings as strings, in written order."""
    signature, accidentals = _signature(sharps), dict[str, int]()
    pending: _Event | None = None
    broken = Fraction(1)
    tuplet_left, tuplet_scale = 0, Fraction(1)
    for match in TOKEN.finditer(body):
        kind, token = match.lastgroup, match.group()
        if kind in ("note", "chord"):
            if pending:
                yield pending
            first = re.findall(r"[\^_=]*[A-Ga-gzx][,']*", token)[-1] if kind == "chord" else token
            scale = tuplet_scale if tuplet_left else Fraction(1)
            tuplet_left = max(0, tuplet_left - 1)
            pending = _Event(unit * scale * broken, _pitch(first, signature, accidentals))
            broken = Fraction(1)
        elif kind == "length" and pending:
            pending.duration *= _fraction(token)
        elif kind == "broken" and pending:
            share = Fraction(1, 2 ** len(token))
            pending.duration *= 2 - share if token[0] == ">" else share
            broken = share if token[0] == ">" else 2 - share
        elif kind == "tie" and pending:
            pending.tied = True
        elif kind == "tuplet":
            parts = [int(part) if part else 0 for part in token[1:].split(":")]
            size = parts[0]
            time = parts[1] if len(parts) > 1 and parts[1] else {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(size, 2)
            tuplet_left = parts[2] if len(parts) > 2 and parts[2] else size
            tuplet_scale = Fraction(time, size)
        elif kind in ("bar", "ending"):
            if pending:
                yield pending
                pending = None
            accidentals.clear()
            yield token
        elif kind == "field":
            if pending:
                yield pending
                pending = None
            if token[1] == "K":
                signature = _signature(key_sharps(token[3:-1]))
            elif token[1] == "L":
                unit = unit_length(token[3:-1], Fraction(4))
    if pending:
        yield pending


def _written_out(events: Iterator[_Event | str]) -> list[_Event]:
    """Play every repeated part twice, with its first and second ending."""
    played: list[_Event] = []
    part: list[_Event] = []
    first_ending: int | None = None
    for event in events:
        if isinstance(event, _Event):
            part.append(event)
        elif (event[0] == "[" and event[1:2].isdigit()) or event[0].isdigit():
            if "1" in event:
                first_ending = len(part)
        else:
            repeats = event.startswith(":")
            if repeats:
                played += part + part[:first_ending]
                part, first_ending = [], None
            elif event.endswith(":") or "||" in event or "]" in event:
                played += part
                part, first_ending = [], None
    return played + part


def _notes(events: list[_Event]) -> Iterator[Note]:
    onset = Fraction(0)
    held: Note | None = None
    tied = False
    for event in events:
        if event.pitch is not None:
            if held and tied and held.pitch == event.pitch:
                held = Note(held.onset, held.duration + event.duration, held.pitch)
            else:
                if held:
                    yield held
                held = Note(onset, event.duration, event.pitch)
            tied = event.tied
        else:
            tied = False
        onset += event.duration
    if held:
        yield held
