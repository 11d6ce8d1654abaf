"""TensorFlow Serving's REST API as a transport."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from google.protobuf import json_format

from tfgen_serving.calls import Arrays
from tfgen_serving.client.errors import BadAnswer, Unavailable
from tfgen_serving.client.http import Http
from tfgen_serving.client.model_info import ModelInfo
from tfgen_serving.client.transport import Answer
from tfgen_serving.protocol.json_tensor import to_array
from tfgen_serving.protocol.messages import messages
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.tensors import SignatureInfo

__all__ = ["RestTransport"]


class RestTransport:
    """See `Transport`.

    Args:
        http: To the server.
        model: The model's name.
    """

    def __init__(self, http: Http, model: str) -> None:
        self._http = http
        self._model = model
        self._path = f"/v1/models/{quote(model, safe='')}"

    async def metadata(self, version: int | None, timeout: float) -> ModelInfo:
        """See `Transport.metadata`."""
        data = _document(await self._http.send("GET", f"{self._of(version)}/metadata", None, timeout))
        try:
            number = data["model_spec"].get("version")
            definitions = messages.SignatureDefMap()
            # Fields that our messages leave out are none of our business.
            json_format.ParseDict(data["metadata"]["signature_def"], definitions, ignore_unknown_fields=True)
            return ModelInfo.of(self._model, None if number is None else int(number), definitions.signature_def)
        except (KeyError, AttributeError, TypeError, ValueError, json_format.ParseError) as error:
            raise BadAnswer(f"the metadata must hold model_spec and signature_def. Received: {error!r}") from error

    async def latest(self, timeout: float) -> int | None:
        """See `Transport.latest`: answers do not tell, so the model's status does."""
        data = _document(await self._http.send("GET", self._path, None, timeout))
        try:
            statuses = data["model_version_status"]
            versions = [int(status["version"]) for status in statuses if status["state"] == "AVAILABLE"]
        except (KeyError, TypeError, ValueError) as error:
            raise BadAnswer(f"the status must hold model_version_status. Received: {error!r}") from error
        if not versions:
            raise Unavailable(Code.UNAVAILABLE, f"no version of model {self._model!r} is available")
        return max(versions)

    async def predict(self, signature: SignatureInfo, inputs: Arrays, version: int | None, timeout: float) -> Answer:
        """See `Transport.predict`."""
        # A float32 as the double that it is: it reads back as itself.
        values = {name: array.tolist() for name, array in inputs.items()}
        body = json.dumps({"signature_name": signature.name, "inputs": values}, separators=(",", ":")).encode()
        data = _document(await self._http.send("POST", f"{self._of(version)}:predict", body, timeout))
        if "outputs" not in data:
            raise BadAnswer(f"the answer must hold outputs. Received: {', '.join(data) or 'nothing'}")
        return Answer(_outputs(data["outputs"], signature), None)

    async def close(self) -> None:
        """See `Transport.close`."""
        await self._http.close()

    def _of(self, version: int | None) -> str:
        return self._path if version is None else f"{self._path}/versions/{version}"


def _document(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(body)  # NaN and Infinity are numbers to it, as TensorFlow Serving writes them
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"the answer must be JSON. Received: {error}") from error
    if not isinstance(data, dict):
        raise BadAnswer(f"the answer must be a JSON object. Received: {type(data).__name__}")
    return data


def _outputs(values: Any, signature: SignatureInfo) -> Arrays:
    infos = {info.name: info for info in signature.outputs}
    if len(infos) == 1:
        values = dict.fromkeys(infos, values)  # one output drops its name
    if not isinstance(values, Mapping) or values.keys() != infos.keys():
        names = ", ".join(values) if isinstance(values, Mapping) else type(values).__name__
        raise BadAnswer(f"the answer must hold the outputs {', '.join(infos)}. Received: {names}")
    try:
        return {name: to_array(values[name], info) for name, info in infos.items()}
    except StatusError as error:
        raise BadAnswer(f"the answer must hold numbers of the endpoint's dtypes. Received: {error.message}") from error
