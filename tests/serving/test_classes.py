"""A model of classes by a Scorer: the numbers of the Keras model, and what is said of labels that do not fit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfgen_serving import InputError, Scorer

RNG = np.random.default_rng(0)
X = RNG.integers(2, size=[9, 4])
Z = RNG.normal(size=[9, 2])
LABEL = np.array([0, 1, 2, 2, 1, 0, 2, 0, 1])
SOME = np.where(np.arange(9) % 2, LABEL, -1)


@pytest.fixture(scope="module")
def scorer(classes_bundle: Path) -> Scorer:
    return Scorer(classes_bundle)


@pytest.fixture(scope="module")
def drawn(drawn_bundle: Path) -> Scorer:
    return Scorer(drawn_bundle)


def close(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_classify_is_the_most_probable_class(scorer: Scorer, classes_model: Any) -> None:
    label = scorer.classify(X)
    assert (label.shape, label.dtype.name) == ((9,), "int32")
    np.testing.assert_array_equal(label, classes_model.predict_label(X))
    probabilities = scorer.run("classify", x=X)["probabilities"]
    close(probabilities, classes_model.run("classify", x=X)["probabilities"])
    np.testing.assert_array_equal(label, probabilities.argmax(axis=1))
    assert len(set(label.tolist())) > 1


def test_encode_takes_labels_or_the_most_probable_class(scorer: Scorer, classes_model: Any) -> None:
    close(scorer.encode(X, label=LABEL), classes_model.encode(X, LABEL))
    close(scorer.encode(X, label=SOME), classes_model.encode(X, SOME))
    np.testing.assert_array_equal(scorer.encode(X), scorer.encode(X, label=scorer.classify(X)))
    np.testing.assert_array_equal(scorer.encode(X), scorer.encode(X, label=np.full(9, -1)))
    close(scorer.encode(X, label=SOME, seed=5), classes_model.encode(X, SOME, seed=5))
    close(scorer.encode(X, seed=5), classes_model.encode(X, seed=5))
    assert (scorer.encode(X, label=LABEL) != scorer.encode(X, label=(LABEL + 1) % 3)).any(axis=1).all()


def test_decode_reconstruct_and_score(scorer: Scorer, classes_model: Any) -> None:
    close(scorer.decode(Z, label=LABEL), classes_model.decode(Z, LABEL))
    close(scorer.reconstruct(X), classes_model.reconstruct(X))
    close(scorer.reconstruct(X), scorer.decode(scorer.encode(X), label=scorer.classify(X)))
    close(scorer.score(X), classes_model.score(X))


def test_draws_are_the_keras_model_s(scorer: Scorer, classes_model: Any) -> None:
    np.testing.assert_array_equal(scorer.sample_class(LABEL, seed=7), classes_model.sample_class(LABEL, seed=7))
    np.testing.assert_array_equal(scorer.sample(20, seed=-7), classes_model.sample(20, seed=-7))
    drawn = scorer.run("sample", seed=[[3, row] for row in range(20)])
    np.testing.assert_array_equal(scorer.sample_class(drawn["label"], seed=3), drawn["x"])


@pytest.mark.parametrize("batch_size", [1, 4, 8])
def test_batches_equal_the_whole(scorer: Scorer, batch_size: int) -> None:
    size: Any = {"batch_size": batch_size}
    np.testing.assert_array_equal(scorer.classify(X, **size), scorer.classify(X))
    close(scorer.encode(X, **size), scorer.encode(X))
    close(scorer.encode(X, label=SOME, **size), scorer.encode(X, label=SOME))
    close(scorer.decode(Z, label=LABEL, **size), scorer.decode(Z, label=LABEL))
    np.testing.assert_array_equal(scorer.sample_class(LABEL, seed=7, **size), scorer.sample_class(LABEL, seed=7))


def test_of_a_class_that_there_is_not_comes_no_number(scorer: Scorer) -> None:
    """How many there are, a signature does not tell; a ReLU and a comparison would make numbers of NaN."""
    label = np.where(np.arange(9) == 4, 3, LABEL)
    for found in (
        scorer.encode(X, label=label),
        scorer.encode(X, label=label, seed=1),
        scorer.decode(Z, label=label),
        scorer.sample_class(label, seed=0),
    ):
        np.testing.assert_array_equal(np.isnan(found).any(axis=1), label == 3)
        assert np.isnan(found[4]).all()


def test_a_draw_of_a_code_has_the_seed_row_of_its_row(drawn: Scorer) -> None:
    x, context = RNG.normal(size=[5, 2]).astype("float32"), np.arange(5, dtype="float32")[:, None]
    seeds = np.stack([np.full(5, -9), np.arange(5)], axis=1)
    for size in (1, 2, 5):
        found = drawn.encode(x, context, seed=-9, batch_size=size)
        np.testing.assert_array_equal(found, np.concatenate([seeds, x, context], axis=1))
    assert drawn.encode(x, context).shape == (5, 2), "without a seed the mean"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.decode(Z), r"label must be given to endpoint 'decode': int32 \[batch\]\. Received: z"),
        (lambda s: s.decode(Z, label=SOME), "label must be class numbers, 0 and up. Received: -1 in row 0"),
        (lambda s: s.sample_class(SOME, seed=0), "label must be class numbers, 0 and up. Received: -1 in row 0"),
        (
            lambda s: s.encode(X, label=LABEL - 2),
            "label must be class numbers, 0 and up, or -1 for the most probable class. Received: -2 in row 0",
        ),
        (lambda s: s.encode(X, label=LABEL[:4]), "label must have 9 rows, as x has. Received: 4 rows"),
        (lambda s: s.decode(Z, label=[1]), "label must have 9 rows, as z has. Received: 1 rows"),
        (lambda s: s.encode(X, label=LABEL + 0.5), "label must be integers that fit int32"),
        (lambda s: s.encode(X, label=np.eye(3)[LABEL]), r"label must have shape \[batch\]\. Received: shape \(9, 3\)"),
        (lambda s: s.encode(X, Z), "context must not be given: endpoint 'encode' takes x, label"),
        (lambda s: s.encode(X[0]), r"x must have shape \[batch, 4\]"),
        (lambda s: s.encode(X, label=LABEL[:4], seed=0), "label must have 9 rows, as x has. Received: 4 rows"),
        (lambda s: s.encode(X, seed=True), r"seed must be an integer in"),
        (lambda s: s.classify(X[:, :3]), r"x must have shape \[batch, 4\]"),
        (lambda s: s.classify(X, batch_size=0), "batch_size must be an integer of at least 1"),
        (lambda s: s.sample_class(LABEL, seed=2**31), r"seed must be an integer in -2147483648\.\.2147483647"),
        (lambda s: s.sample_class(LABEL, seed=None), r"seed must be an integer in -2147483648\.\.2147483647"),
        (lambda s: s.sample_class([], seed=0), "label must have at least one row"),
        (lambda s: s.sample_class(None, seed=0), "label must be given to endpoint 'sample_class'"),
    ],
)
def test_errors_of_a_model_of_classes(scorer: Scorer, call: Any, message: str) -> None:
    with pytest.raises(InputError, match="^" + message):
        call(scorer)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.encode(Z, Z[:, :1], label=LABEL), "label must not be given: endpoint 'encode' takes x, context"),
        (lambda s: s.decode(Z, Z[:, :1], label=LABEL), "label must not be given: endpoint 'decode' takes z, context"),
        (
            lambda s: s.encode(Z, Z[:, :1], label=LABEL, seed=0),
            "label must not be given: endpoint 'encode_sample' takes seed, x, context",
        ),
        (lambda s: s.encode(Z, seed=0), "context must be given to endpoint 'encode_sample'"),
        (lambda s: s.encode(Z, Z[:4, :1], seed=0), "context must have 9 rows, as x has. Received: 4 rows"),
        (lambda s: s.encode(Z, Z[:, :1], seed=1.0), "seed must be an integer in"),
        (lambda s: s.encode(Z, seed=2**31), "seed must be an integer in"),
        (lambda s: s.classify(Z), "endpoint must be one of those in the bundle: .*Received: 'classify'"),
        (lambda s: s.sample_class(LABEL, seed=0), "endpoint must be one of those in the bundle: .*'sample_class'"),
    ],
)
def test_errors_of_a_model_without_classes(drawn: Scorer, call: Any, message: str) -> None:
    with pytest.raises(InputError, match="^" + message):
        call(drawn)
