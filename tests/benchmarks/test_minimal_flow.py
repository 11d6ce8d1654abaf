"""The hand-written graph is the same density as tfgen's, in two dimensions and in many."""

import numpy as np
import onnxruntime
import pytest

import tfgen
from benchmarks.minimal_flow import minimal_flow


def _flow(size: int, **arguments: object) -> tfgen.RealNVP:
    flow = tfgen.RealNVP(event_shape=(size,), hidden=(16, 16), standardize=False, **arguments)
    rng = np.random.default_rng(0)
    flow.set_weights([value + 0.05 * rng.normal(size=value.shape) for value in flow.get_weights()])
    return flow


@pytest.mark.parametrize("size", [2, 6, 64])
def test_the_graph_scores_as_keras_does(size: int) -> None:
    flow = _flow(size, couplings=8)
    session = onnxruntime.InferenceSession(minimal_flow(flow).SerializeToString())
    x = np.random.default_rng(1).normal(size=(7, size)).astype("f4")
    np.testing.assert_allclose(session.run(None, {"x": x})[0], flow.score(x), rtol=1e-5, atol=1e-4)


def test_in_two_dimensions_nothing_is_put_back_in_order() -> None:
    operators = [node.op_type for node in minimal_flow(_flow(2, couplings=8)).graph.node]
    assert len(operators) == 2 + 8 * 11 + 2 * 2 + 2
    assert not {"Concat", "Gather", "Split"} & set(operators)


@pytest.mark.parametrize(
    ("size", "arguments"), [(3, {}), (1, {}), (2, {"transformer": "rational_quadratic_spline", "bins": 4})]
)
def test_other_flows_are_refused(size: int, arguments: dict) -> None:
    with pytest.raises(ValueError, match="keep half of the entries"):
        minimal_flow(_flow(size, couplings=2, **arguments))
