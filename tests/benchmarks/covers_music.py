"""Cover search on a library of real music: how many of its verdicts are right, what it misses, what bad input gets.

    python tests/benchmarks/covers_music.py MUSIC WORK_FOLDER [--espeak PROGRAM] [--without-odd-input]

MUSIC is a folder of `pemr-train corpus fetch free-game-music`. All its tracks are compared with one another as *Find
all versions* does it, and every verdict is held against the list of verified pairs
(`pemr.datasets.free_game_versions`). Features and pairs are kept in WORK_FOLDER, so that a stopped run goes on. Then
silence, noise, speech, clips, a mix of three hours, the same file twice and a broken file are searched for
(`covers_odd_input.py`).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import msgspec
import torch

from covers_alignment import reclassified
from covers_odd_input import odd_input
from pemr.audio import decode
from pemr.covers.alignment.features import FEATURE_VERSION, SAMPLE_RATE, cover_features
from pemr.covers.alignment.qmax import RULES
from pemr.datasets.free_game_music import corpus_tracks
from pemr.datasets.free_game_versions import KnownPair, known_pairs
from pemr_desktop.analysis.covers.search import CoverSearch
from pemr_desktop.analysis.covers.shortlist import CoverShortlist, bundled_network
from pemr_desktop.analysis.covers.verdict import MIN_STORED_PROBABILITY, POSSIBLE_PROBABILITY
from pemr_desktop.library.versions.pairs import FoundVersion

RIGHT = {"version", "same recording"}


class Compared(msgspec.Struct):
    """What has been compared so far by one set of rules, and the pairs found."""

    rules: str
    tracks: list[int] = []
    pairs: list[FoundVersion] = []


@dataclass(frozen=True)
class NamedPair:
    """A pair that the search names, and what the list says of it; None: nobody has looked at that pair."""

    pair: FoundVersion
    known: KnownPair | None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("music", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--espeak", default="espeak-ng", help="a program that reads a text aloud, as espeak-ng does")
    parser.add_argument("--without-odd-input", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    asked.work.mkdir(parents=True, exist_ok=True)
    names = [str(name) for name in sorted(track.target() for track in corpus_tracks())]
    features = stored_features(asked.music, names, asked.work)
    if not features:
        print(f"None of the {len(names)} tracks of the free game music is below {asked.music}.")
        return 1
    network = bundled_network()
    shortlist = CoverShortlist(network, asked.work / "vectors.bin") if network is not None else None
    search = CoverSearch(features.items(), shortlist=shortlist)
    print(f"{len(features)} of {len(names)} tracks; {'with' if network else 'without'} the network")
    rules = f"{RULES} {MIN_STORED_PROBABILITY} {search.score_model} {network.network_id if network else ''}"
    pairs = compared(search, rules, asked.work / "versions.msgpack")
    print_figures(pairs, names, set(features))
    if not asked.without_odd_input:
        odd_input(search, {index: asked.music / names[index] for index in features}, asked.work, asked.espeak)
    return 0


def stored_features(music: Path, names: list[str], work: Path) -> dict[int, bytes]:
    """Cover features of every track that is there, by its index in the list of the corpus."""
    kept = work / f"features-{FEATURE_VERSION}"
    kept.mkdir(exist_ok=True)
    found: dict[int, bytes] = {}
    for index, name in enumerate(names):
        file = kept / f"{index:03d}"
        if not file.exists():
            if not (music / name).is_file():
                continue
            file.write_bytes(cover_features(decode(music / name, SAMPLE_RATE)).to_bytes())
        found[index] = file.read_bytes()
    return found


def compared(search: CoverSearch, rules: str, store: Path) -> list[FoundVersion]:
    """All pairs that may be versions; goes on where an earlier run by the same rules stopped."""
    kept = msgspec.msgpack.decode(store.read_bytes(), type=Compared) if store.exists() else None
    so_far = kept if kept is not None and kept.rules == rules else Compared(rules)

    def found(track: int, pairs: list[FoundVersion]) -> None:
        so_far.tracks.append(track)
        so_far.pairs.extend(pairs)
        if len(so_far.tracks) % 20 == 0:
            print(f"\r{len(so_far.tracks)} of {len(search)} compared", end="", file=sys.stderr, flush=True)
            store.write_bytes(msgspec.msgpack.encode(so_far))

    search.find_all(found=found, compared=list(so_far.tracks), least=MIN_STORED_PROBABILITY)
    store.write_bytes(msgspec.msgpack.encode(so_far))
    print(file=sys.stderr)
    return [pair for pair in reclassified(search, so_far.pairs) if pair.probability >= POSSIBLE_PROBABILITY]


def print_figures(pairs: list[FoundVersion], names: list[str], there: set[int]) -> None:
    """What was called, how much of it is right, what was missed, and how often tracks without a version were named."""
    known = {pair.both: pair for pair in known_pairs()}
    named_pairs = [NamedPair(pair, known.get(_names(pair, names))) for pair in pairs]
    named_pairs.sort(key=lambda named_pair: -named_pair.pair.probability)
    for words in ("same recording", "version", None):
        of_these = [named_pair for named_pair in named_pairs if named_pair.pair.relation == words]
        counts = Counter(named_pair.known.kinship if named_pair.known else "not looked at" for named_pair in of_these)
        print(f"called {words or 'possible'}: {len(of_these)}" + "".join(f"; {n} {what}" for what, n in counts.items()))
        for named_pair in of_these:
            print(f"    {_told(named_pair, names)}")
    sure = [named_pair for named_pair in named_pairs if named_pair.pair.relation is not None]
    verified = sum(named_pair.known is not None and named_pair.known.kinship in RIGHT for named_pair in sure)
    print(f"{verified} of {len(sure)} pairs called same recording or version are verified")
    _print_recall(named_pairs, names, there)
    _print_alarms(named_pairs, names, there)


def _names(pair: FoundVersion, names: list[str]) -> tuple[str, str]:
    first, second = sorted((names[pair.track_a], names[pair.track_b]))
    return first, second


def _told(named_pair: NamedPair, names: list[str]) -> str:
    pair = named_pair.pair
    told = f"{named_pair.known.kinship}, {named_pair.known.shown_by}" if named_pair.known else "NOT LOOKED AT"
    return (
        f"{pair.probability:.2f}  {_short(names[pair.track_a])} / {_short(names[pair.track_b])}, "
        f"key {pair.key_shift:+d}, tempo {pair.tempo_ratio:.2f}: {told}"
    )


def _short(name: str) -> str:
    parts = Path(name).parts
    return f"{parts[1]} {'/'.join(parts[-2:])}"


def _print_recall(named_pairs: list[NamedPair], names: list[str], there: set[int]) -> None:
    present = {names[index] for index in there}
    by_pair = {_names(named_pair.pair, names): named_pair.pair for named_pair in named_pairs}
    for kinship in ("same recording", "version"):
        listed = [pair for pair in known_pairs() if pair.kinship == kinship and present.issuperset(pair.both)]
        found = [pair for pair in listed if pair.both in by_pair]
        sure = [pair for pair in found if by_pair[pair.both].relation is not None]
        print(
            f"of {len(listed)} pairs listed as {kinship}: {len(sure)} called same recording or version, "
            f"{len(found) - len(sure)} more called possible"
        )
        for pair in listed:
            if pair not in found:
                print(f"    missed: {_short(pair.track)} / {_short(pair.other)} ({pair.shown_by}: {pair.remark})")


def _print_alarms(named_pairs: list[NamedPair], names: list[str], there: set[int]) -> None:
    partnered = {name for pair in known_pairs() if pair.kinship in RIGHT for name in pair.both}
    alone = {index for index in there if names[index] not in partnered}
    for words, chosen in (
        (
            "a version or the same recording",
            [named_pair for named_pair in named_pairs if named_pair.pair.relation is not None],
        ),
        ("at least possible", named_pairs),
    ):
        alarmed: dict[int, set[str]] = {}
        for named_pair in chosen:
            for index in {named_pair.pair.track_a, named_pair.pair.track_b} & alone:
                alarmed.setdefault(index, set()).add(named_pair.known.kinship if named_pair.known else "not looked at")
        counts = Counter(_worst(told) for told in alarmed.values())
        print(
            f"{len(alone)} tracks have no verified version or copy; {len(alarmed)} of them are in a pair called "
            f"{words}: {1000 * len(alarmed) / max(1, len(alone)):.1f} per 1,000"
            + "".join(f"; {1000 * count / len(alone):.1f} {what}" for what, count in counts.items())
        )


def _worst(told: set[str]) -> str:
    """What is to be said of a track that was named, when the list says this of its pairs."""
    return next(what for what in ("not looked at", "strangers", "could not be told", "shared loops") if what in told)


if __name__ == "__main__":
    sys.exit(main())
