"""Recurrence: cells stepped through time, with all that is known ahead of time computed ahead."""

from tfgen.layers.recurrent.products import Products, dense_stepper
from tfgen.layers.recurrent.recurrence import Recurrence
from tfgen.layers.recurrent.scan import over_time, scan, swapped

__all__ = ["Products", "Recurrence", "dense_stepper", "over_time", "scan", "swapped"]
