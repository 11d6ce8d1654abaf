"""Every law gets every registered model."""

import numpy as np
import pytest
from laws.registry import BOUND, EXACT, MODELS, build, forget_graphs, shared, shared_compiled


@pytest.fixture(autouse=True, scope="module")
def forgotten():
    """What was traced for one file is of no use to the next, and much: it goes before the file's garbage does."""
    yield
    forget_graphs()


@pytest.fixture(params=sorted(MODELS))
def name(request):
    return request.param


@pytest.fixture
def model(name):
    """For laws that only ask: one for all of them, which must stay as it is."""
    yield from _unchanged(shared(name))


@pytest.fixture
def compiled(name):
    """For laws of what `fit` refuses: one for all of them too."""
    yield from _unchanged(shared_compiled(name))


@pytest.fixture
def own_model(name):
    """For laws that compile, train or set weights: a copy of their own."""
    return build(name)


@pytest.fixture(params=EXACT)
def exact_model(request):
    yield from _unchanged(shared(request.param))


@pytest.fixture(params=BOUND)
def bound_model(request):
    yield from _unchanged(shared(request.param))


@pytest.fixture(params=BOUND)
def own_bound_model(request):
    return build(request.param)


def _unchanged(model):
    before, was_compiled = model.get_weights(), model.compiled
    yield model
    assert model.compiled == was_compiled
    for value, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, old)


@pytest.fixture(scope="session")
def bundles(tmp_path_factory):
    """The bundle of each model, written once."""
    written = {}

    def bundle(name):
        if name not in written:
            base = tmp_path_factory.mktemp("bundles") / name
            shared(name).export(base, format="bundle")
            written[name] = base
        return written[name]

    return bundle
