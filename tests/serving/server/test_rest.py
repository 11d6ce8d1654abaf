"""REST as TensorFlow Serving answers it: bodies to the space, statuses, words."""

import gzip
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tfgen_serving import Scorer
from tfgen_serving.server.limits import Limits
from tfgen_serving.server.serve import Addresses

X = [[0.5, -1.0], [2.5, -0.5]]
LONG = "tensorflow/serving"


def post(url: str, path: str, body: Any, **arguments: Any) -> httpx.Response:
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    return httpx.post(f"{url}{path}", content=content, **arguments)


def predict(url: str, name: str, body: Any) -> Any:
    response = post(url, f"/v1/models/{name}:predict", body)
    assert response.status_code == 200, response.text
    return response.json()


def test_rows(url: str, toy: Any) -> None:
    response = post(url, "/v1/models/plain:predict", {"instances": X})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    np.testing.assert_allclose(response.json()["predictions"], toy.log_prob(X), rtol=1e-6)


def test_an_answer_to_the_space(url: str) -> None:
    body = {"signature_name": "sample", "instances": [[1, 2], [3, -4]]}
    assert post(url, "/v1/models/plain:predict", body).text == (
        '{\n    "predictions": [[1.0, 2.0], [3.0, -4.0]\n    ]\n}'
    )
    body = {"signature_name": "encode", "inputs": [[0.5, -1.0]]}
    assert post(url, "/v1/models/plain:predict", body).text == (
        '{\n    "outputs": {\n        "log_det_jacobian": [\n            0.693147182\n        ],\n'
        '        "z": [\n            [\n                0.0,\n                0.0\n            ]\n        ]\n    }\n}'
    )


PLAIN = {"score": {"x": X}, "sample": {"seed": [[0, 1], [2, 3]]}, "encode": {"x": X}, "decode": {"z": X}}
CONTEXT = {name: inputs | {"context": [[0.5], [-2.0]]} for name, inputs in PLAIN.items()}
ODD = {
    "echo": {"label": [3, -4], "mask": [[True, False], [False, False]]},
    "fork": {"z": X},
    "pair": {"one": [[1, 2, 3]], "two": [[4, 5, 6]]},
}
CASES = [
    *(("plain", name, inputs) for name, inputs in PLAIN.items()),
    *(("context", name, inputs) for name, inputs in CONTEXT.items()),
    *(("odd", name, inputs) for name, inputs in ODD.items()),
]


@pytest.fixture(scope="module")
def scorers(plain_bundle: Path, context_bundle: Path, odd_bundle: Path) -> dict[str, Scorer]:
    return {"plain": Scorer(plain_bundle), "context": Scorer(context_bundle), "odd": Scorer(odd_bundle)}


@pytest.mark.parametrize(("model", "endpoint", "inputs"), CASES)
def test_every_endpoint_answers_as_the_scorer(
    url: str, scorers: dict[str, Scorer], model: str, endpoint: str, inputs: dict[str, Any]
) -> None:
    infos = {info.name: info.dtype for info in scorers[model].endpoints[endpoint].inputs}
    arrays = {name: np.asarray(value, infos[name]) for name, value in inputs.items()}
    expected = scorers[model].run(endpoint, **arrays)
    columns = predict(url, model, {"signature_name": endpoint, "inputs": inputs})["outputs"]
    columns = columns if len(expected) > 1 else {next(iter(expected)): columns}
    instances = [dict(zip(inputs, row, strict=True)) for row in zip(*inputs.values(), strict=True)]
    rows = predict(url, model, {"signature_name": endpoint, "instances": instances})["predictions"]
    for name, value in expected.items():
        of_rows = [row[name] for row in rows] if len(expected) > 1 else rows
        np.testing.assert_array_equal(np.asarray(columns[name], value.dtype), value)
        np.testing.assert_array_equal(np.asarray(of_rows, value.dtype), value)


@pytest.mark.parametrize("path", ["plain", "plain/versions/1", "%70lain"])
def test_ways_to_a_model(url: str, path: str) -> None:
    assert len(predict(url, path, {"inputs": X})["outputs"]) == 2


def test_a_version_by_default_or_by_number(url: str) -> None:
    for path in ("", "/versions/1"):
        found = httpx.get(f"{url}/v1/models/plain{path}").json()
        assert found == {
            "model_version_status": [
                {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
            ]
        }


def test_metadata(url: str) -> None:
    found = httpx.get(f"{url}/v1/models/plain/versions/1/metadata").json()
    assert found["model_spec"] == {"name": "plain", "signature_name": "", "version": "1"}
    assert set(found["metadata"]["signature_def"]["signature_def"]) == {*PLAIN, "serving_default"}


PREDICT = "/v1/models/plain:predict"
WRONG_VERB = f"Expected {{}} signature method_name to be {LONG}/{{}}. Was: {LONG}/predict"


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        (PREDICT, "", 400, "JSON Parse error: The document is empty"),
        (PREDICT, "{", 400, "JSON Parse error: Missing a name for object member. at offset: 1"),
        (PREDICT, "[1]", 400, "JSON Value: [1] Is not object"),
        (PREDICT, {}, 400, "Missing 'inputs' or 'instances' key"),
        (PREDICT, {"instances": [[1, 2, 3]]}, 400, "x must be float32 [batch, 2]. Received: shape [1, 3]"),
        (PREDICT, {"instances": [1]}, 400, "x must be float32 [batch, 2]. Received: shape [1]"),
        (PREDICT, {"inputs": 1}, 400, "x must be float32 [batch, 2]. Received: shape []"),
        (PREDICT, {"inputs": []}, 400, "x must be float32 [batch, 2]. Received: shape [0]"),
        (
            PREDICT,
            {"signature_name": "nothing", "instances": [1]},
            400,
            'Serving signature name: "nothing" not found in signature def',
        ),
        ("/v1/models/none:predict", {"instances": [1]}, 404, "Servable not found for request: Latest(none)"),
        ("/v1/models/none:predict", "{", 400, "JSON Parse error: Missing a name for object member. at offset: 1"),
        (
            "/v1/models/none:predict",
            {"signature_name": 1},
            400,
            "JSON Value: {\n    \"signature_name\": 1\n} not formatted correctly. 'signature_name' key must be a "
            "string value.",
        ),
        (
            "/v1/models/plain/versions/2:predict",
            {"instances": [1]},
            404,
            "Servable not found for request: Specific(plain, 2)",
        ),
        (
            "/v1/models/plain/labels/best:predict",
            {"instances": [1]},
            400,
            "Unrecognized servable version label: best",
        ),
        ("/v1/models/..%2fplain:predict", {"instances": [1]}, 404, "Servable not found for request: Latest(../plain)"),
        ("/v1/models/plain:classify", {"examples": [{}]}, 400, WRONG_VERB.format("classification", "classify")),
        ("/v1/models/plain:regress", {"examples": [{}]}, 400, WRONG_VERB.format("regression", "regress")),
        (
            "/v1/models/plain:classify",
            {"signature_name": "nothing", "examples": [{}]},
            400,
            "No signature was found with the name: nothing",
        ),
        (
            "/v1/models/plain:classify",
            {"instances": [1]},
            400,
            "JSON Value: {\n    \"instances\": [1]\n} When method is classify, key 'examples' is expected and was not "
            "found",
        ),
        ("/v1/models/plain:PREDICT", {"instances": X}, 400, "Malformed request: POST /v1/models/plain:PREDICT"),
        ("/v1/models/plain", {"instances": X}, 400, "Malformed request: POST /v1/models/plain"),
        (f"{PREDICT}?a=1", {"instances": X}, 400, f"Malformed request: POST {PREDICT}?a=1"),
        ("/v1/", {}, 400, "Malformed request: POST /v1/"),
    ],
)
def test_errors(url: str, path: str, body: Any, status: int, error: str) -> None:
    response = post(url, path, body)
    assert (response.status_code, response.json()) == (status, {"error": error})
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/v1/models", 400, "Missing model name in request."),
        ("/v1/models/none", 404, "Could not find any versions of model none"),
        ("/v1/models/plain/versions/5", 404, "Could not find version 5 of model plain"),
        ("/v1/models/none/metadata", 404, "Servable not found for request: Latest(none)"),
        ("/v1/models/plain/versions/5/metadata", 404, "Servable not found for request: Specific(plain, 5)"),
        ("/v1/models/plain/labels/best/metadata", 400, "Unrecognized servable version label: best"),
        ("/v1/models/plain:predict", 400, "Malformed request: GET /v1/models/plain:predict"),
        (
            f"/v1/models/plain/versions/{2**63}",
            400,
            f"Failed to convert version: {2**63} to numeric.",
        ),
    ],
)
def test_errors_of_questions(url: str, path: str, status: int, error: str) -> None:
    response = httpx.get(f"{url}{path}")
    assert (response.status_code, response.json()) == (status, {"error": error})


def test_the_status_of_a_label_is_the_model_s(url: str) -> None:
    assert httpx.get(f"{url}/v1/models/plain/labels/best").json() == httpx.get(f"{url}/v1/models/plain").json()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "TRACE", "BREW"])
def test_other_methods(url: str, method: str) -> None:
    path = "/v1/models/plain"
    if method == "BREW":  # which the parser of HTTP does not know
        assert httpx.request(method, f"{url}{path}").status_code == 400
        return
    response = httpx.request(method, f"{url}{path}")
    assert response.status_code == 400
    if method != "HEAD":
        assert response.json() == {"error": f"Malformed request: {method} {path}"}


@pytest.mark.parametrize(("origin", "status"), [("https://tfgen.example", 200), ("nowhere", 400), (None, 400)])
def test_a_browser_s_question(url: str, origin: str | None, status: int) -> None:
    response = httpx.options(f"{url}{PREDICT}", headers={"Origin": origin} if origin else {})
    assert (response.status_code, response.content) == (status, b"")


@pytest.mark.parametrize("path", ["/", "/v1", "/favicon.ico", "/v2/models/plain", "/../v1/models/plain", "*"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_paths_outside(addresses: Addresses, method: str, path: str) -> None:
    with socket.create_connection((addresses.host, addresses.port), timeout=10) as connection:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).split()[1] == b"404"


def test_a_compressed_body(url: str) -> None:
    plain = json.dumps({"inputs": X}).encode()
    headers = {"Content-Encoding": "gzip"}
    assert post(url, PREDICT, gzip.compress(plain), headers=headers).json() == predict(url, "plain", plain)
    for content in (plain, gzip.compress(plain)[:-9], b""):
        response = post(url, PREDICT, content, headers=headers)
        assert (response.status_code, response.json()["error"][:20]) == (400, "Failed to uncompress")


@pytest.fixture(scope="module")
def strict(start: Callable[..., Any], plain_bundle: Path) -> Any:
    limits = Limits(max_body_bytes=1000, max_rows=5, timeout=0.5)
    with start({"plain": plain_bundle}, limits=limits) as addresses:
        yield addresses


def test_limits(strict: Addresses) -> None:
    url = f"http://{strict.host}:{strict.port}"
    assert post(url, PREDICT, {"inputs": [[0, 0]] * 5}).status_code == 200
    for body in ({"instances": [[0, 0]] * 6}, {"inputs": [[0, 0]] * 6}):
        response = post(url, PREDICT, body)
        assert (response.status_code, response.json()) == (
            400,
            {"error": "a request must have at most 5 rows. Received: 6"},
        )
    large = b'{"inputs": [[0, 0]]}' + b" " * 1000
    for content, headers in ((large, {}), (gzip.compress(large), {"Content-Encoding": "gzip"})):
        response = post(url, PREDICT, content, headers=headers)
        assert (response.status_code, response.json()) == (413, {"error": "the body must have at most 1000 bytes"})
    response = post(url, PREDICT, gzip.compress(b" " * 10_000_000), headers={"Content-Encoding": "gzip"})
    assert response.status_code == 413


def test_a_body_that_never_ends(strict: Addresses) -> None:
    with socket.create_connection((strict.host, strict.port), timeout=10) as connection:
        connection.sendall(f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        answer = b""
        while b"}" not in answer:
            answer += connection.recv(1000)
    assert answer.startswith(b"HTTP/1.1 504")
    assert b"the request was given up after 0.5 s" in answer


@pytest.mark.parametrize("trailer", [b"X-Long: " + b"x" * 10_000_000, b"X-Many: x\r\n" * 1_000_000])
def test_headers_after_the_last_chunk_that_never_end(strict: Addresses, trailer: bytes) -> None:
    head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    with socket.create_connection((strict.host, strict.port), timeout=10) as connection:
        connection.sendall(head + b"2\r\n{}\r\n0\r\n")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            connection.sendall(trailer)


def test_a_body_in_chunks(url: str) -> None:
    body = json.dumps({"inputs": X}).encode()
    chunks = [body[i : i + 5] for i in range(0, len(body), 5)] + [b" " * 100_000] * 5
    response = httpx.post(f"{url}{PREDICT}", content=iter(chunks))
    assert response.json() == predict(url, "plain", body)


def test_a_head_that_never_ends(strict: Addresses) -> None:
    with socket.create_connection((strict.host, strict.port), timeout=10) as connection:
        connection.sendall(b"GET /v1/models/plain HTTP/1.1\r\nHost: x\r\nX-Long: ")
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            connection.sendall(b"x" * 10_000_000)
