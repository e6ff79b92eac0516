from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pemr.command import build
from pemr.covers.alignment.features import CoverFeatures
from pemr.covers.alignment.qmax import AlignmentFeatures, Comparison, compare
from pemr.covers.corpus.version_corpus import Rendering, WorkToRender, render_corpus
from pemr.covers.evaluation import evaluation
from pemr.covers.evaluation.evaluation import (
    EvaluationSet,
    alignment_matrix,
    alignment_scorers,
    cosine_scorer,
    evaluation_set_of_cliques,
    evaluation_set_of_corpus,
    fourier_vector,
    measure,
    network_scorer,
    shortlist_recall,
)
from pemr.covers.evaluation.two_stage import search_scorer
from pemr.covers.networks.frames import shingles
from pemr.covers.networks.network_file import NetworkSettings, TrainedNetwork
from pemr.covers.networks.registry import build_network, save_network
from pemr.covers.networks.similarity import best_of_shingles, both_ways
from pemr.datasets.cliques import load_clique_folder
from pemr.errors import CorpusError
from pemr.frontend import FrontEnd


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    works = [WorkToRender("song", number, "development") for number in (0, 20, 40)]
    list(render_corpus(folder, works, Rendering(folder, sketched=2)))
    return folder


@pytest.fixture(scope="module")
def tracks(corpus: Path) -> EvaluationSet:
    return evaluation_set_of_corpus(corpus)


def test_every_method_ranks_a_small_set(tracks: EvaluationSet) -> None:
    settings = NetworkSettings("pitch-class", 16, 4)
    network = TrainedNetwork(build_network(settings).eval(), settings, "", "untrained")
    for scorer in (
        *alignment_scorers(tracks.features),
        network_scorer(network, tracks),
        network_scorer(network, tracks, parts=True),
    ):
        report = measure(tracks, scorer)
        assert report.queries == 6
        assert 0.0 < report.mean_average_precision <= 1.0


def test_the_whole_search_ranks_what_the_shortlist_holds_by_alignment(tracks: EvaluationSet) -> None:
    rough = cosine_scorer(np.eye(6, dtype=np.float32))  # knows nothing: order of the ids
    fine = np.zeros((6, 6), np.float32)
    fine[0] = [9, 1, 5, 3, 8, 7]
    scores = search_scorer(rough, lambda query: fine[query], 3)(0)
    assert np.argsort(-scores).tolist() == [2, 3, 1, 4, 5, 0]


def test_the_share_of_shortlists_that_hold_a_version(tracks: EvaluationSet) -> None:
    perfect = np.array([[work == other for other in tracks.works] for work in tracks.works], np.float32)
    assert shortlist_recall(tracks, lambda query: perfect[query], 1) == 1.0
    assert shortlist_recall(tracks, lambda query: -perfect[query], 4) == 0.0


def test_what_stands_apart_is_no_wrong_answer(tracks: EvaluationSet) -> None:
    scores = np.array([[work == other for other in tracks.works] for work in tracks.works], np.float32)
    wrong_first = {query: {index} for query in range(6) for index in [(query + 2) % 6]}
    for query, (index,) in wrong_first.items():
        scores[query, index] = 9.0
    assert measure(tracks, lambda query: scores[query]).mean_average_precision == 0.5
    apart = dataclasses.replace(tracks, apart=wrong_first)
    assert measure(apart, lambda query: scores[query]).mean_average_precision == 1.0
    assert shortlist_recall(apart, lambda query: scores[query], 1) == 1.0


def test_the_alignment_of_a_large_set_goes_on_where_it_was_stopped(
    tracks: EvaluationSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = alignment_matrix(tracks.features)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(evaluation, "KEPT_EVERY_S", -1.0)
    compared: list[AlignmentFeatures] = []

    def stopped(coarse_features: AlignmentFeatures, others: list[AlignmentFeatures]) -> Comparison:
        if len(compared) == 3:
            raise KeyboardInterrupt
        compared.append(coarse_features)
        return compare(coarse_features, others)

    with monkeypatch.context() as stopping:
        stopping.setattr(evaluation, "compare", stopped)
        with pytest.raises(KeyboardInterrupt):
            alignment_matrix(tracks.features, tmp_path / "kept")
    assert np.array_equal(alignment_matrix(tracks.features, tmp_path / "kept"), whole)
    monkeypatch.setattr(evaluation, "compare", stopped)  # would stop at once if anything were left to do
    assert np.array_equal(alignment_matrix(tracks.features, tmp_path / "kept"), whole)


def test_the_fourier_vector_does_not_know_the_key() -> None:
    chroma = np.random.default_rng(1).random((300, 12), np.float32)
    vectors = [fourier_vector(CoverFeatures.of(np.roll(chroma, k, axis=1), 70.0, 0.0, 9.0)) for k in (0, 5)]
    assert float(vectors[0] @ vectors[1]) == pytest.approx(1.0, abs=1e-4)


def test_half_minutes_cover_the_track_to_its_end() -> None:
    frames = np.arange(12 * 150, dtype=np.float32).reshape(12, 150)
    parts = shingles(frames)
    assert parts.shape[1:] == (12, 64)
    assert np.array_equal(parts[-1], frames[:, -64:])
    assert np.array_equal(parts[0], frames[:, :64])
    assert shingles(frames[:, :10]).shape == (1, 12, 64)


def test_the_best_half_minute_of_each_track_counts() -> None:
    query = np.array([[1.0, 0.0]], np.float32)
    references = [np.array([[0.0, 1.0], [1.0, 0.0]], np.float32), np.array([[0.6, 0.8]], np.float32)]
    assert best_of_shingles(query, references).tolist() == pytest.approx([1.0, 0.6])
    assert both_ways(query, references).tolist() == pytest.approx([0.75, 0.6])
    assert both_ways(references[0], [query, references[1]]).tolist() == pytest.approx([0.75, (0.7 + 0.8) / 2])


def test_the_command_prints_each_method_and_where_table_5_belongs(corpus: Path, tmp_path: Path) -> None:
    settings = NetworkSettings("pitch-class", 16, 4)
    save_network(tmp_path / "net.safetensors", build_network(settings), settings, "untrained")
    (tmp_path / "other").mkdir()
    save_network(tmp_path / "other" / "net.safetensors", build_network(settings), settings, "untrained")
    networks = [
        "--network",
        str(tmp_path / "net.safetensors"),
        "--network",
        str(tmp_path / "other" / "net.safetensors"),
    ]
    run = CliRunner().invoke(build(), ["evaluate", "covers", str(corpus), "--set", "corpus", *networks])
    assert run.exit_code == 0, run.output
    for line in (
        "2-D Fourier chroma: MAP",
        "alignment, normalised against the cohort: MAP",
        "then the best of all on its first 50: MAP",
        "its first 50 for 100.0%",
        "pitch-class (other/net.safetensors): MAP",
    ):
        assert line in run.output
    assert "figures do not compare" in run.output


def test_a_folder_of_works_is_decoded_once_and_a_network_with_an_encoder_ranks_it(tmp_path: Path) -> None:
    demo = sorted((Path(__file__).parents[4] / "resources" / "demo").glob("*.opus"))[:3]
    for index, path in enumerate(demo):
        target = tmp_path / "set" / ("one" if index < 2 else "two") / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (tmp_path / "set" / "two" / "broken.mp3").write_bytes(b"not music")
    cliques = load_clique_folder(tmp_path / "set")
    first, second = (next((tmp_path / "set" / work).glob("*.opus")) for work in ("one", "two"))
    cliques = dataclasses.replace(cliques, apart=((first, tmp_path / "not there"), (second, first)))
    tracks = evaluation_set_of_cliques(cliques, tmp_path / "cache", with_moments=True)
    assert tracks.notes == ("1 files could not be decoded",)
    assert tracks.apart in ({0: {2}, 2: {0}}, {1: {2}, 2: {1}})
    settings = NetworkSettings("fcn+cqt-net", 16, 2, front_end=FrontEnd(hop_length=512))
    network = TrainedNetwork(build_network(settings).eval(), settings, "", "untrained")
    report = measure(tracks, network_scorer(network, tracks))
    assert (report.queries, report.lone_queries, report.candidates) == (2, 1, 2)
    again = evaluation_set_of_cliques(cliques, tmp_path / "cache", with_moments=True)
    assert all(np.array_equal(a, b) for a, b in zip(tracks.moments, again.moments, strict=True))
    with pytest.raises(CorpusError, match="which this network listens to"):
        network_scorer(network, evaluation_set_of_cliques(cliques, tmp_path / "cache"))
