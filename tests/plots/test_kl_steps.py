"""The KL of each step is the mean over the sequences that have it, in a band of their quantiles."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from plots.looks import assert_all_can_be_read, texts

from tfgen.plots import kl_over_time

RNG = np.random.default_rng(0)
KL = RNG.gamma(2, size=(40, 12))
MASK = np.arange(12) < RNG.integers(1, 11, size=40)[:, None]


def edges(band: Any) -> np.ndarray:
    """[2, time], of a band that begins at step 1."""
    (path,) = band.get_paths()
    steps = np.arange(1, path.vertices[:, 0].max() + 1)
    at = [path.vertices[path.vertices[:, 0] == step][:, 1] for step in steps]
    return np.array([(each.min(), each.max()) for each in at]).T


def test_means_and_quantiles() -> None:
    figure: Any = kl_over_time(KL, title="usage")
    (axis,) = figure.axes
    (line,) = axis.lines
    assert list(line.get_xdata()) == list(range(1, 13))
    np.testing.assert_allclose(line.get_ydata(), KL.mean(axis=0))
    np.testing.assert_allclose(edges(axis.collections[0]), np.quantile(KL, [0.1, 0.9], axis=0))
    assert texts(axis.get_legend().get_texts()) == [
        f"mean: {KL.sum(axis=1).mean():.2f} nats a sequence",
        "10% to 90% of the sequences",
    ]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("step", "KL, nats a step")
    assert axis.get_ylim()[0] < 0 < 5 * -axis.get_ylim()[0] < axis.get_ylim()[1]
    assert figure.get_suptitle() == "usage"


def test_only_valid_steps_count() -> None:
    held = np.where(MASK, KL, np.nan)
    figure: Any = kl_over_time(held, MASK)
    (axis,) = figure.axes
    longest = MASK.sum(axis=1).max()
    assert longest < 12, "the last steps are of no sequence"
    np.testing.assert_allclose(axis.lines[0].get_ydata(), np.nanmean(held[:, :longest], axis=0))
    np.testing.assert_allclose(edges(axis.collections[0]), np.nanquantile(held[:, :longest], [0.1, 0.9], axis=0))
    total = np.nansum(held, axis=1).mean()
    assert texts(axis.get_legend().get_texts())[0] == f"mean: {total:.2f} nats a sequence"


def test_a_sequence_without_steps_is_none() -> None:
    figure: Any = kl_over_time([[1.0, 2.0], [5.0, 5.0]], [[True, True], [False, False]])
    assert texts(figure.axes[0].get_legend().get_texts())[0] == "mean: 3.00 nats a sequence"


def test_models_in_one_panel() -> None:
    figure: Any = kl_over_time({"plain": 0 * KL, "free bits": KL}, MASK)
    (axis,) = figure.axes
    plain, cured = axis.lines
    assert not plain.get_ydata().any()
    assert [line.get_color() for line in axis.lines] == ["C0", "C1"]
    for band, line in zip(axis.collections, axis.lines, strict=True):
        np.testing.assert_allclose(band.get_facecolor()[0, :3], to_rgb(line.get_color()))
    assert (cured.get_ydata() > 0).all()
    labels = texts(axis.get_legend().get_texts())
    assert labels[0] == "plain: 0.00 nats a sequence"
    assert labels[1].startswith("free bits: ")
    assert len(labels) == 3


def test_one_step_can_be_seen() -> None:
    one: Any = kl_over_time(KL[:, :1])
    (axis,) = one.axes
    assert axis.lines[0].get_marker() == "."
    (path,) = axis.collections[0].get_paths()
    assert np.ptp(path.vertices[:, 0]) == pytest.approx(0.6)
    low, high = axis.get_xlim()
    assert [tick for tick in axis.get_xticks() if low <= tick <= high] == [1]
    many: Any = kl_over_time(KL)
    assert many.axes[0].lines[0].get_marker() in ("", "None")


@pytest.mark.parametrize("kl", [KL, -KL, 0 * KL, np.repeat(KL, 100, axis=1), dict.fromkeys("abcd", 1e4 * KL)])
def test_all_can_be_read(kl: Any) -> None:
    figure: Any = kl_over_time(kl, title="When latent variables are used, and where they are not")
    assert_all_can_be_read(figure)
    (axis,) = figure.axes
    low, high = axis.get_ylim()
    assert low < 0 < high
    for band in axis.collections:
        assert low < edges(band).min()
        assert high > edges(band).max()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: kl_over_time(KL[0]), r"`kl` must have shape \[batch, time\]. Received: shape=\(12,\)"),
        (lambda: kl_over_time(KL[..., None]), r"`kl` must have shape \[batch, time\]. Received: shape=\(40, 12, 1\)"),
        (lambda: kl_over_time({}), "`kl` must not be empty. Received: kl={}"),
        (lambda: kl_over_time(KL * np.nan), "`kl` must be finite. Received: 480 of 480"),
        (
            lambda: kl_over_time({"a": KL, "b": KL[:5]}, MASK),
            r"`mask` must be bool of shape \(5, 12\).*shape=\(40, 12\)",
        ),
        (lambda: kl_over_time({"a": KL, "b": "c"}), r"`kl\['b'\]` must be an array of real numbers"),
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
