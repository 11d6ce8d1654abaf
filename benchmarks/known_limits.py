"""The paired gap to data whose density is known."""

import time

import keras

import tfgen
from tfgen import datasets
from tfgen.demo.experiments import warm_adam
from tfgen.judging import paired_gap

STEPS, BATCH = 16_000, 512
TEST_ROWS, TRAINING_SEED, TEST_SEED = 20_000, 1, 2


def main() -> None:
    runs = {
        "B1 eight Gaussians, RealNVP": (datasets.EightGaussians(), _flow),
        "B3 two moons, RealNVP": (datasets.TwoMoons(), _flow),
        "B7b Bishop's inverse problem, MDN": (datasets.SmoothBishopInverse(), _mdn),
    }
    for name, (truth, make) in runs.items():
        keras.utils.set_random_seed(0)
        model = make()
        model.compile(warm_adam(STEPS), steps_per_execution=50)
        data = truth.sample(400_000, seed=TRAINING_SEED)
        epochs = round(STEPS * BATCH / 400_000)
        start = time.perf_counter()
        model.fit(data, batch_size=BATCH, epochs=epochs, verbose=0)
        seconds = time.perf_counter() - start
        test = truth.sample(TEST_ROWS, seed=TEST_SEED)
        gap = paired_gap(truth.log_prob(**test), model.log_prob(**test).numpy())
        print(f"{name}: gap {gap} to entropy {truth.entropy:.5f}, {seconds:.0f} s", flush=True)


def _flow() -> tfgen.RealNVP:
    return tfgen.RealNVP(event_shape=(2,), couplings=8, hidden=(64, 64))


def _mdn() -> tfgen.MDN:
    return tfgen.MDN(event_shape=(1,), context_shape=(1,), components=10, hidden=(64, 64))


if __name__ == "__main__":
    main()
