"""A recipe brings back any earlier file, whatever was changed."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from pemr_desktop.tagfiles.reverse_patch import follow_recipe, make_recipe

edits = st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 3_000), st.binary(max_size=3_000)), max_size=6)


def edit(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for start, removed, added in changes:
        content = content[:start] + added + content[start + removed :]
    return content


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=4_000), st.integers(1, 12), edits)
def test_a_recipe_restores_any_earlier_file(seed: bytes, repeats: int, changes: list[tuple[int, int, bytes]]) -> None:
    old = seed * repeats
    new = edit(old, changes) or b"\0"
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "before", Path(folder) / "after"
        before.write_bytes(old)
        after.write_bytes(new)
        recipe = make_recipe(before, after)
        assert recipe is not None
        target = io.BytesIO()
        with after.open("rb") as stream:
            follow_recipe(recipe, stream, target)
    assert target.getvalue() == old


def test_a_recipe_for_a_changed_header_is_small(tmp_path: Path) -> None:
    sound = bytes((i * 7919 + i // 251) % 256 for i in range(2_000_000))
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_bytes(b"header one" * 50 + sound + b"end")
    after.write_bytes(b"another, longer header" * 80 + sound + b"another end")
    recipe = make_recipe(before, after)
    assert recipe is not None and len(recipe) < 1_000
