"""ONNX Runtime sessions: one for each endpoint, made on its first use and held to what the manifest says."""

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.bundle import Bundle
from tfgen_serving.errors import BundleError, RunError
from tfgen_serving.tensors import EndpointInfo

__all__ = ["Session", "Sessions"]

_ONNX_NAMES = {"float": "float32", "double": "float64"}  # the others are called as in NumPy


class Session:
    """One endpoint's ONNX file, loaded; safe to run from several threads.

    Args:
        bundle: The version folder.
        endpoint: The endpoint, from the bundle's manifest.
        threads: Threads for one operator; None leaves it to ONNX Runtime.

    Raises:
        BundleError: The file is missing, ONNX Runtime refuses it, or its inputs and outputs are not the
            manifest's.
    """

    def __init__(self, *, bundle: Bundle, endpoint: EndpointInfo, threads: int | None) -> None:
        # Imported here so that `import tfgen_serving` stays fast, and so that a client needs no ONNX Runtime.
        import onnxruntime

        self.endpoint = endpoint
        self._file = bundle.path / endpoint.onnx
        if not self._file.is_file():
            raise BundleError(f"endpoint {endpoint.name!r} must have its ONNX file. Received: no {str(self._file)!r}")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # every failure is raised: no second telling on standard error
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            # The CPU, always: other providers round otherwise, and the numbers are to be the same everywhere.
            self._session = onnxruntime.InferenceSession(self._file, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's errors have no common base but this
            raise BundleError(
                f"ONNX Runtime must be able to load {str(self._file)!r}. Received: {_one_line(error)}"
            ) from error
        self._check_interface()

    def _check_interface(self) -> None:
        for side, infos, args in (
            ("inputs", self.endpoint.inputs, self._session.get_inputs()),
            ("outputs", self.endpoint.outputs, self._session.get_outputs()),
        ):
            listed = {info.name: info.dtype for info in infos}
            found = {arg.name: _numpy_name(arg.type) for arg in args}
            if listed != found:
                raise BundleError(f"{str(self._file)!r} must have the {side} {listed}. Received: {found}")
        shapes = {arg.name: arg.shape for arg in self._session.get_inputs()}
        for info in self.endpoint.inputs:
            shape = shapes[info.name]
            # Sizes that the file leaves free are strings or None; no shape at all is an unknown rank.
            free = [not isinstance(size, int) for size in shape]
            fits = [is_free or want == size for is_free, want, size in zip(free, info.shape, shape, strict=False)]
            if shape and not (len(shape) == len(info.shape) and all(fits)):
                raise BundleError(f"{str(self._file)!r} must take {info.name} {info.text}. Received: shape {shape}")

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Returns the outputs by name, for inputs that `check_inputs` passed.

        Raises:
            RunError: ONNX Runtime failed, or an output has not the shape that the manifest states: a row for
                each row of the inputs, with the fixed sizes.
        """
        names = [info.name for info in self.endpoint.outputs]
        try:
            values = self._session.run(names, dict(inputs))
        except Exception as error:  # as above
            shapes = {name: array.shape for name, array in inputs.items()}
            raise RunError(
                f"endpoint {self.endpoint.name!r} failed in ONNX Runtime ({_one_line(error)}). "
                f"Received: shapes {shapes}"
            ) from error
        rows = len(inputs[self.endpoint.inputs[0].name])
        for info, value in zip(self.endpoint.outputs, values, strict=True):
            wanted = (rows, *info.shape[1:])
            sizes = zip(wanted, value.shape, strict=False)
            if value.ndim != len(wanted) or any(want not in (None, size) for want, size in sizes):
                raise RunError(
                    f"output {info.name!r} of endpoint {self.endpoint.name!r} must be {info.text} "
                    f"with batch {rows}. Received: shape {value.shape}"
                )
        return {name: np.asarray(value) for name, value in zip(names, values, strict=True)}


class Sessions:
    """The sessions of one bundle, each made once, on first use, whichever thread comes first."""

    def __init__(self, *, bundle: Bundle, threads: int | None) -> None:
        self._bundle = bundle
        self._threads = threads
        self._lock = threading.Lock()
        self._made: dict[str, Session] = {}

    def get(self, endpoint: EndpointInfo) -> Session:
        """Returns the endpoint's session."""
        with self._lock:
            if endpoint.name not in self._made:
                self._made[endpoint.name] = Session(bundle=self._bundle, endpoint=endpoint, threads=self._threads)
            return self._made[endpoint.name]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _numpy_name(onnx_type: str) -> str:
    # "tensor(float)"; a type that is no tensor stays as it is and so differs from any dtype.
    name = onnx_type.removeprefix("tensor(").removesuffix(")")
    return _ONNX_NAMES.get(name, name)
