"""Steps a second of `fit`, beside pythae's VAE of the same architecture: 784-256-16 both ways, batch 128.

pythae is measured where it is installed (`pip install torch pythae`); it is no dependency of tfgen. Its model runs in a
plain loop over batches that are ready in memory, with PyTorch's Adam: without its own trainer's data loading.
"""

import importlib.util
from collections.abc import Callable

import keras
import numpy as np

import tfgen
from benchmarks.racing import race

ROUNDS, EPOCHS, BATCHES, BATCH = 7, 5, 100, 128
STEPS = EPOCHS * BATCHES
SIZE, HIDDEN, LATENT = 784, 256, 16


def main() -> None:
    x = (np.random.default_rng(0).random((BATCHES * BATCH, SIZE)) < 0.2).astype("float32")
    runs: dict[str, Callable[[], None]] = {
        "tfgen": _tfgen(x),
        "tfgen, 20 steps an execution": _tfgen(x, steps_per_execution=20),
        "tfgen, jit_compile": _tfgen(x, jit_compile=True),
        "tfgen, jit_compile, 20 steps an execution": _tfgen(x, jit_compile=True, steps_per_execution=20),
    }
    if importlib.util.find_spec("pythae"):
        runs["pythae"] = _pythae(x)
    race(runs, peer="pythae", steps=STEPS, rounds=ROUNDS)


def _tfgen(x: np.ndarray, **compiled: object) -> Callable[[], None]:
    vae = tfgen.VAE(event_shape=(SIZE,), latent_dim=LATENT, hidden=(HIDDEN,))
    vae.compile(keras.optimizers.Adam(1e-3), **compiled)
    return lambda: vae.fit(x, batch_size=BATCH, epochs=EPOCHS, verbose=0)


def _pythae(x: np.ndarray) -> Callable[[], None]:
    import torch
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = torch.nn.Linear(SIZE, HIDDEN)
            self.embedding = torch.nn.Linear(HIDDEN, LATENT)
            self.log_variance = torch.nn.Linear(HIDDEN, LATENT)

        def forward(self, inputs: torch.Tensor) -> ModelOutput:
            features = torch.relu(self.hidden(inputs))
            return ModelOutput(embedding=self.embedding(features), log_covariance=self.log_variance(features))

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = torch.nn.Linear(LATENT, HIDDEN)
            self.probabilities = torch.nn.Linear(HIDDEN, SIZE)

        def forward(self, latent: torch.Tensor) -> ModelOutput:
            features = torch.relu(self.hidden(latent))
            return ModelOutput(reconstruction=torch.sigmoid(self.probabilities(features)))

    config = VAEConfig(input_dim=(SIZE,), latent_dim=LATENT, reconstruction_loss="bce")
    model = VAE(config, encoder=Encoder(), decoder=Decoder())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    batches = list(torch.from_numpy(x).split(BATCH))

    def run() -> None:
        model.train()
        for batch in batches * EPOCHS:
            optimizer.zero_grad()
            model({"data": batch}).loss.backward()
            optimizer.step()

    return run


if __name__ == "__main__":
    main()
