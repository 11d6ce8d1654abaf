"""Models to files, whole or not at all, of any size."""

import os
import tempfile
from pathlib import Path

import onnx

from tfgen_export.freeze import is_large

__all__ = ["save", "weight_bytes"]


def save(model: onnx.ModelProto, path: str | os.PathLike[str]) -> None:
    """Writes a model; where its weights are beyond 2 GB, they go into a file beside it, `<name>.data`.

    The model's file appears last, by a rename, and replaces one that is there: a reader finds the old model or the
    new one. Every runtime that loads the model by its path finds the weights.

    Args:
        model: the model; stays as it is.
        path: where to; its folder must exist.

    Example:
        >>> import tempfile, tensorflow as tf, tfgen_export
        >>> model = tfgen_export.convert(tf.math.log1p, [tf.TensorSpec([None], tf.float32)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     tfgen_export.save(model, f"{folder}/log1p.onnx")
        ...     onnx.load(f"{folder}/log1p.onnx").graph.name
        'log1p'
    """
    target = Path(path)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.partial-", dir=target.parent) as folder:
        file, data = Path(folder) / target.name, f"{target.name}.data"
        if is_large(weight_bytes(model)):
            onnx.save_model(model, file, save_as_external_data=True, location=data, size_threshold=1024)
            # Saving took the weights out of the model that was handed in.
            onnx.load_external_data_for_model(model, folder)
            (Path(folder) / data).replace(target.parent / data)
        else:
            onnx.save_model(model, file)
        file.replace(target)


def weight_bytes(model: onnx.ModelProto) -> int:
    """The size of a model's weights in bytes."""
    return sum(len(tensor.raw_data) for tensor in model.graph.initializer)
