"""The bars are the KLs in order, and those of collapsed dimensions are marked as such."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from plots.looks import assert_all_can_be_read, texts

from tfgen.plots import kl_per_dimension

KL = [0.004, 1.5, 0.01, 2.25, 0.0]


def _heights(axis: Any) -> list[float]:
    bars = sorted(axis.patches, key=lambda bar: bar.get_x())
    assert [bar.get_x() + bar.get_width() / 2 for bar in bars] == pytest.approx(range(len(bars)))
    assert {bar.get_y() for bar in bars} == {0}
    return [bar.get_height() for bar in bars]


def test_bars_descend_and_keep_their_numbers() -> None:
    figure: Any = kl_per_dimension(KL, title="usage")
    (axis,) = figure.axes
    assert _heights(axis) == [2.25, 1.5, 0.01, 0.004, 0.0]
    assert texts(axis.get_xticklabels()) == ["3", "1", "2", "0", "4"]
    assert list(axis.get_xticks()) == [0, 1, 2, 3, 4]
    assert axis.get_title() == "3.76 nats, 3 of 5 dimensions active"
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("latent dimension", "KL, nats")
    assert figure.get_suptitle() == "usage"


@pytest.mark.parametrize(("threshold", "active"), [(0.01, 3), (0.0101, 2), (2, 1), (3.0, 0), (0, 5)])
def test_the_threshold_parts_the_active_from_the_collapsed(threshold: float, active: int) -> None:
    figure: Any = kl_per_dimension(KL, threshold=threshold)
    (axis,) = figure.axes
    (legend,) = figure.legends
    strong, pale = [handle.get_facecolor() for handle in legend.legend_handles]
    assert texts(legend.get_texts()) == ["active", f"collapsed: below {threshold:g} nats"]
    assert [bar.get_facecolor() for bar in axis.patches] == [strong] * active + [pale] * (5 - active)
    assert np.ptp(strong[:3]) > 0.5, "a colour"
    assert np.ptp(pale[:3]) < 0.1, "a grey"
    black = to_rgba("black")
    assert [to_rgba(label.get_color()) for label in axis.get_xticklabels()] == [black] * active + [pale] * (5 - active)
    assert f"{active} of 5 " in axis.get_title()


def test_equal_ones_stay_in_the_order_of_their_numbers() -> None:
    figure: Any = kl_per_dimension([0.3, 0.5, 0.3, 0.3, 0.5])
    assert texts(figure.axes[0].get_xticklabels()) == ["1", "4", "0", "2", "3"]


def test_models_side_by_side_on_one_scale() -> None:
    figure: Any = kl_per_dimension({"plain": KL, "free bits": np.array([0.25, 4.0, 0.25])}, title="both")
    plain, cured = figure.axes
    assert _heights(plain) == [2.25, 1.5, 0.01, 0.004, 0.0]
    assert _heights(cured) == [4.0, 0.25, 0.25]
    assert plain.get_title() == "plain\n3.76 nats, 3 of 5 dimensions active"
    assert cured.get_title() == "free bits\n4.50 nats, 3 of 3 dimensions active"
    assert texts(cured.get_xticklabels()) == ["1", "0", "2"]
    assert plain.get_ylim() == cured.get_ylim()
    assert plain.get_ylim()[1] > 4
    assert plain.get_position().x0 < cured.get_position().x0
    assert (plain.get_ylabel(), cured.get_ylabel()) == ("KL, nats", "")
    assert len(figure.legends) == 1


def test_each_of_64_has_its_number_and_more_have_some() -> None:
    kl = np.linspace(1, 0, 64)
    figure: Any = kl_per_dimension(kl)
    assert texts(figure.axes[0].get_xticklabels()) == [str(number) for number in range(64)]
    pair: Any = kl_per_dimension({"first": kl, "second": kl})
    assert all(texts(axis.get_xticklabels()) == [str(number) for number in range(64)] for axis in pair.axes)
    many: Any = kl_per_dimension(np.linspace(1, 0, 300))
    (axis,) = many.axes
    assert len(axis.patches) == 300
    places = axis.get_xticks()
    assert 50 < len(places) < 200
    assert texts(axis.get_xticklabels()) == [str(int(place)) for place in places]


def test_long_names_have_room() -> None:
    figure: Any = kl_per_dimension(
        {f"a variational autoencoder that was trained with free bits of {bits} nats": KL for bits in (1, 2)}
    )
    assert_all_can_be_read(figure)
    first, second = (axis.title.get_window_extent() for axis in figure.axes)
    assert not first.overlaps(second)


@pytest.mark.parametrize(
    "kl",
    [
        [0.5],
        np.linspace(2, 0, 10),
        np.linspace(2, 0, 64),
        np.linspace(2, 0, 1000),
        dict.fromkeys("ab", np.linspace(2, 0, 64)),
        dict.fromkeys("abcd", np.full(32, 123.4)),
    ],
)
def test_all_can_be_read(kl: Any) -> None:
    assert_all_can_be_read(kl_per_dimension(kl, title="Collapse of the posterior, with a cure and without one"))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: kl_per_dimension(np.ones((7, 3))), r"`kl` must have shape \[latent_dim\].*Received: shape=\(7, 3\)"),
        (lambda: kl_per_dimension(0.5), r"`kl` must have shape .*Received: shape=\(\)"),
        (lambda: kl_per_dimension([]), "`kl` must not be empty"),
        (lambda: kl_per_dimension({}), "`kl` must not be empty. Received: kl={}"),
        (lambda: kl_per_dimension([1.0, np.nan]), "`kl` must be finite. Received: 1 of 2"),
        (lambda: kl_per_dimension({"a": KL, "b": [KL]}), r"`kl\['b'\]` must have shape .*Received: shape=\(1, 5\)"),
        (lambda: kl_per_dimension({"a": KL, "b": "c"}), r"`kl\['b'\]` must be an array of real numbers"),
        (lambda: kl_per_dimension(KL, threshold=-1), "`threshold` must be a number .*Received: threshold=-1"),
        (lambda: kl_per_dimension(KL, threshold=[1, 2]), r"`threshold` must be a number .*threshold=\[1, 2\]"),  # type: ignore[arg-type]
        (lambda: kl_per_dimension(KL, threshold=np.inf), "`threshold` must be finite"),
    ],
)
def test_errors_name_the_argument(draw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
