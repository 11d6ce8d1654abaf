"""Status and metadata bodies."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from google.protobuf import json_format

from tfgen_serving.protocol.messages import messages
from tfgen_serving.protocol.status import Code

__all__ = ["Status", "metadata_body", "status_body", "status_message"]


class Status(Protocol):
    """What became of a version; see `server.models.VersionStatus`."""

    @property
    def state(self) -> str:
        """TensorFlow Serving's name of it."""

    @property
    def code(self) -> Code:
        """OK, or why it is not served."""

    @property
    def message(self) -> str:
        """The error's words, or empty."""


def status_message(statuses: Mapping[int, Status]) -> Any:
    """A GetModelStatusResponse."""
    response = messages.GetModelStatusResponse()
    for version, status in statuses.items():
        response.model_version_status.add(
            version=version,
            state=status.state,
            status={"error_code": int(status.code), "error_message": status.message},
        )
    return response


def status_body(statuses: Mapping[int, Status]) -> str:
    """The body of `GET /v1/models/NAME`."""
    return _text(_plain(status_message(statuses)))


def metadata_body(name: str, version: int, definitions: Mapping[str, Any]) -> str:
    """The body of `GET /v1/models/NAME/metadata`."""
    spec = {"name": name, "signature_name": "", "version": str(version)}
    signatures = _plain(messages.SignatureDefMap(signature_def=definitions))
    return _text({"model_spec": spec, "metadata": {"signature_def": signatures}})


def _plain(message: Any) -> Any:
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
