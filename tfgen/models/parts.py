"""Parts that a model is made of, given or its own."""

from typing import Any

import keras

__all__ = ["check_apart", "with_parts"]


def check_apart(**parts: keras.layers.Layer | None) -> None:
    """Refuses a layer or model in two roles: its weights would be saved once, and looked for twice.

    Args:
        **parts: layers by the name of their argument; None is no part.

    Raises:
        ValueError: naming both roles.
    """
    roles: dict[int, str] = {}
    for role, part in parts.items():
        inner = {} if part is None else {id(layer): layer for layer in part._flatten_layers() if layer.weights}
        for key, layer in inner.items():
            if key in roles:
                raise ValueError(
                    f"`{role}` must share no layer with `{roles[key]}`: give each its own. "
                    f"Received: {layer.name} in both"
                )
        roles |= dict.fromkeys(inner, role)


def with_parts(config: dict[str, Any], *names: str, custom_objects: Any = None) -> dict[str, Any]:
    """A configuration in which parts that are configurations themselves have become layers, with new weights.

    Args:
        config: of a model.
        *names: the parts; those that are None, or words, stay so.
        custom_objects: as in Keras.
    """
    parts = {
        name: keras.saving.deserialize_keras_object(config[name], custom_objects=custom_objects)
        for name in names
        if isinstance(config.get(name), dict)
    }
    return {**config, **parts}
