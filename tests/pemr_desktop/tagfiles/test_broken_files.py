"""Files that are not what they say: each gets a reason, none an exception of another kind, none waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.id3 import ID3, RVA2

from broken_files import add_broken_files, add_odd_files
from pemr_desktop.tagfiles.containers.sniffing import sniff
from pemr_desktop.tagfiles.diff import make_plan
from pemr_desktop.tagfiles.digest import audio_digest, cut_off_warning
from pemr_desktop.tagfiles.errors import TagFileError, TagReadError, WriteRefused
from pemr_desktop.tagfiles.quick_digest import quick_digest
from pemr_desktop.tagfiles.read import read_tags
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


def cut_off(path: Path) -> str:
    with path.open("rb") as stream:
        why = cut_off_warning(stream, sniff(stream))
        return why.message if why else ""


@pytest.mark.parametrize("suffix", [".wma", ".ogg", ".opus"])
def test_a_file_that_was_cut_off_can_be_tagged_and_says_so(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    whole = path.read_bytes()
    assert cut_off(path) == ""
    path.write_bytes(whole[:-700])
    assert "cut off" in cut_off(path)
    sound = audio_digest(path)
    plan = make_plan(1, path, {"mood": ["calm"]})
    assert any("what is lacking stays lacking" in warning.message for warning in plan.warnings)
    apply_plan(plan)
    assert read_tags(path).fields["mood"] == ("calm",)
    assert audio_digest(path) == sound
    assert "cut off" in cut_off(path)


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".wv", ".mpc", ".tak"])
def test_no_tags_are_put_where_sound_is_lacking(sample: Sample, suffix: str) -> None:
    path = sample(suffix)
    path.write_bytes(path.read_bytes()[:-700])
    content = path.read_bytes()
    with pytest.raises(WriteRefused, match="sound is cut off"):
        make_plan(1, path, {"mood": ["calm"]})
    assert path.read_bytes() == content


def test_a_wavpack_file_with_fewer_blocks_than_promised_is_cut_off(
    make_audio: Callable[..., Path], tmp_path: Path
) -> None:
    """Cut between two blocks: all that is there is whole, and only the first block tells that more should follow."""
    path = make_audio(tmp_path / "long.wv", seconds=6.0)
    content = path.read_bytes()
    last = content.rindex(b"wvpk")
    assert last > 0
    path.write_bytes(content[:last])
    assert "at least 32 bytes are lacking" in cut_off(path)
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    assert path.read_bytes().startswith(content[:last])
    assert "cut off" in cut_off(path)


def test_a_value_that_mutagen_reads_and_refuses_to_write_stays_to_the_byte(sample: Sample) -> None:
    """A peak of twice full scale in RVA2."""
    path = sample(".mp3")
    tags = ID3(path)
    tags.add(RVA2(desc="track", channel=1, gain=0, peak=0))
    tags.save(path)
    content = path.read_bytes()
    harmless, odd = b"track\0\x01\0\0\x10\0\0", b"tra\0\x01\0\0\x20\xff\xff\xff\xff"
    assert harmless in content
    path.write_bytes(content.replace(harmless, odd))
    apply_plan(make_plan(1, path, {"mood": ["calm"]}))
    assert odd in path.read_bytes()


def test_an_mp4_file_without_its_end_has_no_index(sample: Sample) -> None:
    """FFmpeg puts the index at the end: without it there is nothing left to read."""
    path = sample(".m4a")
    path.write_bytes(path.read_bytes()[:-700])
    with pytest.raises(TagReadError):
        read_tags(path)


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


def test_a_dsf_of_no_samples_a_second_is_read_without_a_length(sample: Sample) -> None:
    path = sample(".dsf")
    content = bytearray(path.read_bytes())
    rate_at = content.index(b"fmt ") + 28
    assert int.from_bytes(content[rate_at : rate_at + 4], "little") == read_tags(path).sample_rate == 2_822_400
    content[rate_at : rate_at + 4] = bytes(4)
    path.write_bytes(content)
    tags = read_tags(path)
    assert tags.fields["title"] == ("DSF title",) and tags.duration_s is None and tags.sample_rate is None
