"""Small charts as SVG text, readable on light and on dark pages and without any drawing library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]
Span = tuple[float, float]

PANEL_WIDTH, PANEL_HEIGHT = 300, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 46, 44
TICKS = 5
STYLE = """<style>
text { font: 11px system-ui, sans-serif; fill: #57606a } .title { font-size: 12px; font-weight: 600; fill: #1f2328 }
.axis { stroke: #8c959f; fill: none } .grid { stroke: #8c959f; stroke-opacity: .25 }
.guide { stroke: #8c959f; stroke-dasharray: 4 3; fill: none }
.line { fill: none; stroke-width: 1.6 }
.line.a { stroke: #0969da } .line.b { stroke: #bc4c00 } .line.c { stroke: #1a7f37 }
.dot.a { fill: #0969da } .dot.b { fill: #bc4c00 } .dot.c { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 } .title { fill: #f0f6fc }
.line.a { stroke: #4493f8 } .line.b { stroke: #f0883e } .line.c { stroke: #3fb950 }
.dot.a { fill: #4493f8 } .dot.b { fill: #f0883e } .dot.c { fill: #3fb950 }
}
</style>"""
COLOURS = "abc"


@dataclass(frozen=True)
class Series:
    """Points from left to right, joined by a line. `weights`: how many each stands for; areas follow."""

    name: str
    points: Sequence[Point]
    weights: Sequence[float] = ()


@dataclass(frozen=True)
class Panel:
    """One diagram. `guides` are dashed lines from point to point, such as the diagonal or what chance would give."""

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    x_span: Span
    y_span: Span
    guides: Sequence[tuple[Point, Point]] = ()


def chart(panels: Sequence[Panel], columns: int = 3) -> str:
    """The panels row by row as one SVG document."""
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    width, height = columns * PANEL_WIDTH, rows * PANEL_HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img">',
        STYLE,
    ]
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        parts += [f'<g transform="translate({column * PANEL_WIDTH} {row * PANEL_HEIGHT})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def span_of(values: Sequence[float], margin: float = 0.05) -> Span:
    """From the lowest to the highest value and a little further; never empty."""
    low, high = min(values), max(values)
    room = margin * (high - low) or 0.5
    return low - room, high + room


def _panel(panel: Panel) -> list[str]:
    right, bottom = PANEL_WIDTH - RIGHT, PANEL_HEIGHT - BOTTOM

    def at(point: Point) -> Point:
        (x0, x1), (y0, y1) = panel.x_span, panel.y_span
        x, y = (point[0] - x0) / (x1 - x0), (point[1] - y0) / (y1 - y0)
        return LEFT + x * (right - LEFT), bottom - y * (bottom - TOP)

    parts = [f'<text class="title" x="{LEFT}" y="18">{escape(panel.title)}</text>']
    for step in range(TICKS + 1):
        value_x, value_y = (low + (high - low) * step / TICKS for low, high in (panel.x_span, panel.y_span))
        x, y = at((value_x, value_y))
        parts += [
            f'<path class="grid" d="M{LEFT} {y:.1f}H{right}"/>',
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_number(value_y, panel.y_span)}</text>',
            f'<text x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">{_number(value_x, panel.x_span)}</text>',
        ]
    parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>')
    middle_x, middle_y = (LEFT + right) / 2, (TOP + bottom) / 2
    upright = f'transform="translate(13 {middle_y:.1f}) rotate(-90)"'
    parts += [
        f'<text x="{middle_x:.1f}" y="{PANEL_HEIGHT - 10}" text-anchor="middle">{escape(panel.x_label)}</text>',
        f'<text {upright} text-anchor="middle">{escape(panel.y_label)}</text>',
    ]
    for begin, end in panel.guides:
        (x0, y0), (x1, y1) = at(begin), at(end)
        parts.append(f'<path class="guide" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"/>')
    for number, series in enumerate(panel.series):
        colour = COLOURS[number % len(COLOURS)]
        if series.name:
            key_x = LEFT + number * (right - LEFT) / len(panel.series)
            parts.append(f'<circle class="dot {colour}" cx="{key_x + 4:.1f}" cy="32" r="4"/>')
            parts.append(f'<text x="{key_x + 12:.1f}" y="36">{escape(series.name)}</text>')
        parts += _line(series, [at(point) for point in series.points], colour)
    return parts


def _line(series: Series, points: list[Point], colour: str) -> list[str]:
    heaviest = max(series.weights, default=1.0)
    radii = [2.0 + 5.0 * (weight / heaviest) ** 0.5 for weight in series.weights] or [2.5] * len(points)
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = [
        f'<circle class="dot {colour}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
        for (x, y), radius in zip(points, radii, strict=True)
    ]
    return [f'<polyline class="line {colour}" points="{joined}"/>', *dots]


def _number(value: float, span: Span) -> str:
    step = (span[1] - span[0]) / TICKS
    digits = 0 if step >= 2 else 1 if step >= 0.2 else 2 if step >= 0.02 else 3
    return f"{value:.{digits}f}"
