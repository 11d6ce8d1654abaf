"""A family of TFP's, by its name: which parameters it has, and of which shapes."""

import dataclasses
import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_probability import distributions as tfd

from tfgen.layers.distributions.base import unflatten

__all__ = ["Slot", "checked_fixed", "family_named", "layout"]


@dataclasses.dataclass(frozen=True)
class Slot:
    """A parameter of a family, and the unconstrained numbers that it is made of.

    Attributes:
        name: the constructor's argument.
        make_bijector: makes what leads from unconstrained numbers to the parameter: anew in each graph, as it may hold
            tensors.
        shape: the unconstrained numbers' shape for one event.
    """

    name: str
    make_bijector: Callable[[], Any]
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many unconstrained numbers there are."""
        return math.prod(self.shape)

    def value(self, unconstrained: tf.Tensor) -> tf.Tensor:
        """The parameter from [..., size]."""
        return self.make_bijector().forward(unflatten(unconstrained, self.shape))


def family_named(family: Any) -> type[tfd.Distribution]:
    """The class of that name in `tfp.distributions`, or an error with the names that are like it."""
    kinds = {
        name: kind
        for name, kind in vars(tfd).items()
        if isinstance(kind, type) and issubclass(kind, tfd.Distribution) and kind is not tfd.Distribution
    }
    if isinstance(family, str) and family in kinds:
        return kinds[family]
    close = difflib.get_close_matches(str(family), kinds, n=3, cutoff=0.5)
    hint = f", such as {', '.join(map(repr, close))}" if close else ""
    raise ValueError(f"`family` must be the name of a class of tfp.distributions{hint}. Received: family={family!r}")


def checked_fixed(fixed: Any) -> dict[str, Any]:
    """Numbers, and lists of them, by parameter."""
    given = {} if fixed is None else fixed
    if not isinstance(given, Mapping):
        raise ValueError(f"`fixed` must be a dictionary of numbers by parameter. Received: fixed={fixed!r}")
    values = {name: np.asarray(value) for name, value in given.items()}
    if any(value.dtype.kind not in "iuf" for value in values.values()):
        raise ValueError(f"`fixed` must hold numbers, or lists of numbers. Received: fixed={fixed!r}")
    return {name: value.tolist() for name, value in values.items()}


def layout(family: str, event_shape: tuple[int, ...], fixed: Mapping[str, Any], dtype: tf.DType) -> tuple[Slot, ...]:
    """The parameters to predict, in the order of the family's constructor.

    TFP tells of each parameter its shape in terms of a sample's shape, here `event_shape`, and a bijector onto the
    values that it may take. Of alternatives such as `probs` and `logits` it prefers one.

    Raises:
        ValueError: where TFP does not tell, or nothing is left to predict.
    """
    kind = family_named(family)
    try:
        properties = kind.parameter_properties(dtype=dtype)
    except NotImplementedError as error:
        raise ValueError(
            f"`family` must be one whose parameters TFP describes (`parameter_properties`). Received: family={family!r}"
        ) from error
    unknown = sorted(set(fixed) - set(properties))
    if unknown:
        raise ValueError(
            f"`fixed` must name parameters of tfd.{family}: {', '.join(properties)}. Received: {', '.join(unknown)}"
        )
    slots = []
    for name, each in properties.items():
        if not each.is_preferred or name in fixed:
            continue
        try:
            shape = tf.TensorShape([int(size) for size in each.shape_fn(tf.TensorShape(event_shape))])
            free = tuple(each.default_constraining_bijector_fn().inverse_event_shape(shape).as_list())
        except (NotImplementedError, TypeError, ValueError, IndexError) as error:
            raise ValueError(
                f"`family` must be one whose parameters follow from `event_shape`; tfd.{family}'s {name!r} does not: "
                f"give it a value in `fixed`. Received: family={family!r}, event_shape={event_shape}"
            ) from error
        slots.append(Slot(name, each.default_constraining_bijector_fn, free))
    if not slots:
        raise ValueError(f"`fixed` must leave a parameter to predict. Received: fixed={dict(fixed)!r}")
    return tuple(slots)
