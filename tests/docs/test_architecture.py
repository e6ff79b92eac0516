"""The picture of the house is drawn from the imports as they are, and each page names what is there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from draw_architecture import PICTURE, PROCESSES, describe, direct, draw, drawn_from, reach

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md")
FILE_NAMED = re.compile(r"`((?:pemr_desktop|training|tests|docs|resources|installers)/[\w./{},*-]+)`")


def test_the_picture_is_drawn_from_the_imports_as_they_are() -> None:
    assert drawn_from(PICTURE.read_text("utf-8")) == json.loads(json.dumps(describe())), "run: make architecture"


def test_the_picture_is_xml_and_names_every_room() -> None:
    houses = describe()
    shown = {element.text for element in ElementTree.fromstring(draw(houses)).iter("{http://www.w3.org/2000/svg}text")}
    names = {room["name"] for house in houses for line in house["lines"] for room in line}
    assert names | set(PROCESSES) <= shown


def test_an_arrow_that_others_imply_is_left_out() -> None:
    edges = [("window", "library"), ("window", "jobs"), ("jobs", "library"), ("jobs", "files"), ("library", "files")]
    assert direct(edges) == [("jobs", "library"), ("library", "files"), ("window", "jobs")]


def test_a_process_reaches_what_its_modules_import_but_not_what_it_hands_over() -> None:
    imports = {
        "a.start": frozenset({"a.middle", "a.barred"}),
        "a.middle": frozenset({"a.end"}),
        "a.barred": frozenset({"a.beyond"}),
        "a.end": frozenset[str](),
        "a.beyond": frozenset[str](),
    }
    assert reach(imports, ("a.start",), ("a.barred",)) == {"a.start", "a.middle", "a.end"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = FILE_NAMED.findall(page.read_text("utf-8"))
    assert len(named) > 20
    paths = [path for name in named for path in _spelt_out(name)]
    assert [path for path in paths if not (ROOT / path).exists() and not list(ROOT.glob(path))] == []


def _spelt_out(name: str) -> list[str]:
    """`a/{b,c}.py` is `a/b.py` and `a/c.py`."""
    found = re.fullmatch(r"(.*)\{([^}]*)\}(.*)", name)
    return [found[1] + part + found[3] for part in found[2].split(",")] if found else [name]
