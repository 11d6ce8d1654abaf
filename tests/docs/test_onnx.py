"""The page about ONNX: its blocks run, in order, and the refusals that it quotes are the ones that come."""

import re
from pathlib import Path

import numpy as np
import pytest
import scipy
import tensorflow as tf

import tfgen_export
from tfgen_export.check import open_session

PAGE = (Path(__file__).parents[2] / "docs" / "onnx.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\S*) ?(.*)\n((?:.*\n)*?)^```$", PAGE, flags=re.MULTILINE)
RUNNING = [source for _, mark, source in BLOCKS if mark == "runs"]


def in_one_line(text):
    return " ".join(text.split())


def test_every_block_is_marked():
    marks = [(language, mark) for language, mark, _ in BLOCKS]
    assert set(marks) == {("python", "runs"), ("python", "refused"), ("text", "")}
    # What is said of a refusal stands right after it.
    assert [marks[index + 1] for index, (_, mark) in enumerate(marks) if mark == "refused"] == [("text", "")] * 3


def test_the_first_block_has_ten_lines():
    assert len([line for line in RUNNING[0].splitlines() if line]) == 10


@pytest.mark.slow
def test_the_blocks_run_in_order(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "page"}
    message = ""
    for language, mark, source in BLOCKS:
        if mark == "runs":
            exec(compile(source, "model.py", "exec"), names)
        elif mark == "refused":
            with pytest.raises(tfgen_export.ConversionError) as caught:
                exec(compile(source, "model.py", "exec"), names)
            message = f"{type(caught.value).__name__}: {caught.value}".partition(" TensorFlow says")[0]
        elif language == "text":
            assert in_one_line(message) == in_one_line(source)
    assert [path.name for path in tmp_path.iterdir()] == ["student.onnx"]

    quoted = np.array(re.search(r"print\(values\)  # nats: \[(.*)\]", PAGE)[1].split(), float)
    np.testing.assert_allclose(quoted, scipy.stats.t(4, 1, 2).logpdf([0, 1, 2.5]), rtol=1e-6)
    printed = np.array(capsys.readouterr().out.strip(" []\n").split(), float)
    np.testing.assert_allclose(printed, quoted, rtol=1e-6)

    forward = np.log1p(np.exp(np.sinh((np.arcsinh(names["x"]) + 0.5) * 1.2) * 2 / np.sinh(np.arcsinh(2) * 1.2)))
    np.testing.assert_allclose(names["forward"], forward, rtol=1e-5)
    assert names["draws"].shape == (1000,)
    mixture = 0.3 * scipy.stats.norm(-1, 0.5).cdf(0) + 0.7 * scipy.stats.norm(2, 1).cdf(0)
    assert abs(np.mean(names["draws"] < 0) - mixture) < 4 * np.sqrt(mixture * (1 - mixture) / 1000)


def test_tolerances_and_batch_sizes_are_those_of_the_page():
    promised = in_one_line(PAGE.split("## What is promised")[1])
    assert "At batches of 1 and 7" in promised
    assert "rtol 10⁻⁹ and atol 10⁻¹⁰ in float64, 10⁻⁴ and 10⁻⁵ in float32" in promised
    sizes = []
    for dtype, rtol, atol in ((tf.float64, 1e-9, 1e-10), (tf.float32, 1e-4, 1e-5)):
        model = tfgen_export.convert(
            tf.identity,
            [tf.TensorSpec([None], dtype)],
            inputs=lambda batch, dtype=dtype: sizes.append(batch) or [np.zeros(batch, dtype.as_numpy_dtype)],
        )
        session = open_session(model)
        traced = tf.function(tf.identity).get_concrete_function(tf.TensorSpec([None], dtype, name="input"))
        (found,) = tfgen_export.compare(session, traced, [np.zeros(3)], ["output"])
        assert (found.rtol, found.atol) == (rtol, atol)
    assert set(sizes) == {1, 7}


def test_what_the_page_calls_outputs():
    row = tf.TensorSpec([None], tf.float32)
    single = tfgen_export.convert(lambda x: x + 1, [row])
    pair = tfgen_export.convert(lambda x: (x + 1, x + 2), [row])
    assert [output.name for output in single.graph.output] == ["output"]
    assert [output.name for output in pair.graph.output] == ["output_0", "output_1"]
