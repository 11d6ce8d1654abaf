"""Running the experiments: train, judge, export, score in three runtimes, draw."""

import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from tfgen import plots
from tfgen.bundles import export_model, verify_bundle
from tfgen.demo.digits import digits
from tfgen.demo.experiment import Experiment, Outcome, Progress
from tfgen.demo.experiments import bishop, breast_cancer, diabetes, two_moons
from tfgen.judging import paired_gap

__all__ = ["EXPERIMENTS", "run_demo"]

EXPERIMENTS: tuple[Callable[..., Experiment], ...] = (two_moons, breast_cancer, bishop, diabetes, digits)


def run_demo(
    out: Path, *, quick: bool, only: Collection[str] = (), progress: Callable[[str], Progress]
) -> Iterator[Outcome]:
    """Runs the experiments one after the other.

    Args:
        out: the folder for bundles and pictures; a bundle that is there gets another version.
        quick: trains for a fraction of the steps, to see that all works.
        only: the experiments to run, by the names of their functions, as `digits`; all where it is empty.
        progress: given an experiment's title, gives what is to be told of its progress.

    Yields:
        Each experiment's outcome, as soon as it is known.

    Raises:
        ValueError: for an unknown name in `only`.
    """
    names = [make.__name__ for make in EXPERIMENTS]
    unknown = sorted(set(only) - set(names))
    if unknown:
        raise ValueError(f"`only` must be of {', '.join(names)}. Received: {', '.join(unknown)}")
    for make in EXPERIMENTS:
        if only and make.__name__ not in only:
            continue
        experiment = make(quick=quick)
        yield _run(experiment, out, progress(experiment.title))


def _run(experiment: Experiment, out: Path, progress: Progress) -> Outcome:
    start = time.perf_counter()
    model = experiment.fit(progress)
    seconds = time.perf_counter() - start
    progress(1.0, "judging")
    log_prob = experiment.log_prob(model)
    gap = paired_gap(experiment.reference_log_prob, log_prob)
    progress(1.0, "drawing")
    pictures = tuple(
        plots.save_figure(figure, out / f"{name}.png") for name, figure in experiment.pictures(model).items()
    )
    progress(1.0, "exporting")
    version = export_model(model, out / experiment.name, format="bundle")
    progress(1.0, "comparing runtimes")
    held_out = verify_bundle(version, inputs={"score": experiment.test})
    endpoints = {report.endpoint: report.largest for report in held_out}
    progress(1.0, f"{-log_prob.mean():.3f} nats held out")
    return Outcome(
        experiment=experiment,
        nats=float(-log_prob.mean()),
        reference_nats=float(-experiment.reference_log_prob.mean()),
        gap=(gap.mean, gap.standard_error),
        difference=endpoints["score"],
        endpoints=endpoints,
        bundle=version,
        pictures=pictures,
        seconds=seconds,
    )
