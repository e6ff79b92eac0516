"""Labels that users have themselves: a table, the tags in their files, their folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import mutagen.id3
import mutagen.mp4
import pytest

from pemr.datasets.album_folders import load_album_folders
from pemr.datasets.labelled_csv import load_csv
from pemr.datasets.own_tags import load_own_tags, read_words
from pemr.errors import CorpusError


def names_of(found: Any, suffix: str) -> set[str]:
    """The tags of the one file whose path ends so."""
    [file] = [file for file in found.files if str(file.path).endswith(suffix)]
    return {found.tags[label][0] for label in file.labels}


class TestTable:
    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        lines = ["path,tags,split,group"]
        for number, split in enumerate(("train", "validation", "test")):
            (tmp_path / f"{number}.wav").touch()
            lines.append(f"{number}.wav,genre:jazz; mood:calm;trumpet,{split},artist {number}")
        (tmp_path / "labels.csv").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
        return tmp_path / "labels.csv"

    def test_tags_carry_their_group(self, table: Path) -> None:
        assert load_csv(table).tags == (("calm", "mood"), ("jazz", "genre"), ("trumpet", "tag"))

    def test_splits_and_groups_are_those_of_the_table(self, table: Path) -> None:
        found = load_csv(table)
        assert [(file.split, file.group) for file in found.files] == [
            ("train", "artist 0"), ("validation", "artist 1"), ("test", "artist 2"),
        ]  # fmt: skip
        assert "its own split" in found.split_name

    def test_without_splits_whole_groups_are_drawn(self, table: Path) -> None:
        rows = [f"{n}/{k}.wav,jazz" for n in range(5) for k in range(2)]
        for row in rows:
            path = table.parent / row.split(",")[0]
            path.parent.mkdir(exist_ok=True)
            path.touch()
        table.write_text("\n".join(["path,tags", *rows]))
        found = load_csv(table)
        assert {file.split for file in found.files} == {"train", "validation", "test"}
        assert len({(file.group, file.split) for file in found.files}) == 5

    def test_missing_files_are_counted_and_named(self, table: Path) -> None:
        table.write_text(table.read_text() + "\ngone.wav,jazz,test,x")
        assert "1 of 4 files are missing, the first is gone.wav" in load_csv(table).notes[0]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("file,label\na.wav,jazz", "no table of labels. It takes a header line"),
            ("path,tags\n", "has a header line and no tracks"),
            ("path,tags,split\n0.wav,jazz,dev", "line 2: the split is 'dev'"),
            ("path,tags\nnowhere.wav,jazz", "none of its 1 files is there, the first is nowhere.wav"),
        ],
    )
    def test_a_damaged_table_is_told_what_is_wrong(self, table: Path, content: str, message: str) -> None:
        table.write_text(content)
        with pytest.raises(CorpusError, match=message):
            load_csv(table)

    def test_a_table_that_is_not_text_is_refused(self, table: Path) -> None:
        table.write_bytes(b"path,tags\n\xff\xfe\x00")
        with pytest.raises(CorpusError, match="cannot be read as a UTF-8 table"):
            load_csv(table)


class TestTagsInFiles:
    @pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wav", ".wma", ".wv"])
    def test_genre_and_mood_are_read_from_every_format(
        self, suffix: str, tmp_path: Path, make_audio: Callable[..., Path]
    ) -> None:
        path = make_audio(tmp_path / f"song{suffix}", seconds=0.5)
        write_genre_and_mood(path)
        assert set(read_words(path) or ()) >= {("jazz", "genre"), ("folk", "genre"), ("mellow", "mood")}

    @pytest.fixture
    def library(self, tmp_path: Path, make_audio: Callable[..., Path]) -> Path:
        for album in range(4):
            for track in range(2):
                path = make_audio(tmp_path / f"album {album}" / f"{track}.flac", seconds=0.5)
                file = mutagen.File(path)
                file["genre"] = ["Hip Hop", "Sludgecore"] if track else ["Jazz"]
                file.save()
        make_audio(tmp_path / "album 0" / "untagged.flac", seconds=0.5)
        (tmp_path / "album 1" / "broken.flac").write_bytes(b"fLaC" + b"\xff" * 60)
        return tmp_path

    def test_words_become_tags_of_the_vocabulary(self, library: Path) -> None:
        found = load_own_tags(library)
        assert found.tags == (("hip-hop", "genre"), ("jazz", "genre"))
        assert names_of(found, "album 2/1.flac") == {"hip-hop"}

    def test_free_words_stand_for_themselves(self, library: Path) -> None:
        found = load_own_tags(library, "free")
        assert [name for name, _ in found.tags] == ["hip hop", "jazz", "sludgecore"]

    def test_what_is_left_out_is_counted(self, library: Path) -> None:
        notes = " | ".join(load_own_tags(library).notes)
        assert "1 tracks without a usable tag" in notes
        assert "1 files whose tags cannot be read" in notes
        assert "sludgecore (4)" in notes

    def test_albums_are_never_cut_by_a_split(self, library: Path) -> None:
        pairs = {(file.group, file.split) for file in load_own_tags(library).files}
        assert len(pairs) == 4

    def test_music_without_tags_is_told_what_to_do(self, tmp_path: Path, make_audio: Callable[..., Path]) -> None:
        make_audio(tmp_path / "a.flac", seconds=0.5)
        with pytest.raises(CorpusError, match="Fill these fields in a tagger"):
            load_own_tags(tmp_path)


def write_genre_and_mood(path: Path) -> None:
    """The same two fields in the words of each format."""
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    match path.suffix:
        case ".mp3" | ".wav":
            file.tags.add(mutagen.id3.TCON(text=["Jazz", "Folk"]))
            file.tags.add(mutagen.id3.TXXX(desc="MOOD", text=["Mellow"]))
        case ".m4a":
            file["\xa9gen"] = ["Jazz", "Folk"]
            file["----:com.apple.iTunes:MOOD"] = [mutagen.mp4.MP4FreeForm(b"Mellow")]
        case ".wma":
            file["WM/Genre"], file["WM/Mood"] = ["Jazz", "Folk"], ["Mellow"]
        case _:
            file["genre"], file["mood"] = ["Jazz; Folk"], ["Mellow"]
    file.save()


class TestFolders:
    @pytest.fixture
    def folders(self, tmp_path: Path) -> Path:
        for name, tracks in (("blues", 5), ("techno", 6), ("lonely", 2)):
            (tmp_path / name).mkdir()
            for number in range(tracks):
                (tmp_path / name / f"{number}.wav").touch()
        (tmp_path / "loose.wav").touch()
        return tmp_path

    def test_each_folder_is_a_class_in_every_split(self, folders: Path) -> None:
        found = load_album_folders(folders)
        assert [name for name, _ in found.tags] == ["blues", "techno"]
        for label in (0, 1):
            assert {file.split for file in found.files if file.labels == (label,)} == {"train", "validation", "test"}

    def test_small_folders_are_counted(self, folders: Path) -> None:
        assert load_album_folders(folders).notes == ("1 folders with fewer than 3 tracks are left out",)

    def test_inner_folders_are_drawn_as_a_whole(self, tmp_path: Path) -> None:
        for genre in ("blues", "techno"):
            for album in range(4):
                for track in range(2):
                    path = tmp_path / genre / f"album {album}" / f"{track}.wav"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.touch()
        found = load_album_folders(tmp_path)
        assert len({(file.group, file.split) for file in found.files}) == 8

    def test_one_folder_is_no_classification(self, folders: Path) -> None:
        with pytest.raises(CorpusError, match="it takes two, each of them a class"):
            load_album_folders(folders / "blues")
