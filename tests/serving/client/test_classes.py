"""A model of classes, and draws of codes, from a server: the numbers and the words of a Scorer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfgen_serving import InputError, Scorer
from tfgen_serving.server.serve import Addresses

RNG = np.random.default_rng(0)
X = RNG.integers(2, size=[9, 4])
Z = RNG.normal(size=[9, 2])
LABEL = np.array([0, 1, 2, 2, 1, 0, 2, 0, 1])
SOME = np.where(np.arange(9) % 2, LABEL, -1)
CALLS = {
    "classify": lambda m: m.classify(X),
    "encode": lambda m: m.encode(X),
    "encode, labelled": lambda m: m.encode(X, label=LABEL),
    "encode, some labelled": lambda m: m.encode(X, label=SOME),
    "encode, drawn": lambda m: m.encode(X, label=SOME, seed=7),
    "encode, drawn without labels": lambda m: m.encode(X, seed=7),
    "decode": lambda m: m.decode(Z, label=LABEL),
    "reconstruct": lambda m: m.reconstruct(X),
    "score": lambda m: m.score(X),
    "sample": lambda m: m.sample(6, seed=3),
    "sample_class": lambda m: m.sample_class(LABEL, seed=-3),
    "no such class": lambda m: m.sample_class(LABEL + 1, seed=-3),
}
WRONG = {
    "no label": lambda m: m.decode(Z),
    "a missing label": lambda m: m.decode(Z, label=SOME),
    "no class": lambda m: m.encode(X, label=LABEL - 2),
    "too few": lambda m: m.encode(X, label=LABEL[:4]),
    "too few of z": lambda m: m.decode(Z, label=LABEL[:4]),
    "a fraction": lambda m: m.sample_class(LABEL + 0.5, seed=0),
    "no seed": lambda m: m.sample_class(LABEL, seed=None),
}


@pytest.fixture(scope="module")
def at(start: Any, classes_bundle: Path, drawn_bundle: Path) -> Iterator[Addresses]:
    with start({"classes": classes_bundle, "drawn": drawn_bundle}) as addresses:
        yield addresses


@pytest.fixture(scope="module")
def scorer(classes_bundle: Path) -> Scorer:
    return Scorer(classes_bundle)


@pytest.mark.parametrize("name", CALLS)
def test_calls(connect: Any, at: Addresses, scorer: Scorer, name: str) -> None:
    expected = CALLS[name](scorer)
    np.testing.assert_array_equal(CALLS[name](connect("classes", at=at)), expected, strict=True)
    in_parts = CALLS[name](connect("classes", at=at, batch_size=4))
    np.testing.assert_allclose(in_parts, expected, rtol=1e-5, atol=1e-6, strict=True)


def test_probabilities(connect: Any, at: Addresses, scorer: Scorer) -> None:
    found, expected = (model.run("classify", x=X) for model in (connect("classes", at=at), scorer))
    for name in ("label", "probabilities"):
        np.testing.assert_array_equal(found[name], expected[name], strict=True)


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit(connect: Any, at: Addresses, scorer: Scorer, name: str) -> None:
    with pytest.raises(InputError) as wanted:
        WRONG[name](scorer)
    with pytest.raises(InputError) as found:
        WRONG[name](connect("classes", at=at))
    assert str(found.value) == str(wanted.value)


def test_draws_of_codes(connect: Any, at: Addresses, drawn_bundle: Path) -> None:
    client, context = connect("drawn", at=at, batch_size=2), Z[:, :1]
    expected = Scorer(drawn_bundle).encode(Z, context, seed=11)
    np.testing.assert_array_equal(client.encode(Z, context, seed=11), expected, strict=True)
    with pytest.raises(InputError, match=r"^context must have 9 rows, as x has\. Received: 4 rows"):
        client.encode(Z, context[:4], seed=11)
    with pytest.raises(InputError, match=r"^label must not be given: endpoint 'encode_sample' takes"):
        client.encode(Z, context, label=LABEL, seed=11)
