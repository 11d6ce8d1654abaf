"""Numbers of a server that are none."""

from typing import Any

import numpy as np
import pytest

from tfgen_serving import InputError
from tfgen_serving.server.limits import Batching, Limits


@pytest.mark.parametrize("name", ["max_body_bytes", "max_rows", "max_answer_bytes", "max_steps"])
@pytest.mark.parametrize("value", [0, -1, True, 1.5, "5", None])
def test_limits_that_are_no_counts(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"^{name} must be an integer of at least 1\. Received: "):
        Limits(**{name: value})


@pytest.mark.parametrize("value", [0, -1.0, True, "5", None, float("nan"), float("inf"), 1j])
def test_timeouts_that_are_none(value: Any) -> None:
    with pytest.raises(InputError, match=r"^timeout must be positive seconds\. Received: "):
        Limits(timeout=value)


@pytest.mark.parametrize("value", [-1, True, 1.5, "5", None])
def test_batching_that_is_none(value: Any) -> None:
    with pytest.raises(InputError, match=r"^batch_timeout_micros must be an integer of at least 0\. Received: "):
        Batching(batch_timeout_micros=value)
    with pytest.raises(InputError, match=r"^max_batch_size must be an integer of at least 1\. Received: "):
        Batching(max_batch_size=value)


def test_numbers_of_numpy() -> None:
    limits = Limits(max_rows=np.int64(7), timeout=np.float32(1.5))  # type: ignore[arg-type]
    assert (limits.max_rows, limits.timeout) == (7, 1.5)
    assert type(limits.max_rows) is int
    assert Batching(max_batch_size=np.int32(9)).max_batch_size == 9  # type: ignore[arg-type]
