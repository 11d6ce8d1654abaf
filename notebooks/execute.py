"""Executes notebooks: `python notebooks/execute.py` writes NAME.ipynb, with its outputs, for each NAME.py."""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

import jupytext  # type: ignore[import-untyped]
from nbclient import NotebookClient
from nbformat import NotebookNode

__all__ = ["execute", "write"]

TIME_LIMIT = 90.0
"""Seconds that a whole notebook may take."""


def execute(script: Path) -> NotebookNode:
    """Runs a notebook's script in a fresh kernel and an empty folder.

    Args:
        script: the notebook as a Python file in jupytext's percent format.

    Returns:
        The notebook with its outputs; what was written to standard error is dropped.

    Raises:
        TimeoutError: where it takes longer than `TIME_LIMIT`.
        nbclient.exceptions.CellExecutionError: where a cell raises.
    """
    notebook = jupytext.read(script)
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}"  # a random one would differ at each execution
    # The kernel runs elsewhere: what this process imports from relative paths must be found from there too.
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path),
    }
    environment.pop("MPLBACKEND", None)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=None,  # of one cell; the limit is on the whole
            record_timing=False,
            coalesce_streams=True,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": folder}},
        )
        asyncio.run(_run(client, environment, script))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _without_stderr(cell.outputs)
    # The language's version is the executing machine's, and no part of the notebook.
    notebook.metadata.pop("language_info", None)
    return notebook


async def _run(client: NotebookClient, environment: dict[str, str], script: Path) -> None:
    """Runs a notebook; the kernel has ended when this returns or raises."""
    task = asyncio.ensure_future(client.async_execute(env=environment))
    await asyncio.wait({task}, timeout=TIME_LIMIT)
    if not task.done():
        # Not `asyncio.wait_for`: nbclient turns the cancellation of a running cell into a dead kernel's error.
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise TimeoutError(f"A notebook must execute within {TIME_LIMIT:g} seconds. Received: {script.name}")
    task.result()


def _without_stderr(outputs: list[NotebookNode]) -> list[NotebookNode]:
    return [output for output in outputs if output.get("name") != "stderr"]


def write(script: Path) -> Path:
    """Executes a notebook and writes it beside its script, whole or not at all.

    Args:
        script: as in `execute`.

    Returns:
        The `.ipynb` file.
    """
    target = script.with_suffix(".ipynb")
    partial = target.with_name(f".{target.name}.partial")
    text = jupytext.writes(execute(script), fmt="ipynb")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Executes notebooks and writes them with their outputs.")
    parser.add_argument("scripts", nargs="*", type=Path, help="which; all in this folder by default")
    scripts = parser.parse_args().scripts or sorted(Path(__file__).parent.glob("[0-9]*.py"))
    for path in scripts:
        print(write(path))
