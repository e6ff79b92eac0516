"""The demo music is copied once and is the user's from then on."""

from __future__ import annotations

from pathlib import Path

from pemr_desktop.demo_music import demo_folder
from pemr_desktop.paths import below
from pemr_desktop.resources import resource


def test_the_clips_are_copied_and_nothing_else(tmp_path: Path) -> None:
    folder = demo_folder(below(tmp_path))
    clips = sorted(path.name for path in folder.rglob("*") if path.is_file())
    assert 8 <= len(clips) <= 12 and all(name.endswith(".opus") for name in clips)
    assert all((folder / name).read_bytes() == resource("demo", name).read_bytes() for name in clips)


def test_a_clip_the_user_has_changed_stays_as_it_is(tmp_path: Path) -> None:
    clip = sorted(demo_folder(below(tmp_path)).glob("*.opus"))[0]
    clip.write_bytes(b"mine now")
    demo_folder(below(tmp_path))
    assert clip.read_bytes() == b"mine now"
