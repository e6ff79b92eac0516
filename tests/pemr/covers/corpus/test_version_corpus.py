from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pemr.command import build
from pemr.covers.alignment.qmax import AlignmentFeatures, coarse_features, compare
from pemr.covers.alignment.spectrum import features_of, spectrum
from pemr.covers.corpus.sketch import sketch
from pemr.covers.corpus.version_corpus import (
    Rendering,
    WorkToRender,
    listen_to_music,
    read_moments,
    read_versions,
    read_work,
    render_corpus,
    works_in,
    works_to_render,
)
from pemr.errors import CorpusError
from pemr.rendering.abc_notation import read_tune
from pemr.rendering.arrange import arrange, arrange_song
from pemr.rendering.midifile import midi_bytes, read_midi
from pemr.rendering.pop_songs import compose
from pemr.rendering.tune_list import CALIBRATION_WORKS, development_works, reserved_sounds, tune_works, works_of

SOUNDFONT_FOLDERS = ("sounds/sf2", "sounds/sf3", "soundfonts")
TUNE = "X:1\nT:Made Up\nM:4/4\nL:1/8\nK:G\n|: GABc dedB | c2ec B2dB | c2A2 GAGF | G4 G4 :|\n"


@pytest.fixture
def rendering(tmp_path: Path) -> Rendering:
    return Rendering(tmp_path, sketched=2, seed=3)


def songs(*numbers: int) -> list[WorkToRender]:
    return [WorkToRender("song", number, "train") for number in numbers]


def test_the_same_seed_gives_the_same_corpus(tmp_path: Path, rendering: Rendering) -> None:
    for folder in ("one", "two"):
        list(render_corpus(tmp_path / folder, songs(1, 2), rendering))
    first, second = (sorted((tmp_path / folder).glob("*.safetensors")) for folder in ("one", "two"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_work_that_is_there_is_not_rendered_again(tmp_path: Path, rendering: Rendering) -> None:
    list(render_corpus(tmp_path / "out", songs(1), rendering))
    before = (tmp_path / "out" / "song-00001.safetensors").stat().st_mtime_ns
    listed = list(render_corpus(tmp_path / "out", songs(1, 2), rendering))
    assert (tmp_path / "out" / "song-00001.safetensors").stat().st_mtime_ns == before
    assert [versions[0].work for versions in listed] == ["song-00001", "song-00002"]
    assert len((tmp_path / "out" / "versions.tsv").read_text().splitlines()) == 5


def test_a_varied_version_is_another_setting_of_the_tune(tmp_path: Path) -> None:
    number = next(number for number in works_of("train") if len(tune_works()[number]) == 1)
    name, _, position = tune_works()[number][0].rpartition("#")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(TUNE * int(position))
    work = [WorkToRender("tune", number, "train")]
    for folder, varied in (("printed", 0.0), ("varied", 1.0), ("again", 1.0)):
        list(render_corpus(tmp_path / folder, work, Rendering(tmp_path, sketched=4, varied=varied)))
    made, again = (works_in(tmp_path / folder)[0].read_bytes() for folder in ("varied", "again"))
    assert made == again
    printed, changed = (read_work(works_in(tmp_path / folder)[0])[0] for folder in ("printed", "varied"))
    assert [version.tempo_bpm for version in printed] != [version.tempo_bpm for version in changed]


def test_two_processes_render_what_one_does(tmp_path: Path, rendering: Rendering) -> None:
    list(render_corpus(tmp_path / "one", songs(1, 2), rendering))
    list(render_corpus(tmp_path / "two", songs(1, 2), rendering, processes=2))
    for path in works_in(tmp_path / "one"):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_training_calibration_and_development_share_no_work() -> None:
    train, development = works_to_render("train", songs=40), works_to_render("development", songs=4)
    calibration = works_to_render("calibration", songs=4)
    names = [work.name for work in (*train, *development, *calibration)]
    assert len(names) == len(set(names)) == len(tune_works()) + 44
    assert len(development) == len(development_works()) + 4
    assert len(calibration) == CALIBRATION_WORKS


def test_reserved_works_and_soundfonts_are_out_of_reach(tmp_path: Path) -> None:
    assert len(tune_works()) == 2938
    assert len(reserved_sounds().grooves) > 50
    with pytest.raises(CorpusError, match="kept for the final examination"):
        Rendering(tmp_path, soundfont=Path("/fonts/TimGM6mb.sf2")).checked()
    default = tmp_path / "default-GM.sf2"
    default.symlink_to("/fonts/TimGM6mb.sf2")  # as Debian calls what it installs with FluidSynth
    with pytest.raises(CorpusError, match=r"TimGM6mb\.sf2 is kept for the final examination"):
        Rendering(tmp_path, soundfont=default).checked()


def test_a_damaged_work_is_named(tmp_path: Path) -> None:
    (tmp_path / "song-00001.safetensors").write_bytes(b"no")
    with pytest.raises(CorpusError, match=r"song-00001\.safetensors is damaged"):
        read_versions(works_in(tmp_path)[0])


def test_an_empty_folder_says_how_to_make_a_corpus(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="pemr-train corpus render versions"):
        works_in(tmp_path)


def test_a_song_is_its_number() -> None:
    assert compose(7) == compose(7)
    assert compose(7).sections["verse"].melody != compose(8).sections["verse"].melody
    for number in range(20):
        song = compose(number)
        for section in song.sections.values():
            assert len(section.chords) == 8
            assert all(30 < note.pitch < 100 for note in section.melody)
            assert max(note.onset + note.duration for note in section.melody) <= 8 * song.bar_length


def test_two_sketches_of_a_song_align_better_than_sketches_of_two_songs() -> None:
    def sketched(number: int, seed: int) -> AlignmentFeatures:
        arrangement = arrange_song(compose(number), random.Random(seed))
        return coarse_features(features_of(sketch(arrangement, random.Random(seed))))

    own, others = [], []
    for number in range(4):
        scores = compare(sketched(number, 1), [sketched(other, 2) for other in range(4)]).score
        own.append(scores[number])
        others += [score for other, score in enumerate(scores) if other != number]
    assert np.mean(own) > 1.3 * np.mean(others)


def test_midi_that_was_written_is_read_again() -> None:
    arrangement = arrange(read_tune(TUNE), random.Random(1))
    notes = read_midi(midi_bytes(arrangement))
    assert {note.pitch for note in notes} == {note.pitch for note in arrangement.notes}
    assert len(notes) == pytest.approx(len(arrangement.notes), rel=0.05)  # a note struck twice at once sounds once
    assert max(note.onset for note in notes) == pytest.approx(max(n.onset for n in arrangement.notes), abs=0.01)


def test_the_chroma_of_a_spectrum_is_that_of_the_sound(player: Callable[..., np.ndarray]) -> None:
    from pemr.covers.alignment.features import cover_features

    sound = player(4, notes=60)
    direct, kept = cover_features(sound), features_of(spectrum(sound))
    frames = min(direct.frames, kept.frames)
    assert (direct.rows()[:frames] * kept.rows()[:frames]).sum(axis=1).mean() > 0.98


def test_real_music_is_a_work_of_one_version(tmp_path: Path) -> None:
    demo = sorted((Path(__file__).parents[4] / "resources" / "demo").glob("*.opus"))[:1]
    shutil.copy(demo[0], tmp_path / "a.opus")
    (tmp_path / "b.ogg").write_bytes(b"not music")
    versions = list(listen_to_music(tmp_path / "out", sorted(tmp_path.glob("*.o*"))))
    assert len(versions) == 1
    versions, spectra = read_work(works_in(tmp_path / "out")[0])
    assert versions[0].frames == len(spectra[0]) > 50


def test_a_set_of_recordings_becomes_a_corpus_with_moments_of_sound(tmp_path: Path) -> None:
    demo = sorted((Path(__file__).parents[4] / "resources" / "demo").glob("*.opus"))[:2]
    for path in demo:
        (tmp_path / "set" / "A work?").mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / "set" / "A work?" / path.name)
    run = CliRunner().invoke(
        build(), ["corpus", "listen", str(tmp_path / "set"), str(tmp_path / "out"), "--segments", "2"]
    )
    assert run.exit_code == 0, run.output
    assert "2 recordings of 1 works" in run.output
    path = works_in(tmp_path / "out")[0]
    assert path.name.startswith("A_work_-")
    assert {index: kept.shape for index, kept in read_moments(path).items()} == {0: (2, 59049), 1: (2, 59049)}
    assert [version.split for version in read_versions(path)] == ["train", "train"]


@pytest.fixture
def soundfont() -> Path:
    """The smallest soundfont of this machine that is not kept for the final examination, and plays by itself."""
    found = [
        path
        for folder in SOUNDFONT_FOLDERS
        for path in Path("/usr/share", folder).glob("*.sf[23]")
        if reserved_sounds().allows_soundfont(path.resolve().name) and not path.stem.endswith("_GS")
    ]
    if shutil.which("fluidsynth") is None or not found:
        pytest.skip("needs FluidSynth and a soundfont (Debian: fluidsynth, fluidr3mono-gm-soundfont)")
    return min(found, key=lambda path: path.stat().st_size)


def test_a_version_played_by_a_soundfont_is_kept_with_its_sound(tmp_path: Path, soundfont: Path) -> None:
    rendering = Rendering(
        tmp_path, soundfont=soundfont, sketched=1, rendered=1, audio_folder=tmp_path / "audio", segments=2
    )
    versions = next(iter(render_corpus(tmp_path / "out", songs(3), rendering)))
    assert [version.sound for version in versions] == ["sketch", soundfont.stem]
    assert (tmp_path / "audio" / "song-00003-1.flac").stat().st_size > 100_000
    assert list(read_moments(works_in(tmp_path / "out")[0])) == [1]
