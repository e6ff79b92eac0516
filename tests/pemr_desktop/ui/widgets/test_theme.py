"""Colours can be told apart, icons exist, and the look changes while the window is open."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import pemr_desktop.ui
from pemr_desktop.resources import resource
from pemr_desktop.ui.widgets.colours import DARK, LIGHT, Colours
from pemr_desktop.ui.widgets.theme import MAX_ZOOM, Theme

READABLE = 4.5
VISIBLE = 3.0
TEXT_ON_GROUND = [
    (text, ground) for text in ("text", "text_soft", "text_faint") for ground in ("window", "surface", "raised")
] + [
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("on_selection", "selection"),
    ("text", "sunken"),
    ("text_soft", "sunken"),
    ("text", "hover"),
    ("good", "good_ground"),
    ("warning", "warning_ground"),
    ("bad", "bad_ground"),
    ("text", "good_ground"),
    ("text", "warning_ground"),
    ("text", "bad_ground"),
    ("accent", "window"),
    ("accent", "surface"),
    ("bad", "surface"),
    ("warning", "window"),
]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(colour: str, background: str) -> float:
    lighter, darker = sorted((luminance(colour), luminance(background)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_can_be_read_on_its_ground(colours: Colours, text: str, ground: str) -> None:
    values = asdict(colours)
    assert contrast(values[text], values[ground]) >= READABLE


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_a_chosen_row_stands_out(colours: Colours) -> None:
    assert contrast(colours.selection, colours.surface) > 1.15
    assert contrast(colours.accent, colours.surface) >= VISIBLE


def test_every_icon_the_window_names_is_bundled() -> None:
    sources = "\n".join(path.read_text() for path in Path(pemr_desktop.ui.__path__[0]).rglob("*.py"))
    named = set(re.findall(r'(?:\.icon|\.pixmap)\(\s*"([a-z-]+)"', sources))
    assert len(named) > 10
    assert sorted(name for name in named if not (resource("icons") / f"{name}.svg").is_file()) == []


def test_the_look_changes_while_the_window_is_open(qtbot: QtBot, qapp: QApplication, theme: Theme) -> None:
    with qtbot.waitSignal(theme.changed):
        theme.set_scheme("dark")
    assert theme.colours is DARK
    assert qapp.palette().color(QPalette.ColorRole.Base) == QColor(DARK.surface)
    with qtbot.waitSignal(theme.changed):
        theme.set_scheme("light")
    assert theme.colours is LIGHT


def test_icons_follow_the_colours(theme: Theme) -> None:
    light = theme.pixmap("music", 24).toImage()
    theme.set_scheme("dark")
    assert theme.pixmap("music", 24).toImage() != light


def test_zoom_scales_text_and_keeps_within_reason(theme: Theme) -> None:
    before = theme.font("body").pointSizeF()
    theme.set_zoom(1.5)
    assert theme.font("body").pointSizeF() == pytest.approx(1.5 * before)
    theme.set_zoom(100.0)
    assert theme.zoom == MAX_ZOOM
    theme.set_zoom(1.0)


def test_an_icon_that_is_not_there_is_named(theme: Theme) -> None:
    with pytest.raises(FileNotFoundError, match="unheard-of"):
        theme.icon("unheard-of")
