"""What the parts that train need, checked before TensorFlow is imported."""

import importlib.util
import json
import os
import sys
from importlib import metadata
from pathlib import Path

__all__ = ["check_training_requirements"]


def check_training_requirements(feature: str) -> None:
    """Raises a one-line error where `feature` cannot work here, and makes TensorFlow Keras's backend.

    Args:
        feature: what the user asked for, such as `tfgen.MDN`.

    Raises:
        ImportError: where TensorFlow or TFP is missing, Keras is not Keras 3, or another backend is chosen.
    """
    missing = [name for name in ("tensorflow", "tensorflow_probability", "keras") if not importlib.util.find_spec(name)]
    if missing:
        raise ImportError(
            f"{feature} needs the extra `train`: pip install 'tfgen[train]' (missing: {', '.join(missing)})"
        )
    version = metadata.version("keras")
    if int(version.split(".")[0]) < 3:
        raise ImportError(f"{feature} needs Keras 3: pip install 'tfgen[train]'. Received: Keras {version}")
    backend = os.environ.setdefault("KERAS_BACKEND", _configured_backend())
    if "keras" in sys.modules:  # the choice has been made
        backend = sys.modules["keras"].config.backend()
    if backend != "tensorflow":
        raise ImportError(
            f"{feature} needs Keras's TensorFlow backend: set KERAS_BACKEND=tensorflow before importing keras. "
            f"Received: KERAS_BACKEND={backend}"
        )


def _configured_backend() -> str:
    """The backend of Keras's configuration file, which rules where the environment says nothing."""
    home = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
    try:
        return json.loads((home / "keras.json").read_text())["backend"]
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow"
