"""`tfgen score`."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import click

from tfgen.cli.errors import one_line_errors

__all__ = ["score"]


@click.command()
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A .npy file for the scores.")
@click.option("--version", type=int, default=None, help="Which version; the newest unless told otherwise.")
@one_line_errors
def score(bundle: Path, data: Path, out: Path | None, version: int | None) -> None:
    """Score the rows of DATA with BUNDLE in ONNX Runtime, without TensorFlow.

    DATA is a .npy file of x, or an .npz file of the arrays x and, for a conditional model, context. Without --out the
    scores are printed, a line each, in nats.
    """
    import numpy as np

    from tfgen_serving import Scorer
    from tfgen_serving.atomic import atomic_file

    inputs = _read(data)
    unknown = set(inputs) - {"x", "context"}
    if unknown or "x" not in inputs:
        raise ValueError(f"`DATA` must hold x, and context for a conditional model. Received: {sorted(inputs)}")
    scorer = Scorer(bundle, version=version)
    scores = scorer.score(**inputs)
    kind = "log p" if scorer.score_kind == "exact" else "lower bounds of log p"
    if out is None:
        click.echo("\n".join(f"{value:.6f}" for value in scores))
    else:
        with atomic_file(out) as partial, partial.open("wb") as file:  # np.save would add an ending to a bare name
            np.save(file, scores)
    click.echo(f"{len(scores)} {kind}, mean {scores.mean():.4f} nats", err=True)


def _read(data: Path) -> dict[str, Any]:
    """The arrays of a .npy or .npz file by name."""
    import numpy as np

    try:
        with data.open("rb") as file:  # NumPy leaves its own file open where a .npz file is broken
            loaded = np.load(file)
            return {"x": loaded} if isinstance(loaded, np.ndarray) else dict(loaded)
    except (EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"`DATA` must be a whole .npy or .npz file of numbers. Received: {data}") from error
