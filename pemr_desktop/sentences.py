"""Numbers in sentences."""

from __future__ import annotations


def counted(count: int, one: str, many: str | None = None) -> str:
    """“1 track”, “2 tracks”, “no tracks”."""
    plural = many or one + "s"
    return f"no {plural}" if count == 0 else f"{count:,} {one if count == 1 else plural}"


def listed(parts: list[str]) -> str:
    """“a”, “a and b”, “a, b and c”."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
