"""The twelve pieces: which tune, in which key and tempo, who plays what, and what the tags say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recipe.midi import Track
from recipe.players import (
    Score,
    bass,
    broken,
    drums,
    held,
    inner_voice,
    melody,
    octave_bass,
    off_beat,
    second_voice,
    strummed,
)

KICK, SNARE, SIDE_STICK, CLAP, CLOSED_HAT, OPEN_HAT = 36, 38, 37, 39, 42, 46
LOW_TOM, TAMBOURINE, CRASH = 41, 54, 49


@dataclass(frozen=True)
class Piece:
    """One clip: `tempo` in quarter notes a minute, `transpose` in semitones from the printed key."""

    file: str
    tune: str
    parts: str
    tempo: float
    transpose: int
    band: Callable[[Score], list[Track]]
    tags: dict[str, str]
    intro_bars: int = 0
    cover: str = ""


def kitchen_reel(score: Score) -> list[Track]:
    """Fiddle, steel-string guitar, upright bass."""
    return [
        Track(40, melody(score, velocity=100), volume=104, pan=54),
        Track(25, strummed(score), volume=84, pan=84, loose_s=0.008),
        Track(32, bass(score), volume=96, pan=60),
    ]


def kitchen_jig(score: Score) -> list[Track]:
    """Tin whistle and fiddle in unison, piano vamping, a drum played with the hand."""
    return [
        Track(78, melody(score, octave=1, velocity=84), volume=70, pan=44),
        Track(40, melody(score, velocity=88), volume=92, pan=80),
        Track(0, off_beat(score, centre=59) + bass(score, centre=43), volume=84, pan=64),
        Track(0, drums(score, {LOW_TOM: "x.ox.o"}, velocity=66), volume=70, drums=True),
    ]


def kitchen_hornpipe(score: Score) -> list[Track]:
    """Accordion with a lazy swing, banjo, tuba, brushes."""
    return [
        Track(21, melody(score, velocity=92, swing=0.25), volume=84, pan=52),
        Track(105, off_beat(score, centre=64, velocity=74, strum=0.04), volume=84, pan=88),
        Track(58, bass(score, centre=38, velocity=84), volume=88, pan=60),
        Track(0, drums(score, {SNARE: "..o...o.", CLOSED_HAT: "x.o.x.o."}, velocity=58), volume=70, drums=True),
    ]


def harp_and_flute(score: Score) -> list[Track]:
    """Flute over a harp, a cello underneath."""
    return [
        Track(73, melody(score, velocity=88, legato=0.97), volume=100, pan=54, reverb=70),
        Track(46, broken(score, order=(0, 1, 2, 3, 2, 1)), volume=104, pan=80, reverb=70),
        Track(42, bass(score, centre=45, velocity=62), volume=84, pan=44, reverb=70),
    ]


def piano_alone(score: Score) -> list[Track]:
    """One pianist: the tune sung out, the left hand rolling."""
    left = broken(score, centre=50, order=(0, 2, 3, 4, 3, 2, 3, 2), velocity=54)
    return [
        Track(0, melody(score, velocity=90, legato=1.0), volume=108, pan=70, reverb=70, loose_s=0.012),
        Track(0, left + bass(score, centre=38, velocity=60), volume=92, pan=58, reverb=70, loose_s=0.012),
    ]


def choir_and_oboe(score: Score) -> list[Track]:
    """An oboe over a choir and low strings."""
    return [
        Track(68, melody(score, velocity=86, legato=0.98), volume=92, pan=60, reverb=100),
        Track(52, held(score, centre=62, velocity=70), volume=92, pan=70, reverb=110),
        Track(48, held(score, centre=57, velocity=54, low=True), volume=92, pan=50, reverb=100),
    ]


def guitar_alone(score: Score) -> list[Track]:
    """A nylon-string guitar plays tune and chords."""
    return [
        Track(24, melody(score, velocity=98), volume=112, pan=64, reverb=64, loose_s=0.01),
        Track(24, broken(score, centre=50, order=(0, 1, 2, 1, 2, 1), velocity=62), volume=92, pan=64, reverb=64),
        Track(24, bass(score, centre=43, velocity=76), volume=96, pan=64, reverb=64),
    ]


def brass_march(score: Score) -> list[Track]:
    """Trumpet tune, second trumpet below, horn and trombone off the beat, tuba, a field drum."""
    return [
        Track(56, melody(score, velocity=96, legato=0.85), volume=96, pan=40, reverb=60),
        Track(56, second_voice(score, velocity=76), volume=84, pan=52, reverb=60),
        Track(60, inner_voice(score, tone=1, centre=58, velocity=78, march=True), volume=92, pan=90, reverb=60),
        Track(57, inner_voice(score, tone=2, centre=53, velocity=76, march=True), volume=92, pan=76, reverb=60),
        Track(58, bass(score, centre=38, velocity=96, every_pulse=True), volume=104, pan=64, reverb=60),
        Track(0, drums(score, {SNARE: "x.o.xoo.", KICK: "x...x..."}, velocity=64, fill="x.oox.ooxoxoxooo"),
              volume=76, reverb=60, drums=True),
    ]  # fmt: skip


def brass_chorale(score: Score) -> list[Track]:
    """Horn tune over slow trombones and tuba, later a trumpet above, no drums."""
    return [
        Track(60, melody(score, octave=-1, velocity=98, legato=0.97), volume=112, pan=56, reverb=90),
        Track(56, second_voice(score, velocity=60, start=float(score.length) / 2), volume=72, pan=80, reverb=90),
        Track(57, held(score, centre=55, velocity=72), volume=92, pan=74, reverb=90),
        Track(58, bass(score, centre=36, velocity=88), volume=104, pan=60, reverb=90),
    ]


def dance(score: Score) -> list[Track]:
    """Saw-tooth lead, four on the floor, leaping bass, warm pad."""
    beat = {KICK: "x...x...", CLAP: "....x...", CLOSED_HAT: "..o...o.", OPEN_HAT: "......o."}
    return [
        Track(81, melody(score, velocity=88, legato=0.7), volume=76, pan=60, reverb=56, loose_s=0.0),
        Track(89, held(score, centre=62, velocity=70), volume=84, pan=74, reverb=80, loose_s=0.0),
        Track(38, octave_bass(score), volume=92, pan=64, reverb=10, loose_s=0.0),
        Track(25, drums(score, beat, velocity=100), volume=104, reverb=10, drums=True, loose_s=0.0),
    ]


def game_console(score: Score) -> list[Track]:
    """Square waves only: tune, chords running in sixteenths, bass, and noise for drums."""
    beat = {KICK: "x..x..o.", SNARE: "..x...x.", CLOSED_HAT: "oooooooo"}
    return [
        Track(80, melody(score, velocity=84, legato=0.6), volume=72, pan=52, reverb=10, loose_s=0.0),
        Track(80, broken(score, centre=66, order=(0, 1, 2, 3), step=0.25, velocity=52), volume=56, pan=92, reverb=10,
              loose_s=0.0),
        Track(39, octave_bass(score, centre=40, velocity=84), volume=84, pan=64, reverb=10, loose_s=0.0),
        Track(24, drums(score, beat, velocity=80), volume=84, reverb=10, drums=True, loose_s=0.0),
    ]  # fmt: skip


def slow_pop(score: Score) -> list[Track]:
    """Electric piano and voices, a fretless bass, a drum machine in six."""
    beat = {KICK: "x....o", SNARE: "...x..", CLOSED_HAT: "oooooo", TAMBOURINE: "..o..o"}
    return [
        Track(54, melody(score, octave=1, velocity=82, legato=0.95), volume=84, pan=64, reverb=70),
        Track(4, melody(score, velocity=88), volume=92, pan=56, reverb=50),
        Track(4, broken(score, centre=58, order=(0, 1, 2, 3, 2, 1), velocity=60), volume=84, pan=86, reverb=50),
        Track(89, held(score, centre=62, velocity=64), volume=84, pan=64, reverb=80),
        Track(35, bass(score, centre=38, velocity=92), volume=100, pan=64, reverb=10),
        Track(25, drums(score, beat, velocity=92), volume=96, reverb=20, drums=True),
    ]


def album(name: str, artist: str, date: str, tracks: int) -> Callable[..., dict[str, str]]:
    """Tags that all tracks of an album share; call it with title and number for those of one."""

    def tags(title: str, number: int, **more: str) -> dict[str, str]:
        return {
            "title": title,
            "artist": artist,
            "albumartist": artist,
            "album": name,
            "date": date,
            "tracknumber": str(number),
            "tracktotal": str(tracks),
            "license": "CC0-1.0",
        } | more

    return tags


kitchen = album("Kitchen Session", "The Demo Players", "2024", 4)
quiet = album("Quiet Rooms", "The Demo Chamber Players", "2023", 3)
brass = album("Brass on the Green", "Demo Town Brass", "2019", 2)
night = album("Night Bus", "Demo Circuit", "2026", 3)
CAROLAN = {"composer": "Turlough O'Carolan"}

PIECES = (
    Piece("kitchen-session-1.opus", "The Wind That Shakes the Barley", "ABAB", 218, 0, kitchen_reel,
          kitchen("The Wind That Shakes the Barley", 1, genre="Folk"), cover="kitchen"),
    Piece("kitchen-session-2.opus", "Haste to the Wedding", "AABB", 177, 0, kitchen_jig,
          kitchen("Haste to the Wedding", 2), cover="kitchen"),
    Piece("kitchen-session-3.opus", "The Sailor's Hornpipe", "ABA", 184, 0, kitchen_hornpipe,
          kitchen("The Sailor's Hornpipe", 3, genre="Folk"), intro_bars=1, cover="kitchen"),
    Piece("kitchen-session-4.opus", "Planxty Irwin", "ABA", 128, 0, harp_and_flute,
          kitchen("Planxty Irwin", 4, **CAROLAN), cover="kitchen"),
    Piece("quiet-rooms-1.opus", "Londonderry Love Song", "AB", 112, 0, piano_alone,
          quiet("Londonderry Love Song", 1, genre="Classical"), cover="quiet"),
    Piece("quiet-rooms-2.opus", "The Minstrel Boy", "AB", 92, -4, choir_and_oboe,
          quiet("The Moreen", 2), cover="quiet"),
    Piece("quiet-rooms-3.opus", "Planxty Fanny Power", "AB", 94, -2, guitar_alone,
          quiet("Fanny Power", 3, **CAROLAN), cover="quiet"),
    Piece("brass-on-the-green-1.opus", "The Minstrel Boy", "AAB", 118, 3, brass_march,
          brass("The Minstrel Boy", 1)),
    Piece("brass-on-the-green-2.opus", "Londonderry Love Song", "AB", 146, -2, brass_chorale,
          brass("Londonderry Love Song", 2), intro_bars=2),
    Piece("night-bus-1.opus", "The Wind That Shakes the Barley", "ABAB", 256, 3, dance,
          night("Barley (Night Mix)", 1, genre="Electronic"), intro_bars=2, cover="night"),
    Piece("night-bus-2.opus", "The Sailor's Hornpipe", "AB", 156, 5, game_console,
          night("College Hornpipe", 2), intro_bars=2, cover="night"),
    Piece("night-bus-3.opus", "Planxty Irwin", "ABA", 158, -4, slow_pop,
          night("Irwin at Midnight", 3, **CAROLAN), intro_bars=2, cover="night"),
)  # fmt: skip
