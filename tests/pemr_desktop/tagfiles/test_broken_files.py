"""Files that are not what they say: each gets a reason, none an exception of another kind, none waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.broken_files import add_broken_files, add_odd_files
from pemr_desktop.tagfiles.digest import audio_digest, lacking_of, quick_digest
from pemr_desktop.tagfiles.errors import TagFileError, TagReadError
from pemr_desktop.tagfiles.planning import make_plan
from pemr_desktop.tagfiles.read import read_tags
from pemr_desktop.tagfiles.sniffing import sniff
from pemr_desktop.tagfiles.write import apply_plan

Sample = Callable[[str], Path]
SUFFIXES = (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wav", ".aiff", ".wma", ".wv")


def test_every_broken_file_has_a_reason(sample: Sample, tmp_path: Path) -> None:
    for path, what in add_broken_files(tmp_path / "broken", sample(".flac")).items():
        with pytest.raises(TagReadError) as raised:
            read_tags(path)
        assert raised.value.reason.endswith("."), what
        assert raised.value.path == path


def test_every_odd_file_is_read(sample: Sample, tmp_path: Path) -> None:
    for path, what in add_odd_files(tmp_path / "odd", sample(".flac")).items():
        assert read_tags(path).fields["title"] == ("Blue in Green",), what


def test_reasons_say_what_the_file_looks_like(tmp_path: Path) -> None:
    expected = {
        "a.mp3": (b"", "empty"),
        "b.mp3": (b"shopping list\n" * 50, "plain text"),
        "c.ogg": (b"%PDF-1.7", "PDF"),
    }
    for name, (content, words) in expected.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TagReadError, match=words):
            read_tags(tmp_path / name)


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".m4a", ".wma", ".ogg", ".opus"])
def test_a_file_that_was_cut_off_is_noticed(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    whole = path.read_bytes()
    with path.open("rb") as stream:
        assert lacking_of(stream, sniff(stream)) == 0
    path.write_bytes(whole[: len(whole) - 700])
    if suffix == ".m4a":  # FFmpeg puts the index at the end: without it there is nothing left to read
        with pytest.raises(TagReadError):
            read_tags(path)
        return
    with path.open("rb") as stream:
        assert lacking_of(stream, sniff(stream)) > 0


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_damaged_bytes_are_read_or_refused_and_never_lost(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    whole = path.read_bytes()

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), min_size=1, max_size=8),
        st.sampled_from([None, 100, 1_500, len(whole) // 2]),
    )
    def damage(spots: list[tuple[int, int]], cut: int | None) -> None:
        content = bytearray(whole[:cut])
        for position, value in spots:
            if position < len(content):
                content[position] = value
        path.write_bytes(content)
        try:
            read_tags(path)
            quick_digest(path)
            before = audio_digest(path)
            plan = make_plan(1, path, {"mood": ["calm"]})
            apply_plan(plan)
        except TagFileError:
            assert path.read_bytes() == bytes(content)
        else:
            assert audio_digest(path) == before
            assert not plan.changes or read_tags(path).fields["mood"] == ("calm",)

    damage()
