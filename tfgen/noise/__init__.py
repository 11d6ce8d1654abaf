"""Noise as a pure function of (seed row, stream, index, element): no global state anywhere."""

import tfgen._training  # noqa: F401
from tfgen.noise.draw import draw, pick, register_draw
from tfgen.noise.noise import LAYOUT_VERSION, Noise
from tfgen.noise.philox import philox_4x32
from tfgen.noise.seeds import fresh_seed, seed_rows

__all__ = ["LAYOUT_VERSION", "Noise", "draw", "fresh_seed", "philox_4x32", "pick", "register_draw", "seed_rows"]
