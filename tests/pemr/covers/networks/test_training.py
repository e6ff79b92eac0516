from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from pemr.build import weights_of
from pemr.covers.alignment.spectrum import spectrum
from pemr.covers.corpus.sketch import sketch
from pemr.covers.corpus.version_corpus import (
    CorpusVersion,
    Rendering,
    WorkToRender,
    moments_of,
    render_corpus,
    write_work,
)
from pemr.covers.networks.clips import ClipSettings, draw_batch, draw_clip, read_training_works
from pemr.covers.networks.encoder_cqt_net import JoinedNet
from pemr.covers.networks.losses import cosine_softmax, version_contrast
from pemr.covers.networks.network_file import NetworkSettings, load_network
from pemr.covers.networks.registry import build_network, save_network
from pemr.covers.networks.training import CoverTraining, train
from pemr.errors import CheckpointError, CorpusError, ModelMismatch, RecipeError
from pemr.frontend import FrontEnd
from pemr.modelfile import load_model
from pemr.rendering.arrange import arrange_song
from pemr.rendering.pop_songs import compose

SMALL = CoverTraining(
    NetworkSettings("pitch-class", 16, 4), ClipSettings(works=3, clips_a_work=3, lengths=(32,)), steps=6, warm_up=2
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    works = [WorkToRender("song", number, "train") for number in range(1, 5)]
    list(render_corpus(folder, works, Rendering(folder, sketched=2)))
    return folder


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("development")
    list(
        render_corpus(folder, [WorkToRender("song", n, "development") for n in (0, 20)], Rendering(folder, sketched=2))
    )
    return folder


def test_stopping_and_going_on_gives_the_weights_of_never_stopping(
    corpus: Path, development: Path, tmp_path: Path
) -> None:
    from msgspec.structs import replace

    train(SMALL, [corpus], tmp_path / "whole", development=[development])
    train(replace(SMALL, steps=3), [corpus], tmp_path / "parts", development=[development])
    train(SMALL, [corpus], tmp_path / "parts", development=[development])
    whole, parts = (torch.load(tmp_path / run / "latest.pt", weights_only=True) for run in ("whole", "parts"))
    assert whole["step"] == parts["step"] == 6
    for name, value in whole["network"].items():
        assert torch.equal(value, parts["network"][name]), name
    assert torch.equal(whole["centres"], parts["centres"])


def test_the_learning_rate_rises_stays_and_falls_to_nothing() -> None:
    settings = CoverTraining(steps=1000, warm_up=100, falling=400, learning_rate=1e-3)
    assert settings.rate(49) == pytest.approx(0.5e-3)
    assert settings.rate(600) == pytest.approx(1e-3)
    assert settings.rate(800) == pytest.approx(0.5e-3)
    assert settings.rate(1000) == 0.0
    assert CoverTraining(steps=1000, warm_up=100, learning_rate=1e-3).rate(999) == pytest.approx(1e-3)


def test_a_run_takes_in_works_that_the_corpus_has_gained(corpus: Path, tmp_path: Path) -> None:
    from msgspec.structs import replace

    grown = tmp_path / "grown"
    grown.mkdir()
    for path in corpus.glob("*.safetensors"):
        (grown / path.name).write_bytes(path.read_bytes())
    train(replace(SMALL, steps=3), [grown], tmp_path / "run")
    before = torch.load(tmp_path / "run" / "latest.pt", weights_only=True)["centres"]
    spectrum = sketch(arrange_song(compose(0), random.Random(1)), random.Random(1))
    write_work(grown, "a-new", [CorpusVersion("a-new", 0, "train", 0, "", "", 0, 100.0, len(spectrum))], [spectrum])
    train(replace(SMALL, steps=3), [grown], tmp_path / "run")
    train(replace(SMALL, steps=4), [grown], tmp_path / "run")
    after = torch.load(tmp_path / "run" / "latest.pt", weights_only=True)
    assert after["works"][0] == "a-new"
    assert after["centres"].shape[0] == before.shape[0] + 1
    with pytest.raises(CheckpointError, match="works that the corpus no longer has"):
        train(SMALL, [corpus], tmp_path / "run")


@pytest.fixture(scope="module")
def corpus_with_sound(tmp_path_factory: pytest.TempPathFactory, player: Callable[..., np.ndarray]) -> Path:
    """Three works of two versions that are kept as sound too."""
    folder = tmp_path_factory.mktemp("heard")
    for work in range(3):
        samples = [player(work, key=version, notes=50) for version in range(2)]
        versions = [CorpusVersion(f"w{work}", v, "train", 0, "", "", v, 90.0, 60) for v in range(2)]
        moments = {v: moments_of(sound, 2) for v, sound in enumerate(samples)}
        write_work(folder, f"w{work}", versions, [spectrum(sound) for sound in samples], moments)
    return folder


@pytest.mark.parametrize("name", ["fcn", "fcn+cqt-net", "fcn+pitch-class"])
def test_networks_with_the_encoder_learn_from_moments_of_sound(
    corpus_with_sound: Path, tmp_path: Path, name: str
) -> None:
    front_end = FrontEnd(hop_length=512)
    settings = CoverTraining(
        NetworkSettings(name, 16, 2, front_end=front_end),
        ClipSettings(works=2, clips_a_work=2, lengths=(32,), moments=1),
        steps=2,
    )
    best = train(settings, [corpus_with_sound], tmp_path / "run", development=[corpus_with_sound])
    assert load_network(best).settings.front_end == front_end


def test_a_joined_network_begins_with_the_encoder_it_is_given() -> None:
    bundled = Path(__file__).parents[4] / "resources" / "models" / "bundled.safetensors"
    network = build_network(NetworkSettings("fcn+cqt-net", 16, 2, encoder=str(bundled)))
    assert isinstance(network, JoinedNet)
    given = load_model(bundled).encoder
    assert all(np.array_equal(value, given[name]) for name, value in weights_of(network.encoder).items())
    assert all(parameter.requires_grad for parameter in network.encoder.parameters())


@pytest.mark.parametrize(("partner", "rows"), [("cqt-net", 84), ("pitch-class", 12)])
def test_a_join_that_goes_on_from_its_partner_hears_as_it_does_at_first(
    tmp_path: Path, partner: str, rows: int
) -> None:
    settings = NetworkSettings(partner, 16, 2)
    save_network(tmp_path / "partner.safetensors", build_network(settings), settings, "for a test")
    trained = load_network(tmp_path / "partner.safetensors").network
    begun = NetworkSettings(f"fcn+{partner}", 16, 2, begun=str(tmp_path / "partner.safetensors"))
    combined = build_network(begun).eval()
    frames = torch.rand(2, rows, 210)
    with torch.inference_mode():
        heard = combined(frames, torch.rand(2, 1, 128, 96)).numpy()
    np.testing.assert_allclose(heard, trained.vectors(frames.numpy()), rtol=2e-3, atol=2e-3)


def test_a_network_of_another_size_is_not_gone_on_from(tmp_path: Path) -> None:
    settings = NetworkSettings("cqt-net", 16, 2)
    save_network(tmp_path / "cqt.safetensors", build_network(settings), settings, "for a test")
    with pytest.raises(RecipeError, match=r"cannot go on from .*cqt.safetensors \(cqt-net, 16 numbers a track\)"):
        build_network(NetworkSettings("cqt-net", 32, 2, begun=str(tmp_path / "cqt.safetensors")))


def test_a_network_that_hears_sound_says_how_to_render_some(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="--segments 4"):
        train(CoverTraining(NetworkSettings("fcn", 16)), [corpus], tmp_path / "run")


def test_another_network_does_not_go_on_from_a_checkpoint(corpus: Path, tmp_path: Path) -> None:
    from msgspec.structs import replace

    train(replace(SMALL, steps=1), [corpus], tmp_path / "run")
    with pytest.raises(CheckpointError, match="holds another network"):
        train(replace(SMALL, network=NetworkSettings("pitch-class", 8, 4)), [corpus], tmp_path / "run")


def test_a_batch_holds_one_easy_pair_of_each_work(corpus: Path) -> None:
    works = read_training_works([corpus], build_network(NetworkSettings()))
    batch = draw_batch(works, ClipSettings(works=3, lengths=(40,)), np.random.default_rng(1), chroma=True)
    assert batch.clips.shape == (12, 12, 40)
    assert sorted(np.bincount(batch.works).tolist())[-3:] == [4, 4, 4]
    again = draw_batch(works, ClipSettings(works=3, lengths=(40,)), np.random.default_rng(1), chroma=True)
    assert np.array_equal(batch.clips, again.clips)


def test_clips_of_one_recording_overlap(corpus: Path) -> None:
    version = np.tile(np.arange(1200, dtype=np.float32) / 1200 * 255, (12, 1)).astype(np.uint8)
    settings = ClipSettings(stretch=0.0)
    chance = np.random.default_rng(3)
    starts = [draw_clip(version, 64, settings, chance, around=0.5)[0, 0] for _ in range(20)]
    assert (max(starts) - min(starts)) * 1200 * 127.5 / 255 < 34
    free = [draw_clip(version, 64, settings, chance)[0, 0] for _ in range(20)]
    assert (max(free) - min(free)) * 1200 * 127.5 / 255 > 300


def test_development_works_are_not_trained_on(development: Path) -> None:
    assert read_training_works([development], build_network(NetworkSettings())) == []
    with pytest.raises(CorpusError, match="fewer than two training works"):
        train(SMALL, [development], development / "run")


def test_the_margin_makes_the_right_work_harder() -> None:
    vectors, centres, works = torch.eye(3), torch.eye(3), torch.arange(3)
    loose = cosine_softmax(vectors, centres, works, scale=4.0, margin=0.0)
    assert loose == pytest.approx(float(np.log(1 + 2 * np.exp(-4.0))), rel=1e-3)
    assert cosine_softmax(vectors, centres, works, scale=4.0, margin=0.2) > loose


def test_contrast_of_two_pairs_is_that_of_the_formula() -> None:
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    found = version_contrast(vectors, torch.tensor([0, 0, 1, 1]), temperature=1.0)
    assert float(found) == pytest.approx(-np.log(np.e / (np.e + 2)), rel=1e-5)
    assert float(version_contrast(vectors, torch.arange(4), temperature=1.0)) == 0.0


def test_contrast_has_a_gradient_that_is_a_number() -> None:
    vectors = torch.randn(6, 4, requires_grad=True)
    version_contrast(vectors, torch.tensor([0, 0, 1, 1, 2, 3]), temperature=0.1).backward()
    assert vectors.grad is not None and torch.isfinite(vectors.grad).all()


def test_a_saved_network_gives_nearly_the_same_vectors(tmp_path: Path) -> None:
    settings = NetworkSettings("pitch-class", 16, 4)
    network = build_network(settings).eval()
    save_network(tmp_path / "net.safetensors", network, settings, "made by a test")
    loaded = load_network(tmp_path / "net.safetensors")
    chroma = np.random.default_rng(1).random((2, 12, 50)).astype(np.float32)
    written, read = (torch.from_numpy(found.vectors(chroma)) for found in (network, loaded.network))
    assert torch.cosine_similarity(written, read).min() > 0.9999
    assert loaded.provenance == "made by a test"
    assert len(loaded.network_id) == 16


def test_a_file_that_is_no_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelMismatch, match=r"x\.safetensors is damaged or not a cover network"):
        load_network(tmp_path / "x.safetensors")
    with pytest.raises(RecipeError, match="There are: pitch-class"):
        build_network(NetworkSettings("resnet"))
