"""Posteriors of no use but to keep importance weights bounded: they say nothing of x, and are wider than the prior."""

import numpy as np

import tfgen


def make_useless(model: tfgen.BoundModel) -> None:
    """Sets a bound model's posterior so."""
    if isinstance(model, tfgen.M1M2):
        make_useless(model.m1)
        make_useless(model.m2)
    elif isinstance(model, tfgen.M2):
        make_useless(model.vae)
    elif isinstance(model, tfgen.VRNN | tfgen.STORN | tfgen.VRAE):
        projection = model.posterior.projection
        projection.kernel.assign(0 * projection.kernel)
        projection.bias.assign([0.3, 0.7])
    elif isinstance(model, tfgen.VAE):
        weights = {weight.path: 0 * weight for weight in model.posterior.weights}
        bias = model.posterior.projection.bias
        place = np.arange(bias.shape[0]) // model.latent_dim
        # Location 0.3, scale 1.5: of a full covariance, or before a flow that begins as the identity.
        weights[bias.path] = np.select([place == 0, place == 1], [0.3, 0.7], 0.0)
        for weight in model.posterior.weights:
            weight.assign(weights[weight.path])
    elif model.dequantizer is not None:
        model.dequantizer.set_weights([0 * value for value in model.dequantizer.get_weights()])
        standardization = model.dequantizer.bijector_layers[1]
        standardization.log_scale.assign(np.log([2.5, 2.5]))  # of logit u: about uniform, with enough near 0 and 1
