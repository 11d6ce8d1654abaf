"""The coverage as a page of the documentation."""

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.coverage.case import BIJECTOR_KINDS, DISTRIBUTION_KINDS, Case
from benchmarks.coverage.walk import EXCLUDED, public_classes, unlisted

__all__ = ["REPORT", "render", "write_report"]

REPORT = Path(__file__).parents[2] / "docs" / "onnx_coverage.md"

_PACKAGES = ("tensorflow", "tensorflow-probability", "tf2onnx", "onnx", "onnxruntime")
NOT_TRIED = "not tried yet"
_SHORT = {"forward_log_det_jacobian": "forward log-det", "inverse_log_det_jacobian": "inverse log-det"}
_INTRODUCTION = """\
# What converts to ONNX

Every public class of `tfp.distributions` and `tfp.bijectors`, and compositions of them, through
`tfgen_export.convert` and through stock tf2onnx. `python -m benchmarks.coverage` makes this page anew: it walks
`dir(tfd)` and `dir(tfb)`, so that a class which nobody listed shows as missing.

A **case** is one method of one distribution or bijector, with its parameters either as inputs of the model, with a
dynamic batch, or as constants in it; in float32 or float64; a sample takes its seed as an input, and its size either
as an input or fixed. A case counts only where TensorFlow itself runs it as a `tf.function`. It **converts** where
ONNX's checker accepts the model, ONNX Runtime loads it, and its outputs agree with TensorFlow's on batches of 1 and
of 7: to a relative 10⁻⁴ and an absolute 10⁻⁵ in float32, 10⁻⁹ and 10⁻¹⁰ in float64, exactly for whole numbers.
Samples are compared value by value with TensorFlow's of the same seed, for two seeds. Stock tf2onnx may use opset 15
or 18; `tfgen_export` uses 18.
"""
_LEGEND = """\
In each cell first `tfgen_export`, then stock tf2onnx: ✓ all of the subject's cases convert, ✗ none,
a fraction some; ? not tried yet; – TFP does not define it or cannot run it in a graph; empty where it is not tried.
"""


def render(cases: Sequence[Case], results: Mapping[str, Mapping[str, Any]]) -> str:
    """The page; cases that were not run are left out, and counted as such."""
    tried = [case for case in cases if case.name in results]
    runnable = [case for case in tried if "tensorflow" not in results[case.name]]
    versions = ", ".join(f"{package} {metadata.version(package)}" for package in _PACKAGES)
    parts = [
        _INTRODUCTION,
        f"Versions: {versions}.\n",
        "## In numbers\n",
        _summary(runnable, results),
        _classes(cases),
        "## By distribution\n\n" + _LEGEND,
        _subjects([case for case in tried if case.covers.startswith("tfd.")], results, DISTRIBUTION_KINDS),
        "## By bijector\n",
        _subjects([case for case in tried if case.covers.startswith("tfb.")], results, BIJECTOR_KINDS),
        _misses(runnable, results),
        _out_of_reach(tried, results),
        "## Classes that are not tried\n\n| class | why |\n|---|---|\n"
        + "".join(f"| `{name}` | {reason} |\n" for name, reason in EXCLUDED.items())
        + "".join(f"| `{name}` | **missing: nobody listed it** |\n" for name in unlisted(cases)),
    ]
    return "\n".join(parts)


def _summary(runnable: Sequence[Case], results: Mapping[str, Mapping[str, Any]]) -> str:
    rows = ["| method | cases | stock tf2onnx | `tfgen_export` |", "|---|---:|---:|---:|"]
    for kind in (*DISTRIBUTION_KINDS, *BIJECTOR_KINDS, None):
        chosen = [case for case in runnable if kind in (case.kind, None)]
        if chosen:
            cells = " | ".join(_share(chosen, results, converter) for converter in ("stock", "ours"))
            rows.append(f"| {kind or '**all**'} | {len(chosen)} | {cells} |")
    return "\n".join(rows) + "\n"


def _share(cases: Sequence[Case], results: Mapping[str, Mapping[str, Any]], converter: str) -> str:
    """How many convert, of how many that were tried."""
    known = [case for case in cases if results[case.name].get(converter, NOT_TRIED) != NOT_TRIED]
    count = _count(known, results, converter)
    of = "" if len(known) == len(cases) else f" of {len(known)} tried"
    return f"{count}{of} ({100 * count // len(known)}%)" if known else "not tried"


def _count(cases: Sequence[Case], results: Mapping[str, Mapping[str, Any]], converter: str) -> int:
    return sum(results[case.name].get(converter) == "ok" for case in cases)


def _classes(cases: Sequence[Case]) -> str:
    walked = public_classes()
    tried = {case.covers for case in cases}
    return (
        f"The walk finds {len(walked)} public classes: {len(tried & set(walked))} are tried, "
        f"{len(EXCLUDED)} are not, for the reasons at the end, and {len(unlisted(cases))} are missing.\n"
    )


def _subjects(cases: Sequence[Case], results: Mapping[str, Mapping[str, Any]], kinds: Sequence[str]) -> str:
    rows = ["| | " + " | ".join(_SHORT.get(kind, kind) for kind in kinds) + " |", "|---|" + "---|" * len(kinds)]
    for subject in dict.fromkeys(case.subject for case in cases):
        own = [case for case in cases if case.subject == subject]
        cells = [_cell([case for case in own if case.kind == kind], results) for kind in kinds]
        rows.append(f"| `{subject}` | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _cell(cases: Sequence[Case], results: Mapping[str, Mapping[str, Any]]) -> str:
    runnable = [case for case in cases if "tensorflow" not in results[case.name]]
    if not runnable:
        return "–" if cases else ""
    marks = []
    for converter in ("ours", "stock"):
        known = [case for case in runnable if results[case.name].get(converter, NOT_TRIED) != NOT_TRIED]
        marks.append(_mark(_count(known, results, converter), len(known)) if known else "?")
    return " ".join(marks)


def _mark(count: int, total: int) -> str:
    return {0: "✗", total: "✓"}.get(count, f"{count}/{total}")


def _misses(runnable: Sequence[Case], results: Mapping[str, Mapping[str, Any]]) -> str:
    missed = [case for case in runnable if results[case.name].get("ours", "not run") != "ok"]
    head = "## What `tfgen_export` does not convert\n\n"
    if not missed:
        return f"{head}Nothing of the above.\n"
    rows = [f"| {case.name} | {_escaped(results[case.name].get('ours', 'not run'))} |" for case in missed]
    return f"{head}| case | reason |\n|---|---|\n" + "\n".join(rows) + "\n"


def _out_of_reach(tried: Sequence[Case], results: Mapping[str, Mapping[str, Any]]) -> str:
    reasons = {case.name: results[case.name]["tensorflow"] for case in tried if "tensorflow" in results[case.name]}
    kinds = Counter(reason.split(":")[0] for reason in reasons.values())
    failing = {name: reason for name, reason in reasons.items() if not reason.startswith("undefined")}
    rows = [f"| {name} | {_escaped(reason)} |" for name, reason in failing.items()]
    text = (
        "## What TensorFlow itself does not run\n\n"
        f"{kinds['undefined']} cases ask for a method that TFP does not define for the distribution. "
        "These TensorFlow fails on in a graph:\n\n| case | reason |\n|---|---|\n"
    )
    return text + "\n".join(rows) + "\n"


def _escaped(reason: str) -> str:
    return reason.replace("|", "\\|").replace("<", "&lt;")


def write_report(text: str, path: Path = REPORT) -> None:
    """Whole or not at all."""
    beside = path.with_suffix(".part")
    beside.write_text(text)
    beside.replace(path)
