"""A version's signatures: what TensorFlow Serving would find in the SavedModel."""

from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError

from tfgen_serving.errors import BundleError
from tfgen_serving.manifest import Manifest
from tfgen_serving.protocol.messages import messages
from tfgen_serving.protocol.tensors import data_type

__all__ = ["DEFAULT_SIGNATURE", "Signatures"]

DEFAULT_SIGNATURE = "serving_default"
_DEFAULT_ENDPOINT = "score"
_FILE = "saved_model.pb"
_PREDICT = "tensorflow/serving/predict"


class Signatures:
    """The signatures of one version, checked against the manifest's endpoints.

    Args:
        folder: The version folder.
        manifest: Its manifest.

    Attributes:
        definitions: The SavedModel's SignatureDef messages by name.

    Raises:
        BundleError: The SavedModel cannot be read, or one of its signatures is not the endpoint's.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.definitions = _read(folder / _FILE)
        self._endpoints = {name: name for name in manifest.endpoints}
        if _DEFAULT_ENDPOINT in manifest.endpoints:
            self._endpoints[DEFAULT_SIGNATURE] = _DEFAULT_ENDPOINT
        for name, endpoint in self._endpoints.items():
            info = manifest.endpoints[endpoint]
            wanted = [{tensor.name: data_type(tensor.dtype) for tensor in side} for side in (info.inputs, info.outputs)]
            definition = self.definitions.get(name)
            found = definition is not None and [
                {key: tensor.dtype for key, tensor in side.items()} for side in (definition.inputs, definition.outputs)
            ]
            if found != wanted or definition is None or definition.method_name != _PREDICT:
                raise BundleError(
                    f"{str(folder / _FILE)!r} must have the signature {name!r} of endpoint {endpoint!r}, with inputs "
                    f"and outputs {wanted}. Received: {found}"
                )

    def endpoint(self, signature: str) -> str | None:
        """The endpoint that a signature runs; empty is the default one. None where there is no such."""
        return self._endpoints.get(signature or DEFAULT_SIGNATURE)


def _read(path: Path) -> dict[str, Any]:
    try:
        saved = messages.SavedModel.FromString(path.read_bytes())
    except (OSError, DecodeError) as error:
        raise BundleError(f"{str(path)!r} must be a SavedModel. Received: {error}") from error
    if not saved.meta_graphs:
        raise BundleError(f"{str(path)!r} must hold a graph. Received: none")
    return dict(saved.meta_graphs[0].signature_def)
