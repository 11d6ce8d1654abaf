"""`verify_bundle` finds files that changed, and runtimes that disagree although no file did."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import tfgen
from tfgen.bundles import EndpointReport, verify_bundle
from tfgen_serving import BundleError, Scorer

ONNX, SAVED, KERAS = "onnx/score.onnx", "variables/variables.data-00000-of-00001", "model.keras"


@pytest.fixture
def bundle(bundles: dict[str, Path], tmp_path: Path) -> Path:
    """A copy to spoil: a version folder."""
    return shutil.copytree(bundles["flow"], tmp_path / "base" / "1")


def _swap(bundle: Path, other: Path, names: list[str]) -> None:
    """Another model's files, and their digests in the manifest: no file is wrong, but the model is."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    for name in names:
        shutil.copy(other / name, bundle / name)
        manifest["files"][name] = hashlib.sha256((bundle / name).read_bytes()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def test_a_good_bundle(bundles: dict[str, Path]) -> None:
    reports = verify_bundle(bundles["flow"], rows=20)
    assert [report.endpoint for report in reports] == ["score", "sample", "encode", "decode"]
    for report in reports:
        assert report.rows == 20
        assert set(report.differences) == {("keras", "saved_model"), ("keras", "onnx"), ("saved_model", "onnx")}
        assert 0 <= report.largest < 1e-5
    assert verify_bundle(bundles["flow"].parent, rows=20) == reports, "a base path means its newest version"


@pytest.mark.parametrize("name", [SAVED, ONNX, KERAS, "saved_model.pb"])
def test_one_changed_byte_is_found(bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    with pytest.raises(BundleError, match=f"changed '{name}'"):
        verify_bundle(bundle, rows=4)


def test_a_missing_and_a_foreign_file_are_found(bundle: Path) -> None:
    (bundle / ONNX).rename(bundle / "onnx" / "other.onnx")
    with pytest.raises(BundleError, match=r"missing 'onnx/score.onnx', not listed 'onnx/other.onnx'"):
        verify_bundle(bundle, rows=4)


@pytest.mark.parametrize(
    ("names", "odd", "spoiled"),
    [
        ([ONNX], "onnx", {"score"}),
        (
            ["saved_model.pb", SAVED, "variables/variables.index", "fingerprint.pb"],
            "saved_model",
            {"score", "sample", "encode", "decode"},
        ),
        ([KERAS], "keras", {"score", "sample", "encode", "decode"}),
    ],
)
def test_another_model_s_weights_in_one_runtime_are_a_difference(
    bundle: Path, bundles: dict[str, Path], names: list[str], odd: str, spoiled: set[str]
) -> None:
    _swap(bundle, bundles["other"], names)
    for report in verify_bundle(bundle, rows=32):
        for pair, difference in report.differences.items():
            if odd in pair and report.endpoint in spoiled:
                assert difference > 0.1, (report.endpoint, pair)
            else:
                assert difference < 1e-5, (report.endpoint, pair)
        assert report.largest == max(report.differences.values())


def test_the_difference_is_that_of_the_scores(bundle: Path, bundles: dict[str, Path], x: np.ndarray) -> None:
    """On given rows: max |a − b| / max(1, |b|), worked out from the two models."""
    _swap(bundle, bundles["other"], [ONNX])
    right, wrong = (Scorer(bundles[name]).score(x).astype("float64") for name in ("flow", "other"))
    expected = np.max(np.abs(wrong - right) / np.maximum(1, np.abs(right)))
    reports = {report.endpoint: report for report in verify_bundle(bundle, rows=5, inputs={"score": {"x": x}})}
    assert reports["score"].differences["keras", "onnx"] == pytest.approx(expected, rel=1e-4)
    assert {name: report.rows for name, report in reports.items()} == {
        "score": len(x),
        "sample": 5,
        "encode": 5,
        "decode": 5,
    }


def test_the_version_asked_for_is_the_one_verified(bundle: Path) -> None:
    second = shutil.copytree(bundle, bundle.parent / "2")
    (second / KERAS).write_bytes(b"spoiled")
    with pytest.raises(BundleError, match=r"changed 'model\.keras'"):
        verify_bundle(bundle.parent, rows=4)
    assert verify_bundle(bundle.parent, version=1, rows=4)
    with pytest.raises(BundleError, match=r"version must be one of \[1, 2\].*Received: 3"):
        verify_bundle(bundle.parent, version=3)


def test_a_folder_that_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json.*Received: "):
        verify_bundle(tmp_path)


def test_a_report_s_largest() -> None:
    assert EndpointReport("score", 3, {("keras", "onnx"): 0.25, ("keras", "saved_model"): 0.5}).largest == 0.5


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VAE of images, whose samples are whole numbers."""
    vae = tfgen.VAE(event_shape=(8, 8, 1), latent_dim=2, hidden=(8,), num_samples=2)
    return vae.export(tmp_path_factory.mktemp("digits") / "base", format="bundle")


@pytest.mark.parametrize(("moved", "reported"), [(0, 0.0), (1, 0.0), (30, 1.0)])
def test_whole_numbers_may_rarely_differ(
    digits: Path, monkeypatch: pytest.MonkeyPatch, moved: int, reported: float
) -> None:
    run = Scorer.run

    def run_with_flips(self: Scorer, endpoint: str, /, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        outputs = run(self, endpoint, **inputs)
        if endpoint == "sample":
            outputs["x"] = outputs["x"].copy()
            outputs["x"].reshape(-1)[:moved] = 1 - outputs["x"].reshape(-1)[:moved]
        return outputs

    monkeypatch.setattr(Scorer, "run", run_with_flips)
    report = next(report for report in verify_bundle(digits, rows=20) if report.endpoint == "sample")
    assert report.unequal == pytest.approx(moved / (20 * 64))
    assert report.largest == pytest.approx(reported, abs=1e-5)
