"""Fourier and cosine transforms against SciPy's."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import fft  # type: ignore[import-untyped, unused-ignore]

from tfgen_export import ConversionError, UnsupportedOperators, convert

RTOL = {"float32": 2e-6, "float64": 1e-14}


def spec(size: int, dtype: str) -> tf.TensorSpec:
    return tf.TensorSpec([None, size], dtype, name="x")


def rows(size: int, dtype: str) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(5, size)).astype(dtype)


def near(found: np.ndarray, expected: np.ndarray, dtype: str) -> None:
    np.testing.assert_allclose(found, expected, rtol=RTOL[dtype], atol=RTOL[dtype] * np.abs(expected).max())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "size"), [(2, 8), (3, 8), (2, 7), (3, 7), (2, 100), (2, 1)])
def test_discrete_cosine_transforms(kind: int, size: int, dtype: str, converted: Any) -> None:
    bijector = tfp.bijectors.DiscreteCosineTransform(dct_type=kind)
    x = rows(size, dtype)
    expected = fft.dct(x.astype(np.float64), kind, norm="ortho")
    near(converted(bijector.forward, [spec(size, dtype)])(x)["output"], expected, dtype)
    near(converted(bijector.inverse, [spec(size, dtype)])(expected.astype(dtype))["output"], x, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1, 2, 9, 64])
def test_real_transforms(size: int, dtype: str, converted: Any) -> None:
    def spectrum(x: tf.Tensor) -> dict[str, tf.Tensor]:
        z = tf.signal.rfft(x)
        back = tf.signal.irfft(tf.math.conj(z) * z + z - z[..., ::-1] * 0, fft_length=[size])
        return {"real": tf.math.real(z), "imag": tf.math.imag(z), "abs": tf.abs(z), "back": back}

    x = rows(size, dtype)
    found = converted(spectrum, [spec(size, dtype)], rtol=1e-4, atol=1e-4)(x)
    z = fft.rfft(x.astype(np.float64))
    near(found["real"], z.real, dtype)
    near(found["imag"], z.imag + np.zeros(1), dtype)
    near(found["abs"], np.abs(z), dtype)
    near(found["back"], fft.irfft(z.conj() * z + z, size), dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_complex_transforms(dtype: str, converted: Any) -> None:
    def convolved(x: tf.Tensor) -> tf.Tensor:
        kernel = tf.cast(tf.constant(np.hanning(6)), dtype)
        z = tf.complex(x, tf.reverse(x, [-1]))
        return tf.math.real(tf.signal.ifft(tf.signal.fft(z) * tf.signal.fft(tf.complex(kernel, -kernel))))

    x = rows(6, dtype)
    z, kernel = x + 1j * x[:, ::-1].astype(np.float64), np.hanning(6) * (1 - 1j)
    near(converted(convolved, [spec(6, dtype)])(x)["output"], fft.ifft(fft.fft(z) * fft.fft(kernel)).real, dtype)


def test_what_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(ConversionError, match=r"ComplexAbs|RFFT"):
        convert(lambda x: tf.abs(tf.signal.rfft(x)), [tf.TensorSpec([None], tf.float32, name="x")])
    with pytest.raises(UnsupportedOperators, match="Real"):
        convert(lambda x: tf.math.real(tf.exp(tf.complex(x, x))), [spec(4, "float32")])


def test_sizes_neither_overflow_nor_vanish(converted: Any) -> None:
    model = converted(
        lambda a, b: tf.abs(tf.complex(a, b)), [tf.TensorSpec([None], tf.float32, name=name) for name in "ab"]
    )
    numbers = np.array([0.0, -0.0, 1e-30, 3e-23, 1.0, -2.5, 3e25, 1e38, np.inf, -np.inf], np.float32)
    a, b = (array.ravel() for array in np.meshgrid(numbers, numbers))
    with np.errstate(over="ignore"):
        expected = np.hypot(a.astype(np.float64), b).astype(np.float32)
    np.testing.assert_allclose(model(a, b)["output"], expected, rtol=3e-7)


@pytest.mark.parametrize("kind", ["float32", "float64", "int32"])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_numbers_of_any_type_become_complex(kind: str, dtype: str, converted: Any) -> None:
    model = converted(
        lambda x: {"real": tf.math.real(tf.cast(x, dtype)), "imag": tf.math.imag(tf.cast(x, dtype))},
        [tf.TensorSpec([None], kind, name="x")],
    )
    x = np.array([0, 3, -2, np.inf] if kind != "int32" else [0, 3, -2, 7], kind)
    found = model(x)
    np.testing.assert_array_equal(found["real"], x)
    np.testing.assert_array_equal(found["imag"], np.zeros(4))
