"""Numbers in sentences."""

from __future__ import annotations


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """“1 track”, “2 tracks”, “no tracks”."""
    many_form = plural or singular + "s"
    return f"no {many_form}" if count == 0 else f"{count:,} {singular if count == 1 else many_form}"


def listed(parts: list[str]) -> str:
    """“a”, “a and b”, “a, b and c”."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
