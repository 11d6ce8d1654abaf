"""Noise as a pure function of (seed row, stream, index, element): no global state anywhere."""

from tfgen.noise.draw import draw
from tfgen.noise.noise import LAYOUT_VERSION, Noise
from tfgen.noise.philox import philox_4x32
from tfgen.noise.seeds import fresh_seed, seed_rows

__all__ = ["LAYOUT_VERSION", "Noise", "draw", "fresh_seed", "philox_4x32", "seed_rows"]
