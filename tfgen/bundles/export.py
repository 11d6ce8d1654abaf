"""`model.export`: SavedModel, ONNX files, or both in a bundle."""

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import tfgen_export
from tfgen.bundles.examples import example_inputs
from tfgen.bundles.warmup import write_warmup
from tfgen.models.endpoints import Endpoint
from tfgen.models.generative import GenerativeModel
from tfgen.models.seeds import EVALUATION_SEED
from tfgen.noise import LAYOUT_VERSION
from tfgen_serving import Bundle, EndpointInfo, Manifest, TensorInfo, hash_files

__all__ = ["export_model"]

Traced = Sequence[tuple[Endpoint, Any]]
"""Endpoints with their `tf.function`s: each is traced once, for whatever is written."""

_FORMATS = ("tf_saved_model", "onnx", "bundle")
_PACKAGES = ("tfgen", "tensorflow", "tensorflow-probability", "keras", "tf2onnx", "onnx", "onnxruntime", "numpy")


def export_model(
    model: GenerativeModel,
    filepath: str | os.PathLike[str],
    *,
    format: str = "tf_saved_model",
    rtol: float | None = None,
    atol: float | None = None,
) -> Path:
    """Writes a model's endpoints; see `GenerativeModel.export`.

    A model of mixed precision is exported in float32, its weights' own: that is what the bundle's three forms agree on.

    Args:
        model: the model.
        filepath: the folder to make, or for a bundle the base path that gets one more version.
        format: `"tf_saved_model"`, `"onnx"` or `"bundle"`.
        rtol: how far an ONNX file may be off TensorFlow, relatively; `tfgen_export.convert`'s where it is None.
        atol: and absolutely.

    Returns:
        The folder written.

    Raises:
        ValueError: for an unknown format, or weights that are not finite.
        FileExistsError: where the folder exists.
        PermissionError: where it cannot be written.
        tfgen_export.ConversionError: where an endpoint cannot be ONNX.
    """
    if format not in _FORMATS:
        raise ValueError(f"`format` must be one of {_FORMATS}. Received: format={format!r}")
    _check_weights(model)
    model = _in_full_precision(model)
    target = Path(filepath)
    if format == "bundle":
        target = target / str(_next_version(target))
    with tfgen_export.atomic_folder(target) as folder:
        traced = [(endpoint, endpoint.traced()) for endpoint in model.endpoints()]
        if format == "tf_saved_model":
            _write_saved_model(traced, folder)
        elif format == "onnx":
            _write_onnx(model, traced, folder, rtol=rtol, atol=atol)
        else:
            _write_bundle(model, traced, folder, rtol=rtol, atol=atol)
    return target


def _check_weights(model: GenerativeModel) -> None:
    """A model that diverged would export, and agree with itself that all is NaN."""
    for weight in model.weights:
        if not np.isfinite(weight.numpy()).all():
            raise ValueError(f"`model` must have finite weights. Received: {weight.path} with NaN or infinity")


def _in_full_precision(model: GenerativeModel) -> GenerativeModel:
    """The model, or its twin without half-precision networks: ONNX Runtime's kernels on the CPU have no bfloat16."""
    if model.compute_dtype == model.density_dtype:
        return model
    twin = type(model).from_config({**model.get_config(), "dtype": model.density_dtype})
    twin.set_weights(model.get_weights())
    return twin


def _next_version(base: Path) -> int:
    if base.exists() and not base.is_dir():
        raise FileExistsError(f"`filepath` must be a folder or not exist yet. Received: filepath={str(base)!r}")
    versions = Bundle.versions(base) if base.exists() else ()
    return max(versions, default=0) + 1


def _write_saved_model(traced: Traced, folder: Path) -> None:
    signatures = {endpoint.name: function for endpoint, function in traced}
    tfgen_export.write_saved_model(folder, signatures, default="score")


def _write_onnx(
    model: GenerativeModel, traced: Traced, folder: Path, *, rtol: float | None, atol: float | None
) -> dict[str, float]:
    """Writes a file for each endpoint; gives each one's largest difference from TensorFlow."""
    differences = {}
    for endpoint, function in traced:

        def inputs(batch: int, endpoint: Endpoint = endpoint) -> list:
            return list(example_inputs(model, endpoint, batch).values())

        proto = tfgen_export.convert(
            function,
            endpoint.inputs,
            name=f"{model.name}_{endpoint.name}",
            inputs=inputs,
            discrete=endpoint.discrete,
            metadata={"score_kind": model.score_kind, "noise_layout": str(LAYOUT_VERSION)},
            rtol=rtol,
            atol=atol,
        )
        tfgen_export.save(proto, folder / f"{endpoint.name}.onnx")
        metadata = {entry.key: entry.value for entry in proto.metadata_props}
        differences[endpoint.name] = float(metadata["largest_difference"])
    return differences


def _write_bundle(
    model: GenerativeModel, traced: Traced, folder: Path, *, rtol: float | None, atol: float | None
) -> None:
    _write_saved_model(traced, folder)
    write_warmup(model, folder)
    model.save(folder / "model.keras")
    (folder / "onnx").mkdir()
    differences = _write_onnx(model, traced, folder / "onnx", rtol=rtol, atol=atol)
    versions = {package: importlib.metadata.version(package) for package in _PACKAGES}
    Manifest(
        model=type(model).__name__,
        name=model.name,
        score_kind=model.score_kind,
        num_samples=model.num_samples,
        score_seed=EVALUATION_SEED if model.score_kind == "bound" else None,
        noise_layout=LAYOUT_VERSION,
        endpoints={endpoint.name: _describe(endpoint, function) for endpoint, function in traced},
        event_shape=model.event_shape,
        context_shape=model.context_shape,
        versions={**versions, "python": platform.python_version()},
        files=hash_files(folder),
        max_difference=differences,
    ).write(folder)


def _describe(endpoint: Endpoint, function: Any) -> EndpointInfo:
    outputs = function.get_concrete_function().structured_outputs
    return EndpointInfo(
        name=endpoint.name,
        inputs=tuple(_tensor_info(spec.name, spec) for spec in endpoint.inputs),
        outputs=tuple(_tensor_info(name, tensor) for name, tensor in sorted(outputs.items())),
        onnx=f"onnx/{endpoint.name}.onnx",
    )


def _tensor_info(name: str, tensor: tf.TensorSpec) -> TensorInfo:
    return TensorInfo(name=name, dtype=tensor.dtype.name, shape=tuple(tensor.shape.as_list()))
