from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from pemr.covers.evaluation.da_tacos import da_tacos_tracks, features_of_hpcp, read_hpcp
from pemr.datasets.cliques import load_clique_folder
from pemr.datasets.covers80 import load_covers80
from pemr.datasets.shs100k import load_shs100k
from pemr.errors import CorpusError


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")


def covers80(root: Path) -> Path:
    """Two songs in the true layout, one of them with a third recording that no list names."""
    folder = root / "coversongs" / "covers32k"
    names = [
        ("Abracadabra", "steve_miller_band+Steve_Miller_Band_Live_+09-Abracadabra", "sugar_ray+14_59+04-Abracadabra"),
        ("All_Along_The_Watchtower", "jimi_hendrix+Electric+15-Watchtower", "bob_dylan+John+04-Watchtower"),
    ]
    for song, first, second in names:
        touch(folder / song / f"{first}.mp3")
        touch(folder / song / f"{second}.mp3")
    touch(folder / "Abracadabra" / "a_third+one+01-Abracadabra.mp3")
    for index, name in ((1, "list1.list"), (2, "list2.list")):
        (folder / name).write_text("".join(f"{song[0]}/{song[index]}\n" for song in names))
    return root


def test_covers80_takes_the_recordings_of_both_lists(tmp_path: Path) -> None:
    found = load_covers80(covers80(tmp_path))
    assert len(found.tracks) == 4
    assert [track.work for track in found.tracks] == ["Abracadabra"] * 2 + ["All_Along_The_Watchtower"] * 2
    assert found.notes == ()
    assert str(found) == "Covers80, list1 and list2: 4 tracks, 2 works"


def test_covers80_without_lists_takes_every_recording_and_says_so(tmp_path: Path) -> None:
    for listing in covers80(tmp_path).rglob("*.list"):
        listing.unlink()
    found = load_covers80(tmp_path)
    assert len(found.tracks) == 5
    assert "figures do not compare" in found.notes[0]


def test_covers80_with_a_missing_recording_names_it(tmp_path: Path) -> None:
    next(covers80(tmp_path).rglob("sugar_ray*")).unlink()
    assert "Abracadabra/sugar_ray+14_59+04-Abracadabra" in load_covers80(tmp_path).notes[0]


def test_covers80_that_is_not_there_says_what_to_put_where(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"Unpack covers80\.tgz"):
        load_covers80(tmp_path)


def test_shs100k_reads_its_list_and_the_recordings_by_number(tmp_path: Path) -> None:
    (tmp_path / "SHS100K-TEST").write_text("1536\t2\n1536\t3\n3584\t1\n")
    for name in ("1536_2.mp3", "1536_3.m4a", "9999_1.mp3"):
        touch(tmp_path / "audio" / name)
    found = load_shs100k(tmp_path)
    assert [(track.path.name, track.work) for track in found.tracks] == [("1536_2.mp3", "1536"), ("1536_3.m4a", "1536")]
    assert found.notes == ("1 of 3 recordings are missing: figures do not compare",)


def test_shs100k_sub_reads_the_arrays_of_the_paper(tmp_path: Path) -> None:
    np.save(tmp_path / "SHS_TEST_SUB.npy", np.array(["9500_1", "9500_0", "7656_2"]))
    for name in ("9500_1", "9500_0", "7656_2"):
        touch(tmp_path / "audio" / f"{name}.mp3")
    found = load_shs100k(tmp_path, "test", sub=True)
    assert str(found) == "SHS100K-SUB, test: 3 tracks, 2 works, 1 of them with one recording"


def test_shs100k_that_is_not_there_says_what_to_put_where(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"Put SHS_TEST_SUB\.npy into .*audio/1536_2\.mp3"):
        load_shs100k(tmp_path, sub=True)
    (tmp_path / "SHS100K-TEST").write_text("1536\t2\n")
    with pytest.raises(CorpusError, match=r"None of the 1 recordings .* \(first 1536_2\)"):
        load_shs100k(tmp_path)
    (tmp_path / "SHS100K-TEST").write_text("1536\n")
    with pytest.raises(CorpusError, match="not a list of song and version numbers"):
        load_shs100k(tmp_path)


def test_a_folder_of_works_has_distractors_beside_them(tmp_path: Path) -> None:
    for name in ("one/a.flac", "one/b.mp3", "two/c.ogg", "alone.wav", "one/cover.jpg"):
        touch(tmp_path / name)
    found = load_clique_folder(tmp_path)
    assert sorted(str(track.work) for track in found.tracks) == ["None", "one", "one", "two"]
    assert str(found).endswith("4 tracks, 2 works, 1 of them with one recording, 1 distractors")


def test_a_folder_without_versions_says_how_to_lay_them_out(tmp_path: Path) -> None:
    touch(tmp_path / "a.flac")
    with pytest.raises(CorpusError, match="into a folder of its own"):
        load_clique_folder(tmp_path)


def test_a_table_decides_over_folders(tmp_path: Path) -> None:
    for name in ("a.flac", "b.flac"):
        touch(tmp_path / name)
    (tmp_path / "versions.tsv").write_text("work\tfile\n7\ta.flac\n7\tb.flac\n")
    assert [track.work for track in load_clique_folder(tmp_path).tracks] == ["7", "7"]
    (tmp_path / "b.flac").unlink()
    with pytest.raises(CorpusError, match=r"1 files .* the first is b\.flac"):
        load_clique_folder(tmp_path)


def da_tacos(root: Path) -> Path:
    metadata = root / "da-tacos_metadata" / "da-tacos_benchmark_subset_metadata.json"
    metadata.parent.mkdir(parents=True)
    metadata.write_text(json.dumps({"W_1": {"P_1": {}, "P_2": {}}, "W_2": {"P_3": {}}}))
    for work, recording in (("W_1", "P_1"), ("W_1", "P_2"), ("W_2", "P_3")):
        touch(root / "da-tacos_benchmark_subset_hpcp" / f"{work}_hpcp" / f"{recording}_hpcp.h5")
    return root


def test_da_tacos_works_of_one_recording_are_distractors(tmp_path: Path) -> None:
    assert [track.work for track in da_tacos_tracks(da_tacos(tmp_path))] == ["W_1", "W_1", None]
    with pytest.raises(CorpusError, match="HPCP of the benchmark subset"):
        da_tacos_tracks(tmp_path / "nowhere")


def test_hpcp_of_one_note_becomes_chroma_of_that_note() -> None:
    hpcp = np.zeros((430, 12), np.float32)
    hpcp[:, 0] = 1.0  # A comes first in Essentia's HPCP, C in ours
    features = features_of_hpcp(hpcp)
    assert features.rows().argmax(axis=1).tolist() == [9] * features.frames
    assert features.frames == pytest.approx(430 * 2048 / 44_100 / 0.2325, abs=1)


def test_da_tacos_features_are_read_from_hdf5(tmp_path: Path) -> None:
    tracks = da_tacos_tracks(da_tacos(tmp_path))
    for track in tracks:
        with h5py.File(track.path, "w") as file:
            file["hpcp"] = np.random.default_rng(1).random((300, 12))
    assert [found.frames for found in read_hpcp(tracks)] == [59, 59, 59]
