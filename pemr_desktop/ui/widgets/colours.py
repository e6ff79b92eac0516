"""The colour tokens of the two schemes. Widgets name a role, never a colour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colours:
    """Roles, as `#rrggbb`. Text on its own ground keeps a contrast of 4.5 : 1 at least (tests hold this)."""

    window: str
    """Behind everything: sidebar, inspector, bars."""
    surface: str
    """Where content lies: tables, pages, dialogs."""
    sunken: str
    """Wells: text fields, progress grooves, waveforms."""
    raised: str
    """What floats: menus, tooltips, buttons."""
    hover: str
    line: str
    line_strong: str
    text: str
    text_soft: str
    """Second rank: artists under titles, counts, captions."""
    text_faint: str
    """Third rank: placeholders, units."""
    accent: str
    accent_hover: str
    on_accent: str
    selection: str
    on_selection: str
    good: str
    good_ground: str
    warning: str
    warning_ground: str
    bad: str
    bad_ground: str
    is_dark: bool


LIGHT = Colours(
    window="#f4f5f7",
    surface="#ffffff",
    sunken="#eceef1",
    raised="#ffffff",
    hover="#e9ecef",
    line="#e1e4e8",
    line_strong="#c3c9d1",
    text="#1a1d23",
    text_soft="#525b68",
    text_faint="#667080",
    accent="#0b7285",
    accent_hover="#095e6e",
    on_accent="#ffffff",
    selection="#d3ecf1",
    on_selection="#0d2a30",
    good="#1b7a43",
    good_ground="#e2f4e8",
    warning="#8a5a00",
    warning_ground="#fdf2d8",
    bad="#b3261e",
    bad_ground="#fce8e6",
    is_dark=False,
)

DARK = Colours(
    window="#181a1e",
    surface="#1f2227",
    sunken="#131518",
    raised="#292d33",
    hover="#2a2e35",
    line="#30343c",
    line_strong="#484e59",
    text="#e7e9ed",
    text_soft="#aab2be",
    text_faint="#8f98a5",
    accent="#4fc3d9",
    accent_hover="#78d4e5",
    on_accent="#06262c",
    selection="#1c4450",
    on_selection="#e6f7fa",
    good="#6fcf97",
    good_ground="#173324",
    warning="#e5b567",
    warning_ground="#3a2e16",
    bad="#f28b82",
    bad_ground="#42201e",
    is_dark=True,
)
