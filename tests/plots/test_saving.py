"""Figures are written whole, and drawing them leaves matplotlib's global state alone."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from tfgen.plots import save_figure

NO_PYPLOT = """
import sys
import numpy as np
import matplotlib
from tfgen import plots


def settings():  # to look at "backend" would itself choose one, and import pyplot for it
    return {key: matplotlib.rcParams[key] for key in matplotlib.rcParams if key != "backend"}


before = settings()
normal = lambda *x: sum(-0.5 * value.reshape(len(value), -1).sum(axis=1) ** 2 for value in x)
draws = np.random.default_rng(0).normal(size=(9, 2))
figures = [
    plots.density_beside_truth(normal, normal, draws, limits=((-1, 1), (-1, 1)), points=5),
    plots.sample_pairs(draws, draws, pairs=((0, 1),), names=["a", "b"]),
    plots.conditional_density(normal, normal, x_limits=(-1, 1), context_limits=(-1, 1), points=5),
    plots.predictive_bands(draws[:, :1], draws[None, :, :1] + np.arange(3)[:, None, None]),
    plots.image_grid(np.ones((5, 4, 4)), title="grid"),
    plots.reconstructions(np.ones((5, 4, 4)), np.ones((5, 4, 4))),
    plots.interpolation(np.ones((3, 2, 4, 4))),
    plots.latent_plane(draws, np.arange(9)),
    plots.latent_grid(lambda z: np.ones((len(z), 4, 4)), points=3),
    plots.training_curves({"loss": [1.0, 2.0]}),
    plots.latent_traversals(lambda z: np.ones((len(z), 4, 4)), np.zeros(2)),
    plots.kl_per_dimension(np.ones(3)),
    plots.analogies(np.ones((5, 4, 4)), np.ones((2, 5, 4, 4))),
    plots.nearest_neighbours(np.ones((5, 4, 4)), np.ones((5, 2, 4, 4)), distances=np.ones((5, 2))),
    plots.sequences_beside(np.ones((3, 4, 2)), np.zeros((3, 4, 2))),
    plots.pen_strokes([[[1, 2, 0], [1, 0, 1]]]),
    plots.forecast_bands(draws[:, 0], np.ones((4, 9)), history=draws[:, 1]),
    plots.pit_histogram(np.linspace(0, 1, 50)),
    plots.kl_over_time(np.ones((3, 4))),
]
for index, figure in enumerate(figures):
    plots.save_figure(figure, f"{sys.argv[1]}/{index}.png", dpi=20)
assert settings() == before
print(sorted(sys.modules.keys() & {"matplotlib.pyplot", "tensorflow", "keras"}))
"""


@pytest.fixture
def figure() -> Figure:
    drawn = Figure(figsize=(2, 1))
    drawn.subplots().plot([0, 1])
    return drawn


def test_a_picture_is_written_where_it_is_asked(figure: Figure, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "picture.png"
    assert save_figure(figure, str(target), dpi=50) == target
    content = target.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert (int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")) == (100, 50)
    assert list(target.parent.iterdir()) == [target]
    assert save_figure(figure, tmp_path / "picture.pdf").read_bytes().startswith(b"%PDF")


def test_an_error_leaves_the_picture_that_was_there(
    figure: Figure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "picture.png"
    target.write_bytes(b"the old one")

    def fail(path: Any, **arguments: Any) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(OSError, match="no space"):
        save_figure(figure, target)
    assert target.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [target]


def test_an_unknown_format_leaves_nothing(figure: Figure, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="xyz"):
        save_figure(figure, tmp_path / "picture.xyz")
    assert not list(tmp_path.iterdir())


def test_pyplot_and_its_global_state_stay_out(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_PYPLOT, str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    assert len(list(tmp_path.glob("*.png"))) == 19
