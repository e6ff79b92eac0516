"""How the window looks: colours, spacing, type sizes and recoloured icons, light and dark, following the system."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from string import Template
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from pemr_desktop.ui.widgets.colours import DARK, LIGHT, Colours

log = logging.getLogger(__name__)

Scheme = Literal["system", "light", "dark"]
Role = Literal["text", "text_soft", "text_faint", "accent", "on_accent", "good", "warning", "bad"]

# The spacing scale, in device-independent pixels: everything sits on a grid of four.
HAIR, TIGHT, SNUG, ROOM, WIDE, VAST = 2, 4, 8, 12, 16, 24
ICON_SIZE = 18
RADIUS = 6
MIN_ZOOM, MAX_ZOOM = 0.5, 3.0

_ASKED: dict[Scheme, Qt.ColorScheme] = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}
_ICON_SIZES = (16, ICON_SIZE, 24)
_TYPE_SCALE = {"small": 0.88, "body": 1.0, "strong": 1.0, "title": 1.35, "display": 1.9}
PictureKey = tuple[str, int, str, float]
TypeName = Literal["small", "body", "strong", "title", "display"]


class Theme(QObject):
    """The look of one application. `changed` is emitted after palette and style sheet are in place."""

    changed = Signal()

    def __init__(
        self, app: QApplication, icons: Path, style_sheet: Path, scheme: Scheme = "system", zoom: float = 1.0
    ) -> None:
        super().__init__(app)
        self._app = app
        self._icons = icons
        self._template = Template(style_sheet.read_text(encoding="utf-8"))
        self._scheme: Scheme = scheme
        self._zoom = zoom
        self._base_points = max(app.font().pointSizeF(), 9.0)
        self._cache: dict[tuple[str, str], QIcon] = {}
        self._drawings: dict[str, str] = {}
        self._pixmaps: dict[PictureKey, QPixmap] = {}
        self._colours = LIGHT
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.apply()

    @property
    def colours(self) -> Colours:
        """The tokens in use now."""
        return self._colours

    @property
    def scheme(self) -> Scheme:
        """What the user asked for."""
        return self._scheme

    @property
    def zoom(self) -> float:
        """1.0 is the size the system asks for."""
        return self._zoom

    def set_scheme(self, scheme: Scheme) -> None:
        """Light, dark, or whatever the system says."""
        self._scheme = scheme
        self.apply()

    def set_zoom(self, zoom: float) -> None:
        """Scale all text, and with it rows and controls."""
        self._zoom = min(MAX_ZOOM, max(MIN_ZOOM, zoom))
        self.apply()

    def color(self, role: str) -> QColor:
        """A token as QColor; `role` is a field of `Colours`."""
        return QColor(str(getattr(self._colours, role)))

    def font(self, name: TypeName = "body") -> QFont:
        """A step of the type scale in the system's family."""
        font = QFont(self._app.font())
        font.setPointSizeF(self._base_points * self._zoom * _TYPE_SCALE[name])
        if name in ("strong", "title", "display"):
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def px(self, size: int) -> int:
        """A size of the grid at the present zoom."""
        return round(size * self._zoom)

    def icon(self, name: str, role: Role = "text_soft") -> QIcon:
        """A bundled icon in the colour of a role; its disabled and checked states are coloured too."""
        key = (name, role)
        if key not in self._cache:
            self._cache[key] = self._make_icon(name, role)
        return self._cache[key]

    def pixmap(self, name: str, size: int, role: Role = "text_soft", ratio: float = 1.0) -> QPixmap:
        """A bundled icon as a pixmap of `size` device-independent pixels."""
        key = (name, size, role, ratio)
        return self.picture(key, lambda: _render(self._drawing(name), size, self.color(role), ratio))

    def picture(self, key: PictureKey, draw: Callable[[], QPixmap]) -> QPixmap:
        """A picture that is drawn once and kept until the look changes. `key`: what, size, colour, pixel ratio."""
        if key not in self._pixmaps:
            self._pixmaps[key] = draw()
        return self._pixmaps[key]

    def apply(self) -> None:
        """Put palette, font and style sheet in place and tell everybody."""
        QGuiApplication.styleHints().setColorScheme(_ASKED[self._scheme])
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        self._colours = DARK if self._scheme == "dark" or (dark and self._scheme == "system") else LIGHT
        self._cache.clear()
        self._pixmaps.clear()
        self._app.setFont(self.font())
        self._app.setPalette(_palette(self._colours))
        self._app.setStyleSheet(self._template.substitute(self._tokens()))
        self.changed.emit()

    def _tokens(self) -> dict[str, str]:
        tokens = {name: str(value) for name, value in asdict(self._colours).items()}
        tokens |= {
            "small": f"{self.font('small').pointSizeF():.2f}pt",
            "body": f"{self.font('body').pointSizeF():.2f}pt",
            "title": f"{self.font('title').pointSizeF():.2f}pt",
            "display": f"{self.font('display').pointSizeF():.2f}pt",
            "radius": f"{RADIUS}px",
            "icons": self._icons.as_posix(),
            "tone": "dark" if self._colours.is_dark else "light",
        }
        return tokens

    def _drawing(self, name: str) -> str:
        """The SVG of an icon; read once."""
        if name not in self._drawings:
            path = self._icons / f"{name}.svg"
            if not path.is_file():
                raise FileNotFoundError(f"There is no bundled icon “{name}” in {self._icons}.")
            self._drawings[name] = path.read_text(encoding="utf-8")
        return self._drawings[name]

    def _make_icon(self, name: str, role: Role) -> QIcon:
        drawing = self._drawing(name)
        ratio = self._app.devicePixelRatio()
        faint = self.color("text_faint")
        faint.setAlphaF(0.45)
        icon = QIcon()
        for size in _ICON_SIZES:
            normal = _render(drawing, size, self.color(role), ratio)
            icon.addPixmap(normal, QIcon.Mode.Normal)
            icon.addPixmap(normal, QIcon.Mode.Selected)
            icon.addPixmap(_render(drawing, size, faint, ratio), QIcon.Mode.Disabled)
            if role != "on_accent":
                checked = _render(drawing, size, self.color("accent"), ratio)
                icon.addPixmap(checked, QIcon.Mode.Normal, QIcon.State.On)
        return icon

    @Slot()
    def _system_changed(self) -> None:
        if self._scheme == "system":
            self.apply()


def _render(drawing: str, size: int, color: QColor, ratio: float) -> QPixmap:
    svg = drawing.replace("currentColor", color.name())
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(color.alphaF())
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _palette(colours: Colours) -> QPalette:
    """What Fusion and the item views paint with."""
    role = QPalette.ColorRole
    palette = QPalette()
    for name, value in (
        (role.Window, colours.window),
        (role.WindowText, colours.text),
        (role.Base, colours.surface),
        (role.AlternateBase, colours.window),
        (role.Text, colours.text),
        (role.PlaceholderText, colours.text_faint),
        (role.Button, colours.raised),
        (role.ButtonText, colours.text),
        (role.BrightText, colours.bad),
        (role.ToolTipBase, colours.raised),
        (role.ToolTipText, colours.text),
        (role.Highlight, colours.selection),
        (role.HighlightedText, colours.on_selection),
        (role.Accent, colours.accent),
        (role.Link, colours.accent),
        (role.LinkVisited, colours.accent),
        (role.Light, colours.raised),
        (role.Midlight, colours.hover),
        (role.Mid, colours.line),
        (role.Dark, colours.line_strong),
        (role.Shadow, colours.line_strong),
    ):
        palette.setColor(name, QColor(value))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(colours.text_faint))
    return palette
