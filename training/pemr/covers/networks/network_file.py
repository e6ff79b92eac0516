"""A trained cover network as a file: weights, settings, where it comes from, and how it counts beside alignment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pemr.covers.networks.frames import VectorNetwork
from pemr.covers.networks.graphs import NetworkGraph
from pemr.covers.scores.fusion import ScoreFusion
from pemr.durable_files import write_output
from pemr.errors import ModelMismatch
from pemr.frontend import FrontEnd
from pemr.graphs.builder import Array, Weights

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


def without_files(settings: NetworkSettings) -> NetworkSettings:
    """The settings of a network whose weights come from elsewhere."""
    return msgspec.structs.replace(settings, encoder="", begun="")


@dataclass(frozen=True)
class TrainedNetwork:
    """A network ready for use. `network_id` (16 hex digits) names what its vectors depend on.

    `fusion`: how it counts beside alignment, once that was calibrated; `joining` in the metadata of the file.
    """

    network: VectorNetwork
    settings: NetworkSettings
    network_id: str
    provenance: str
    fusion: ScoreFusion | None = None


@dataclass(frozen=True)
class NetworkContent:
    """What a file holds. `digest` (16 hex digits) is that of the whole file."""

    weights: Weights
    settings: NetworkSettings
    provenance: str
    fusion: ScoreFusion | None
    digest: str


def write_network(
    path: Path, weights: Weights, settings: NetworkSettings, provenance: str, fusion: ScoreFusion | None = None
) -> None:
    """Write weights (half precision), settings, provenance and fusion as one file."""
    arrays = {name: np.array(_in_half_precision(value), order="C") for name, value in weights.items()}
    described = msgspec.json.encode(without_files(settings)).decode()
    metadata = {"kind": KIND, "format": str(FORMAT), "settings": described, "provenance": provenance}
    if fusion is not None:
        metadata["joining"] = msgspec.json.encode(fusion).decode()
    write_output(path, save(arrays, metadata))


def read_network(path: Path) -> NetworkContent:
    """Weights in single precision and all that stands beside them. Raises `ModelMismatch` that names the file."""
    if not path.is_file():
        raise ModelMismatch(f"There is no cover network {path}")
    try:
        content = path.read_bytes()
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
    except (OSError, SafetensorError, TypeError) as error:
        raise ModelMismatch(f"{path} is damaged or not a cover network") from error
    if metadata.get("kind") != KIND or metadata.get("format") != str(FORMAT):
        raise ModelMismatch(f"{path} is not a cover network of format {FORMAT}")
    try:
        settings = msgspec.json.decode(metadata["settings"], type=NetworkSettings)
        fusion = msgspec.json.decode(metadata["joining"], type=ScoreFusion) if "joining" in metadata else None
    except (KeyError, msgspec.MsgspecError) as error:
        raise ModelMismatch(f"{path} does not hold what a cover network holds") from error
    weights = {name: _in_single_precision(value) for name, value in arrays.items()}
    digest = hashlib.sha256(content).hexdigest()[:16]
    return NetworkContent(weights, settings, metadata.get("provenance", ""), fusion, digest)


def load_network(path: Path, cores: int = 1) -> TrainedNetwork:
    """A network of a file, ready for use. Raises `ModelMismatch` that names the file and what is wrong with it."""
    content = read_network(path)
    try:
        network = NetworkGraph(content.settings.name, content.weights, cores)
    except (KeyError, ValueError) as error:
        raise ModelMismatch(f"{path} does not hold what a cover network holds") from error
    if network.width != content.settings.width:
        raise ModelMismatch(f"{path} holds a network of width {network.width}, not {content.settings.width}")
    return TrainedNetwork(network, content.settings, content.digest, content.provenance, content.fusion)


def _in_half_precision(value: Array) -> Array:
    return value.astype(np.float16) if np.issubdtype(value.dtype, np.floating) else value


def _in_single_precision(value: Array) -> Array:
    return value.astype(np.float32) if np.issubdtype(value.dtype, np.floating) else value
