"""A bundle's endpoints by its SavedModel, for the embedded server."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfgen_serving import Bundle, BundleError, RunError

__all__ = ["SavedModelRuntime"]


class SavedModelRuntime:
    """Runs endpoints in TensorFlow, as TensorFlow Serving does; a `Runtime` of `tfgen_serving.server`.

    Args:
        bundle: the version, whose files are taken to be the manifest's.

    Raises:
        tfgen_serving.BundleError: where the SavedModel cannot be loaded, or lacks an endpoint.

    Example:
        >>> runtime = SavedModelRuntime(Bundle.open("moons/"))  # doctest: +SKIP
        >>> runtime.run("score", {"x": np.float32([[0.5, 0.25]])})  # doctest: +SKIP
        {'score': array([-1.0321], dtype=float32)}
    """

    def __init__(self, bundle: Bundle) -> None:
        try:
            # Kept, since its functions do not keep it.
            self._loaded = tf.saved_model.load(str(bundle.path))
        except Exception as error:  # whatever TensorFlow finds: they have no common base but this
            raise BundleError(f"TensorFlow must be able to load {str(bundle.path)!r}. Received: {error}") from error
        self._endpoints = bundle.manifest.endpoints
        self._functions = dict(self._loaded.signatures.items())
        missing = self._endpoints.keys() - self._functions.keys()
        if missing:
            raise BundleError(
                f"{str(bundle.path)!r} must have a signature for each endpoint. Received: none for {sorted(missing)}"
            )

    def run(self, endpoint: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """An endpoint's outputs by name, for inputs that fit the manifest, of one batch size.

        Raises:
            tfgen_serving.RunError: where TensorFlow fails, or an output has not a row for each row.
        """
        try:
            outputs = self._functions[endpoint](**{name: tf.constant(value) for name, value in inputs.items()})
        except (tf.errors.OpError, TypeError, ValueError) as error:
            shapes = {name: value.shape for name, value in inputs.items()}
            message = " ".join(str(error).split())
            raise RunError(f"endpoint {endpoint!r} failed in TensorFlow ({message}). Received: {shapes}") from error
        arrays = {name: value.numpy() for name, value in outputs.items()}
        rows = len(next(iter(inputs.values())))
        for info in self._endpoints[endpoint].outputs:
            shape = arrays[info.name].shape
            if shape[:1] != (rows,):
                raise RunError(
                    f"output {info.name!r} of endpoint {endpoint!r} must be {info.text} with batch {rows}. "
                    f"Received: shape {shape}"
                )
        return arrays
