"""TensorFlow Serving's configuration, read by its own messages where they are published, and by their fields."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from tensorflow_serving.config import model_server_config_pb2

from tfgen_serving import BundleError, InputError
from tfgen_serving.deploy import IMAGE, deployment, write_deployment
from tfgen_serving.server.limits import Batching

EXAMPLES = Path(__file__).parents[2] / "serving" / "deploy"
INT64, BOOL, STRING = ".google.protobuf.Int64Value", ".google.protobuf.BoolValue", None


def made(name: str, fields: dict[str, Any]) -> Any:
    """A message class of the wrapped, repeated or plain fields that TensorFlow Serving's .proto lists."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package="test", syntax="proto3")
    file.dependency.append("google/protobuf/wrappers.proto")
    message = file.message_type.add(name=name)
    for number, (field, kind) in enumerate(fields.items(), 1):
        added = message.field.add(name=field, number=number, label=kinds.LABEL_OPTIONAL)
        if isinstance(kind, str):
            added.type, added.type_name = kinds.TYPE_MESSAGE, kind
        elif kind is list:
            added.type, added.label = kinds.TYPE_INT64, kinds.LABEL_REPEATED
        else:
            added.type = kinds.TYPE_BOOL if kind is bool else kinds.TYPE_STRING
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"test.{name}"))


@pytest.fixture(scope="module")
def batching_parameters() -> Any:
    return made(
        "BatchingParameters",
        {
            "max_batch_size": INT64,
            "batch_timeout_micros": INT64,
            "max_enqueued_batches": INT64,
            "num_batch_threads": INT64,
            "enable_large_batch_splitting": BOOL,
            "max_execution_batch_size": INT64,
            "allowed_batch_sizes": list,
        },
    )


def test_models(plain_bundle: Path, context_bundle: Path) -> None:
    files = deployment({"plain": plain_bundle, "context-2.x": context_bundle})
    config = text_format.Parse(files["models.config"], model_server_config_pb2.ModelServerConfig())
    found = [(model.name, model.base_path, model.model_platform) for model in config.model_config_list.config]
    assert found == [
        ("plain", "/models/plain", "tensorflow"),
        ("context-2.x", "/models/context-2.x", "tensorflow"),
    ]
    assert all(model.model_version_policy.latest.num_versions == 1 for model in config.model_config_list.config)


@pytest.mark.parametrize("most", [1, 2, 3, 1000, 1024])
def test_batching(most: int, plain_bundle: Path, batching_parameters: Any) -> None:
    batching = Batching(max_batch_size=most, batch_timeout_micros=7, max_enqueued_batches=9, num_batch_threads=3)
    text = deployment({"plain": plain_bundle}, batching=batching)["batching.config"]
    parsed = text_format.Parse(text, batching_parameters())
    names = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads")
    assert [getattr(parsed, name).value for name in names] == [most, 7, 9, 3]
    assert parsed.enable_large_batch_splitting.value
    sizes = list(parsed.allowed_batch_sizes)
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == parsed.max_execution_batch_size.value == most


def test_compose(plain_bundle: Path) -> None:
    mounts = {"plain": "./it's $5: hére"}
    compose = yaml.safe_load(deployment({"plain": plain_bundle}, mounts=mounts)["compose.yaml"])
    (service,) = compose["services"].values()
    assert service["image"] == IMAGE
    assert service["volumes"] == [  # in the long form, since the short one ends a path at its first colon
        {"type": "bind", "source": "./", "target": "/config", "read_only": True},
        {"type": "bind", "source": "./it's $$5: hére", "target": "/models/plain", "read_only": True},
    ]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    used = [argument.partition("=")[2] for argument in service["command"] if "/config/" in argument]
    assert {Path(path).name for path in used} == {"models.config", "batching.config", "monitoring.config"}


def test_monitoring(plain_bundle: Path) -> None:
    inner = made("PrometheusConfig", {"enable": bool, "path": STRING})
    text = deployment({"plain": plain_bundle})["monitoring.config"]
    body = text.removeprefix("prometheus_config {").rpartition("}")[0]
    parsed = text_format.Parse(body, inner())
    assert (parsed.enable, parsed.path) == (True, "/monitoring/prometheus/metrics")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "..", "-a", "a:b", 'a"', "a\n", "é"])
def test_names_that_no_path_holds(name: str, plain_bundle: Path) -> None:
    with pytest.raises(InputError, match="a model's name must be letters"):
        deployment({name: plain_bundle})


def test_only_bundles(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        deployment({"empty": tmp_path})


def test_no_version_alone(plain_bundle: Path) -> None:
    with pytest.raises(BundleError, match=r"^path must be a base path, not one of its versions\. Received: "):
        deployment({"plain": plain_bundle / "1"})


def test_the_command_writes_what_is_shown_in_the_repository(toy: Any, tmp_path: Path) -> None:
    """serving/deploy is what the command makes of a bundle called moons, beside the folder."""
    toy.write(tmp_path / "moons")
    command = [
        sys.executable,
        "-c",
        "from tfgen.cli.main import main; main()",
        "deploy-config",
        str(tmp_path / "moons"),
    ]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "deploy")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    written = {path.name: path.read_text() for path in (tmp_path / "deploy").iterdir()}
    shown = {path.name: path.read_text() for path in EXAMPLES.iterdir()}
    threads = [line for line in written["batching.config"].splitlines() if line.startswith("num_batch_threads")]
    shown["batching.config"] = shown["batching.config"].replace("num_batch_threads { value: 2 }", threads[0])
    assert written == shown


def test_files_are_replaced_whole(tmp_path: Path) -> None:
    write_deployment(tmp_path / "deploy", {"a": "one"})
    write_deployment(tmp_path / "deploy", {"a": "two"})
    assert [path.name for path in (tmp_path / "deploy").iterdir()] == ["a"]
    assert (tmp_path / "deploy" / "a").read_text() == "two"


def test_files_are_of_utf_8(tmp_path: Path) -> None:
    """Whatever the locale: a path may hold any letter."""
    code = f"from tfgen_serving.deploy import *; write_deployment(Path({str(tmp_path)!r}), {{'a': chr(233)}})"
    command = [sys.executable, "-X", "utf8=0", "-c", f"from pathlib import Path; {code}"]
    environment = {**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a").read_bytes() == chr(233).encode()
