"""The streams of a row's noise in the models: what is drawn in one model, for one seed row, has a stream of its own.

So a draw from the prior by a seed knows nothing of the posterior's draws by the same seed, and a bound of what `sample`
draws is a bound whatever the seeds. (A flow is drawn from by the trunk.)
"""

__all__ = ["CHOICE", "EVENT", "FIRST_EVENT", "FIRST_POSTERIOR", "LABEL", "POSTERIOR", "PRIOR", "RESAMPLING"]

POSTERIOR = 0
EVENT = 1
LABEL = 2
# Of a model whose first latent variables are another model's events.
FIRST_POSTERIOR = 3
FIRST_EVENT = 4
PRIOR = 5
RESAMPLING = 6
# Of a particle that goes on by itself.
CHOICE = 7
