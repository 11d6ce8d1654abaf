"""Sampling a TFP distribution from noise: one handler for each family."""

# Importing a family's file registers its handlers.
from tfgen.noise.draw import compound, continuous, counts, discrete, normal  # noqa: F401
from tfgen.noise.draw.discrete import pick
from tfgen.noise.draw.registry import draw, draw_rows, register_draw

__all__ = ["draw", "draw_rows", "pick", "register_draw"]
