"""TensorFlow's stateless random operators: Philox in the graph, the seed an input, of any value and for any shape.

The reference is TensorFlow's own kernel on a CPU, outside XLA: integers and uniforms are equal bit for bit, the rest
to float rounding. Under XLA, and on a GPU in part, TensorFlow itself draws other numbers from the same seed.
"""

import importlib

_FAMILIES = (
    "binomial",
    "categorical",
    "gamma",
    "integers",
    "normal",
    "poisson",
    "seeds",
    "shuffle",
    "truncated",
    "uniform",
)

for _family in _FAMILIES:
    importlib.import_module(f"{__name__}.{_family}")
