"""What people say of tracks, read from lists and from real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pemr.errors import CorpusError
from pemr.tags.user_labels import file_tags, read_decisions
from pemr.vocabulary import known_tag, tags_in

MUSIC = Path("/music")


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "decisions"
    path.write_text(text, encoding="utf-8")
    return path


def test_decisions_of_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, 'path,tag,answer\n"a, b.flac",Hip Hop,yes\n/other/c.mp3,jazz,NO\n\n/other/c.mp3,jazz,yes\n')
    assert read_decisions(path, MUSIC) == {
        "/music/a, b.flac": {"hip-hop": True},
        "/other/c.mp3": {"jazz": True},
    }


def test_decisions_of_json_lines(tmp_path: Path) -> None:
    path = write(
        tmp_path, '{"path": "a.ogg", "tag": "My  Own Tag", "answer": true}\n{"path":"a.ogg","tag":"Jazz","answer":"no"}'
    )
    assert read_decisions(path, MUSIC) == {"/music/a.ogg": {"my own tag": True, "jazz": False}}


@pytest.mark.parametrize(
    ("text", "line"), [("a,jazz,perhaps", 1), ("a,jazz,yes\nb,jazz", 2), ('{"path": "a"}', 1), ("a,,no", 1)]
)
def test_a_line_that_is_not_understood_is_named(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(CorpusError, match=f"line {line}"):
        read_decisions(write(tmp_path, text), MUSIC)


@pytest.mark.parametrize("suffix", [".flac", ".mp3", ".ogg", ".m4a", ".wma", ".wv"])
def test_genres_of_files_are_mapped_to_the_vocabulary(
    tmp_path: Path, make_audio: Callable[..., Path], suffix: str
) -> None:
    path = make_audio(tmp_path / f"a{suffix}", seconds=0.5, tags={"genre": "Hip-Hop"})
    assert file_tags(path) == {"hip-hop": "genre"}


def test_a_file_without_tags_or_without_music_says_nothing(tmp_path: Path, make_audio: Callable[..., Path]) -> None:
    assert file_tags(make_audio(tmp_path / "a.flac", seconds=0.5)) == {}
    (tmp_path / "b.mp3").write_bytes(b"no music")
    assert file_tags(tmp_path / "b.mp3") == {}


def test_words_become_tags_of_the_vocabulary_or_ones_own() -> None:
    said = tags_in([("genre", "Electronica; Chip  Tune"), ("genre", "Other"), ("mood", "Calm"), ("mood", "Spooky")])
    assert said == {"electronic": "genre", "chip tune": "genre", "mellow": "mood", "spooky": "mood"}
    known = known_tag("HIP_HOP")
    assert known is not None and known.name == "hip-hop"
    assert known_tag("polka") is None
