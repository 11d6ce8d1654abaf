"""Bits a pixel of flows on grey digits, 8×8 pixels of 17 levels: `python -m benchmarks.digits_flows`.

Settings were chosen on validation rows, which also say when to stop; test rows are looked at once, at the end.
"""

from collections.abc import Callable

import keras
import numpy as np

import tfgen
from tfgen.demo.experiments import warm_adam

EPOCHS, BATCH, SAMPLES = 120, 60, 64


def _glow() -> tfgen.Glow:
    return tfgen.Glow(
        event_shape=(8, 8, 1), context_shape=(10,), scales=2, depth=4, hidden=(64, 64), low=0, high=1, margin=0.05
    )


def _real_nvp() -> tfgen.RealNVP:
    return tfgen.RealNVP(
        event_shape=(8, 8, 1), context_shape=(10,), scales=2, couplings=6, hidden=(64, 64), low=0, high=1, margin=0.05
    )


def main() -> None:
    digits = tfgen.datasets.digits(binarisation=None)
    rows = {
        split: {"x": getattr(digits, split)["x"], "context": np.eye(10, dtype="float32")[digits.labels[split]]}
        for split in ("train", "validation", "test")
    }
    makers: dict[str, Callable[[], tfgen.FlowModel]] = {"Glow": _glow, "RealNVP": _real_nvp}
    for name, make in makers.items():
        keras.utils.set_random_seed(0)
        model = tfgen.Dequantized(make(), levels=digits.levels, num_samples=SAMPLES)
        steps = EPOCHS * len(rows["train"]["x"]) // BATCH
        model.compile(warm_adam(steps, rate=3e-3), jit_compile=True, steps_per_execution=20)
        stopping = keras.callbacks.EarlyStopping("val_loss", patience=20, restore_best_weights=True)
        history = model.fit(
            rows["train"],
            validation_data=rows["validation"],
            batch_size=BATCH,
            epochs=EPOCHS,
            callbacks=[stopping],
            verbose=0,
        ).history
        bits = {
            count: -np.mean(model.bound(**rows["test"], num_samples=count, seed=0)) / (64 * np.log(2))
            for count in (1, SAMPLES)
        }
        print(
            f"{name}, given the class: at most {bits[1]:.3f} bits a pixel by one sample of the noise, "
            f"{bits[SAMPLES]:.3f} by {SAMPLES}; {model.count_params()} weights, {len(history['loss'])} epochs",
            flush=True,
        )


if __name__ == "__main__":
    main()
