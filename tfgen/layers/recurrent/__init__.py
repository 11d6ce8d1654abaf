"""Recurrence: cells stepped through time, with all that is known ahead of time computed ahead."""

from tfgen.layers.recurrent.recurrence import Recurrence
from tfgen.layers.recurrent.scan import over_time, scan, swapped

__all__ = ["Recurrence", "over_time", "scan", "swapped"]
