"""Ten thousand requests that are wrong, each refused for what it is, while right ones are answered right."""

import http.client
import json
import random
import string
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from tfgen_serving.server.limits import Limits

X = [[0.5, -1.0], [2.5, -0.5]]
PREDICT = "/v1/models/plain:predict"
LIMITS = Limits(max_body_bytes=100_000, max_rows=1000)

Request = tuple[str, str, bytes, set[int]]
"""Method, path, body, and the statuses of which the answer must have one."""


def random_value(rng: random.Random, depth: int = 0) -> Any:
    """Some JSON that is no row of two numbers."""
    if depth < 3 and rng.random() < 0.5:
        return [random_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return rng.choice(["a", True, None, {}, {"b64": "AA=="}, {"b64": "!"}, {"x": 1}, [1, "2"], [[1], 2], 10**30])


def word(rng: random.Random, letters: str = string.printable) -> str:
    return quote("".join(rng.choices(letters, k=rng.randrange(1, 12))), safe="/:.%?&=+")


def kinds(rng: random.Random) -> dict[str, Callable[[], Request]]:
    valid = json.dumps({"instances": X})

    def predict(body: Any, *statuses: int) -> Request:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return "POST", PREDICT, text if isinstance(text, bytes) else text.encode(), set(statuses or (400,))

    def mutated() -> Request:
        content = bytearray(valid.encode())
        for _ in range(rng.randrange(1, 6)):
            start = rng.randrange(len(content))
            content[start : start + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        return predict(bytes(content), 200, 400)

    return {
        "dtype": lambda: predict({"instances": [[1, rng.choice(["1", True, None, {}, "NaN"])]]}),
        "ragged": lambda: predict({"instances": [[0] * rng.randrange(5) for _ in range(3)] + [[0] * 7]}),
        "shape": lambda: predict({rng.choice(["instances", "inputs"]): [[0.0] * rng.randrange(3, 50)]}),
        "values": lambda: predict({"inputs": [random_value(rng), {"not": "a number"}]}),
        "nan": lambda: predict('{"signature_name": "sample", "instances": [[NaN, 1]]}'),
        "integers": lambda: predict({"signature_name": "sample", "inputs": [[rng.choice([2**31, 1.5, -(2**40)]), 1]]}),
        "huge number": lambda: predict(f'{{"instances": [[1, {rng.choice(["1e400", "-1e999", "9" * 9999])}]]}}'),
        "deep": lambda: predict('{"instances": ' + rng.choice(["[", '{"a":']) * rng.randrange(100, 9000)),
        "base64": lambda: predict({"instances": [{"b64": word(rng)}]}),
        "signature": lambda: predict({"signature_name": word(rng), "instances": X}),
        "signature type": lambda: predict({"signature_name": random_value(rng) and [word(rng)], "instances": X}),
        "names": lambda: predict({"instances": [{word(rng, "abc"): [0, 0]}]}),
        "keys": lambda: predict({word(rng, "abc"): X}),
        "both": lambda: predict({"inputs": X, "instances": X}),
        "bytes": lambda: predict(rng.randbytes(rng.randrange(200))),
        "cut": lambda: predict(valid[: rng.randrange(len(valid) - 1)]),
        "mutated": mutated,
        "rows": lambda: predict({"instances": [[0, 0]] * rng.randrange(1001, 2000)}),
        "large": lambda: predict(b" " * rng.randrange(100_001, 200_000), 413),
        "version": lambda: ("POST", f"/v1/models/plain/versions/{rng.randrange(2, 9)}:predict", valid.encode(), {404}),
        "big version": lambda: ("GET", f"/v1/models/plain/versions/{rng.randrange(2**63, 2**200)}", b"", {400}),
        "label": lambda: ("POST", f"/v1/models/plain/labels/{word(rng, 'abc')}:predict", valid.encode(), {400}),
        "model": lambda: ("POST", f"/v1/models/no{word(rng, 'abc%. ')}:predict", valid.encode(), {404}),
        "model's state": lambda: ("GET", f"/v1/models/no{word(rng, 'abc.')}", b"", {404}),
        "path": lambda: (rng.choice(["GET", "POST"]), f"/v1/{word(rng)}", valid.encode(), {400, 404}),
        "outside": lambda: (rng.choice(["GET", "POST"]), f"/v{rng.randrange(2, 9)}/{word(rng)}", b"", {404}),
        "traversal": lambda: (
            rng.choice(["GET", "POST"]),
            f"/v1/models/{rng.choice(['../', '..%2f', '%2e%2e/', './']) * rng.randrange(1, 9)}etc/passwd",
            valid.encode(),
            {400, 404},
        ),
        "method": lambda: (rng.choice(["PUT", "DELETE", "PATCH"]), PREDICT, valid.encode(), {400}),
        "verb": lambda: ("POST", f"/v1/models/plain:{rng.choice(['classify', 'regress', 'PREDICT'])}", b"{}", {400}),
    }


def requests(count: int) -> Iterator[tuple[str, Request]]:
    rng = random.Random(0)
    made = list(kinds(rng).items())
    for index in range(count):
        kind, make = made[index % len(made)]
        yield kind, make()


def ask(connection: http.client.HTTPConnection, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.read()
    except (http.client.HTTPException, OSError) as error:
        connection.close()
        raise AssertionError(f"no answer to {method} {path} {body[:100]!r}") from error


@pytest.mark.parametrize("count", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_wrong_requests(start: Callable[..., Any], plain_bundle: Path, toy: Any, count: int) -> None:
    expected, refused = toy.log_prob(X), Counter[str]()
    with start({"plain": plain_bundle}, limits=LIMITS) as addresses:
        connection = http.client.HTTPConnection(addresses.host, addresses.port, timeout=20)
        for index, (kind, (method, path, body, statuses)) in enumerate(requests(count)):
            status, content = ask(connection, method, path, body)
            assert status in statuses, (kind, method, path, body[:300], status, content)
            if status not in (200, 404) or content:
                answer = json.loads(content)
                assert ("predictions" in answer or "outputs" in answer) if status == 200 else list(answer) == ["error"]
            refused[kind] += status != 200
            if index % 20 == 0:
                status, content = ask(connection, "POST", PREDICT, json.dumps({"instances": X}).encode())
                assert status == 200
                np.testing.assert_allclose(json.loads(content)["predictions"], expected, rtol=1e-6)
        connection.close()
    assert sum(refused.values()) > 0.95 * count
    assert len(refused) == len(kinds(random.Random(0)))
