import keras
import pytest

from tfgen.layers.precision import density_dtype


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("float16", "float32"),
        ("bfloat16", "float32"),
        ("float32", "float32"),
        ("mixed_float16", "float32"),
        ("mixed_bfloat16", "float32"),
        ("float64", "float64"),
    ],
)
def test_half_precision_is_for_networks_only(policy: str, expected: str) -> None:
    assert density_dtype(policy) == expected
    assert density_dtype(keras.DTypePolicy(policy)) == expected


def test_an_unknown_policy() -> None:
    with pytest.raises(ValueError, match="float5"):
        density_dtype("float5")
