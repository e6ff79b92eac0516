"""Genre, mood and instrument come out of files as they were put in, whatever kind of tag holds them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mutagen
from mutagen.apev2 import APEv2
from mutagen.id3 import TXXX
from mutagen.mp3 import MP3

from pemr.datasets.file_fields import read_fields

MakeAudio = Callable[..., Path]


def test_several_values_of_an_ape_tag_stay_apart(tmp_path: Path, make_audio: MakeAudio) -> None:
    path = make_audio(tmp_path / "song.wv", seconds=0.5)
    file = mutagen.File(path)
    assert isinstance(file.tags, APEv2 | None)
    file["Genre"] = ["Jazz", "Folk, World"]
    file.save()
    assert read_fields(path) == {"genre": ["Jazz", "Folk, World"]}


def test_a_free_text_frame_of_id3_counts_as_its_field(tmp_path: Path, make_audio: MakeAudio) -> None:
    path = make_audio(tmp_path / "song.mp3", seconds=0.5)
    file = MP3(path)
    if file.tags is None:
        file.add_tags()
    file.tags.add(TXXX(encoding=3, desc="mood", text=["mellow"]))
    file.tags.add(TXXX(encoding=3, desc="instrument", text=["piano", "cello"]))
    file.save()
    assert read_fields(path) == {"mood": ["mellow"], "instrument": ["piano", "cello"]}
    assert read_fields(path, ("mood",)) == {"mood": ["mellow"]}


def test_a_value_that_two_keys_find_is_read_once(tmp_path: Path, make_audio: MakeAudio) -> None:
    path = make_audio(tmp_path / "song.flac", seconds=0.5)
    file = mutagen.File(path)
    file["GENRE"] = ["Jazz"]
    file.save()
    assert read_fields(path) == {"genre": ["Jazz"]}


def test_without_tags_there_is_nothing_and_a_damaged_file_is_told(tmp_path: Path, make_audio: MakeAudio) -> None:
    assert read_fields(make_audio(tmp_path / "plain.flac", seconds=0.5)) == {}
    (tmp_path / "broken.flac").write_bytes(b"fLaC" + b"\xff" * 60)
    assert read_fields(tmp_path / "broken.flac") is None
