"""Distributions over time: hidden Markov and state-space models, Markov chains, autoregressions."""

from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from benchmarks.coverage.case import Case
from benchmarks.coverage.law import law
from benchmarks.coverage.values import between, drawn, integers, positive, reals, simplex

__all__ = ["CASES"]

tfd = tfp.distributions
_KINDS = ("log_prob", "sample", "mean")


def _hmm_normal(initial: Any, transition: Any, loc: Any, scale: Any) -> Any:
    return tfd.HiddenMarkovModel(
        tfd.Categorical(logits=initial), tfd.Categorical(probs=transition), tfd.Normal(loc, scale), num_steps=6
    )


def _hmm_categorical(initial: Any, transition: Any, emission: Any) -> Any:
    return tfd.HiddenMarkovModel(
        tfd.Categorical(probs=initial), tfd.Categorical(probs=transition), tfd.Categorical(probs=emission), num_steps=4
    )


def _hmm_vectors(initial: Any, transition: Any, loc: Any) -> Any:
    return tfd.HiddenMarkovModel(
        tfd.Categorical(logits=initial),
        tfd.Categorical(logits=transition),
        tfd.MultivariateNormalDiag(loc, tf.ones_like(loc)),
        num_steps=3,
    )


def _state_space(transition: Any, noise: Any, observation: Any, observed_noise: Any, prior: Any) -> Any:
    return tfd.LinearGaussianStateSpaceModel(
        num_timesteps=5,
        transition_matrix=transition,
        transition_noise=tfd.MultivariateNormalDiag(scale_diag=noise),
        observation_matrix=observation,
        observation_noise=tfd.MultivariateNormalDiag(scale_diag=observed_noise),
        initial_state_prior=tfd.MultivariateNormalDiag(scale_diag=prior),
    )


_STATE_SPACE: dict[str, Any] = {
    "transition": reals(2, 2, scale=0.5),
    "noise": positive(2),
    "observation": reals(1, 2),
    "observed_noise": positive(1),
    "prior": positive(2),
}


def _random_walk(start: Any, coefficient: Any, scale: Any) -> Any:
    return tfd.MarkovChain(tfd.Normal(start, scale), lambda _, x: tfd.Normal(coefficient * x, scale), 6)


def _walk_of_constants(start: Any) -> Any:
    """Steps that depend on the time."""
    return tfd.MarkovChain(
        tfd.Normal(start, 1),
        lambda step, x: tfd.Normal(x, 1 + 0.1 * tf.cast(_aligned(step, x), x.dtype)),
        num_steps=4,
    )


def _aligned(step: Any, x: Any) -> Any:
    """Steps as the first dimension, as in the states."""
    return tf.reshape(step, tf.concat([[-1], tf.ones([tf.rank(x) - 1], tf.int32)], 0)) if len(x.shape) else step


def _discrete_chain(initial: Any, transition: Any) -> Any:
    return tfd.MarkovChain(
        tfd.Categorical(probs=initial),
        lambda _, x: tfd.Categorical(
            probs=tf.linalg.matvec(transition, tf.one_hot(x, 3, dtype=transition.dtype), transpose_a=True)
        ),
        num_steps=5,
    )


def _autoregressive(coefficient: Any, scale: Any) -> Any:
    """x_t | x_<t ~ Normal(coefficient Σ x_<t / 4, scale)."""
    mask = np.triu(np.full([4, 4], 0.25), 1)

    def make(x: Any) -> Any:
        weights = tf.cast(mask, coefficient.dtype)
        loc = coefficient[..., tf.newaxis] * tf.linalg.matvec(weights, x, transpose_a=True)
        return tfd.Independent(tfd.Normal(loc, scale[..., tf.newaxis]), 1)

    start = tf.zeros([4], coefficient.dtype) * coefficient[..., tf.newaxis]
    return tfd.Autoregressive(make, sample0=start, num_steps=4)


def _autoregressive_bits(bias: Any) -> Any:
    mask = np.triu(np.ones([5, 5], np.float32), 1)

    def make(x: Any) -> Any:
        logits = bias[..., tf.newaxis] + tf.linalg.matvec(mask, tf.cast(x, tf.float32), transpose_a=True)
        return tfd.Independent(tfd.Bernoulli(logits=logits), 1)

    start = tf.zeros([5], tf.int32) * tf.cast(bias[..., tf.newaxis], tf.int32)
    return tfd.Autoregressive(make, sample0=start, num_steps=5)


CASES: list[Case] = [
    *law(
        "tfd.HiddenMarkovModel(Normal)",
        _hmm_normal,
        drawn(6),
        kinds=("log_prob", "sample"),
        initial=reals(3),
        transition=simplex(3, 3),
        loc=reals(3, scale=3),
        scale=positive(3),
    ),
    *law(
        "tfd.HiddenMarkovModel(Normal)",
        _hmm_normal,
        drawn(6),
        kinds=("mean", "stddev"),
        givens=("constants",),  # TFP's means are wrong where the states' distributions have batches
        initial=reals(3),
        transition=simplex(3, 3),
        loc=reals(3, scale=3),
        scale=positive(3),
    ),
    *law(
        "tfd.HiddenMarkovModel(Categorical)",
        _hmm_categorical,
        integers(3, 4),
        kinds=("log_prob", "sample"),
        initial=simplex(2),
        transition=simplex(2, 2),
        emission=simplex(4, 2),
    ),
    *law(
        "tfd.HiddenMarkovModel(MultivariateNormalDiag)",
        _hmm_vectors,
        reals(3, 2),
        kinds=("log_prob", "sample"),
        initial=reals(4),
        transition=reals(4, 4),
        loc=reals(4, 2),
    ),
    *law("tfd.LinearGaussianStateSpaceModel", _state_space, reals(5, 1), kinds=(*_KINDS, "stddev"), **_STATE_SPACE),
    *law(
        "tfd.MarkovChain(Normal)",
        _random_walk,
        reals(6),
        kinds=_KINDS,
        start=reals(),
        coefficient=between(0.3, 0.9),
        scale=positive(),
    ),
    *law(
        "tfd.MarkovChain(Normal, by step)",
        _walk_of_constants,
        reals(4),
        kinds=("log_prob", "sample"),
        reals=("float32",),
        start=reals(),
    ),
    *law(
        "tfd.MarkovChain(Categorical)",
        _discrete_chain,
        integers(2, 5),
        kinds=("log_prob", "sample"),
        initial=simplex(3),
        transition=simplex(3, 3),
    ),
    *law(
        "tfd.Autoregressive(Normal)",
        _autoregressive,
        reals(4),
        kinds=("log_prob", "sample", "mean"),
        coefficient=reals(),
        scale=positive(),
    ),
    *law(
        "tfd.Autoregressive(Bernoulli)",
        _autoregressive_bits,
        integers(1, 5),
        kinds=("log_prob", "sample"),
        reals=("float32",),
        bias=reals(),
    ),
]
