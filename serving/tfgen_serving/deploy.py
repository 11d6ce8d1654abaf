"""TensorFlow Serving's own configuration for bundles: models, batching, monitoring, and a compose file."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from tfgen_serving.atomic import atomic_file
from tfgen_serving.bundle import Bundle
from tfgen_serving.errors import InputError
from tfgen_serving.names import check_model_name
from tfgen_serving.server.limits import Batching

__all__ = ["IMAGE", "deployment", "write_deployment"]

IMAGE = "tensorflow/serving:2.21.0"
"""The official image of the TensorFlow that bundles are written with."""


def deployment(
    bundles: Mapping[str, str | os.PathLike[str]],
    *,
    batching: Batching | None = None,
    image: str = IMAGE,
    mounts: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The files that run the official server on bundles.

    REST is on 8501, gRPC on 8500, Prometheus at /monitoring/prometheus/metrics; all on loopback, since the server asks
    nobody who they are. Batches are of sizes 1, 2, 4, … `max_batch_size`, filled up by repeating rows, which changes no
    answer: row i of every output depends on row i of the inputs alone.

    Args:
        bundles: Base paths by model name, each a bundle. The names become part of the API's paths.
        batching: How the server gathers requests.
        image: Of the server.
        mounts: The same paths as seen from where the files will be; the bundles' own, made absolute, where it is None.

    Returns:
        Contents by file name.

    Raises:
        InputError: No bundle, or a name that cannot be in a path.
        BundleError: A path is no bundle, or one of a bundle's versions.

    Example:
        >>> deployment({})
        Traceback (most recent call last):
        tfgen_serving.errors.InputError: bundles must name at least one. Received: none
    """
    if not bundles:
        raise InputError("bundles must name at least one. Received: none")
    for name, path in bundles.items():
        check_model_name(name)
        Bundle.open_base(path)
    mounts = mounts or {name: str(Path(path).resolve()) for name, path in bundles.items()}
    batching = batching or Batching(max_batch_size=1024, batch_timeout_micros=1000)
    return {
        "models.config": _models(bundles),
        "batching.config": _batching(batching),
        "monitoring.config": 'prometheus_config {\n  enable: true\n  path: "/monitoring/prometheus/metrics"\n}\n',
        "compose.yaml": _compose(mounts, image),
    }


def write_deployment(folder: Path, files: Mapping[str, str]) -> None:
    """Writes what `deployment` gave, each file whole or not at all.

    Args:
        folder: Made where it is missing; files of the same names are replaced.
        files: Contents by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with atomic_file(folder / name) as path:
            path.write_text(text, encoding="utf-8")


def _models(bundles: Mapping[str, object]) -> str:
    configs = "".join(
        f'  config {{\n    name: "{name}"\n    base_path: "/models/{name}"\n    model_platform: "tensorflow"\n'
        "    model_version_policy { latest { num_versions: 1 } }\n  }\n"
        for name in bundles
    )
    return f"model_config_list {{\n{configs}}}\n"


def _batching(batching: Batching) -> str:
    sizes = [2**power for power in range(batching.max_batch_size.bit_length()) if 2**power < batching.max_batch_size]
    values = {
        "max_batch_size": batching.max_batch_size,
        "batch_timeout_micros": batching.batch_timeout_micros,
        "max_enqueued_batches": batching.max_enqueued_batches,
        "num_batch_threads": batching.num_batch_threads,
        # Larger requests are cut up rather than refused; the last allowed size is then this one.
        "max_execution_batch_size": batching.max_batch_size,
    }
    lines = [f"{name} {{ value: {value} }}" for name, value in values.items()]
    lines.append("enable_large_batch_splitting { value: true }")
    lines += [f"allowed_batch_sizes: {size}" for size in [*sizes, batching.max_batch_size]]
    return "\n".join(lines) + "\n"


def _compose(mounts: Mapping[str, str], image: str) -> str:
    # A string of JSON is one of YAML; in compose files a dollar sign begins a variable.
    def text(value: str) -> str:
        return json.dumps(value.replace("$", "$$"), ensure_ascii=False)

    # A path may hold a colon: no short form of a volume does.
    folders = {"/config": "./"} | {f"/models/{name}": path for name, path in mounts.items()}
    volumes = "".join(
        f"      - type: bind\n        source: {text(path)}\n        target: {text(target)}\n        read_only: true\n"
        for target, path in folders.items()
    )
    return f"""services:
  tensorflow-serving:
    image: {text(image)}
    command:
      - "--model_config_file=/config/models.config"
      - "--enable_batching=true"
      - "--batching_parameters_file=/config/batching.config"
      - "--monitoring_config_file=/config/monitoring.config"
    ports:
      - "127.0.0.1:8500:8500"
      - "127.0.0.1:8501:8501"
    volumes:
{volumes}    restart: unless-stopped
"""
