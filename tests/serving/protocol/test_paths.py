"""Paths as TensorFlow Serving's regular expressions read them."""

import pytest

from tfgen_serving.protocol.paths import Target, parse_path
from tfgen_serving.protocol.status import Code, StatusError

BIG = 2**63 - 1


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("POST", "/v1/models/moons:predict", Target("moons", None, None, "predict")),
        ("POST", "/v1/models/moons/versions/7:predict", Target("moons", 7, None, "predict")),
        ("POST", "/v1/models/moons/labels/best:predict", Target("moons", None, "best", "predict")),
        ("POST", "/v1/models/moons:classify", Target("moons", None, None, "classify")),
        ("POST", "/v1/models/moons:regress", Target("moons", None, None, "regress")),
        ("POST", "/V1/MODELS/Moons/Versions/007:predict", Target("Moons", 7, None, "predict")),
        ("POST", f"/v1/models/moons/versions/{BIG}:predict", Target("moons", BIG, None, "predict")),
        ("POST", "/v1/models/two%20moons%2fA%3a:predict", Target("two moons/A:", None, None, "predict")),
        ("POST", "/v1/models/a+b%zz:predict", Target("a+b%zz", None, None, "predict")),
        ("POST", "/v1/models/..:predict", Target("..", None, None, "predict")),
        ("POST", "/v1/models/%2e%2e%2f%2e%2e:predict", Target("../..", None, None, "predict")),
        ("POST", "/v1/models/moons/labels/a%2Fb:predict", Target("moons", None, "a/b", "predict")),
        ("GET", "/v1/models/moons", Target("moons", None, None, "status")),
        ("GET", "/v1/models/moons/versions/7", Target("moons", 7, None, "status")),
        ("GET", "/v1/models/moons/labels/best", Target("moons", None, "best", "status")),
        ("GET", "/v1/models/moons/metadata", Target("moons", None, None, "metadata")),
        ("GET", "/v1/models/moons/versions/7/metadata", Target("moons", 7, None, "metadata")),
        ("GET", "/v1/models/moons/METADATA", Target("moons", None, None, "status")),
        ("GET", "/v1/models", Target("", None, None, "status")),
        ("GET", "/v1/models/metadata", Target("metadata", None, None, "status")),
        ("GET", "/v1/models/moons?query", Target("moons?query", None, None, "status")),
    ],
)
def test_paths(method: str, path: str, target: Target) -> None:
    assert parse_path(method, path) == target


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/models/moons"),
        ("POST", "/v1/models/moons:PREDICT"),
        ("POST", "/v1/models/moons:predict/"),
        ("POST", "/v1/models/moons:predict?query"),
        ("POST", "/v1/models/moons:explain"),
        ("POST", "/v1/models/:predict"),
        ("POST", "/v1/models/moons/versions/:predict"),
        ("POST", "/v1/models/moons/versions/-1:predict"),
        ("POST", "/v1/models/moons/versions/٣:predict"),
        ("POST", "/v1/models/moons/versions/1/labels/a:predict"),
        ("POST", "/v1/models/a/b:predict"),
        ("POST", "/v1/models/../../etc/passwd:predict"),
        ("POST", "/v1/models//moons:predict"),
        ("POST", "//v1/models/moons:predict"),
        ("POST", "/v2/models/moons:predict"),
        ("GET", "/v1/models/moons:predict"),
        ("GET", "/v1/models/"),
        ("GET", "/v1/models/moons/"),
        ("GET", "/v1/models/moons/versions/x"),
        ("GET", "/v1/models/moons/metadata/"),
        ("GET", "/v1/model/moons"),
        ("HEAD", "/v1/models/moons"),
        ("PUT", "/v1/models/moons:predict"),
        ("DELETE", "/v1/models/moons"),
    ],
)
def test_malformed(method: str, path: str) -> None:
    with pytest.raises(StatusError) as caught:
        parse_path(method, path)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert caught.value.message == f"Malformed request: {method} {path}"


@pytest.mark.parametrize("version", [str(BIG + 1), "9" * 5000])
@pytest.mark.parametrize(("method", "path"), [("POST", "{}:predict"), ("POST", "{}:PREDICT"), ("GET", "{}")])
def test_versions_beyond_int64(version: str, method: str, path: str) -> None:
    with pytest.raises(StatusError) as caught:
        parse_path(method, path.format(f"/v1/models/moons/versions/{version}"))
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert caught.value.message == f"Failed to convert version: {version} to numeric."
