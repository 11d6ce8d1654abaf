"""A client loads no TensorFlow and no ONNX Runtime, and REST no gRPC; what is missing is named."""

import pytest
from serving.test_light_import import FOREIGN, loaded

USE = "import tfgen_serving\nwith tfgen_serving.Client({url!r}, 'plain') as client: client.score([[0.0, 0.0]])"


def test_importing_loads_no_clients() -> None:
    assert not loaded("import tfgen_serving") & {"httpx", "grpc", "tenacity", "google"}


def test_rest(url: str) -> None:
    modules = loaded(USE.format(url=url))
    assert {"httpx", "tenacity"} <= modules
    assert not modules & (FOREIGN | {"onnxruntime", "grpc", "starlette", "uvicorn"})


def test_grpc(addresses: object) -> None:
    modules = loaded(USE.format(url=f"grpc://127.0.0.1:{addresses.grpc_port}"))  # type: ignore[attr-defined]
    assert {"grpc", "tenacity"} <= modules
    assert not modules & (FOREIGN | {"onnxruntime", "httpx", "starlette", "uvicorn"})


@pytest.mark.parametrize(
    ("missing", "url"),
    [("tenacity", "http://a:1"), ("httpx", "http://a:1"), ("google.protobuf", "http://a:1"), ("grpc", "grpc://a:1")],
)
def test_what_is_missing_is_named(missing: str, url: str) -> None:
    loaded(
        f"""
sys.modules[{missing!r}] = None
import tfgen_serving
try:
    tfgen_serving.Client({url!r}, 'plain')
except ImportError as error:
    assert str(error).startswith("the client needs an extra: pip install 'tfgen[client]'. Received: "), error
else:
    raise AssertionError("it was not needed")
"""
    )


def test_names_that_are_none() -> None:
    import tfgen_serving

    assert {"Client", "AsyncClient", "ServerError"} <= set(dir(tfgen_serving))
    with pytest.raises(AttributeError, match="no attribute 'Klient'"):
        _ = tfgen_serving.Klient  # type: ignore[attr-defined, unused-ignore]
