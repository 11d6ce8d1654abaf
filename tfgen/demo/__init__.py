"""`tfgen demo`: real data modelled, judged, exported and scored alike in three runtimes."""

from tfgen.demo.experiment import Experiment, Outcome
from tfgen.demo.run import EXPERIMENTS, run_demo

__all__ = ["EXPERIMENTS", "Experiment", "Outcome", "run_demo"]
