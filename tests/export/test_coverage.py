"""The catalogue tries all of TFP, its results are of this catalogue, and a slice of what converts still does."""

import itertools
import re
import warnings
import zlib
from collections import Counter

import numpy as np
import pytest

from benchmarks.coverage import catalogue, results
from benchmarks.coverage.case import Case
from benchmarks.coverage.outcome import Outcome
from benchmarks.coverage.report import REPORT, render
from benchmarks.coverage.stock import try_stock
from benchmarks.coverage.walk import EXCLUDED, public_classes, unlisted
from benchmarks.coverage.workers import Worker
from tfgen_export import convert

CASES = {case.name: case for case in catalogue.cases()}
RESULTS = results.read()
CONVERTED = [name for name, result in RESULTS.items() if result.get("ours") == "ok"]
FEWEST = {
    "cdf": 147,
    "entropy": 64,
    "forward": 171,
    "forward_log_det_jacobian": 169,
    "inverse": 169,
    "inverse_log_det_jacobian": 168,
    "log_prob": 509,
    "mean": 120,
    "mode": 63,
    "quantile": 40,
    "sample": 418,
    "stddev": 86,
}
"""Cases that convert, by kind: what may only grow."""


def test_every_public_class_is_tried_or_excluded_for_a_reason() -> None:
    assert unlisted(CASES.values()) == []
    assert set(EXCLUDED) <= set(public_classes())
    assert not set(EXCLUDED) & {case.covers for case in CASES.values()}
    assert len(public_classes()) > 190


def test_a_class_that_nobody_listed_shows_as_missing() -> None:
    without = [case for case in CASES.values() if case.covers != "tfd.Gamma"]
    assert unlisted(without) == ["tfd.Gamma"]
    assert "| `tfd.Gamma` | **missing: nobody listed it** |" in render(without, RESULTS)


def test_the_results_are_of_exactly_these_cases() -> None:
    assert sorted(RESULTS) == sorted(CASES)
    # Stock tf2onnx need not have been tried; the page says of how many it has been.
    kinds = ({"tensorflow"}, {"ours"}, {"ours", "difference"})
    assert all(set(result) - {"stock"} in kinds for result in RESULTS.values())


def test_no_fewer_cases_convert_than_once_did() -> None:
    counts = Counter(CASES[name].kind for name in CONVERTED)
    assert {kind: counts[kind] for kind, fewest in FEWEST.items() if counts[kind] < fewest} == {}


def test_the_page_is_of_these_results() -> None:
    def plain(text: str) -> str:
        return re.sub(r"Versions: .*", "", text)

    assert plain(REPORT.read_text()) == plain(render(list(CASES.values()), RESULTS))


def test_parameters_come_as_inputs_and_as_constants() -> None:
    both = {"inputs", "constants"}
    counts = Counter(case.given for case in CASES.values() if case.kind in ("log_prob", "sample"))
    assert min(counts[given] for given in both) > 250
    assert {case.signature[0].dtype.name for case in CASES.values() if case.signature} >= {"float32", "float64"}


def test_seeds_come_from_all_of_int32() -> None:
    samples = [case for case in CASES.values() if case.kind == "sample" and case.given == "inputs"]
    seeds = np.array([case.inputs(batch)[0] for case in samples[:20] for batch in (1, 7)])
    assert seeds.dtype == np.int32
    assert seeds.min() < -(2**29)
    assert seeds.max() > 2**29


def test_inputs_fit_their_signatures_and_are_the_same_each_time() -> None:
    for case in list(CASES.values())[:: len(CASES) // 40]:
        once, again = case.inputs(7), case.inputs(7)
        for spec, value, same in zip(case.signature, once, again, strict=True):
            assert spec.shape.is_compatible_with(value.shape), case.name
            assert spec.dtype.as_numpy_dtype == value.dtype, case.name
            np.testing.assert_array_equal(value, same)


def _slice(family: str, count: int) -> list[Case]:
    """Converting cases of a family: of each kind in turn, in an order that no name's neighbourhood tells."""
    converted = [case for case in catalogue.family(family) if case.name in set(CONVERTED)]
    by_kind: dict[str, list[Case]] = {}
    for case in sorted(converted, key=lambda case: zlib.crc32(case.name.encode())):
        by_kind.setdefault(case.kind, []).append(case)
    turns = itertools.chain.from_iterable(itertools.zip_longest(*by_kind.values()))
    return [case for case in turns if case is not None][:count]


def _convert(case: Case) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what TFP says while it traces
        convert(case.function, list(case.signature), inputs=case.inputs, discrete=case.discrete)


@pytest.mark.parametrize("family", catalogue.FAMILIES)
def test_a_few_of_each_family_convert(family: str) -> None:
    for case in _slice(family, 3):
        _convert(case)


@pytest.mark.slow
@pytest.mark.parametrize("family", catalogue.FAMILIES)
def test_more_of_each_family_convert(family: str) -> None:
    for case in _slice(family, 7)[3:]:
        _convert(case)


@pytest.mark.slow
def test_what_hangs_is_a_failure_with_a_reason_and_the_next_case_runs() -> None:
    exp, normal = "tfb.Exp forward, constants, float32", "tfd.Normal sample, constants, float32, n static"
    with Worker("stock", timeout=60) as worker:
        assert worker(exp).status == "ok"
        worker._timeout = 0
        assert worker(exp) == Outcome.failed("no result within 0 s")
        worker._timeout = 60
        sample = worker(normal)
    assert sample.status == "failed"
    assert "StatelessRandom" in sample.reason


def test_stock_tf2onnx_is_never_tried_beside_our_translations() -> None:
    with pytest.raises(RuntimeError, match="never imports tfgen_export"):
        try_stock(next(iter(CASES.values())))
