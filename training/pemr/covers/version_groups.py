"""Group tracks that are versions of one another without chaining unrelated tracks. Plain Python.

Two groups join only if *most* pairs across them are known to match: one wrong match between two works, or a
medley that resembles both, does not make them one.
"""

from __future__ import annotations

from collections.abc import Iterable

MIN_KNOWN_SHARE = 0.5
SURE = 1.0

Pair = tuple[int, int]


def version_groups(pairs: Iterable[tuple[int, int, float]], rejected: Iterable[Pair] = ()) -> list[tuple[int, ...]]:
    """(track_a, track_b, probability) -> groups of two tracks or more, ids sorted, groups in order of first id.

    Pairs of probability 1 (the user or the tags say so) are joined first, and count as one track from then on.
    Then the likeliest pair is joined first; two groups join if the mean probability over all pairs across them,
    a pair never found counting 0, is at least `MIN_KNOWN_SHARE`. A rejected pair never shares a group.
    """
    known: dict[Pair, float] = {}
    for a, b, probability in pairs:
        if a != b:
            known[_pair(a, b)] = max(probability, known.get(_pair(a, b), 0.0))
    apart = {_pair(a, b) for a, b in rejected}
    group_of: dict[int, tuple[int, ...]] = {track: (track,) for pair in known for track in pair}
    _join(group_of, {pair: 1.0 for pair, probability in known.items() if probability >= SURE}, apart, 0.0)

    unit_of = {track: group[0] for track, group in group_of.items()}
    between: dict[Pair, float] = {}
    for (a, b), probability in known.items():
        if unit_of[a] != unit_of[b]:
            pair = _pair(unit_of[a], unit_of[b])
            between[pair] = max(probability, between.get(pair, 0.0))
    units: dict[int, tuple[int, ...]] = {track: (track,) for track in unit_of.values()}
    _join(
        units,
        between,
        {_pair(unit_of[a], unit_of[b]) for a, b in apart if a in unit_of and b in unit_of},
        MIN_KNOWN_SHARE,
    )
    members: dict[tuple[int, ...], list[int]] = {}
    for track, unit in unit_of.items():
        members.setdefault(units[unit], []).append(track)
    return sorted(tuple(sorted(tracks)) for tracks in members.values() if len(tracks) > 1)


def _join(group_of: dict[int, tuple[int, ...]], known: dict[Pair, float], apart: set[Pair], least: float) -> None:
    """Join groups in place, likeliest pair first, while the mean probability across them is at least `least`."""
    for a, b in sorted(known, key=lambda pair: (-known[pair], pair)):
        first, second = group_of[a], group_of[b]
        if first is second:
            continue
        across = [_pair(i, j) for i in first for j in second]
        if apart.intersection(across) or sum(known.get(pair, 0.0) for pair in across) < least * len(across):
            continue
        merged = tuple(sorted(first + second))
        group_of.update(dict.fromkeys(merged, merged))


def _pair(a: int, b: int) -> Pair:
    return (min(a, b), max(a, b))
