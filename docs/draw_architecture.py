"""Draw the house from its imports: `make architecture` writes docs/architecture.svg.

What stands where comes from the layers in pyproject.toml, arrows from the imports, sentences from the docstrings, dots
from what each process reaches. Nothing is drawn by hand, so the picture is right or a test fails.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import TypedDict

from import_graph import PACKAGES, Imports, Layers, children, imports_between, read_imports, read_layers

PICTURE = Path(__file__).with_name("architecture.svg")
TITLES = {"pemr_desktop": "pemr_desktop · the application", "pemr": "pemr · the training package"}
# process -> its colour, the modules it starts with, and what it never goes on into
PROCESSES = {
    "terminal": ("#7c5cd6", ("pemr_desktop.__main__", "pemr_desktop.commands"), ("pemr_desktop.app",)),
    "window": ("#2f6fde", ("pemr_desktop.app",), ()),
    "worker": ("#d9662b", ("pemr_desktop.jobs.worker",), ()),
    "player": ("#2a9d6f", ("pemr_desktop.playback.engine",), ()),
    "training": ("#c23b6b", ("pemr.command",), ()),
}


class Room(TypedDict):
    """What lies directly in a package: its sentence, its own rooms, the processes that reach it."""

    name: str
    is_package: bool
    sentence: str
    rooms: list[str]
    processes: list[str]
    leans_on: list[str]


class House(TypedDict):
    """One package: lines of rooms from the highest down, and the imports that no chain of others implies."""

    package: str
    lines: list[list[Room]]
    arrows: list[list[str]]


def describe() -> list[House]:
    """Both houses as they are now: all that the picture is drawn from."""
    imports, loaded = read_imports(), read_imports(types=False)
    reached = {name: reach(loaded, starts, never) for name, (_, starts, never) in PROCESSES.items()}
    layers = {each.package: each for each in read_layers()}
    return [_house(layers[package], imports, reached) for package in PACKAGES]


def reach(imports: Imports, starts: Iterable[str], never: Iterable[str]) -> frozenset[str]:
    """All modules that are loaded sooner or later by those that lie in `starts`, themselves included."""
    barred = set(never)
    waiting = [module for module in imports if any(module == top or module.startswith(f"{top}.") for top in starts)]
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module not in found and module not in barred:
            found.add(module)
            waiting.extend(imports[module])
    return frozenset(found)


def direct(edges: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The edges of a graph without circles that no longer way goes round (its transitive reduction)."""
    below: dict[str, set[str]] = {}
    for importer, imported in edges:
        below.setdefault(importer, set()).add(imported)

    def reachable(name: str) -> set[str]:
        return below.get(name, set()).union(*(reachable(each) for each in below.get(name, ())))

    return sorted(
        (importer, imported)
        for importer, targets in below.items()
        for imported in targets
        if not any(imported in reachable(other) for other in targets - {imported})
    )


def _house(layers: Layers, imports: Imports, reached: Mapping[str, frozenset[str]]) -> House:
    def room(name: str) -> Room:
        full = f"{layers.package}.{name}"
        own = [module for module in imports if module == full or module.startswith(f"{full}.")]
        other = next(package for package in PACKAGES if package != layers.package)
        leans_on = {
            target.split(".")[1] for module in own for target in imports[module] if target.startswith(other + ".")
        }
        return Room(
            name=name,
            is_package=(PACKAGES[layers.package] / name).is_dir(),
            sentence=_sentence(layers.package, name),
            rooms=[each for each in children(imports, full) if children(imports, f"{full}.{each}")],
            processes=[process for process, modules in reached.items() if modules.intersection(own)],
            leans_on=sorted(leans_on),
        )

    arrows = direct(imports_between(imports, layers.package))
    lines = [[room(name) for name in line] for line in layers.lines]
    return House(package=layers.package, lines=lines, arrows=[list(arrow) for arrow in arrows])


def _sentence(package: str, name: str) -> str:
    folder = PACKAGES[package] / name
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    said = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return re.split(r"(?<=[.…])\s", said.replace("\n", " "), maxsplit=1)[0].replace("`", "").rstrip(".")


# --- the drawing


WIDTH = 1600
MARGIN = 28
GUTTER = 44
HOUSE_WIDTHS = {"pemr_desktop": 760, "pemr": 740}
GAP = 12
BETWEEN_LINES = 30
CARD_TEXT_PX = 12.5
LETTER_PX = 6.3
PILL_HEIGHT = 30
INK, SOFT, PAPER, CARD, EDGE = "#1d2330", "#5a6478", "#f6f7fa", "#ffffff", "#c9d0dc"


@dataclass(frozen=True)
class Box:
    """Where a room is drawn."""

    x: float
    y: float
    width: float
    height: float
    room: Room

    @property
    def is_card(self) -> bool:
        """Packages are cards with their sentence, modules pills with their name."""
        return self.height > PILL_HEIGHT


def draw(houses: list[House]) -> str:
    """The picture as SVG; what it was drawn from lies in its metadata."""
    parts: list[str] = []
    bottom = 0.0
    x = float(MARGIN)
    for house in houses:
        width = HOUSE_WIDTHS[house["package"]]
        boxes, end = _place(house, x + 18, 118.0, width - 36)
        parts.append(_rect(x, 70, width, end - 70 + 18, 16, PAPER, "#e1e5ec"))
        parts.append(_text(x + 20, 100, TITLES[house["package"]], 17, INK, "600"))
        parts += [_arrow(boxes[importer], boxes[imported]) for importer, imported in house["arrows"]]
        parts += [_box(box) for box in boxes.values()]
        bottom = max(bottom, end + 18)
        x += width + GUTTER
    height = bottom + MARGIN
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'font-family="Inter, Segoe UI, Roboto, DejaVu Sans, sans-serif">',
        "<title>Who imports whom</title>",
        f'<metadata id="drawn-from">{escape(json.dumps(houses))}</metadata>',
        f'<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0.8 L7.5 4 L0 7.2 z" fill="{SOFT}"/></marker></defs>',
        _rect(0, 0, WIDTH, height, 0, "#ffffff", "none"),
        _text(MARGIN, 38, "Who imports whom", 22, INK, "700"),
        _text(MARGIN + 262, 38, "arrows lead down only; those that others imply are left out", 13, SOFT),
        _legend(WIDTH - MARGIN),
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def drawn_from(svg: str) -> object:
    """What a picture was drawn from."""
    found = re.search(r'<metadata id="drawn-from">(.*?)</metadata>', svg, re.DOTALL)
    assert found is not None
    return json.loads(unescape(found[1]))


def _place(house: House, x: float, y: float, width: float) -> tuple[dict[str, Box], float]:
    """Every room by its name, line below line, and where the last line ends."""
    boxes: dict[str, Box] = {}
    for line in house["lines"]:
        for row in _rows(line, width):
            share = _shares(row, width)
            height = max(_height(room, room_width) for room, room_width in zip(row, share, strict=True))
            at = x + (width - sum(share) - GAP * (len(row) - 1)) / 2
            for room, room_width in zip(row, share, strict=True):
                tall = height if _is_card(room) else PILL_HEIGHT
                boxes[room["name"]] = Box(at, y + (height - tall) / 2, room_width, tall, room)
                at += room_width + GAP
            y += height + GAP
        y += BETWEEN_LINES - GAP
    return boxes, y - BETWEEN_LINES


def _rows(line: list[Room], width: float) -> list[list[Room]]:
    """A line in as many rows as it needs."""
    rows: list[list[Room]] = [[]]
    used = 0.0
    for room in line:
        least = _least(room)
        if rows[-1] and used + least > width:
            rows.append([])
            used = 0.0
        rows[-1].append(room)
        used += least + GAP
    return rows


def _shares(row: list[Room], width: float) -> list[float]:
    """How wide each room of a row is: modules as wide as their name, packages share what is left."""
    cards = [room for room in row if _is_card(room)]
    left = width - GAP * (len(row) - 1) - sum(_least(room) for room in row)
    more = min(left, 250.0 * len(cards) if len(row) > 1 else left) / len(cards) if cards else 0.0
    return [_least(room) + (more if _is_card(room) else 0.0) for room in row]


def _is_card(room: Room) -> bool:
    return room["is_package"]


def _least(room: Room) -> float:
    if _is_card(room):
        return 165.0
    return 30 + 7.4 * len(room["name"]) + 9 * len(room["processes"])


def _wrapped(room: Room, width: float) -> list[str]:
    return textwrap.wrap(room["sentence"], int((width - 24) / LETTER_PX))


def _chip_rows(room: Room, width: float) -> list[list[str]]:
    rows: list[list[str]] = [[]]
    used = 0.0
    for name in room["rooms"]:
        chip = _chip_width(name) + 6
        if rows[-1] and used + chip > width - 24:
            rows.append([])
            used = 0.0
        rows[-1].append(name)
        used += chip
    return rows if rows[0] else []


def _chip_width(name: str) -> float:
    return 14 + 6.4 * len(name)


def _leaning(room: Room, width: float) -> list[str]:
    if not room["leans_on"] or not _is_card(room):
        return []
    return textwrap.wrap("pemr: " + ", ".join(room["leans_on"]), int((width - 24) / 5.9))


def _height(room: Room, width: float) -> float:
    if not _is_card(room):
        return PILL_HEIGHT
    text = 16.0 * len(_wrapped(room, width))
    return 34 + text + 26 * len(_chip_rows(room, width)) + 15 * len(_leaning(room, width)) + 8


def _box(box: Box) -> str:
    room = box.room
    parts = [_rect(box.x, box.y, box.width, box.height, 10 if box.is_card else 15, CARD, EDGE)]
    parts += [
        f'<circle cx="{box.x + box.width - 13 - 11 * number:.1f}" cy="{box.y + (18 if box.is_card else 15):.1f}" '
        f'r="4" fill="{PROCESSES[process][0]}"/>'
        for number, process in enumerate(reversed(room["processes"]))
    ]
    if not box.is_card:
        return "".join([*parts, _text(box.x + 12, box.y + 19.5, room["name"], 12.5, INK, "500")])
    parts.append(_text(box.x + 12, box.y + 23, room["name"], 15, INK, "700"))
    y = box.y + 42
    for line in _wrapped(room, box.width):
        parts.append(_text(box.x + 12, y, line, CARD_TEXT_PX - 0.5, SOFT))
        y += 16
    for row in _chip_rows(room, box.width):
        x = box.x + 12
        for name in row:
            parts.append(_rect(x, y - 10, _chip_width(name), 20, 10, "#eef2f8", "#dbe2ee"))
            parts.append(_text(x + 7, y + 4, name, 11.5, INK))
            x += _chip_width(name) + 6
        y += 26
    for line in _leaning(room, box.width):
        parts.append(_text(box.x + 12, y, line, 11, PROCESSES["training"][0]))
        y += 15
    return "".join(parts)


def _arrow(start: Box, end: Box) -> str:
    """From the lower edge of the importer to the upper edge of what it imports, as near as both allow."""
    low, high = max(start.x, end.x) + 16, min(start.x + start.width, end.x + end.width) - 16
    if low <= high:
        x1 = x2 = (low + high) / 2
    else:
        x1, x2 = (start.x + start.width - 18, end.x + 18) if start.x < end.x else (start.x + 18, end.x + end.width - 18)
    y1, y2 = start.y + start.height, end.y - 1
    bend = min(60.0, (y2 - y1) / 2)
    return (
        f'<path d="M{x1:.1f} {y1:.1f} C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}" '
        f'fill="none" stroke="{SOFT}" stroke-opacity="0.6" stroke-width="1.3" marker-end="url(#tip)"/>'
    )


def _legend(right: float) -> str:
    parts = []
    x = right
    for process, (colour, _, _) in reversed(PROCESSES.items()):
        x -= 8.0 * len(process) + 30
        parts.append(f'<circle cx="{x:.1f}" cy="33" r="5" fill="{colour}"/>' + _text(x + 10, 38, process, 13, SOFT))
    return "".join(parts) + _text(x - 168, 38, "processes that load it:", 13, SOFT)


def _rect(x: float, y: float, width: float, height: float, radius: float, fill: str, edge: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}" fill="{fill}" '
        f'stroke="{edge}"/>'
    )


def _text(x: float, y: float, said: str, size: float, colour: str, weight: str = "400") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}">{escape(said)}</text>'
    )


if __name__ == "__main__":
    PICTURE.write_text(draw(describe()), "utf-8")
