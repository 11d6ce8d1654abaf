"""Pictures of densities, images and training: figures that the caller saves, with no global state of matplotlib's."""

from tfgen.plots.beside import analogies, nearest_neighbours
from tfgen.plots.collapse import kl_per_dimension
from tfgen.plots.conditional import conditional_density, predictive_bands
from tfgen.plots.density import density_beside_truth, sample_pairs
from tfgen.plots.images import image_grid, interpolation, reconstructions
from tfgen.plots.latent import latent_grid, latent_plane
from tfgen.plots.saving import save_figure
from tfgen.plots.training import training_curves
from tfgen.plots.traversals import latent_traversals

__all__ = [
    "analogies",
    "conditional_density",
    "density_beside_truth",
    "image_grid",
    "interpolation",
    "kl_per_dimension",
    "latent_grid",
    "latent_plane",
    "latent_traversals",
    "nearest_neighbours",
    "predictive_bands",
    "reconstructions",
    "sample_pairs",
    "save_figure",
    "training_curves",
]
