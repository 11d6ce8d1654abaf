"""`tfgen serve`."""

from pathlib import Path
from typing import Any

import click

from tfgen.cli.errors import one_line_errors

__all__ = ["serve"]

_PORT = click.IntRange(min=0, max=65535)
_COUNT = click.IntRange(min=1)


@click.command()
@click.argument(
    "bundles",
    metavar="BUNDLE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@click.option("--name", default=None, help="The model's name, of a single bundle; the folder's unless told otherwise.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 is all.")
@click.option("--port", type=_PORT, default=8501, show_default=True, help="Of REST; 0 takes one that is free.")
@click.option("--grpc-port", type=_PORT, default=8500, show_default=True, help="Of gRPC, in the same way.")
@click.option(
    "--runtime", type=click.Choice(["onnx", "tensorflow"]), default="onnx", show_default=True, help="What computes."
)
@click.option("--max-batch-size", type=_COUNT, default=None, help="Rows that run at once.")
@click.option("--batch-timeout-micros", type=click.IntRange(min=0), default=None, help="How long a batch may fill.")
@click.option("--max-enqueued-batches", type=_COUNT, default=None, help="Batches that may wait before 429.")
@click.option("--num-batch-threads", type=_COUNT, default=None, help="Batches at once; as many as processors.")
@click.option("--max-body-bytes", type=_COUNT, default=None, help="Largest request.")
@click.option("--max-rows", type=_COUNT, default=None, help="Most rows of a request.")
@click.option("--max-answer-bytes", type=_COUNT, default=None, help="Largest answer, as arrays.")
@click.option("--max-steps", type=_COUNT, default=None, help="Most steps of a sequence, to score or to draw.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=None, help="Seconds for a request.")
@click.option(
    "--poll-seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="How often to look for new versions.",
)
@one_line_errors
def serve(
    bundles: tuple[Path, ...],
    name: str | None,
    host: str,
    port: int,
    grpc_port: int,
    runtime: str,
    poll_seconds: float,
    **numbers: Any,
) -> None:
    """Serve each BUNDLE's newest version over TensorFlow Serving's REST and gRPC, by ONNX Runtime.

    A new version is taken up as soon as it is whole, without losing a request; SIGTERM ends the server once all that
    has begun is answered. Predict, status and metadata are served: any client of TensorFlow Serving will do.
    """
    import asyncio
    import logging

    paths = _named(bundles, name)
    given = {key: value for key, value in numbers.items() if value is not None}
    make_runtime = _runtime(runtime)

    from tfgen_serving.server.limits import Batching, Limits
    from tfgen_serving.server.serve import Addresses
    from tfgen_serving.server.serve import serve as run

    logging.basicConfig(format="%(message)s")
    logging.getLogger("tfgen_serving").setLevel(logging.INFO)

    def announce(found: Addresses) -> None:
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"Serving {', '.join(paths)}: REST http://{shown}:{found.port}, gRPC {shown}:{found.grpc_port}")

    limits = ("max_body_bytes", "max_rows", "max_answer_bytes", "max_steps", "timeout")
    asyncio.run(
        run(
            paths,
            addresses=Addresses(host=host, port=port, grpc_port=grpc_port),
            batching=Batching(**{key: value for key, value in given.items() if key not in limits}),
            limits=Limits(**{key: value for key, value in given.items() if key in limits}),
            make_runtime=make_runtime,
            poll_seconds=poll_seconds,
            announce=announce,
        )
    )


def _named(bundles: tuple[Path, ...], name: str | None) -> dict[str, Path]:
    from tfgen_serving.names import check_model_name

    if name is not None and len(bundles) > 1:
        raise ValueError(f"`--name` must be left out where there are several bundles. Received: {name!r}")
    paths: dict[str, Path] = {}
    for bundle in bundles:
        key = bundle.resolve().name if name is None else name
        check_model_name(key)
        if key in paths:
            raise ValueError(f"bundles must have different names. Received: {paths[key]} and {bundle}")
        paths[key] = bundle
    return paths


def _runtime(runtime: str) -> Any:
    if runtime == "onnx":
        from tfgen_serving.server.runtime import OnnxRuntime

        return OnnxRuntime
    from tfgen.cli.quiet import import_tensorflow_quietly

    import_tensorflow_quietly("tfgen serve --runtime tensorflow")

    from tfgen.bundles.saved_model_runtime import SavedModelRuntime

    return SavedModelRuntime
