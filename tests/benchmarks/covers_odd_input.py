"""What the cover search answers when it is asked about something that has no version, or is no music.

Part of `covers_music.py`. Everything is made from the library's own tracks, by arithmetic, or by a program that reads a
text aloud; each is searched for in the whole library like any file outside it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pemr.audio import decode
from pemr.covers.alignment.features import SAMPLE_RATE, CoverFeatures, cover_features
from pemr.errors import DecodeError
from pemr_desktop.analysis.covers.search import CoverSearch
from pemr_desktop.analysis.covers.shortlist import CoverShortlist, bundled_network
from pemr_desktop.protocol.cover_sentences import answer_of

Samples = npt.NDArray[np.float32]

CLIPS = 20
CLIP_S = 5
SHORT_S = 30
MIX_S = 3 * 60 * 60
READ_ALOUD = Path(__file__).parents[2] / "README.md"


@dataclass(frozen=True)
class Asked:
    """Something to search for. `inside`: tracks that are heard in it, so that finding them is right."""

    what: str
    sound: Samples
    inside: frozenset[int] = field(default_factory=frozenset)


def odd_input(search: CoverSearch, music: dict[int, Path], work: Path, espeak: str) -> None:
    """Search for each and print what was answered; for many of a kind, how many got which verdict."""
    counts: dict[str, Counter[str]] = {}
    for asked in _all_odd(music, work, espeak):
        findings = search.find(cover_features(asked.sound))
        named = [match for match in findings.matches if match.verdict != "possible"]
        wrong = sum(match.track_id not in asked.inside for match in named)
        best = findings.matches[0].verdict if findings.matches else "none"
        kind = asked.what.partition(":")[0]
        if kind == asked.what:
            right = f"; {len(named) - wrong} of {len(asked.inside)} tracks in it named" if asked.inside else ""
            print(f"{asked.what}: {answer_of(findings.answer)} {wrong} wrongly named{right}")
        else:
            told = counts.setdefault(kind, Counter())
            told[best if not wrong else f"{best}, WRONG"] += 1
            told["its own track named"] += any(match.track_id in asked.inside for match in named)
    for kind, told in counts.items():
        print(f"{kind}: " + ", ".join(f"{count} {what}" for what, count in told.items()))
    _files(search, music, work)


def _all_odd(music: dict[int, Path], work: Path, espeak: str) -> Iterator[Asked]:
    chance = np.random.default_rng(0)
    minutes = 3 * 60 * SAMPLE_RATE
    white = chance.normal(0.0, 0.1, minutes).astype(np.float32)
    yield Asked("digital silence", np.zeros(minutes, np.float32))
    yield Asked("near silence (noise at -90 dB)", white * np.float32(10**-3.5))
    yield Asked("white noise", white)
    brown = np.cumsum(white)
    yield Asked("brown noise", (0.3 * (brown - brown.mean()) / np.abs(brown).max()).astype(np.float32))
    yield Asked("one tone", (0.3 * np.sin(2 * np.pi * 440 / SAMPLE_RATE * np.arange(minutes))).astype(np.float32))
    yield from _speech(work, espeak)
    indices = sorted(music)
    for index in (indices[n] for n in chance.permutation(len(indices))[:CLIPS]):
        sound = decode(music[index], SAMPLE_RATE)
        for seconds in (CLIP_S, SHORT_S):
            length = min(len(sound), seconds * SAMPLE_RATE)
            start = int(chance.integers(0, len(sound) - length + 1))
            clip = sound[start : start + length]
            yield Asked(f"clips of {seconds} s of a track in the library: {index}", clip, frozenset({index}))
    yield _mix(music, chance)


def _speech(work: Path, espeak: str) -> Iterator[Asked]:
    program = shutil.which(espeak)
    if program is None:
        print(f"speech: not asked, there is no program {espeak}")
        return
    file = work / "speech.wav"
    subprocess.run([program, "-f", str(READ_ALOUD), "-w", str(file)], check=True)
    yield Asked("speech (a synthetic voice)", decode(file, SAMPLE_RATE))


def _mix(music: dict[int, Path], chance: np.random.Generator) -> Asked:
    """Tracks one after the other until three hours are full; the first twenty minutes are what is compared."""
    parts: list[Samples] = []
    length, compared = 0, []
    for index in chance.permutation(sorted(music)).tolist():
        if length >= MIX_S * SAMPLE_RATE:
            break
        if length < 20 * 60 * SAMPLE_RATE:
            compared.append(index)
        parts.append(decode(music[index], SAMPLE_RATE))
        length += len(parts[-1])
    return Asked("a mix of three hours", np.concatenate(parts)[: MIX_S * SAMPLE_RATE], frozenset(compared))


def _files(search: CoverSearch, music: dict[int, Path], work: Path) -> None:
    """The same file twice in the library, a file that cannot be decoded, a library with no other track."""
    index, path = next(iter(sorted(music.items())))
    own = cover_features(decode(path, SAMPLE_RATE))
    twin = max(music) + 1
    search.add(twin, own)
    findings = search.find(own, exclude_id=twin)
    first = findings.matches[0] if findings.matches else None
    told = f"{first.verdict}, {'the twin' if first.track_id == index else 'ANOTHER TRACK'}" if first else "none"
    print(f"the same file twice: {told}. {answer_of(findings.answer)}")
    search.remove(twin)
    broken = work / "broken.ogg"
    broken.write_bytes(b"OggS" + bytes(range(256)) * 64)
    try:
        decode(broken, SAMPLE_RATE)
        print("a file that cannot be decoded: IT WAS DECODED")
    except DecodeError as error:
        print(f"a file that cannot be decoded: {error}")
    print(f"a library with no other track: {_alone(own).find(own, exclude_id=0).answer}")


def _alone(features: CoverFeatures) -> CoverSearch:
    network = bundled_network()
    return CoverSearch([(0, features.to_bytes())], shortlist=CoverShortlist(network) if network else None)
