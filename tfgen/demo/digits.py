"""The demo's VAE on handwritten digits; its settings were chosen on validation rows, never on the held-out ones."""

import keras
from matplotlib.figure import Figure

from tfgen import datasets, plots
from tfgen.demo.experiment import Experiment
from tfgen.judging import bernoulli_mixture
from tfgen.models import VAE
from tfgen.noise import seed_rows

__all__ = ["digits"]


def digits(*, quick: bool) -> Experiment:
    """A VAE on scikit-learn's digits, 8×8 pixels, each black or white."""
    images = datasets.digits(binarisation="threshold")

    def pictures(model: VAE) -> dict[str, Figure]:
        test = images.test["x"]
        ends = test[:8], test[8:16]
        prior = model.run("sample", seed=seed_rows(100, 0))["z"]
        return {
            "digits_samples": plots.image_grid(
                model.decode(prior), limits=(0, 1), title="VAE: p(x = 1 | z) of 100 draws of z"
            ),
            "digits_reconstructions": plots.reconstructions(
                test[:12], model.reconstruct(test[:12]), limits=(0, 1), title="Held-out digits, encoded and decoded"
            ),
            "digits_latent": plots.latent_plane(
                model.encode(test), images.labels["test"], title="Held-out digits in the latent space"
            ),
            "digits_interpolation": plots.interpolation(
                model.interpolate(*ends, steps=12), limits=(0, 1), title="Straight lines between held-out digits"
            ),
            "digits_training": plots.training_curves(model.history, title="VAE on digits: training and validation"),
        }

    return Experiment(
        name="digits",
        title="VAE: digits",
        model=lambda: VAE(event_shape=images.event_shape, latent_dim=8, hidden=(256, 256), name="digits"),
        train=images.train,
        validation=images.validation,
        test=images.test,
        reference="mixture",
        reference_log_prob=bernoulli_mixture(images.train["x"], images.test["x"]),
        batch_size=64,
        epochs=40 if quick else 400,
        bound_samples=100 if quick else 5000,
        optimizer=lambda steps: keras.optimizers.AdamW(1e-3, weight_decay=1e-1),
        pictures=pictures,
    )
