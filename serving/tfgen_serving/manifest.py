"""The manifest of a bundle's version: the one definition of its format, for the writer and every reader."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tfgen_serving.atomic import atomic_file
from tfgen_serving.errors import BundleError
from tfgen_serving.fields import (
    as_count,
    as_seed_row,
    as_shape,
    check_path,
    check_sha256,
    check_text,
    expect,
    fields_of,
    parse_object,
    within,
)
from tfgen_serving.files import MANIFEST_NAME, hash_files
from tfgen_serving.tensors import EndpointInfo, TensorInfo

__all__ = ["FORMAT_VERSION", "MANIFEST_NAME", "EndpointInfo", "Manifest", "TensorInfo", "hash_files"]

FORMAT_VERSION = 1
SCORE_KINDS = ("exact", "bound")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a version folder holds and what its numbers mean.

    Two endpoints have a fixed meaning: ``score`` gives one tensor ``[batch]`` of nats (or, of several, one
    called "score"); ``sample`` takes ``seed`` int32 ``[batch, 2]`` and draws once for each seed row.

    Attributes:
        format_version: The format of the manifest itself; this code reads and writes 1.
        model: The model's class, such as ``"RealNVP"``.
        name: The model's own name.
        score_kind: ``"exact"`` when ``score`` is log p(x), ``"bound"`` when it is a lower bound of it.
        num_samples: K, the samples behind a bound; None for an exact score.
        score_seed: The seed row that every example of a bound's ``score`` gets; None for an exact score.
        noise_layout: The version of the rule that turns a seed row into noise.
        endpoints: The endpoints by name.
        event_shape: The shape of one x; None where a dimension is free.
        context_shape: The shape of one context row; None for a model without context.
        versions: The versions of the packages that wrote the bundle, by package.
        files: The SHA-256 of every other file in the version folder, by relative POSIX path (`hash_files`).
        max_difference: By endpoint, the largest relative difference between ONNX Runtime and TensorFlow that the
            writer measured, max |onnx − tf| / max(1, |tf|); empty where it was not measured.

    Raises:
        BundleError: A field is not of this form; the message names the field and ends with what was received.

    Example:
        >>> manifest = Manifest(
        ...     model="RealNVP", name="moons", score_kind="exact", num_samples=None, noise_layout=1,
        ...     endpoints={}, event_shape=(2,), context_shape=None, versions={}, files={})
        >>> Manifest.from_json(manifest.to_json()) == manifest
        True
    """

    format_version: int = FORMAT_VERSION
    model: str
    name: str
    score_kind: str
    num_samples: int | None
    score_seed: tuple[int, int] | None = None
    noise_layout: int
    endpoints: Mapping[str, EndpointInfo]
    event_shape: tuple[int | None, ...]
    context_shape: tuple[int | None, ...] | None
    versions: Mapping[str, str]
    files: Mapping[str, str]
    max_difference: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_version(self.format_version)
        check_text("model", self.model)
        check_text("name", self.name)
        expect(self.score_kind in SCORE_KINDS, "score_kind", "'exact' or 'bound'", self.score_kind)
        if self.score_kind == "exact":
            expect(self.num_samples is None, "num_samples", "null, the score being exact", self.num_samples)
            expect(self.score_seed is None, "score_seed", "null, the score being exact", self.score_seed)
        else:
            object.__setattr__(self, "num_samples", as_count("num_samples", self.num_samples, minimum=1))
            object.__setattr__(self, "score_seed", as_seed_row("score_seed", self.score_seed))
        object.__setattr__(self, "noise_layout", as_count("noise_layout", self.noise_layout, minimum=0))
        object.__setattr__(self, "event_shape", as_shape("event_shape", self.event_shape))
        if self.context_shape is not None:
            object.__setattr__(self, "context_shape", as_shape("context_shape", self.context_shape))
        for name in ("endpoints", "versions", "files", "max_difference"):
            value = getattr(self, name)
            expect(isinstance(value, Mapping), name, "a mapping by name", value)
            object.__setattr__(self, name, dict(value))
        for package, version in self.versions.items():
            check_text("a key of versions", package)
            check_text(f"versions.{package}", version)
        for path, digest in self.files.items():
            check_path("a key of files", path)
            expect(path != MANIFEST_NAME, "a key of files", "another file than the manifest itself", path)
            check_sha256(f"files[{path!r}]", digest)
        for name, endpoint in self.endpoints.items():
            self._check_endpoint(name, endpoint)
        for name, value in self.max_difference.items():
            expect(name in self.endpoints, "a key of max_difference", f"one of {sorted(self.endpoints)}", name)
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            fits = fits and math.isfinite(value) and value >= 0
            expect(fits, f"max_difference.{name}", "a finite number of at least 0", value)

    def _check_endpoint(self, name: str, endpoint: EndpointInfo) -> None:
        where = f"endpoints.{name}"
        expect(isinstance(endpoint, EndpointInfo), where, "an EndpointInfo", endpoint)
        expect(endpoint.name == name, f"{where}.name", f"{name!r}, its key", endpoint.name)
        expect(endpoint.onnx in self.files, f"{where}.onnx", "a file that `files` lists", endpoint.onnx)
        if name == "score":
            scores = endpoint.outputs
            if len(scores) > 1:
                scores = tuple(tensor for tensor in scores if tensor.name == "score")
            shapes = {tensor.name: tensor.shape for tensor in endpoint.outputs}
            fits = [tensor.shape for tensor in scores] == [(None,)]
            expect(fits, f"{where}.outputs", "one [batch] tensor, or hold one called 'score'", shapes)
        if name == "sample":
            seeds = [tensor for tensor in endpoint.inputs if tensor.name == "seed"]
            fits = [(tensor.dtype, tensor.shape) for tensor in seeds] == [("int32", (None, 2))]
            texts = {tensor.name: tensor.text for tensor in endpoint.inputs}
            expect(fits, f"{where}.inputs", "given a tensor seed int32 [batch, 2]", texts)

    def to_json(self) -> str:
        """Returns the manifest as JSON text, the same text for the same manifest."""
        data: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        data["endpoints"] = {name: endpoint.to_data() for name, endpoint in self.endpoints.items()}
        data["versions"] = dict(sorted(self.versions.items()))
        data["files"] = dict(sorted(self.files.items()))
        data["max_difference"] = {name: float(value) for name, value in self.max_difference.items()}
        return json.dumps(data, indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, *, source: str | Path = MANIFEST_NAME) -> "Manifest":
        """Returns the manifest that `to_json` wrote.

        Args:
            text: The JSON text.
            source: The file it came from, for the errors to name.

        Raises:
            BundleError: The text is not a manifest of a format this code reads; the message names the file
                and the field.
        """
        with within(f"{source}: "):
            data = parse_object(text)
            # The version is read first: another format may well have other fields.
            _check_version(data.get("format_version"))
            optional = frozenset({"max_difference", "score_seed"})
            values = fields_of(
                data, required=frozenset(item.name for item in fields(cls)) - optional, optional=optional
            )
            expect(isinstance(values["endpoints"], dict), "endpoints", "an object by name", values["endpoints"])
            endpoints = {}
            for name, item in values["endpoints"].items():
                expect(isinstance(item, dict), f"endpoints.{name}", "a JSON object", item)
                with within(f"endpoints.{name}."):
                    endpoints[name] = EndpointInfo.from_data(name, item)
            return cls(**(values | {"endpoints": endpoints}))

    @classmethod
    def read(cls, folder: str | Path) -> "Manifest":
        """Returns the manifest of the version folder `folder`; BundleError when there is no valid one."""
        path = Path(folder) / MANIFEST_NAME
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise BundleError(f"a version folder must hold {MANIFEST_NAME}. Received: {str(folder)!r}") from None
        except UnicodeDecodeError as error:
            raise BundleError(f"{path}: the content must be UTF-8 text. Received: {error.object[:20]!r}") from error
        return cls.from_json(text, source=path)

    def write(self, folder: str | Path) -> Path:
        """Writes ``manifest.json`` into `folder`, whole or not at all, and returns its path."""
        path = Path(folder) / MANIFEST_NAME
        with atomic_file(path) as partial:
            partial.write_text(self.to_json(), encoding="utf-8", newline="\n")
            partial.chmod(0o644)  # whoever serves the bundle must read it too, whatever the writer's mask
        return path


def _check_version(version: object) -> None:
    if type(version) is not int or version != FORMAT_VERSION:
        raise BundleError(
            f"format_version must be {FORMAT_VERSION}, the one this tfgen_serving reads: "
            f"a newer bundle needs a newer tfgen. Received: {version!r}"
        )
