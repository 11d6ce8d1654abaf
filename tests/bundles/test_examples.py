"""The inputs on which runtimes are compared."""

from typing import Any

import numpy as np

from tfgen.bundles.examples import example_inputs


def _endpoints(model: Any) -> dict[str, Any]:
    return {endpoint.name: endpoint for endpoint in model.endpoints()}


def test_names_shapes_and_types_are_the_endpoint_s(mdn: Any, flow: Any) -> None:
    for model in (mdn, flow):
        for endpoint in model.endpoints():
            for batch in (1, 7):
                values = example_inputs(model, endpoint, batch)
                assert list(values) == [spec.name for spec in endpoint.inputs]
                for spec in endpoint.inputs:
                    assert values[spec.name].dtype == spec.dtype.as_numpy_dtype
                    assert values[spec.name].shape == (batch, *spec.shape[1:])
                    assert np.isfinite(values[spec.name]).all()


def test_seeds_span_int32(flow: Any) -> None:
    seeds = example_inputs(flow, _endpoints(flow)["sample"], 400)["seed"].astype(np.int64)
    for column in seeds.T:
        assert column.min() < -(2**30)
        assert column.max() > 2**30
        assert 0.4 < (column < 0).mean() < 0.6
    assert len(np.unique(seeds, axis=0)) == 400


def test_x_is_drawn_from_the_model_for_the_same_context(mdn: Any, flow: Any) -> None:
    """Where the model puts its mass: the sample endpoint's seeds and context give these very x."""
    for model in (mdn, flow):
        endpoints = _endpoints(model)
        score, sample = (example_inputs(model, endpoints[name], 30) for name in ("score", "sample"))
        for name in score.keys() & sample.keys():
            np.testing.assert_array_equal(score[name], sample[name])
        np.testing.assert_allclose(score["x"], model.run("sample", **sample)["x"], rtol=1e-6)


def test_the_choice_is_repeatable_and_varies(mdn: Any) -> None:
    endpoint = _endpoints(mdn)["score"]
    first, again, other = (example_inputs(mdn, endpoint, 5, seed=seed) for seed in (1, 1, 2))
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
        assert np.abs(first[name] - other[name]).min() > 0
    longer = example_inputs(mdn, endpoint, 6, seed=1)
    assert np.abs(longer["context"][:5] - first["context"]).min() > 0, "each batch size has rows of its own"
