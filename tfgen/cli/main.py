"""The command group."""

import click

from tfgen.cli.demo import demo
from tfgen.cli.deploy_config import deploy_config
from tfgen.cli.info import info
from tfgen.cli.sample import sample
from tfgen.cli.score import score
from tfgen.cli.serve import serve
from tfgen.cli.verify import verify

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tfgen")
def main() -> None:
    """Deep generative models with the same likelihoods in Keras, TensorFlow Serving and ONNX."""


for command in (demo, deploy_config, info, sample, score, serve, verify):
    main.add_command(command)
