"""Writes a network down as an ONNX graph: nodes one after the other, weights as constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 18
IR_VERSION = 9
"""Both are older than need be: every ONNX Runtime of the last years reads them."""
BATCH_NORM_EPSILON = 1e-5

Floats = npt.NDArray[np.float32]
Array = npt.NDArray[np.generic]
Weights = Mapping[str, Array]
"""The parameters and running statistics of a network by name, as torch's `state_dict` names them."""


class GraphBuilder:
    """A graph of float32 with one output. Values of the graph are known by their names; arrays become constants."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._inputs: list[onnx.ValueInfoProto] = []
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """An input (float32) of this shape; a name stands for a length that differs from call to call."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
        return name

    def add(self, operator: str, *inputs: str | Array, **attributes: int | float | Sequence[int]) -> str:
        """A node with one output, whose name is returned."""
        output = f"{operator.lower()}_{len(self._nodes)}"
        names = [value if isinstance(value, str) else self._constant(value) for value in inputs]
        node = helper.make_node(operator, names, [output])
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
        self._nodes.append(node)
        return output

    def reshape(self, value: str, *shape: int) -> str:
        """0 keeps a length, -1 takes what is left."""
        return self.add("Reshape", value, integers(*shape))

    def transpose(self, value: str, *axes: int) -> str:
        return self.add("Transpose", value, perm=axes)

    def concatenate(self, *values: str, axis: int) -> str:
        return self.add("Concat", *values, axis=axis)

    def maximum(self, value: str, *axes: int, keep: bool = False) -> str:
        """The largest along axes."""
        return self.add("ReduceMax", value, integers(*axes), keepdims=int(keep))

    def mean(self, value: str, *axes: int) -> str:
        """The mean along axes."""
        return self.add("ReduceMean", value, integers(*axes), keepdims=0)

    def linear(self, value: str, weights: Weights, name: str) -> str:
        """A linear layer on the last axis. Raises `ValueError` for weights that are not those of one."""
        if weights[f"{name}.weight"].ndim != 2 or len(weights[f"{name}.weight"]) != len(weights[f"{name}.bias"]):
            raise ValueError(f"{name} is no linear layer")
        product = self.add("MatMul", value, floats(weights[f"{name}.weight"]).T)
        return self.add("Add", product, weights[f"{name}.bias"])

    def batch_norm(self, value: str, weights: Weights, name: str, epsilon: float = BATCH_NORM_EPSILON) -> str:
        """A batch norm in use, over axis 1 of a value with two axes or channels last."""
        scale, shift = scale_and_shift(weights, name, epsilon)
        return self.add("Add", self.add("Mul", value, scale), shift)

    def model(self, output: str, shape: Sequence[int | str]) -> bytes:
        """The whole graph with this output, ready for a session."""
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, list(shape))
        graph = helper.make_graph(self._nodes, self._name, self._inputs, [result], self._constants)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION)
        return bytes(model.SerializeToString())

    def _constant(self, value: Array) -> str:
        """Numbers with a point are kept in float32."""
        name = f"constant_{len(self._constants)}"
        kept = floats(value) if np.issubdtype(value.dtype, np.floating) else value
        self._constants.append(numpy_helper.from_array(np.array(kept, order="C"), name))
        return name


def floats(value: Array) -> Floats:
    """The same numbers in float32."""
    return value.astype(np.float32)


def integers(*values: int) -> npt.NDArray[np.int64]:
    """Lengths or axes as a graph takes them."""
    return np.array(values, np.int64)


def scale_and_shift(weights: Weights, name: str, epsilon: float = BATCH_NORM_EPSILON) -> tuple[Floats, Floats]:
    """What a batch norm in use does to each channel: y = scale * x + shift."""
    weight, bias, mean, variance = (
        floats(weights[f"{name}.{part}"]) for part in ("weight", "bias", "running_mean", "running_var")
    )
    scale = weight / np.sqrt(variance + np.float32(epsilon))
    return scale, bias - mean * scale


def below(prefix: str, weights: Weights) -> dict[str, Array]:
    """The weights of a part of a network, by their names in it."""
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
