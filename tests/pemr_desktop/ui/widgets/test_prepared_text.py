"""Prepared text looks like text that is drawn at once, and reads no markup."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QImage, QPainter

from pemr_desktop.ui.widgets.prepared_text import MAX_KEPT_LINES, PreparedText
from pemr_desktop.ui.widgets.theme import Theme

AREA = QRect(8, 4, 150, 32)
TEXTS = (
    "Air",
    "A title that is far too long for the column that it stands in",
    '<b>bold</b> <img src="/dev/zero">',
    "שלום עולם",
    "",
)


def picture() -> QImage:
    image = QImage(200, 40, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.white)
    return image


@pytest.mark.parametrize("text", TEXTS)
def test_it_looks_as_if_it_was_drawn_at_once(theme: Theme, text: str) -> None:
    font = theme.font("body")
    prepared, plain = picture(), picture()
    for image in (prepared, plain):
        painter = QPainter(image)
        painter.setFont(font)
        if image is prepared:
            PreparedText(font).paint(painter, AREA, text)
        else:
            short = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, AREA.width())
            painter.drawText(AREA, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), short)
        painter.end()
    assert prepared == plain


def test_numbers_end_at_the_right(theme: Theme) -> None:
    texts, ends = PreparedText(theme.font("body")), []
    for text in ("1", "3:47", "12:03:47"):
        image = picture()
        painter = QPainter(image)
        painter.setFont(theme.font("body"))
        texts.paint(painter, AREA, text, at_right=True)
        painter.end()
        columns = [x for x in range(200) if any(image.pixelColor(x, y) != Qt.GlobalColor.white for y in range(40))]
        ends.append(columns[-1])
    assert all(AREA.right() - 3 <= end <= AREA.right() for end in ends)


def test_only_so_many_lines_are_kept(theme: Theme) -> None:
    texts = PreparedText(theme.font("body"))
    image = picture()
    painter = QPainter(image)
    for number in range(MAX_KEPT_LINES + 50):
        texts.paint(painter, AREA, f"Line {number}")
    painter.end()
    assert len(texts._lines) == MAX_KEPT_LINES
    assert (f"Line {MAX_KEPT_LINES + 49}", AREA.width()) in texts._lines
