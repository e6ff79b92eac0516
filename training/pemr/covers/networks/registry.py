"""Cover networks by name: from their settings to a torch module that can be trained, and to its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from pemr.build import encoder_module, state_of, weights_of
from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.cqt_net import CqtNet
from pemr.covers.networks.encoder_cqt_net import FcnCoverNet, JoinedNet
from pemr.covers.networks.ki_net import KiNet
from pemr.covers.networks.network_file import NetworkSettings, read_network, write_network
from pemr.covers.networks.pitch_class import PitchClassNet
from pemr.covers.networks.tpp_net import TppNet
from pemr.covers.scores.fusion import ScoreFusion
from pemr.encoder import FCN4
from pemr.errors import RecipeError
from pemr.modelfile import load_model


def _pitch_class(settings: NetworkSettings) -> CoverNetwork:
    c = settings.channels or 32
    return PitchClassNet(settings.width, (c, c * 3 // 2, 2 * c, 3 * c, 4 * c))


def _with_encoder(settings: NetworkSettings, partner: str) -> CoverNetwork:
    return JoinedNet(settings.width, BUILDERS[partner](settings), _encoder(settings))


BUILDERS: dict[str, Callable[[NetworkSettings], CoverNetwork]] = {
    "pitch-class": _pitch_class,
    "cqt-net": lambda settings: CqtNet(settings.width, settings.channels or 8),
    "tpp-net": lambda settings: TppNet(settings.width, settings.channels or 8),
    "ki-net": lambda settings: KiNet(settings.width, settings.channels or 64),
    "fcn": lambda settings: FcnCoverNet(settings.width, _encoder(settings)),
    "fcn+cqt-net": lambda settings: _with_encoder(settings, "cqt-net"),
    "fcn+pitch-class": lambda settings: _with_encoder(settings, "pitch-class"),
}


def build_network(settings: NetworkSettings) -> CoverNetwork:
    """A fresh network, or one that goes on from another. Raises `RecipeError` for a name or a join that is not there.

    A join that goes on from its partner gives the partner's vectors at first.
    """
    if settings.name not in BUILDERS:
        raise RecipeError(f"There is no cover network “{settings.name}”. There are: {', '.join(BUILDERS)}.")
    network = BUILDERS[settings.name](settings)
    if settings.begun:
        begun = read_network(Path(settings.begun))
        state = state_of(begun.weights)
        try:
            if isinstance(network, JoinedNet) and "+" not in begun.settings.name:
                network.partner.load_state_dict(state)
                network.begin_as_partner()
            else:
                network.load_state_dict(state)
        except RuntimeError as error:
            raise RecipeError(
                f"A network {settings.name} of these sizes cannot go on from {settings.begun} "
                f"({begun.settings.name}, {begun.settings.width} numbers a track)."
            ) from error
    return network


def _encoder(settings: NetworkSettings) -> FCN4 | None:
    if not settings.encoder:
        return None
    return encoder_module(load_model(Path(settings.encoder))).requires_grad_(True).train()


def save_network(
    path: Path, network: CoverNetwork, settings: NetworkSettings, provenance: str, fusion: ScoreFusion | None = None
) -> None:
    """Write weights (half precision), settings, provenance and fusion as one file."""
    write_network(path, weights_of(network), settings, provenance, fusion)


def parameters_of(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
