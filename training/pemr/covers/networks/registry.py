"""Cover networks by name, their settings, and a trained one as a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from pemr.covers.networks.contract import CoverNetwork
from pemr.covers.networks.cqt_net import CqtNet
from pemr.covers.networks.encoder_cqt_net import FcnCoverNet, JoinedNet
from pemr.covers.networks.ki_net import KiNet
from pemr.covers.networks.pitch_class import PitchClassNet
from pemr.covers.networks.tpp_net import TppNet
from pemr.covers.scores.fusion import ScoreFusion
from pemr.durable_files import write_output
from pemr.encoder import FCN4
from pemr.errors import ModelMismatch, RecipeError
from pemr.frontend import FrontEnd

FORMAT = 1
KIND = "pemr cover network"


class NetworkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`channels`: of the first layer (0: the network's default). `front_end`: of networks with the PEMR encoder.

    `encoder`: the model file whose encoder a fresh network begins with; without one it begins at random.
    `begun`: a trained network that it goes on from: one of its own kind, or the partner of a join.
    """

    name: str = "pitch-class"
    width: int = 128
    channels: int = 0
    encoder: str = ""
    front_end: FrontEnd = FrontEnd()
    begun: str = ""


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
        begun = load_network(Path(settings.begun))
        try:
            if isinstance(network, JoinedNet) and "+" not in begun.settings.name:
                network.partner.load_state_dict(begun.network.state_dict())
                network.begin_as_partner()
            else:
                network.load_state_dict(begun.network.state_dict())
        except RuntimeError as error:
            raise RecipeError(
                f"A network {settings.name} of these sizes cannot go on from {settings.begun} "
                f"({begun.settings.name}, {begun.settings.width} numbers a track)."
            ) from error
    return network


def without_files(settings: NetworkSettings) -> NetworkSettings:
    """The settings of a network whose weights come from elsewhere."""
    return msgspec.structs.replace(settings, encoder="", begun="")


def _encoder(settings: NetworkSettings) -> FCN4 | None:
    if not settings.encoder:
        return None
    from pemr.modelfile import load_model

    return load_model(Path(settings.encoder)).encoder.requires_grad_(True).train()


@dataclass(frozen=True)
class TrainedNetwork:
    """A network ready for use. `network_id` (16 hex digits) names what its vectors depend on.

    `fusion`: how it counts beside alignment, once that was calibrated; `joining` in the metadata of the file.
    """

    network: CoverNetwork
    settings: NetworkSettings
    network_id: str
    provenance: str
    fusion: ScoreFusion | None = None


def save_network(
    path: Path, network: CoverNetwork, settings: NetworkSettings, provenance: str, fusion: ScoreFusion | None = None
) -> None:
    """Write weights (half precision), settings, provenance and fusion as one file."""
    tensors = {
        name: value.detach().cpu().half().contiguous() if value.is_floating_point() else value.detach().cpu()
        for name, value in network.state_dict().items()
    }
    described = msgspec.json.encode(without_files(settings)).decode()
    metadata = {"kind": KIND, "format": str(FORMAT), "settings": described, "provenance": provenance}
    if fusion is not None:
        metadata["joining"] = msgspec.json.encode(fusion).decode()
    write_output(path, save(tensors, metadata))


def load_network(path: Path) -> TrainedNetwork:
    """Raises `ModelMismatch` that names the file and what is wrong with it."""
    if not path.is_file():
        raise ModelMismatch(f"There is no cover network {path}")
    try:
        content = path.read_bytes()
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
    except (OSError, SafetensorError) as error:
        raise ModelMismatch(f"{path} is damaged or not a cover network") from error
    if metadata.get("kind") != KIND or metadata.get("format") != str(FORMAT):
        raise ModelMismatch(f"{path} is not a cover network of format {FORMAT}")
    try:
        settings = msgspec.json.decode(metadata["settings"], type=NetworkSettings)
        fusion = msgspec.json.decode(metadata["joining"], type=ScoreFusion) if "joining" in metadata else None
        network = build_network(settings)
        network.load_state_dict(
            {name: value.float() if value.is_floating_point() else value for name, value in tensors.items()}
        )
    except (KeyError, RuntimeError, msgspec.MsgspecError) as error:
        raise ModelMismatch(f"{path} does not hold what a cover network holds") from error
    network.eval().requires_grad_(False)
    digest = hashlib.sha256(content).hexdigest()[:16]
    return TrainedNetwork(network, settings, digest, metadata.get("provenance", ""), fusion)


def parameters_of(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
