"""The demo's closing table."""

from collections.abc import Sequence

from rich.table import Table

from tfgen.demo import Outcome

__all__ = ["demo_table"]


def demo_table(outcomes: Sequence[Outcome]) -> Table:
    """A row for each experiment: nats beside the reference, and the runtimes' largest difference."""
    table = Table(title="Held-out −log p in nats an example (less is better)")
    table.add_column("experiment")
    for heading in ("model", "beside", "model − it", "runtimes"):
        table.add_column(heading, justify="right", no_wrap=True)
    for outcome in outcomes:
        mean, error = outcome.gap
        table.add_row(
            outcome.experiment.title,
            f"{outcome.nats:.4f}",
            f"{outcome.reference_nats:.4f} {outcome.experiment.reference}",
            f"{mean:+.4f} ± {error:.4f}",
            f"{outcome.difference:.0e}",
        )
    return table
