"""Covers in the real worker: bad input gets a plain sentence, passes go on where they stopped, and it grades itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import mutagen
import numpy as np
import pytest

from pemr.covers.scores.normalisation import default_score_model
from pemr_desktop.analysis.covers.prior import estimate_versions_per_track, with_prior
from pemr_desktop.analysis.covers.verdict import classify, stored_measurements
from pemr_desktop.errors import PemrDesktopError
from pemr_desktop.jobs.session import WorkerSession
from pemr_desktop.library import queries
from pemr_desktop.library.database.reader import open_reader
from pemr_desktop.library.versions import pairs as versions
from pemr_desktop.library.versions.calibration import CoverFitStatus
from pemr_desktop.protocol.cover_quality import CoverFitReport, CoverQuality
from pemr_desktop.protocol.messages import (
    AddFolders,
    Analyse,
    Cancel,
    Cancelled,
    CheckCovers,
    FindAllVersions,
    FindCovers,
    Finished,
    FitCoverSearch,
    JudgeVersion,
    Progress,
    Request,
    ResetCoverSearch,
    Start,
)
from pemr_desktop.protocol.results import AnalyseResult, CoverResult, VersionsResult
from pemr_desktop.protocol.sentences import cover_sentence, ending
from random_model import write_random_model

RATE = 16_000
WORKS = 10
SURE = ("same recording", "version")
LONG_S = 3 * 3600


class Studio:
    """One worker for all tests of this file, a library of tunes, and a folder beside it."""

    def __init__(self, folder: Path, write: Callable[..., Path], tune: Callable[..., np.ndarray]) -> None:
        self.folder, self.write, self.tune = folder, write, tune
        self.library = folder / "home" / "data" / "library.sqlite"
        self.outside = folder / "outside"
        self.outside.mkdir()
        model = folder / "random.safetensors"
        write_random_model(model)
        self.session = WorkerSession(self.library, model)
        self.session.__enter__()

    def run(self, request: Request) -> tuple[str, msgspec.Struct | None]:
        ended, result = self.session.run(request, "a job", lambda _event: None)
        return ending(request, ended, result), result

    def find(self, sound: np.ndarray, name: str = "dropped.flac") -> CoverResult:
        path = self.write(self.outside / name, sound, RATE)
        result = self.run(FindCovers(path=os.fsencode(path)))[1]
        assert isinstance(result, CoverResult)
        return result

    def ids(self) -> dict[str, int]:
        with closing(open_reader(self.library)) as connection:
            return {row.title: row.id for row in queries.rows(connection, queries.track_ids(connection))}

    def fit_status(self) -> CoverFitStatus:
        with closing(open_reader(self.library)) as connection:
            return queries.cover_fit_status(connection)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Ten works in two keys and tempi each, tagged with the work; scanned and listened to once (half a minute)."""
    from sounds import melody, write_audio

    folder = tmp_path_factory.mktemp("studio")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEMR_DESKTOP_HOME", str(folder / "home"))
        patch.setenv("OMP_NUM_THREADS", "1")
        made = Studio(folder, write_audio, melody)
        music = folder / "music"
        music.mkdir()
        for work in range(WORKS):
            for title, transpose, tempo in ((f"Tune {work}", 0, 1.0), (f"Tune {work} again", work % 5 + 1, 1.1)):
                sound = melody(40.0, RATE, transpose=transpose, tempo=tempo, seed=100 + work)
                path = write_audio(music / f"{title}.flac", sound, RATE)
                tags = mutagen.File(path)
                tags.update({"title": title, "artist": "The Testers", "musicbrainz_workid": f"work-{work}"})
                tags.save()
        made.run(AddFolders((os.fsencode(music),)))
        made.run(Analyse())
        yield made
        made.session.__exit__(None, None, None)


# --- bad input


@pytest.mark.parametrize(
    ("sound", "says"),
    [
        pytest.param(np.zeros(20 * RATE, np.float32), "silent", id="silence"),
        pytest.param(
            np.random.default_rng(1).normal(0, 0.1, 20 * RATE).astype(np.float32), "no clear pitches", id="noise"
        ),
        pytest.param(np.sin(np.arange(20 * RATE) * 0.2).astype(np.float32) * 0.3, "one unchanging sound", id="tone"),
        pytest.param(None, "too short", id="four seconds"),
    ],
)
def test_what_holds_no_music_gets_a_plain_sentence_and_no_match(
    studio: Studio, sound: np.ndarray | None, says: str
) -> None:
    result = studio.find(sound if sound is not None else studio.tune(4.0, RATE, seed=100))
    assert says in cover_sentence(result) and result.matches == ()


def speech(seconds: float) -> np.ndarray:
    """Like speech: syllables of a gliding voice through changing formants, hiss between them, pauses."""
    draw = np.random.default_rng(7)
    out = np.zeros(int(seconds * RATE), np.float32)
    position = 0
    while position < len(out) - RATE:
        count = int(draw.uniform(0.08, 0.25) * RATE)
        time = np.arange(count) / RATE
        pitch_hz = draw.uniform(95, 180) * (1 + draw.uniform(-0.3, 0.3) * time / time[-1])
        phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE
        formants = draw.uniform((300, 900, 2200), (800, 2200, 3000))
        waves = sum(
            np.sin(k * phase) * np.exp(-np.abs(k * pitch_hz[:, None] - formants).min(axis=1) / 200)
            for k in range(1, 25)
        )
        out[position : position + count] = 0.2 * np.hanning(count) * waves
        hiss = int(draw.uniform(0.02, 0.3) * RATE)
        out[position + count : position + count + hiss] += draw.normal(0, 0.02, hiss)[: len(out) - position - count]
        position += count + hiss
    return out


def test_speech_and_short_clips_of_an_unrelated_tune_get_no_confident_match(studio: Studio) -> None:
    for sound in (speech(40.0), studio.tune(6.0, RATE, seed=999)):
        result = studio.find(sound)
        assert cover_sentence(result)
        assert [match for match in result.matches if match.verdict in SURE] == []


def test_a_file_that_cannot_be_decoded_is_refused_by_name(studio: Studio) -> None:
    broken = studio.outside / "broken.mp3"
    broken.write_bytes(b"no sound at all" * 100)
    with pytest.raises(PemrDesktopError, match=r"broken\.mp3 cannot be compared.*left untouched"):
        studio.run(FindCovers(path=os.fsencode(broken)))


def test_the_same_file_from_elsewhere_is_the_same_recording_and_in_another_key_a_version(studio: Studio) -> None:
    copy = studio.find(studio.tune(40.0, RATE, seed=103), "copy.mp3")
    assert (copy.matches[0].track_id, copy.matches[0].verdict) == (studio.ids()["Tune 3"], "same recording")
    other = studio.find(studio.tune(40.0, RATE, transpose=2, tempo=0.92, seed=103), "slower.opus")
    assert {match.track_id for match in other.matches[:2]} == {studio.ids()["Tune 3"], studio.ids()["Tune 3 again"]}
    assert all(match.verdict == "version" for match in other.matches[:2])


@pytest.mark.slow
def test_a_mix_of_three_hours_is_compared_in_its_first_twenty_minutes(studio: Studio) -> None:
    """Three hours of sound have to be decoded. Frames of MP3 may be put one after the other."""
    known = [studio.tune(40.0, RATE, seed=100 + work) for work in (4, 7)]
    unrelated = [studio.tune(110.0, RATE, seed=500 + part) for part in range(2)]
    part = studio.write(studio.outside / "part.mp3", np.concatenate([*known, *unrelated]), RATE)
    mix = studio.outside / "mix.mp3"
    mix.write_bytes(part.read_bytes() * (LONG_S // 300))
    _, result = studio.run(FindCovers(path=os.fsencode(mix)))
    assert isinstance(result, CoverResult)
    assert result.query_duration_s == pytest.approx(LONG_S, rel=0.01)
    assert "tracks" in cover_sentence(result)
    assert cover_sentence(result).endswith("Only the first 20 minutes of the track were compared.")
    ids = studio.ids()
    sure = {match.track_id for match in result.matches if match.verdict in SURE}
    assert sure <= {ids[title] for work in (4, 7) for title in (f"Tune {work}", f"Tune {work} again")}


def test_a_library_without_another_track_says_so(tmp_path: Path, studio: Studio) -> None:
    path = studio.write(tmp_path / "alone.flac", studio.tune(20.0, RATE, seed=1), RATE)
    with WorkerSession(tmp_path / "library.sqlite", studio.folder / "random.safetensors") as session:
        for request in (AddFolders((os.fsencode(path),)), Analyse()):
            session.run(request, "a job", lambda _event: None)
        _, result = session.run(FindCovers(track_id=1), "a job", lambda _event: None)
        assert isinstance(result, CoverResult)
        assert result.matches == () and "no other track has been listened to" in cover_sentence(result)
        with pytest.raises(PemrDesktopError, match="nothing to check"):
            session.run(CheckCovers(), "a job", lambda _event: None)


# --- all versions: cancelled, gone on with, and incremental


def test_all_versions_stop_go_on_and_compare_a_new_track_only(studio: Studio, start_worker: Callable[..., Any]) -> None:
    tracks, model = 2 * WORKS, studio.folder / "random.safetensors"
    studio.session.__exit__(None, None, None)
    worker = start_worker(model, studio.library)
    worker.say(Start(1, FindAllVersions()))
    while not (isinstance(event := worker.hear(), Progress) and 0 < event.total // 4 <= event.done):
        pass
    worker.say(Cancel(1))
    ended = worker.hear_until((Cancelled, Finished), 1)[-1]
    worker.close()
    studio.session = WorkerSession(studio.library, model)
    studio.session.__enter__()
    assert isinstance(ended, Cancelled)
    rest = studio.run(FindAllVersions())[1]
    assert isinstance(rest, VersionsResult)
    assert 0 < rest.compared_pairs < tracks * (tracks - 1) // 2
    assert studio.run(FindAllVersions())[1] == VersionsResult(0, 0, rest.groups)
    path = studio.write(studio.folder / "music" / "New.flac", studio.tune(40.0, RATE, seed=777), RATE)
    studio.run(AddFolders((os.fsencode(path),)))
    analysed = studio.run(Analyse())[1]
    assert isinstance(analysed, AnalyseResult) and analysed.analysed == 1
    again = studio.run(FindAllVersions())[1]
    assert isinstance(again, VersionsResult) and again.compared_pairs == tracks


# --- it grades itself


def test_pairs_are_called_by_how_many_versions_this_library_holds(studio: Studio) -> None:
    _, result = studio.run(FindAllVersions())
    assert isinstance(result, VersionsResult)
    shipped = default_score_model()
    with closing(open_reader(studio.library)) as connection:
        pairs = versions.measured(connection)
    near = [stored_measurements(pair) for pair in pairs]
    tracks = len(studio.ids())
    own = with_prior(shipped, estimate_versions_per_track(near, tracks, tracks - 1, shipped))
    assert own.versions_per_track > shipped.versions_per_track  # nearly all of its tracks have one
    for pair, measurements in zip(pairs, near, strict=True):
        verdict, probability = classify(measurements, own, tracks - 1)
        assert pair.probability == pytest.approx(probability, abs=1e-3)
        assert pair.relation == (verdict if verdict in SURE else None)


def test_it_grades_itself_learns_and_goes_back(studio: Studio) -> None:
    studio.run(FindAllVersions())
    summary, checked = studio.run(CheckCovers())
    assert isinstance(checked, CoverQuality)
    assert checked.by_tags == WORKS and checked.found.of == WORKS and checked.found_same_artist == checked.found
    assert checked.called.right <= checked.called.of and str(checked.called.of) in summary
    assert checked.non_versions_in_all == 2 * WORKS * (2 * WORKS - 1) // 2 - WORKS
    assert checked.not_compared == 0 and not checked.fitted
    assert msgspec.json.decode(studio.fit_status().quality, type=CoverQuality) == checked
    assert checked.known == studio.fit_status().known and studio.fit_status().judged_since == 0

    ids = studio.ids()
    studio.run(JudgeVersion(ids["Tune 0"], ids["Tune 0 again"], "not a version"))
    assert studio.fit_status().judged_since == 1
    _, wrong = studio.run(CheckCovers())
    assert isinstance(wrong, CoverQuality)
    assert (wrong.by_you, wrong.by_tags) == (1, WORKS - 1)
    pair = next(pair for pair in wrong.wrong if pair.told_by == "you")
    assert (pair.track_a, pair.track_b) == tuple(sorted((ids["Tune 0"], ids["Tune 0 again"])))
    assert (pair.said, pair.truth) == ("version", "not a version")
    studio.run(JudgeVersion(ids["Tune 0"], ids["Tune 0 again"], "undecided"))

    summary, fitted = studio.run(FitCoverSearch())
    assert isinstance(fitted, CoverFitReport)
    assert fitted.versions == WORKS and fitted.works >= WORKS
    assert fitted.layer is not None and (fitted.layer.kept or fitted.layer.reason)
    assert fitted.kept == (studio.fit_status().fitted_at is not None)
    assert fitted.kept == ("has learned" in summary) and fitted.kept == (not fitted.reason)
    back, _ = studio.run(ResetCoverSearch())
    assert "as it was shipped" in back
    assert studio.fit_status().fitted_at is None
    assert "is as it was shipped." in studio.run(ResetCoverSearch())[0]


def test_too_few_answers_are_refused_with_what_is_needed(tmp_path: Path, studio: Studio) -> None:
    paths = [studio.write(tmp_path / f"{seed}.flac", studio.tune(20.0, RATE, seed=seed), RATE) for seed in (31, 32)]
    with WorkerSession(tmp_path / "library.sqlite", studio.folder / "random.safetensors") as session:
        for request in (AddFolders(tuple(map(os.fsencode, paths))), Analyse(), JudgeVersion(1, 2, "not a version")):
            session.run(request, "a job", lambda _event: None)
        with pytest.raises(PemrDesktopError, match=r"Too few answers.* 6 versions of 3 works and 6 pairs"):
            session.run(FitCoverSearch(), "a job", lambda _event: None)
