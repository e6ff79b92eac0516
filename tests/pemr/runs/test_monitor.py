"""What a run measures of its encoder: folders found by neighbours, tags by a linear probe, both without leaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pemr.build import build_method, segment_encoder
from pemr.datasets.folder import CachedTrack, build_cache
from pemr.frontend import FrontEnd
from pemr.recipe import load_recipe
from pemr.runs.monitor import Monitor, folder_of, nearest_classes, reference_tracks, ridge_scores
from pemr.runs.run_folder import clips_of


def track(path: str) -> CachedTrack:
    return CachedTrack(path, path, 1)


def test_most_of_the_nearest_tracks_decide_and_the_nearest_of_equals() -> None:
    references = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.8, 0.2], [-1.0, 0.1], [-0.9, 0.0], [-0.8, 0.3]])
    classes = ["right", "right", "right", "left", "left", "left"]
    assert nearest_classes(torch.tensor([[0.7, 0.05], [-0.7, 0.1]]), references, classes) == ["right", "left"]
    five = ["a", "b", "b", "c", "a", "c"]
    assert nearest_classes(references[:1], references, five) == ["a"]


def test_the_linear_probe_is_ridge_regression() -> None:
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(40, 6, generator=generator)
    answers = (features[:, :2] > 0).float()
    asked = torch.randn(10, 6, generator=generator)
    mean, spread = features.mean(dim=0), features.std(dim=0) + 1e-6
    x, y = (features - mean) / spread, (asked - mean) / spread
    by_hand = y @ torch.linalg.solve(x.T @ x + 6 * torch.eye(6), x.T @ (answers - answers.mean(dim=0)))
    torch.testing.assert_close(ridge_scores(features, answers, asked), by_hand, atol=1e-4, rtol=1e-4)


def test_the_probe_is_fitted_on_other_folders_than_it_is_asked_about() -> None:
    train = [track(f"/music/album {i % 4}/track {i}") for i in range(40)]
    held_out = [track("/music/album 1/asked"), track("/music/album 3/asked")]
    references = reference_tracks(train, held_out)
    assert {folder_of(each) for each in references.neighbours} == {"/music/album 1", "/music/album 3"}
    assert {folder_of(each) for each in references.apart} == {"/music/album 0", "/music/album 2"}
    assert reference_tracks(train[::-1], held_out) == references


def test_large_collections_are_sampled_evenly_over_their_folders() -> None:
    train = [track(f"/music/album {i % 8}/track {i}") for i in range(1000)]
    neighbours = reference_tracks(train, [track(f"/music/album {i}/asked") for i in range(4)]).neighbours
    counts = [sum(folder_of(each) == f"/music/album {i}" for each in neighbours) for i in range(4)]
    assert counts == [32, 32, 32, 32]


def test_a_run_measures_halves_folders_and_tags_and_leaves_the_encoder_as_it_was(
    music: Path, recipe_file: Path, tmp_path: Path
) -> None:
    recipe = load_recipe(str(recipe_file))
    manifest = build_cache(
        [music], tmp_path, 16_000, max_track_s=600, cache_gb=1, progress=lambda *_: None
    )  # fmt: skip
    train, held_out = manifest.tracks[:4], manifest.tracks[1:5]
    torch.manual_seed(1)
    method = build_method(recipe).train()
    before = {name: value.clone() for name, value in method.state_dict().items()}
    encoder = segment_encoder(method, FrontEnd(hop_length=256))
    tags = {each.path: np.array(["album 0" in each.path, True]) for each in manifest.tracks}
    monitor = Monitor(
        encoder, clips_of(recipe, held_out, tmp_path), reference_tracks(train, held_out), torch.device("cpu"), tags
    )
    measures = {measure.name: measure for measure in monitor.measure(3)}
    assert measures.keys() >= {"other_half_mrr", "folder_knn"}
    assert all(0.0 <= measure.value <= 1.0 and measure.step == 3 for measure in measures.values())
    assert measures["folder_knn"].chance == pytest.approx(0.5, abs=0.2)
    assert method.training
    assert all(torch.equal(value, before[name]) for name, value in method.state_dict().items())
