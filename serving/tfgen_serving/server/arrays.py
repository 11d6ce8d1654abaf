"""Whether a request's arrays are what an endpoint takes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfgen_serving.batches import STEPS, free_size
from tfgen_serving.masks import takes_mask
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.limits import Limits
from tfgen_serving.tensors import EndpointInfo

__all__ = ["check_arrays"]


def check_arrays(endpoint: EndpointInfo, inputs: Mapping[str, NDArray[Any]], limits: Limits) -> None:
    """Raises INVALID_ARGUMENT unless the arrays are what the endpoint takes, all of one batch size within the limits.

    TensorFlow Serving would leave it to the graph, which may broadcast a wrong size to a wrong answer.
    """
    rows = None
    for info in endpoint.inputs:
        array = inputs[info.name]
        if array.dtype != np.dtype(info.dtype):
            raise _refused(f"{info.name} must be {info.text}. Received: dtype {array.dtype}")
        fits = [wanted is None or wanted == size for wanted, size in zip(info.shape, array.shape, strict=False)]
        if array.ndim != len(info.shape) or not all(fits):
            raise _refused(f"{info.name} must be {info.text}. Received: shape {list(array.shape)}")
        if rows not in (None, len(array)):
            raise _refused(f"{info.name} must have {rows} rows, as the other inputs. Received: {len(array)}")
        rows = len(array)
    if rows is not None and rows > limits.max_rows:
        raise _refused(f"a request must have at most {limits.max_rows} rows. Received: {rows}")
    free = _checked_steps(endpoint, inputs, limits)
    row_bytes = sum(info.row_bytes(free) for info in endpoint.outputs)
    if rows is not None and rows * row_bytes > limits.max_answer_bytes:
        raise _refused(
            f"an answer must have at most {limits.max_answer_bytes} bytes, which are "
            f"{limits.max_answer_bytes // row_bytes} rows of {endpoint.name}. Received: {rows} rows"
        )


def _checked_steps(endpoint: EndpointInfo, inputs: Mapping[str, NDArray[Any]], limits: Limits) -> int:
    """What sizes that the endpoint leaves free come to; of sequences these are steps."""
    if takes_mask(endpoint) and inputs["mask"].shape != inputs["x"].shape[:2]:
        raise _refused(
            f"mask must have the rows and steps of x, {list(inputs['x'].shape[:2])}. "
            f"Received: shape {list(inputs['mask'].shape)}"
        )
    if STEPS in inputs and (inputs[STEPS] < 1).any():
        raise _refused(f"steps must be at least 1. Received: {inputs[STEPS].min()}")
    free = free_size(endpoint, inputs)
    if free > limits.max_steps:
        raise _refused(f"a request must have at most {limits.max_steps} steps in a row. Received: {free}")
    return free


def _refused(message: str) -> StatusError:
    return StatusError(Code.INVALID_ARGUMENT, message)
