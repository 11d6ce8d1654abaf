"""Loading a saved model."""

import os
from pathlib import Path

import keras

from tfgen.models.generative import GenerativeModel

__all__ = ["load_model"]


def load_model(filepath: str | os.PathLike[str]) -> GenerativeModel:
    """Loads what `model.save` wrote, without custom objects.

    Args:
        filepath: a `.keras` file, such as a bundle's `model.keras`.

    Returns:
        The model, with its weights and, where it was compiled, its optimizer's state.

    Raises:
        FileNotFoundError: where there is no such file.
        ValueError: where the file holds another kind of Keras model.
    """
    path = Path(filepath)
    if not path.is_file():
        raise FileNotFoundError(f"`filepath` must be a `.keras` file. Received: filepath={str(path)!r}, which is none")
    # Importing tfgen.models has registered every class: Keras imports only its own.
    model = keras.saving.load_model(path)
    if not isinstance(model, GenerativeModel):
        raise ValueError(
            f"`filepath` must hold a tfgen model; use keras.saving.load_model for others. "
            f"Received: a {type(model).__name__}"
        )
    return model
