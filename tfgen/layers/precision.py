"""Which floating-point type a density is computed in."""

import keras

__all__ = ["density_dtype"]


def density_dtype(policy: keras.DTypePolicy | str) -> str:
    """float64 under a float64 policy, float32 under every other.

    Log-densities are sums of large terms that cancel: half precision loses them, so a mixed policy
    speeds up the networks only.

    Args:
        policy: a Keras dtype policy or its name.

    Example:
        >>> density_dtype("mixed_bfloat16"), density_dtype("float64")
        ('float32', 'float64')
    """
    return "float64" if keras.dtype_policies.get(policy).variable_dtype == "float64" else "float32"
