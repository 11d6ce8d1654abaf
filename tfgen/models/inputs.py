"""What goes into a model: the forms that are accepted, and what is said of the others."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgen.layers.distributions.support import Support
from tfgen.models.labels import check_labels, labels_fit
from tfgen.models.shapes import Shape, check_shape, check_weight, fits, is_arrays, listed, shape_of, words

__all__ = ["ModelInputs"]


class ModelInputs:
    """The named inputs of one model: `x`, where it is conditional `context`, and where some have a class `label`.

    Every way into a model, Keras's steps, a plain call and the public methods, goes through `repack`; so the forms
    are accepted, and refused, in one place and in the same words.

    Args:
        event_shape: the shape of one event x.
        context_shape: the shape of one context, or None for an unconditional model.

    Attributes:
        shapes: of one example, by name.
        optional: the names of those that may be left out.
        dtypes: of those that are not in the density's.
        support: the values that x may hold; a model whose likelihood is narrower than the real line sets it.
        classes: how many a label may be of; a semi-supervised model sets it. None where there are no labels.
    """

    def __init__(self, event_shape: Shape, context_shape: Shape | None) -> None:
        self.shapes: dict[str, Shape] = {"x": event_shape}
        self.support = Support()
        self.optional: set[str] = set()
        self.dtypes: dict[str, str] = {}
        self._classes: int | None = None
        if context_shape is not None:
            self.shapes["context"] = context_shape

    @property
    def classes(self) -> int | None:
        """See the class."""
        return self._classes

    @classes.setter
    def classes(self, count: int) -> None:
        self._classes = count
        self.shapes["label"] = ()
        self.optional.add("label")

    @property
    def conditional(self) -> bool:
        """Whether there is a context."""
        return "context" in self.shapes

    def specs(self, dtype: str, *names: str) -> tuple[tf.TensorSpec, ...]:
        """Batch-first tensor specifications under the inputs' own names."""
        return tuple(
            tf.TensorSpec([None, *self.shapes[name]], self.dtypes.get(name, dtype), name=name)
            for name in names
            if name in self.shapes
        )

    def repack(self, x: Any, y: Any = None, *, caller: str = "fit") -> dict[str, Any]:
        """The named inputs from any accepted form.

        Accepted: `{"x": x, "context": context}`; for an unconditional model `x`; for a conditional one Keras's
        order, inputs then targets: `(context, x)`, as two arguments or as one pair; for one with labels, which may be
        left out, `(x, label)`.

        Args:
            x: what Keras calls x.
            y: what Keras calls y.
            caller: the method that the user called, for the messages.

        Returns:
            A dictionary of `x`, for a conditional model `context`, and `label` where labels are given.

        Raises:
            ValueError: naming the argument, what was expected and what was received.
        """
        if isinstance(x, Sequence) and not isinstance(x, str) and len(x) == 2 and y is None and self._pair(x):
            x, y = x
        if isinstance(x, Mapping):
            named = self._from_mapping(x, y, caller)
        elif self.classes is not None:
            named = {"x": x} if y is None else {"x": x, "label": y}
        elif self.conditional:
            named = self._from_pair(x, y, caller)
        else:
            if y is not None:
                raise ValueError(
                    f"`{caller}` of a model without `context` takes `x` alone. Received: a second value of shape "
                    f"{shape_of(y)}. Of a data set of (image, label) pairs, as TFDS makes with as_supervised=True, "
                    "keep the image: data.map(lambda image, label: image)"
                )
            named = {"x": x}
        for name, value in named.items():
            check_shape(name, value, self.shapes[name])
        return named

    def values(self, specs: Sequence[tf.TensorSpec], given: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        """The inputs of an endpoint, as tensors of its specifications.

        Args:
            specs: what the endpoint takes, each with its name.
            given: values by name; a context that is None was not given, nor is what is optional.

        Returns:
            Checked and cast values, in the order of the specifications.

        Raises:
            ValueError: naming the argument, what was expected and what was received.
        """
        wanted = {spec.name: spec for spec in specs}
        maybe = {"context", *self.optional}
        given = {name: value for name, value in given.items() if not (name in maybe and value is None)}
        for name in wanted.keys() - given.keys():
            raise ValueError(f"`{name}` must be given: {words(wanted[name].shape)}. Received: {name}=None")
        for name in given.keys() - wanted.keys():
            raise ValueError(
                f"`{name}` must be None: this model has no `{name}_shape`. "
                f"Received: {name} of shape {shape_of(given[name])}"
            )
        for name, spec in wanted.items():
            check_shape(name, given[name], tuple(spec.shape[1:]))
        cast = {name: _cast(name, given[name], spec.dtype) for name, spec in wanted.items()}
        self.check(cast)
        return cast

    def check(self, named: Mapping[str, Any]) -> None:
        """Refuses values that cannot be scored: empty, of unequal length, not finite, or outside the support.

        Symbolic tensors pass: their values are not known yet.
        """
        sizes = {}
        for name, value in named.items():
            if keras.ops.is_tensor(value) and not tf.executing_eagerly():
                continue
            array = np.asarray(value)
            if array.dtype.kind not in "biuf":  # ragged and sparse tensors are objects to NumPy
                raise ValueError(f"`{name}` must be numeric. Received: dtype={array.dtype}")
            sizes[name] = len(array)
            if not len(array):
                raise ValueError(f"`{name}` must hold at least one row. Received: shape={array.shape}")
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                place = tuple(int(index) for index in np.argwhere(~np.isfinite(array))[0])
                within = f", at {list(place[1:])}" if len(place) > 1 else ""
                raise ValueError(f"`{name}` must be finite. Received: {array[place]} in row {place[0]}{within}")
            if name == "x" and not self.support.everything:
                self._check_support(array)
            if name == "label" and self.classes is not None:
                check_labels(array, self.classes)
        if len(set(sizes.values())) > 1:
            raise ValueError(f"{listed(sizes)} must have as many rows as each other. Received: {sizes}")

    def unpack(self, data: Any, *, caller: str) -> tuple[dict[str, Any], Any]:
        """The named inputs, and the sample weights or None, of what a data set or `fit` gives.

        Args:
            data: `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)` in Keras's sense; or a dictionary of the named
                inputs, which may hold `sample_weight` too.
            caller: the method that the user called, for the messages.

        Raises:
            ValueError: as `repack`.
        """
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        if isinstance(x, Mapping) and "sample_weight" in x and weight is None:
            x, weight = {name: value for name, value in x.items() if name != "sample_weight"}, x["sample_weight"]
        if weight is not None:
            check_weight(weight)
        return self.repack(x, y, caller=caller), weight

    def checked(self, data: Any, *, caller: str) -> Any:
        """`data` as `fit` takes it, checked before any work is done, in a form that Keras hands on whole.

        Arrays are looked at now; a `tf.data.Dataset` by its specification now, and by its values in the
        pipeline, batch by batch. Arrays become one dictionary, weights included: of `fit(x, sample_weight=w)`, where
        there is no y, Keras would drop the weights without a word.

        Args:
            data: a data set, or a tuple of arrays as `unpack` takes it. Anything else, such as a generator, passes.
            caller: the method that the user called, for the messages.

        Raises:
            ValueError: naming the argument, what was expected and what was received.
        """
        if isinstance(data, tf.data.Dataset):
            self.unpack(data.element_spec, caller=caller)
            return data.map(self._finite)
        if not is_arrays(data):
            return data
        named, weight = self.unpack(data, caller=caller)
        whole = named if weight is None else {**named, "sample_weight": weight}
        self.check(whole)
        # Keras splits and batches what has a shape: lists of numbers become arrays.
        return {name: value if hasattr(value, "shape") else np.asarray(value) for name, value in whole.items()}

    def _finite(self, *data: Any) -> Any:
        """The same elements, whose evaluation fails where one is not finite."""
        element = data if len(data) > 1 else data[0]
        named = self.unpack(element, caller="fit")[0]
        names, named = {id(value): name for name, value in named.items()}, self.guarded(named)

        def guard(value: tf.Tensor) -> tf.Tensor:
            name = names.get(id(value), "sample_weight")
            value = named.get(name, value)
            if value.dtype.is_floating:
                value = tf.debugging.check_numerics(value, f"`{name}` must be finite")
            if name == "x" and not self.support.everything:
                message = f"`x` must hold {self.support.words}"
                with tf.control_dependencies([tf.debugging.Assert(self.support.holds(value), [message])]):
                    value = tf.identity(value)
            if name == "label" and self.classes is not None:
                message = f"`label` must hold class numbers below {self.classes}, or -1"
                with tf.control_dependencies([tf.debugging.Assert(labels_fit(value, self.classes), [message])]):
                    value = tf.identity(value)
            return value

        return tf.nest.map_structure(guard, element)

    def guarded(self, named: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Named values of a data set, as they are looked at; a subclass may look at them together."""
        return named

    def _check_support(self, x: np.ndarray) -> None:
        first = self.support.first_outside(x)
        if first is not None:
            raise ValueError(
                f"`x` must hold {self.support.words}, which is what the likelihood is of. "
                f"Received: {x[first]}{self.support.rounding(x[first])} in row {first[0]}"
            )

    def _pair(self, x: Sequence) -> bool:
        """Whether a list or tuple is a pair (context, x) and not rows of numbers."""
        return all(hasattr(part, "shape") or isinstance(part, Sequence) for part in x) and (
            isinstance(x, tuple) or self.conditional
        )

    def _from_mapping(self, x: Mapping, y: Any, caller: str) -> dict[str, Any]:
        if y is not None:
            raise ValueError(
                f"`{caller}` with a dictionary of inputs takes no second value. Received: one of shape {shape_of(y)}"
            )
        missing, unexpected = set(self.shapes) - set(x) - self.optional, set(x) - set(self.shapes)
        if missing or unexpected:
            kind = "with" if self.conditional else "without"
            raise ValueError(
                f"`{caller}` of a model {kind} `context` takes the keys {sorted(self.shapes)}. "
                f"Received: {sorted(x)}" + (f"; missing: {sorted(missing)}" if missing else "")
            )
        # A data set's element says by a specification that there is none.
        left_out = {name for name in self.optional if x.get(name) is None or isinstance(x[name], tf.NoneTensorSpec)}
        return {name: x[name] for name in self.shapes if name in x and name not in left_out}

    def _from_pair(self, x: Any, y: Any, caller: str) -> dict[str, Any]:
        if y is None:
            if caller == "predict":
                raise ValueError(
                    '`predict` scores pairs: call predict({"x": x, "context": context}). For what the model foretells '
                    "at a context call `model.distribution(context)` (its mean(), say) or `model.sample(n, context)`. "
                    f"Received: one value of shape {shape_of(x)}"
                )
            raise ValueError(
                f"`{caller}` of a model with `context` takes a context and x. "
                f"Received: one value of shape {shape_of(x)}"
            )
        context_shape, event_shape = self.shapes["context"], self.shapes["x"]
        if fits(x, event_shape) and not (fits(x, context_shape) and fits(y, event_shape)):
            raise ValueError(
                f"`{caller}` takes Keras's order, (context, x) of shapes {words((None, *context_shape))} and "
                f"{words((None, *event_shape))}. Received: {shape_of(x)} and {shape_of(y)}, "
                "which looks like (x, context), such as the (image, label) pairs of TFDS's as_supervised=True. "
                'Name them: data.map(lambda image, label: {"x": image, "context": tf.one_hot(label, classes)})'
            )
        return {"x": y, "context": x}


def _cast(name: str, value: Any, dtype: tf.DType) -> tf.Tensor:
    """The value in the endpoint's dtype; a seed is not rounded, nor wrapped around, without a word."""
    if dtype.is_integer and not keras.ops.is_tensor(value):
        array = np.asarray(value)
        if array.dtype.kind not in "iu" or not np.array_equal(array, array.astype(dtype.as_numpy_dtype)):
            raise ValueError(f"`{name}` must hold integers that fit {dtype.name}. Received: {value!r}")
    return tf.cast(value, dtype)
