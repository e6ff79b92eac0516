"""Computes an ONNX graph with ONNX Runtime."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidGraph, RuntimeException

Floats = npt.NDArray[np.float32]


class Graph:
    """A graph ready to be computed, by any number of threads at once.

    A call takes one core unless it is given more: several tracks on one core each are faster than one on several.
    Raises `ValueError` for weights that do not fit one another, or inputs that do not fit the graph.
    """

    def __init__(self, model: bytes, cores: int = 1) -> None:
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = cores, 1
        # what a call needs it gives back: an arena would keep the most that any call of any thread ever needed
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except (Fail, InvalidArgument, InvalidGraph, RuntimeException) as error:
            raise ValueError(f"the weights do not fit one another ({error})") from error

    def __call__(self, **inputs: Floats) -> Floats:
        """The output for these inputs (float32), each under its name."""
        values = {name: np.ascontiguousarray(value, np.float32) for name, value in inputs.items()}
        try:
            (output,) = self._session.run(None, values)
        except (Fail, InvalidArgument, RuntimeException) as error:
            raise ValueError(f"the network cannot be computed for this input ({error})") from error
        return np.asarray(output, np.float32)
