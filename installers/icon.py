"""Draws the program's icon for the installers: python installers/icon.py FILE.png|.ico|.icns [SIZE]"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SOURCE = Path(__file__).resolve().parent.parent / "resources" / "icons" / "application" / "pemr-desktop.svg"


def draw(size: int) -> QImage:
    """The icon, `size` pixels wide and high, on nothing."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(SOURCE)).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return image


def main(arguments: list[str]) -> int:
    """The suffix says the format, as far as Qt can write it."""
    if not arguments:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    target = Path(arguments[0])
    size = int(arguments[1]) if len(arguments) > 1 else 256
    target.parent.mkdir(parents=True, exist_ok=True)
    if not draw(size).save(str(target)):
        sys.stderr.write(f"{target} cannot be written: Qt cannot write this format here, or the folder is read-only.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
