"""The free corpus: its list, and bringing it from packages made on the spot."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from pemr.datasets import free_game_music
from pemr.datasets.free_game_music import CorpusTrack, corpus_tracks, fetch
from pemr.errors import CorpusError


def test_the_list_holds_21_hours_split_by_soundtrack() -> None:
    tracks = corpus_tracks()
    assert len(tracks) == 362
    assert 21.0 < sum(track.duration_s for track in tracks) / 3600 < 22.0
    by_split = {split: {t.package for t in tracks if t.split == split} for split in ("train", "validation")}
    assert not by_split["train"] & by_split["validation"]
    assert len({track.target() for track in tracks}) == len(tracks), "no two tracks share a place"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CorpusTrack:
    """A real package with one track, and the track; downloading it is copying it."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb makes the package; this system has none")
    content = b"OggS" + bytes(range(256)) * 8
    tree = tmp_path / "tree"
    for name, data in {
        "usr/share/games/tune/music/one.ogg": content,
        "usr/share/games/tune/secret.bin": b"not wanted",
        "usr/share/doc/tune/copyright": b"Free as in freedom.\n",
        "DEBIAN/control": b"Package: tune\nVersion: 1\nArchitecture: all\nMaintainer: a <n@a.org>\nDescription: x\n",
    }.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    archive = tmp_path / "tune_1_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(archive)], check=True, capture_output=True)

    def bring(_package: str, scratch: Path) -> Path:
        return Path(shutil.copy(archive, scratch / archive.name))

    monkeypatch.setattr(free_game_music, "download_package", bring)
    digest = hashlib.sha256(content).hexdigest()
    return CorpusTrack("tune", "usr/share/games/tune/music/one.ogg", 1.0, "train", digest)


def test_fetch_brings_the_track_and_its_licence_and_nothing_else(package: CorpusTrack, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    report = fetch(folder, tracks=[package])
    assert (report.present, report.fetched, report.faults) == (0, 1, ())
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "LICENCES/tune.txt",
        "train/tune/tune/music/one.ogg",
    ]


def test_fetch_again_opens_no_package(package: CorpusTrack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch(tmp_path / "corpus", tracks=[package])
    monkeypatch.setattr(free_game_music, "download_package", None)
    assert fetch(tmp_path / "corpus", tracks=[package]).present == 1


def test_another_version_of_a_track_is_named(package: CorpusTrack, tmp_path: Path) -> None:
    report = fetch(tmp_path / "corpus", tracks=[msgspec.structs.replace(package, sha256="0" * 64)])
    assert "one.ogg" in report.faults[0]
    assert "digest" in report.faults[0]


def test_a_system_without_packages_is_told_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CorpusError, match="apt-get"):
        fetch(tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()
