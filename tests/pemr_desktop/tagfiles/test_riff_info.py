"""WAV files whose only tags are an INFO list."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pemr_desktop.tagfiles.planning import make_plan
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.riff_info import read_info
from pemr_desktop.tagfiles.write import apply_plan


def test_the_info_list_is_read(sample: Callable[[str], Path]) -> None:
    fields = read_tags(sample(".wav")).fields
    assert fields["title"] == ("Blue in Green",)
    assert fields["artist"] == ("Miles Davis",)
    assert fields["genre"] == ("Jazz",)


def test_the_info_list_stays_and_id3_wins_over_it(sample: Callable[[str], Path]) -> None:
    path = sample(".wav")
    with path.open("rb") as stream:
        before = read_info(stream)
    apply_plan(make_plan(1, path, {"genre": ["Modal"], "mood": ["calm"]}))
    with path.open("rb") as stream:
        assert read_info(stream) == before
    fields = read_tags(path).fields
    assert fields["genre"] == ("Jazz", "Modal")
    assert fields["title"] == ("Blue in Green",)
