"""Who imports whom: no circles, no import against the layers. Counts imports in functions and for type checking too."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from import_graph import PACKAGES, Layers, children, circles, read_imports, read_layers, upward_imports

IMPORTS = read_imports()
LAYERS = read_layers()
MAX_FILES_PER_FOLDER = 32


def test_no_module_imports_itself_through_others() -> None:
    assert circles(IMPORTS) == []


@pytest.mark.parametrize("layers", LAYERS, ids=lambda layers: layers.package)
def test_no_import_leads_upwards(layers: Layers) -> None:
    assert upward_imports(IMPORTS, layers) == []


@pytest.mark.parametrize("layers", LAYERS, ids=lambda layers: layers.package)
def test_everything_has_a_layer(layers: Layers) -> None:
    names = children(IMPORTS, layers.package)
    assert sorted(name for line in layers.lines for name in line) == names


def test_both_packages_have_layers() -> None:
    assert {"pemr_desktop", "pemr"} <= {layers.package for layers in LAYERS}


def test_no_folder_is_too_full_to_be_read_in_one_look() -> None:
    folders = Counter(path.parent for root in PACKAGES.values() for path in root.rglob("*.py"))
    assert {folder: count for folder, count in folders.items() if count > MAX_FILES_PER_FOLDER} == {}


def test_imports_in_functions_and_for_types_count_as_well(tmp_path: Path) -> None:
    (tmp_path / "rooms").mkdir()
    (tmp_path / "__init__.py").write_text("")
    (tmp_path / "rooms" / "__init__.py").write_text("")
    (tmp_path / "top.py").write_text("def f():\n    from house.rooms import kitchen\n")
    (tmp_path / "rooms" / "kitchen.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .cellar import Wine\n"
    )
    (tmp_path / "rooms" / "cellar.py").write_text("import house.rooms.kitchen\nfrom ..top import f\n")
    imports = read_imports({"house": tmp_path})
    assert imports["house.top"] == {"house.rooms.kitchen"}
    assert imports["house.rooms.kitchen"] == {"house.rooms.cellar"}
    assert imports["house.rooms.cellar"] == {"house.rooms.kitchen", "house.top"}
    assert circles(imports) == [["house.rooms.cellar", "house.rooms.kitchen", "house.top"]]
    assert upward_imports(imports, Layers("house", (("top",), ("rooms",)))) == [("rooms", "top")]
