"""The peers' own environment, made once: they are no dependencies of tfgen, and could not be, with their NumPy."""

import subprocess
import sys
from pathlib import Path

__all__ = ["PEERS", "REQUIREMENTS", "interpreter"]

PEERS = ("zuko", "nflows", "normflows", "flowjax")

REQUIREMENTS = (
    "torch==2.13.0",  # where an index offers builds for other hardware too, have pip take that of the CPU
    "zuko>=1.6,<2",
    "nflows>=0.14,<0.15",
    "normflows>=1.7,<2",
    "flowjax>=19.1,<20",
    "jax>=0.10,<0.11",
    "jaxlib>=0.10,<0.11",
    "numpy>=2.0,<3",
)


def interpreter(folder: Path) -> Path:
    """The environment's Python; makes the environment where it is missing or of other requirements."""
    python, mark = folder / "bin" / "python", folder / "requirements.txt"
    wanted = "\n".join(REQUIREMENTS)
    if not mark.exists() or mark.read_text() != wanted:
        print(f"installing the peers in {folder}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        # PyTorch first and alone, so that none of the others can pull in another one.
        for requirements in (REQUIREMENTS[:1], REQUIREMENTS):
            command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
            subprocess.run(command, check=True)
        mark.write_text(wanted)
    return python
