"""Instruments by the names people hear them by: families with members, and what a General MIDI program stands for.

A label is a word. A player has the words of what it is (a violin: `strings` and `violin`) and words that nobody can
deny or confirm of it (a string section may have cellos; synthetic strings may be taken for strings).
"""

from __future__ import annotations

from dataclasses import dataclass

FAMILIES: dict[str, tuple[str, ...]] = {
    "strings": ("violin", "viola", "cello", "double bass"),
    "brass": ("trumpet", "trombone", "french horn", "tuba"),
    "woodwinds": ("flute", "clarinet", "oboe", "bassoon", "saxophone", "recorder"),
    "keyboards": ("piano", "electric piano", "harpsichord", "organ", "accordion"),
    "guitar": ("acoustic guitar", "electric guitar", "distorted guitar"),
    "bass": ("double bass", "electric bass", "synth bass"),
    "mallets and bells": ("glockenspiel", "vibraphone", "marimba", "xylophone", "bells", "celesta", "steel drums"),
    "plucked strings": ("banjo", "sitar", "koto", "shamisen", "dulcimer"),
    "percussion": ("timpani", "hand drums"),
    "drums": (),
    "harp": (),
    "harmonica": (),
    "bagpipe": (),
    "synthesizer": (),
    "voice": ("speech", "singing", "choir", "a cappella"),
}
"""Family -> its members. A double bass is of two families: which of them it is in depends on how it is played."""
INSTRUMENT_WORDS: tuple[str, ...] = tuple(
    dict.fromkeys(word for family, members in FAMILIES.items() if family != "voice" for word in (family, *members))
)
VOICE_WORDS: tuple[str, ...] = ("voice", *FAMILIES["voice"])
FORCES: tuple[str, ...] = ("solo", "duo", "ensemble")
"""How many play: one, two, three or more; an ensemble may double its players."""
STYLES: tuple[str, ...] = (
    "ambient", "ballad", "big band", "bluegrass", "blues", "bossa nova", "country", "dance", "disco", "drum and bass",
    "folk", "foxtrot", "funk", "gospel", "hip-hop", "house", "jazz", "latin", "march", "metal", "polka", "pop", "punk",
    "R&B", "ragtime", "reggae", "rock", "samba", "ska", "soul", "swing", "tango", "techno", "trip hop", "waltz",
)  # fmt: skip
MUSIC = "music"
"""The word of the gate: speech, effects and noise lack it."""
STORED_NAMES = {"singing": "vocals"}
"""Words for which the tags of earlier models have another name, which is kept where it is stored."""


@dataclass(frozen=True)
class Sound:
    """What a sound is called: `words` are true of it; `unknown` can be neither confirmed nor denied."""

    words: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def family_of(word: str) -> str | None:
    """The family of a member, or the family itself; None for other words. A double bass is found in the strings."""
    if word in FAMILIES:
        return word
    return next((family for family, members in FAMILIES.items() if word in members), None)


def sound_of_program(program: int) -> Sound:
    """The instrument of a General MIDI program, 0 to 127; effects have no words."""
    words, unknown = next(((words, unknown) for programs, words, unknown in _PROGRAMS if program in programs), ((), ()))
    families = [word for word in words if word in FAMILIES]
    open_members = [
        member for family in families if not set(FAMILIES[family]) & set(words) for member in FAMILIES[family]
    ]
    return Sound(words, tuple(dict.fromkeys([*unknown, *open_members])))


KIT_NOTES = frozenset([35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 55, 57, 59])
"""Notes of the General MIDI drum channel that are a drum kit's; the others are hand percussion's."""
KIT = Sound(("drums",), ("percussion", "hand drums"))
PERCUSSION = Sound(("percussion",), ("drums", "hand drums"))


def sound_of_drum_note(note: int) -> Sound:
    """What a note of the General MIDI drum channel is: the kit, or percussion."""
    return KIT if note in KIT_NOTES else PERCUSSION


def _programs(
    *rows: tuple[range | tuple[int, ...], str, str],
) -> list[tuple[frozenset[int], tuple[str, ...], tuple[str, ...]]]:
    return [(frozenset(programs), _split(words), _split(unknown)) for programs, words, unknown in rows]


def _split(listed: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in listed.split(",") if word.strip())


_PROGRAMS = _programs(
    (range(4), "keyboards, piano", ""),
    ((4, 5), "keyboards, electric piano", "piano, mallets and bells, synthesizer"),
    ((6,), "keyboards, harpsichord", "plucked strings"),
    ((7,), "keyboards", "guitar"),
    ((8,), "mallets and bells, celesta", "bells, glockenspiel"),
    ((9,), "mallets and bells, glockenspiel", "bells, celesta"),
    ((10,), "mallets and bells", ""),
    ((11,), "mallets and bells, vibraphone", "marimba"),
    ((12,), "mallets and bells, marimba", "xylophone, vibraphone"),
    ((13,), "mallets and bells, xylophone", "marimba"),
    ((14,), "mallets and bells, bells", ""),
    ((15,), "plucked strings, dulcimer", "harp, guitar"),
    (range(16, 21), "keyboards, organ", ""),
    ((21, 23), "keyboards, accordion", "harmonica"),
    ((22,), "harmonica", "accordion, keyboards"),
    ((24, 25), "guitar, acoustic guitar", "plucked strings"),
    ((26, 27, 28), "guitar, electric guitar", ""),
    ((29, 30), "guitar, distorted guitar", "electric guitar"),
    ((31,), "guitar", ""),
    ((32,), "bass, double bass", "strings"),
    (range(33, 38), "bass, electric bass", ""),
    ((38, 39), "bass, synth bass, synthesizer", ""),
    ((40, 110), "strings, violin", "viola"),
    ((41,), "strings, viola", "violin"),
    ((42,), "strings, cello", ""),
    ((43,), "strings, double bass", "cello, bass"),
    ((44, 48, 49), "strings", ""),
    ((45,), "strings", "plucked strings, harp"),
    ((46,), "harp", "plucked strings"),
    ((47,), "percussion, timpani", "drums"),
    ((50, 51), "synthesizer", "strings"),
    ((52, 53), "voice, choir", "singing"),
    ((54,), "synthesizer", "voice, choir, singing"),
    ((55,), "", "strings, brass, percussion, drums"),
    ((56, 59), "brass, trumpet", ""),
    ((57,), "brass, trombone", ""),
    ((58,), "brass, tuba", ""),
    ((60,), "brass, french horn", ""),
    ((61,), "brass", "saxophone, woodwinds"),
    ((62, 63), "synthesizer", "brass"),
    (range(64, 68), "woodwinds, saxophone", ""),
    ((68,), "woodwinds, oboe", ""),
    ((69,), "woodwinds", ""),
    ((70,), "woodwinds, bassoon", ""),
    ((71,), "woodwinds, clarinet", ""),
    ((72, 73), "woodwinds, flute", ""),
    ((74,), "woodwinds, recorder", "flute"),
    ((75, 76, 77, 78, 79), "woodwinds", ""),
    (range(80, 91), "synthesizer", ""),
    ((91,), "synthesizer", "choir, voice"),
    (range(92, 104), "synthesizer", ""),
    ((104,), "plucked strings, sitar", ""),
    ((105,), "plucked strings, banjo", "guitar"),
    ((106,), "plucked strings, shamisen", ""),
    ((107,), "plucked strings, koto", "harp"),
    ((108,), "mallets and bells", "plucked strings"),
    ((109,), "bagpipe", ""),
    ((111,), "woodwinds", ""),
    ((112,), "mallets and bells, bells", ""),
    ((113, 115), "percussion", "mallets and bells"),
    ((114,), "mallets and bells, steel drums", "percussion"),
    ((116, 117, 118), "percussion", "drums"),
)
