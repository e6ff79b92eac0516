"""A trained model as one safetensors file: weights, front end, vocabulary, thresholds and where it comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from pemr.durable_files import write_output
from pemr.errors import ModelMismatch
from pemr.frontend import FrontEnd
from pemr.graphs.builder import Array, Weights, below
from pemr.graphs.fcn import EMBEDDING_WIDTH, embedding_width, encoder_shapes
from pemr.graphs.importance import predictor_shapes

Floats = npt.NDArray[np.float32]

FORMAT = 1
KIND = "pemr model"
STORED_TYPES = frozenset(["F32", "F16", "F64", "I64", "I32", "U8", "BOOL"])
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
    """A model in memory: weights of encoder and predicting module as arrays, named as torch's `state_dict` names them.

    `head_weight` is (tags, 512), `head_bias` (tags,). `model_id` (16 hex digits) names what stored embeddings depend
    on: encoder, predictor and front end. Tag heads can be fitted anew without it changing; `digest` covers the whole
    file.
    """

    info: ModelInfo
    encoder: Weights
    predictor: Weights | None
    head_weight: Floats
    head_bias: Floats
    model_id: str
    digest: str


def save_model(
    path: Path,
    info: ModelInfo,
    encoder: Weights,
    predictor: Weights | None,
    head_weight: Floats | None = None,
    head_bias: Floats | None = None,
) -> str:
    """Write a model file as a whole and return its model id. Without heads `info.tags` must be empty."""
    weight = np.zeros((0, EMBEDDING_WIDTH), np.float32) if head_weight is None else head_weight
    bias = np.zeros(len(weight), np.float32) if head_bias is None else head_bias
    if weight.shape != (len(info.tags), EMBEDDING_WIDTH) or bias.shape != (len(info.tags),):
        raise ModelMismatch(f"{len(info.tags)} tags do not fit heads of shape {tuple(weight.shape)}")
    if (info.predictor is None) != (predictor is None):
        raise ModelMismatch("A predicting module and its shape go together: one of them is missing")
    arrays = {
        **{f"encoder.{name}": value for name, value in encoder.items()},
        **{f"predictor.{name}": value for name, value in (predictor or {}).items()},
        "heads.weight": weight.astype(np.float32),
        "heads.bias": bias.astype(np.float32),
    }
    arrays = {name: np.array(value, order="C") for name, value in arrays.items()}
    described = msgspec.json.encode(info).decode()
    metadata = {"kind": KIND, "format": str(FORMAT), "info": described, "digest": _digest(arrays, described)}
    write_output(path, save(arrays, metadata))
    return _model_id(arrays, info)


def load_model(path: Path) -> Model:
    """Read and check a model file. Raises `ModelMismatch` that names the file and what is wrong with it."""
    if not path.is_file():
        raise ModelMismatch(f"There is no model file {path}")
    metadata, arrays = _read(path)
    if metadata.get("digest") != _digest(arrays, metadata.get("info", "")):
        raise ModelMismatch(f"{path} is damaged: its contents do not match its digest")
    try:
        info = msgspec.json.decode(metadata["info"], type=ModelInfo)
        _check_limits(path, info)
        encoder = below("encoder.", arrays)
        predictor = below("predictor.", arrays) if info.predictor is not None else None
        _check_weights(info, encoder, predictor)
        weight, bias = arrays["heads.weight"], arrays["heads.bias"]
    except (KeyError, ValueError, msgspec.DecodeError) as error:
        raise ModelMismatch(f"{path} does not hold what a PEMR model holds") from error
    model_id = _model_id(arrays, info)
    return Model(
        info, encoder, predictor, weight.astype(np.float32), bias.astype(np.float32), model_id, metadata["digest"]
    )


def _read(path: Path) -> tuple[dict[str, str], dict[str, Array]]:
    """Metadata and arrays of a file that says it is a model. Raises `ModelMismatch`."""
    try:
        with safe_open(path, framework="np") as file:
            metadata: dict[str, str] = file.metadata() or {}
            _check_size(path)
            types = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118  not a dict
            _check_kind(path, metadata, types)
            return metadata, {name: file.get_tensor(name) for name in types}
    except (OSError, SafetensorError) as error:
        raise ModelMismatch(f"{path} is damaged or not a model file") from error


def _check_kind(path: Path, metadata: dict[str, str], types: dict[str, str]) -> None:
    if metadata.get("kind") != KIND:
        raise ModelMismatch(f"{path} is not a PEMR model file")
    if metadata.get("format") != str(FORMAT):
        raise ModelMismatch(f"{path} has model format {metadata.get('format')}; this version reads format {FORMAT}")
    odd = [name for name, stored in types.items() if stored not in STORED_TYPES]
    if odd:
        raise ModelMismatch(f"{path} holds numbers of a type that no PEMR model has ({types[odd[0]]})")


def _check_size(path: Path) -> None:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ModelMismatch(f"{path} is larger than any PEMR model")


def _check_limits(path: Path, info: ModelInfo) -> None:
    """Before anything is built to these sizes. Raises ModelMismatch."""
    described = [(info.front_end, FRONT_END_LIMITS)]
    if info.predictor is not None:
        described.append((info.predictor, SHAPE_LIMITS))  # type: ignore[arg-type]
    for part, limits in described:
        for name, (least, most) in limits.items():
            if not least <= getattr(part, name) <= most:
                raise ModelMismatch(f"{path} describes a model that cannot be: {name} is {getattr(part, name)}")


def _check_weights(info: ModelInfo, encoder: Weights, predictor: Weights | None) -> None:
    """Whether the weights are those of networks of the described shape. Raises `ValueError` or `KeyError`."""
    bands, shape = info.front_end.n_mels, info.predictor
    _check_shapes("encoder", encoder_shapes(encoder), encoder)
    if (width := embedding_width(encoder, bands)) != EMBEDDING_WIDTH:
        raise ValueError(f"vectors of {width} numbers instead of {EMBEDDING_WIDTH}")
    if predictor is not None and shape is not None:
        expected = predictor_shapes(bands, shape.layers, shape.heads, shape.feed_forward_width)
        _check_shapes("predictor", expected, predictor)


def _check_shapes(part: str, expected: dict[str, tuple[int, ...]], found: Weights) -> None:
    if odd := sorted(expected.keys() ^ found.keys()):
        raise ValueError(f"{part}.{odd[0]} is {'missing' if odd[0] in expected else 'not known'}")
    for name, shape in expected.items():
        if found[name].shape != shape:
            raise ValueError(f"{part}.{name} has the shape {found[name].shape} instead of {shape}")


def _model_id(arrays: Weights, info: ModelInfo) -> str:
    kept = {name: value for name, value in arrays.items() if not name.startswith("heads.")}
    return _digest(kept, msgspec.json.encode(info.front_end).decode())[:16]


def _digest(arrays: Weights, described: str) -> str:
    """SHA-256 over the description and every array's name, type (in torch's words), shape and little-endian bytes."""
    sha = hashlib.sha256(described.encode())
    for name in sorted(arrays):
        value = arrays[name]
        sha.update(f"|{name}|torch.{value.dtype.name}|{value.shape}|".encode())
        sha.update(value.astype(value.dtype.newbyteorder("<")).tobytes())
    return sha.hexdigest()
