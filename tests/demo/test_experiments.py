"""The experiments: no held-out row is trained on, and each is judged beside what it says."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression

from tfgen import datasets
from tfgen.demo import EXPERIMENTS, Experiment
from tfgen.demo.digits import digits
from tfgen.judging import bernoulli_independent, bernoulli_mixture, full_gaussian, linear_gaussian

NAMES = ("two_moons", "breast_cancer", "bishop", "diabetes", "digits")


@pytest.fixture(scope="module")
def quick() -> dict[str, Experiment]:
    return {make.__name__: make(quick=True) for make in EXPERIMENTS}


def _rows(named: dict[str, np.ndarray]) -> set[bytes]:
    """Every row, all inputs together, by its bytes."""
    joined = np.concatenate([np.reshape(value, (len(value), -1)) for _, value in sorted(named.items())], axis=1)
    return {row.tobytes() for row in np.ascontiguousarray(joined + 0.0)}


def test_which_there_are(quick: dict[str, Experiment]) -> None:
    assert tuple(quick) == NAMES
    for attribute in ("name", "title"):
        assert len({getattr(experiment, attribute) for experiment in quick.values()}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_row_is_in_two_splits(quick: dict[str, Experiment], name: str) -> None:
    experiment = quick[name]
    splits = [experiment.train, experiment.test, *([experiment.validation] if experiment.validation else [])]
    rows = [_rows(split) for split in splits]
    repeated = sum(len(split["x"]) for split in splits) - len(set.union(*rows))
    # Two people may well write the same digit in 64 black and white pixels; of real numbers none is met twice.
    assert repeated <= (60 if name == "digits" else 0)


@pytest.mark.parametrize("name", ["two_moons", "bishop"])
def test_held_out_rows_are_drawn_anew(quick: dict[str, Experiment], name: str) -> None:
    """One seed for both would repeat single columns; a few of 400 000 float32 numbers meet by chance."""
    experiment = quick[name]
    for key, held_out in experiment.test.items():
        for column in range(held_out.shape[1]):
            assert np.isin(held_out[:, column], experiment.train[key][:, column]).mean() < 0.2


@pytest.mark.parametrize("name", NAMES)
def test_the_model_fits_the_data(quick: dict[str, Experiment], name: str) -> None:
    experiment = quick[name]
    model = experiment.model()
    scores = model.score(**{key: value[:5] for key, value in experiment.test.items()}).numpy()
    assert np.isfinite(scores).all()
    assert len(experiment.reference_log_prob) == len(experiment.test["x"])
    assert experiment.model() is not model


@pytest.mark.parametrize(
    ("name", "truth"), [("two_moons", datasets.TwoMoons), ("bishop", datasets.SmoothBishopInverse)]
)
def test_known_densities_are_the_reference(
    quick: dict[str, Experiment], name: str, truth: Callable[[], datasets.KnownDensity]
) -> None:
    experiment = quick[name]
    assert experiment.known
    assert experiment.reference == "truth"
    density = truth()
    np.testing.assert_array_equal(experiment.reference_log_prob, density.log_prob(**experiment.test))
    error = experiment.reference_log_prob.std() / np.sqrt(len(experiment.reference_log_prob))
    assert abs(-experiment.reference_log_prob.mean() - density.entropy) < 4 * error


def test_breast_cancer_is_judged_beside_the_training_rows_gaussian(quick: dict[str, Experiment]) -> None:
    experiment = quick["breast_cancer"]
    train, test = (split["x"].astype("float64") for split in (experiment.train, experiment.test))
    assert (experiment.reference, experiment.known) == ("Gaussian", False)
    np.testing.assert_array_equal(experiment.reference_log_prob, full_gaussian(train, test))
    fitted = stats.multivariate_normal(train.mean(axis=0), np.cov(train.T, bias=True))
    np.testing.assert_allclose(experiment.reference_log_prob, fitted.logpdf(test), rtol=1e-6)


def test_diabetes_is_judged_beside_the_training_rows_regression(quick: dict[str, Experiment]) -> None:
    experiment = quick["diabetes"]
    train, test = (
        {key: value.astype("float64") for key, value in split.items()} for split in (experiment.train, experiment.test)
    )
    assert (experiment.reference, experiment.known) == ("linear", False)
    np.testing.assert_array_equal(
        experiment.reference_log_prob, linear_gaussian(train["context"], train["x"], test["context"], test["x"])
    )
    fitted = LinearRegression().fit(train["context"], train["x"])
    spread = (train["x"] - fitted.predict(train["context"])).std()
    expected = stats.norm.logpdf(test["x"], fitted.predict(test["context"]), spread)[:, 0]
    np.testing.assert_allclose(experiment.reference_log_prob, expected, rtol=1e-6)


def test_digits_are_judged_beside_the_training_rows_mixture(quick: dict[str, Experiment]) -> None:
    experiment = quick["digits"]
    train, test = experiment.train["x"], experiment.test["x"]
    assert (experiment.reference, experiment.known) == ("mixture", False)
    np.testing.assert_array_equal(experiment.reference_log_prob, bernoulli_mixture(train, test))
    assert experiment.reference_log_prob.mean() > bernoulli_independent(train, test).mean() + 5


def test_a_bound_is_judged_by_many_samples(quick: dict[str, Experiment]) -> None:
    experiment = quick["digits"]
    model = experiment.model()
    np.testing.assert_array_equal(experiment.log_prob(model), model.bound(**experiment.test, num_samples=100, seed=0))
    assert digits(quick=False).bound_samples == 5000


@pytest.mark.parametrize("make", EXPERIMENTS)
def test_quick_means_fewer_steps_on_the_same_held_out_rows(make: Callable[..., Any], quick: dict[str, Any]) -> None:
    experiment, full = quick[make.__name__], make(quick=False)

    def steps(of: Experiment) -> int:
        return of.epochs * -(-len(of.train["x"]) // of.batch_size)

    assert steps(experiment) * 4 < steps(full)
    for key, value in full.test.items():
        np.testing.assert_array_equal(experiment.test[key], value)


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes"])
def test_pictures_are_drawn_of_any_model(quick: dict[str, Experiment], name: str) -> None:
    experiment = quick[name]
    (figure,) = experiment.pictures(experiment.model()).values()
    assert len(figure.axes) >= 2
    assert figure.get_suptitle()


def test_pictures_of_digits(quick: dict[str, Experiment]) -> None:
    experiment = quick["digits"]
    model = experiment.model()
    model.compile("adam")
    model.fit(experiment.train["x"][:64], validation_split=0.5, epochs=2, verbose=0)
    names = ("samples", "reconstructions", "latent", "interpolation", "training")
    assert list(experiment.pictures(model)) == [f"digits_{name}" for name in names]
