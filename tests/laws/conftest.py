"""Every law gets every registered model."""

import pytest
from laws.registry import BOUND, EXACT, MODELS, build


@pytest.fixture(params=sorted(MODELS))
def name(request):
    return request.param


@pytest.fixture
def model(name):
    return build(name)


@pytest.fixture(params=EXACT)
def exact_model(request):
    return build(request.param)


@pytest.fixture(params=BOUND)
def bound_model(request):
    return build(request.param)


@pytest.fixture(scope="session")
def bundles(tmp_path_factory):
    """The bundle of each model, written once."""
    written = {}

    def bundle(name):
        if name not in written:
            base = tmp_path_factory.mktemp("bundles") / name
            build(name).export(base, format="bundle")
            written[name] = base
        return written[name]

    return bundle
