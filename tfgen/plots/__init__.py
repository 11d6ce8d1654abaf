"""Pictures of densities: figures that the caller saves, with no global state of matplotlib's."""

from tfgen.plots.conditional import conditional_density, predictive_bands
from tfgen.plots.density import density_beside_truth, sample_pairs
from tfgen.plots.saving import save_figure

__all__ = ["conditional_density", "density_beside_truth", "predictive_bands", "sample_pairs", "save_figure"]
