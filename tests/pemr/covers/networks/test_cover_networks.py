from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from pemr.build import state_of, weights_of
from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.cqt_net import PAPER_CHANNELS, CqtNet
from pemr.covers.networks.encoder_cqt_net import FcnCoverNet, JoinedNet
from pemr.covers.networks.graphs import circle_basis
from pemr.covers.networks.ki_net import KiNet
from pemr.covers.networks.network_file import NetworkSettings, load_network, read_network, write_network
from pemr.covers.networks.pitch_class import CircleConvolution, PitchClassNet
from pemr.covers.networks.registry import BUILDERS, build_network, save_network
from pemr.covers.networks.tpp_net import TppNet
from pemr.errors import ModelMismatch


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_basis_of_the_circle_is_orthonormal() -> None:
    np.testing.assert_allclose(circle_basis() @ circle_basis().T, np.eye(12), atol=1e-6)


@pytest.mark.parametrize(("taps", "stride"), [(3, 1), (5, 1), (5, 2)])
def test_the_circle_convolution_is_a_convolution_with_circular_padding(taps: int, stride: int) -> None:
    torch.manual_seed(1)
    layer = CircleConvolution(3, 4, taps, stride)
    x = torch.randn(2, 3, 12, 17)
    circular = nn.functional.pad(x, (0, 0, 0, 11), mode="circular")
    expected = nn.functional.conv2d(circular, layer.weight, padding=(0, taps // 2), stride=(1, stride))
    found = layer(x.transpose(1, 2))
    assert torch.allclose(found.transpose(1, 2), expected, atol=1e-5)


@pytest.mark.parametrize("network", [PitchClassNet(), KiNet()])
def test_a_transposed_track_gives_the_same_vector(network: CoverNetwork) -> None:
    torch.manual_seed(2)
    chroma = torch.rand(2, 12, 61)
    network.eval()
    with torch.inference_mode():
        assert torch.allclose(network(chroma), network(chroma.roll(5, dims=1)), atol=1e-5)


@pytest.mark.parametrize("network", [CqtNet(), TppNet()])
def test_a_track_moved_by_a_semitone_gives_nearly_the_same_vector(network: CoverNetwork) -> None:
    torch.manual_seed(3)
    spectrum = torch.zeros(1, 84, 200)
    spectrum[:, 40:50] = torch.rand(1, 10, 200)
    network.eval()
    with torch.inference_mode():
        assert torch.cosine_similarity(network(spectrum), network(spectrum.roll(1, dims=1))) > 0.99


@pytest.mark.parametrize("frames", [4, 33, 200, 431])
@pytest.mark.parametrize("network", [PitchClassNet(), KiNet(), CqtNet(), TppNet()])
def test_every_length_gives_one_vector(network: CoverNetwork, frames: int) -> None:
    rows = 12 if network.takes == "chroma" else 84
    network.eval()
    with torch.inference_mode():
        assert network(torch.rand(2, rows, frames)).shape == (2, network.width)


def test_cqt_net_has_the_published_number_of_parameters() -> None:
    assert count(CqtNet(channels=PAPER_CHANNELS)) == pytest.approx(5.08e6, rel=0.02)


@pytest.mark.parametrize("network", [FcnCoverNet(), JoinedNet(32, CqtNet(32))])
def test_joined_networks_learn_in_both_halves(network: CoverNetwork) -> None:
    segments = torch.rand(2, 2, 128, 96)
    network(torch.rand(2, 84, 200), segments).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    with pytest.raises(ValueError, match="log-mel segments"):
        network(torch.rand(2, 84, 200))


def test_a_frozen_encoder_learns_nothing() -> None:
    network = JoinedNet(32, CqtNet(32), frozen_encoder=True)
    network(torch.rand(2, 84, 200), torch.rand(2, 2, 128, 96)).square().sum().backward()
    assert all(parameter.grad is None for parameter in network.encoder.parameters())
    assert network.partner.out.weight.grad is not None


@pytest.mark.parametrize("name", list(BUILDERS))
def test_a_trained_network_gives_the_same_vectors_as_a_graph(name: str, tmp_path: Path) -> None:
    torch.manual_seed(4)
    settings = NetworkSettings(name, 24, 4)
    trained = build_network(settings)
    rows, draw = 12 if trained.takes_chroma else 84, np.random.default_rng(1)
    sound = "segments" in trained.takes
    segments = draw.normal(size=(2, 3, 128, 96)).astype(np.float32) if sound else None
    for _ in range(3):  # batch norms that have learned something
        heard = None if segments is None else torch.from_numpy(segments)
        trained(torch.rand(2, rows, 210), heard)
    save_network(tmp_path / "net.safetensors", trained, settings, "for a test")
    content, network = read_network(tmp_path / "net.safetensors"), load_network(tmp_path / "net.safetensors").network
    trained.load_state_dict(state_of(content.weights))
    trained.eval()
    assert (network.takes, network.takes_chroma, network.width) == (trained.takes, trained.takes_chroma, 24)
    for length in (4, 33, 64, 203, 431):
        frames = draw.random((2, rows, length)).astype(np.float32)
        np.testing.assert_allclose(network.vectors(frames, segments), trained.vectors(frames, segments), atol=1e-5)


def test_weights_of_another_network_are_refused_by_the_name_of_the_file(tmp_path: Path) -> None:
    other = weights_of(build_network(NetworkSettings("ki-net", 24, 4)))
    for name, weights in (
        ("cqt-net", other),
        ("no-net", other),
        ("ki-net", {**other, "out.weight": other["norm.bias"]}),
    ):
        write_network(tmp_path / "net.safetensors", weights, NetworkSettings(name, 24, 4), "for a test")
        with pytest.raises(ModelMismatch, match=r"net\.safetensors does not hold"):
            load_network(tmp_path / "net.safetensors")
