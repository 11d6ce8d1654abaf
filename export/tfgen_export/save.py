"""Models to files, whole or not at all, of any size."""

import glob
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import onnx

from tfgen_export.freeze import is_large

__all__ = ["save", "weight_bytes"]

_LARGE = 1024  # bytes, from which on an initialiser lies outside
_PAGE = 4096  # so that a runtime can map the file


def save(model: onnx.ModelProto, path: str | os.PathLike[str]) -> None:
    """Writes a model; where its weights are beyond 2 GB, they go into a file beside it, `<name>.<digest>.data`.

    The model's file appears last, by a rename, and replaces one that is there: a reader finds the old model with its
    weights or the new one with its own. Every runtime that loads the model by its path finds the weights. Weights
    that a replaced model leaves behind are removed at last.

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
        file, kept = Path(folder) / target.name, None
        if is_large(weight_bytes(model)):
            weights = Path(folder) / "weights"
            digest = _write_weights(model, weights)
            kept = f"{target.name}.{digest}.data"
            onnx.save_model(_without_weights(model, kept), file)
            weights.replace(target.parent / kept)
        else:
            onnx.save_model(model, file)
        file.replace(target)
    for old in target.parent.glob(f"{glob.escape(target.name)}.*.data"):
        if old.name != kept:
            old.unlink(missing_ok=True)


def _write_weights(model: onnx.ModelProto, path: Path) -> str:
    """Writes the large initialisers one after another, and gives the digest of all."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for tensor in model.graph.initializer:
            if len(tensor.raw_data) >= _LARGE:
                file.seek(_aligned(file.tell()))
                file.write(tensor.raw_data)
                digest.update(tensor.raw_data)
    return digest.hexdigest()[:16]


def _without_weights(model: onnx.ModelProto, location: str) -> onnx.ModelProto:
    """The model with references to the file in place of large initialisers; the one given stays as it is."""
    slim, end = onnx.ModelProto(), 0
    _copy_fields(model, slim, but="graph")
    _copy_fields(model.graph, slim.graph, but="initializer")
    for tensor in model.graph.initializer:
        if len(tensor.raw_data) < _LARGE:
            slim.graph.initializer.add().CopyFrom(tensor)
            continue
        reference = slim.graph.initializer.add(data_location=onnx.TensorProto.EXTERNAL)
        _copy_fields(tensor, reference, but="raw_data")
        start = _aligned(end)
        end = start + len(tensor.raw_data)
        for key, value in (("location", location), ("offset", start), ("length", len(tensor.raw_data))):
            reference.external_data.add(key=key, value=str(value))
    return slim


def _copy_fields(source: Any, target: Any, *, but: str) -> None:
    for field, value in source.ListFields():
        if field.name == but:
            continue
        if hasattr(value, "extend"):
            getattr(target, field.name).extend(value)
        elif hasattr(value, "CopyFrom"):
            getattr(target, field.name).CopyFrom(value)
        else:
            setattr(target, field.name, value)


def _aligned(position: int) -> int:
    return -(-position // _PAGE) * _PAGE


def weight_bytes(model: onnx.ModelProto) -> int:
    """The size of a model's weights in bytes."""
    return sum(len(tensor.raw_data) for tensor in model.graph.initializer)
