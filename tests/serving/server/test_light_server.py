"""A server loads no TensorFlow; what is missing of its extra is named."""

import pytest
from serving.test_light_import import FOREIGN, loaded


def test_importing() -> None:
    modules = loaded("import tfgen_serving.server.serve")
    assert {"grpc", "google", "starlette", "uvicorn"} <= modules
    assert not modules & (FOREIGN | {"httpx", "tenacity", "pyarrow"})


@pytest.mark.parametrize("missing", ["grpc", "google.protobuf", "starlette.requests", "uvicorn", "httptools"])
def test_what_is_missing_is_named(missing: str) -> None:
    loaded(
        f"""
sys.modules[{missing!r}] = None
try:
    import tfgen_serving.server.serve
except ImportError as error:
    assert str(error).startswith("the server needs an extra: pip install 'tfgen[serve]'. Received: "), error
    assert str(error).count("tfgen[") == 1, error
else:
    raise AssertionError("it was not needed")
"""
    )


def test_the_protocol_knows_of_no_extra() -> None:
    """Whoever imports it does: a client, a server, an export."""
    loaded(
        """
sys.modules["google.protobuf"] = None
try:
    import tfgen_serving.protocol.messages
except ImportError as error:
    assert "tfgen[" not in str(error), error
else:
    raise AssertionError("it was not needed")
"""
    )
