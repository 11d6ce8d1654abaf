"""Pictures of densities, images, sequences and training: figures that the caller saves, without global state."""

from tfgen.plots.beside import analogies, nearest_neighbours
from tfgen.plots.calibration import pit_histogram
from tfgen.plots.collapse import kl_per_dimension
from tfgen.plots.conditional import conditional_density, predictive_bands
from tfgen.plots.density import density_beside_truth, sample_pairs
from tfgen.plots.forecasts import forecast_bands
from tfgen.plots.images import image_grid, interpolation, reconstructions
from tfgen.plots.kl_steps import kl_over_time
from tfgen.plots.latent import latent_grid, latent_plane
from tfgen.plots.saving import save_figure
from tfgen.plots.sequences import sequences_beside
from tfgen.plots.strokes import pen_strokes
from tfgen.plots.training import training_curves
from tfgen.plots.traversals import latent_traversals

__all__ = [
    "analogies",
    "conditional_density",
    "density_beside_truth",
    "forecast_bands",
    "image_grid",
    "interpolation",
    "kl_over_time",
    "kl_per_dimension",
    "latent_grid",
    "latent_plane",
    "latent_traversals",
    "nearest_neighbours",
    "pen_strokes",
    "pit_histogram",
    "predictive_bands",
    "reconstructions",
    "sample_pairs",
    "save_figure",
    "sequences_beside",
    "training_curves",
]
