"""Everything bundled that is not code has a line that says where it comes from and under which licence."""

from __future__ import annotations

from pathlib import Path

from pemr_desktop.resources import resource

RESOURCES = resource("LICENSES.md").parent
LINES = resource("LICENSES.md").read_text("utf-8")
CODE_AND_WORDS = {".py", ".md", ".pyc", ".ts", ".qm"}


def test_every_resource_is_named_by_its_file_or_its_folder() -> None:
    without = []
    for path in RESOURCES.rglob("*"):
        if not path.is_file() or path.suffix in CODE_AND_WORDS:
            continue
        name = path.relative_to(RESOURCES)
        if name.parts[0] == "screenshots":  # pictures of the program itself
            continue
        named = [f"`{name.as_posix()}`", f"`{name.parent.as_posix()}/*{name.suffix}`", f"`{name.parts[0]}/`"]
        if not any(word in LINES for word in named):
            without.append(Path(name).as_posix())
    assert not without
