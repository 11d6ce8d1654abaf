"""REST as TensorFlow Serving answers it: bodies to the space, statuses, words."""

from typing import Any

import httpx
import numpy as np

X = [[0.5, -1.0], [2.5, -0.5]]


def post(url: str, path: str, body: Any) -> httpx.Response:
    if isinstance(body, bytes | str):
        return httpx.post(f"{url}{path}", content=body)
    return httpx.post(f"{url}{path}", json=body)


def test_rows(url: str, toy: Any) -> None:
    response = post(url, "/v1/models/plain:predict", {"instances": X})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    np.testing.assert_allclose(response.json()["predictions"], toy.log_prob(X), rtol=1e-6)
