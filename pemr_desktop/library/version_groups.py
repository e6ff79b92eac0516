"""Groups from pairs: the surest pairs join first, and a pair the user rejected is never in one group."""

from __future__ import annotations

from collections.abc import Iterable


def version_groups(
    pairs: Iterable[tuple[int, int, float]], rejected: Iterable[tuple[int, int]] = ()
) -> list[tuple[int, ...]]:
    """(track_a, track_b, probability) -> groups of two and more, ids sorted, groups by their first id."""
    group_of: dict[int, set[int]] = {}
    barred: dict[int, set[int]] = {}
    for track_a, track_b in rejected:
        barred.setdefault(track_a, set()).add(track_b)
        barred.setdefault(track_b, set()).add(track_a)
    for track_a, track_b, _ in sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1])):
        left = group_of.setdefault(track_a, {track_a})
        right = group_of.setdefault(track_b, {track_b})
        if left is right or any(barred.get(track, set()) & right for track in left):
            continue
        left |= right
        for track in right:
            group_of[track] = left
    groups = {min(group): tuple(sorted(group)) for group in group_of.values() if len(group) > 1}
    return [groups[first] for first in sorted(groups)]
