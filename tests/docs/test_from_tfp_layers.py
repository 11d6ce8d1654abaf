"""The page for users of `tfp.layers`: its blocks run, in order, and what it says of the layers holds."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

import tfgen

PAGE = (Path(__file__).parents[2] / "docs" / "from_tfp_layers.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\S*) ?(.*)\n((?:.*\n)*?)^```$", PAGE, flags=re.MULTILINE)
tfpl = tfp.layers


def test_every_block_is_marked():
    assert BLOCKS
    assert {(language, mark) for language, mark, _ in BLOCKS} == {
        ("python", "runs"),
        ("python", "keras2"),
        ("python", "fails"),
    }


@pytest.mark.slow
def test_the_blocks_run_in_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    new: dict = {"__name__": "page"}
    old: dict = {"__name__": "page_before"}
    for _, mark, source in BLOCKS:
        if mark == "keras2":
            old.update({name: new[name] for name in ("np", "context", "x")})
            exec(compile(source, "from_tfp_layers.md, before", "exec"), old)
            # The last section carries an old model's weights over.
            new.update({name: old[name] for name in ("kernel", "bias", "old_deviation") if name in old})
        elif mark == "fails":
            with pytest.raises(AttributeError, match="has no attribute 'log_prob'"):
                exec(compile(source, "from_tfp_layers.md", "exec"), new)
        else:
            exec(compile(source, "from_tfp_layers.md", "exec"), new)
    assert new["draws"].shape == (1000, 2)
    assert new["covariance"].shape == (1000, 2, 2)
    assert new["probabilities"].shape == (1000, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.keras", "saved_model", "score.onnx"]


def _table() -> list[list[str]]:
    section = PAGE.split("## Layer by layer")[1].split("\n\n")[1]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in section.splitlines()[2:]]


def test_the_table_names_all_of_tfp_layers():
    public = {name for name in dir(tfpl) if re.match(r"[A-Z]|default_", name)}
    named = set(re.findall(r"\b(?:[A-Z]|default_)\w+", " ".join(row[0] for row in _table())))
    assert named == public


def test_what_the_table_offers_exists():
    offered = [code for row in _table() for code in re.findall(r"`(\w+\(.*?\)|Dis\w+)`", row[1])]
    assert len(offered) == 16
    for code in offered:
        name, _, arguments = code.removesuffix(")").partition("(")
        layer = getattr(tfgen.layers, name)
        if arguments:
            made = eval(f"layer({arguments.replace('...', '(3,)')})", {"layer": layer, "n": 4, "k": 2, "d": 3})
            assert made(tf.zeros([5, 2])).batch_shape == [5]


def test_every_distribution_layer_is_on_the_page():
    for name in tfgen.layers.__all__:
        if issubclass(getattr(tfgen.layers, name), tfgen.layers.DistributionLayer):
            assert f"`{name}" in " ".join(row[1] for row in _table()), name


def test_keras_3_takes_no_layer_of_tfp():
    with pytest.raises(ValueError, match=r"Only instances of `keras\.Layer`"):
        keras.Sequential([tfpl.IndependentNormal(2)])
    with pytest.raises(ValueError, match="KerasTensor cannot be used"):
        tfpl.IndependentNormal(2)(keras.Input((4,)))


def test_parameters_carry_over_as_the_page_says():
    parameters = tf.constant(np.random.default_rng(0).normal(size=(6, 4)), tf.float32)
    x = tf.constant(np.random.default_rng(1).normal(size=(6, 2)), tf.float32)
    shift = np.array([0, 0, 1, 1], np.float32) * np.float32(np.log(np.e - 1))
    normal = tfgen.layers.IndependentNormal(event_shape=(2,), min_scale=0.0)
    np.testing.assert_allclose(
        normal.make_distribution(parameters - shift).log_prob(x),
        tfpl.IndependentNormal.new(parameters, (2,)).log_prob(x),
        rtol=1e-5,
        atol=1e-5,
    )
    bits = tf.cast(x[:, :1] > [[-0.5, 0.0, 0.3, 0.5]], tf.float32)
    np.testing.assert_allclose(
        tfgen.layers.IndependentBernoulli(event_shape=(4,)).make_distribution(parameters).log_prob(bits),
        tfpl.IndependentBernoulli.new(parameters, (4,)).log_prob(bits),
        rtol=1e-6,
    )
    logistic = tfgen.layers.IndependentLogistic(event_shape=(2,), min_scale=0.0)
    np.testing.assert_allclose(
        logistic.make_distribution(parameters - shift).log_prob(x),
        tfpl.IndependentLogistic.new(parameters, (2,)).log_prob(x),
        rtol=1e-5,
        atol=1e-5,
    )
    np.testing.assert_allclose(
        tfgen.layers.IndependentPoisson(event_shape=(4,)).make_distribution(parameters).log_prob(bits),
        tfpl.IndependentPoisson.new(parameters, (4,)).log_prob(bits),
        rtol=1e-6,
    )
    label = [0, 1, 2, 3, 1, 0]
    np.testing.assert_allclose(
        tfgen.layers.IndependentCategorical(classes=4).make_distribution(parameters).log_prob(label),
        tfpl.OneHotCategorical.new(parameters, 4).log_prob(tf.one_hot(label, 4)),
        rtol=1e-6,
    )


def test_a_new_layer_begins_at_unit_scale():
    layer = tfgen.layers.IndependentNormal(event_shape=(2,))
    np.testing.assert_allclose(layer(tf.zeros([1, 4])).stddev(), [[1.001, 1.001]], rtol=1e-6)
