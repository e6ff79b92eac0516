"""A trained model as one safetensors file: weights, front end, vocabulary, thresholds and where it comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from pemr.durable_files import write_output
from pemr.encoder import EMBEDDING_WIDTH, FCN4
from pemr.errors import ModelMismatch
from pemr.frontend import FrontEnd
from pemr.predictor import Predictor

FORMAT = 1
KIND = "pemr model"
STORED_TYPES = (torch.float32, torch.float16, torch.float64, torch.int64, torch.int32, torch.uint8, torch.bool)
MAX_FILE_BYTES = 1 << 30
SHAPE_LIMITS = {"layers": (1, 64), "heads": (1, 64), "feed_forward_width": (1, 16_384)}
FRONT_END_LIMITS = {
    "sample_rate": (4_000, 192_000),
    "n_fft": (16, 32_768),
    "hop_length": (1, 32_768),
    "n_mels": (1, 1_024),
    "segment_samples": (1, 192_000 * 60),
}
"""No model of this kind is anywhere near: what is beyond would only fill the memory."""


class TagHead(msgspec.Struct, frozen=True):
    """One tag: a linear score s of the track vector means probability sigmoid(slope * s + offset).

    A tag is suggested from `threshold` on; one that validation cannot vouch for is not `supported`, and
    `reason` says why.
    """

    name: str
    group: str
    threshold: float = 0.5
    supported: bool = True
    slope: float = 1.0
    offset: float = 0.0
    reason: str = ""


class PredictorShape(msgspec.Struct, frozen=True):
    layers: int = 3
    heads: int = 3
    feed_forward_width: int = 128


class ModelInfo(msgspec.Struct, frozen=True):
    """Everything about a model that is not a weight. Methods other than PEMR leave no `predictor`."""

    front_end: FrontEnd
    predictor: PredictorShape | None
    tags: list[TagHead]
    provenance: dict[str, Any]
    format: int = FORMAT


@dataclass(frozen=True)
class Model:
    """A model in memory. `head_weight` is (tags, 512), `head_bias` (tags,).

    `model_id` (16 hex digits) names what stored embeddings depend on: encoder, predictor and front end. Tag heads
    can be fitted anew without it changing; `digest` covers the whole file.
    """

    info: ModelInfo
    encoder: FCN4
    predictor: Predictor | None
    head_weight: Tensor
    head_bias: Tensor
    model_id: str
    digest: str


def save_model(
    path: Path,
    info: ModelInfo,
    encoder: FCN4,
    predictor: Predictor | None,
    head_weight: Tensor | None = None,
    head_bias: Tensor | None = None,
) -> str:
    """Write a model file as a whole and return its model id. Without heads `info.tags` must be empty."""
    weight = torch.zeros(0, EMBEDDING_WIDTH) if head_weight is None else head_weight
    bias = torch.zeros(len(weight)) if head_bias is None else head_bias
    if weight.shape != (len(info.tags), EMBEDDING_WIDTH) or bias.shape != (len(info.tags),):
        raise ModelMismatch(f"{len(info.tags)} tags do not fit heads of shape {tuple(weight.shape)}")
    if (info.predictor is None) != (predictor is None):
        raise ModelMismatch("A predicting module and its shape go together: one of them is missing")
    predicting = {} if predictor is None else predictor.state_dict()
    tensors = {
        **{f"encoder.{name}": value for name, value in encoder.state_dict().items()},
        **{f"predictor.{name}": value for name, value in predicting.items()},
        "heads.weight": weight.float(),
        "heads.bias": bias.float(),
    }
    tensors = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    described = msgspec.json.encode(info).decode()
    metadata = {"kind": KIND, "format": str(FORMAT), "info": described, "digest": _digest(tensors, described)}
    write_output(path, save(tensors, metadata))
    return _model_id(tensors, info)


def load_model(path: Path) -> Model:
    """Read and check a model file. Raises `ModelMismatch` that names the file and what is wrong with it."""
    if not path.is_file():
        raise ModelMismatch(f"There is no model file {path}")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            _check_size(path)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
    except (OSError, SafetensorError) as error:
        raise ModelMismatch(f"{path} is damaged or not a model file") from error
    if metadata.get("kind") != KIND:
        raise ModelMismatch(f"{path} is not a PEMR model file")
    if metadata.get("format") != str(FORMAT):
        raise ModelMismatch(f"{path} has model format {metadata.get('format')}; this version reads format {FORMAT}")
    odd = [name for name, value in tensors.items() if value.dtype not in STORED_TYPES]
    if odd:
        raise ModelMismatch(f"{path} holds numbers of a type that no PEMR model has ({tensors[odd[0]].dtype})")
    if metadata.get("digest") != _digest(tensors, metadata.get("info", "")):
        raise ModelMismatch(f"{path} is damaged: its contents do not match its digest")
    try:
        info = msgspec.json.decode(metadata["info"], type=ModelInfo)
        _check_shape(path, info)
        encoder, predictor = FCN4(), build_predictor(info)
        encoder.load_state_dict(_below("encoder.", tensors))
        if predictor is not None:
            predictor.load_state_dict(_below("predictor.", tensors))
            predictor.eval().requires_grad_(False)
        weight, bias = tensors["heads.weight"], tensors["heads.bias"]
    except (KeyError, RuntimeError, msgspec.DecodeError) as error:
        raise ModelMismatch(f"{path} does not hold what a PEMR model holds") from error
    encoder.eval().requires_grad_(False)
    return Model(info, encoder, predictor, weight, bias, _model_id(tensors, info), metadata["digest"])


def _check_size(path: Path) -> None:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ModelMismatch(f"{path} is larger than any PEMR model")


def _check_shape(path: Path, info: ModelInfo) -> None:
    """Before anything is built to these sizes. Raises ModelMismatch."""
    described = [(info.front_end, FRONT_END_LIMITS)]
    if info.predictor is not None:
        described.append((info.predictor, SHAPE_LIMITS))  # type: ignore[arg-type]
    for part, limits in described:
        for name, (least, most) in limits.items():
            if not least <= getattr(part, name) <= most:
                raise ModelMismatch(f"{path} describes a model that cannot be: {name} is {getattr(part, name)}")


def build_predictor(info: ModelInfo) -> Predictor | None:
    """The predicting module of the described shape, untrained; None for a model that has none."""
    shape = info.predictor
    if shape is None:
        return None
    return Predictor(info.front_end.n_mels, shape.layers, shape.heads, shape.feed_forward_width)


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _model_id(tensors: dict[str, Tensor], info: ModelInfo) -> str:
    kept = {name: value for name, value in tensors.items() if not name.startswith("heads.")}
    return _digest(kept, msgspec.json.encode(info.front_end).decode())[:16]


def _digest(tensors: dict[str, Tensor], described: str) -> str:
    """SHA-256 over the description and every tensor's name, type, shape and little-endian bytes."""
    sha = hashlib.sha256(described.encode())
    for name in sorted(tensors):
        value = tensors[name].contiguous()
        sha.update(f"|{name}|{value.dtype}|{tuple(value.shape)}|".encode())
        sha.update(value.numpy().tobytes())
    return sha.hexdigest()
