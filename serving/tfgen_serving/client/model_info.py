"""What a server says of a model: its version, and its signatures as endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tfgen_serving.client.errors import BadAnswer
from tfgen_serving.errors import BundleError, InputError
from tfgen_serving.extras import extra
from tfgen_serving.protocol.status import StatusError
from tfgen_serving.tensors import SignatureInfo, TensorInfo

with extra("client", "the client"):
    from google.protobuf.message import DecodeError

    from tfgen_serving.protocol.messages import messages
    from tfgen_serving.protocol.tensors import numpy_dtype

__all__ = ["ModelInfo"]

_ALIASES = ("serving_default", "__saved_model_init_op")
_PREDICT = "tensorflow/serving/predict"


@dataclass(frozen=True)
class ModelInfo:
    """A model as its metadata describe it.

    Attributes:
        model: Its name.
        version: That the metadata are of; None where the server does not say.
        endpoints: The signatures that take and give rows of numbers, by name, without the default one, which is
            another name of one of them.
    """

    model: str
    version: int | None
    endpoints: Mapping[str, SignatureInfo]

    @classmethod
    def of(cls, model: str, version: int | None, definitions: Mapping[str, Any]) -> "ModelInfo":
        """From SignatureDef messages by name."""
        found = {name: _signature(name, definitions[name]) for name in sorted(definitions) if name not in _ALIASES}
        return cls(model, version, MappingProxyType({name: info for name, info in found.items() if info is not None}))

    @classmethod
    def unpack(cls, model: str, response: Any) -> "ModelInfo":
        """From a GetModelMetadataResponse; BadAnswer where it holds no signatures."""
        try:
            definitions = messages.SignatureDefMap.FromString(response.metadata["signature_def"].value).signature_def
        except DecodeError as error:
            raise BadAnswer(f"the metadata must hold signature_def. Received: {error}") from error
        spec = response.model_spec
        return cls.of(model, spec.version.value if spec.HasField("version") else None, definitions)

    def endpoint(self, name: str) -> SignatureInfo:
        """The endpoint of a name; InputError, with the names there are, where there is none."""
        if name not in self.endpoints:
            known = ", ".join(self.endpoints) or "none"
            raise InputError(f"endpoint must be one of those of model {self.model!r}: {known}. Received: {name!r}")
        return self.endpoints[name]


def _signature(name: str, definition: Any) -> SignatureInfo | None:
    """The signature, or None for one that is not a function of rows of numbers."""
    if definition.method_name != _PREDICT:
        return None
    try:
        return SignatureInfo(name=name, inputs=_tensors(definition.inputs), outputs=_tensors(definition.outputs))
    except (BundleError, StatusError):
        return None


def _tensors(tensors: Mapping[str, Any]) -> tuple[TensorInfo, ...]:
    # A signature has no order: what a context, a label or a mask belongs to comes first, so that messages count rows by
    # that.
    names = sorted(tensors, key=lambda name: (name in ("context", "label", "mask"), name))
    return tuple(
        TensorInfo(name=name, dtype=numpy_dtype(tensors[name].dtype).name, shape=_shape(tensors[name].tensor_shape))
        for name in names
    )


def _shape(shape: Any) -> tuple[int | None, ...]:
    return tuple(None if dim.size < 0 else dim.size for dim in shape.dim)
