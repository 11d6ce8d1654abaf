"""`tfgen deploy-config`."""

import os
from pathlib import Path

import click

from tfgen.cli.errors import one_line_errors

__all__ = ["deploy_config"]


@click.command("deploy-config")
@click.argument("bundles", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("deploy"),
    show_default=True,
    help="Folder for the files.",
)
@click.option("--image", default=None, help="The server's image; the official one of TensorFlow 2.21 unless told.")
@one_line_errors
def deploy_config(bundles: tuple[Path, ...], out: Path, image: str | None) -> None:
    """Write TensorFlow Serving's configuration for BUNDLES: models, batching, monitoring, a compose file.

    A model is called as its bundle's folder. `docker compose up` in the folder then serves it, REST on 8501 and gRPC on
    8500, on loopback.
    """
    from tfgen_serving.deploy import IMAGE, deployment, write_deployment

    named = {bundle.resolve().name: bundle for bundle in bundles}
    if len(named) < len(bundles):
        names = ", ".join(bundle.resolve().name for bundle in bundles)
        raise ValueError(f"bundles must have folders of different names. Received: {names}")
    relative = {name: os.path.relpath(bundle, out) for name, bundle in named.items()}
    for name, path in relative.items():
        # Compose would take ~ for the user's own folder.
        relative[name] = path if path.startswith((".", "/")) else f"./{path}"
    files = deployment(named, image=image or IMAGE, mounts=relative)
    write_deployment(out, files)
    for name in files:
        click.echo(out / name)
