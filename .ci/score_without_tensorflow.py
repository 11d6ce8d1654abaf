"""Scores a bundle of two moons with the base installation, and says what is missing for the rest."""

import importlib.util
import sys

import numpy as np

import tfgen
import tfgen_serving

if importlib.util.find_spec("tensorflow"):
    sys.exit("this check is for an environment without TensorFlow")
moons = tfgen.datasets.TwoMoons()
x = moons.sample(1000, seed=2)["x"]
np.save("x.npy", x)
gap = float((moons.log_prob(x) - tfgen_serving.Scorer(sys.argv[1]).score(x)).mean())
if not abs(gap) < 0.2:
    sys.exit(f"the bundle scores {gap} nats off the truth")
try:
    tfgen.MDN  # noqa: B018
except ImportError as error:
    if "tfgen[train]" not in str(error) or "\n" in str(error):
        sys.exit(f"not one line that names the extra: {error}")
else:
    sys.exit("tfgen.MDN must name the extra that it needs")
print(f"{len(x)} rows scored without TensorFlow, {gap:.4f} nats from the truth on average")
