"""Parts that a model is made of, given or its own."""

import keras

__all__ = ["check_apart"]


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
