"""Keras's `fit`, `evaluate` and `predict` on the named inputs of a model, checked before any work is done."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tfgen.models.feeding import in_memory, split_rows
from tfgen.models.inputs import ModelInputs

__all__ = ["CheckedCalls"]


class CheckedCalls(keras.Model):
    """A Keras model whose public methods take any accepted form of its inputs, and refuse what is none in its words.

    Arrays are handed on to Keras as a data set in memory.
    """

    inputs_spec: ModelInputs
    density_dtype: str

    def fit(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Keras's `fit`, on `{"x": x, "context": context}`, `x`, `(context, x)`, or a `tf.data.Dataset` of one of them.

        Callbacks that watch a term must be told that less is better, `EarlyStopping("val_nll", mode="min")`; of
        `"val_loss"` Keras knows it.

        Args:
            x: the data, or the context where y is x (Keras's order: inputs, then targets). A dictionary may hold
                `sample_weight` beside `x` and `context`, which is how an unconditional `tf.data.Dataset` gives weights.
            y: x, where the first argument is the context.
            *args: Keras's others in Keras's order.
            **kwargs: Keras's others: `sample_weight`, `validation_split`, `validation_data`, `callbacks`…

        Returns:
            Keras's history: `loss` and each term, in nats an example.

        Raises:
            ValueError: for bad arrays, before any step is taken. A `tf.data.Dataset`'s values are checked batch by
                batch as they come; a generator's or a `PyDataset`'s shapes are checked, and its values are not.
        """
        arguments = self._checked("fit", super().fit, x, y, *args, **kwargs)
        if arguments.get("class_weight") is not None:
            raise ValueError(
                "`class_weight` must be None: give `sample_weight`. "
                f"Received: class_weight={arguments['class_weight']!r}"
            )
        if arguments.get("validation_data") is not None:
            arguments["validation_data"] = self.inputs_spec.checked(arguments["validation_data"], caller="fit")
        if isinstance(arguments["x"], dict):
            split = arguments.pop("validation_split", None)
            if split and arguments.get("validation_data") is None:
                arguments["x"], arguments["validation_data"] = split_rows(arguments["x"], split)
        self.prepare(arguments["x"])
        if isinstance(arguments.get("validation_data"), dict):
            size = arguments.get("validation_batch_size") or arguments.get("batch_size")
            steps = arguments.get("validation_steps")
            arguments["validation_data"] = self._fed(arguments["validation_data"], size, steps)
        arguments = self._feed(arguments, shuffle=arguments.get("shuffle", True))
        if isinstance(arguments["x"], tf.data.Dataset):
            arguments["shuffle"] = False  # a data set shuffles itself: Keras would warn of its own default
        return super().fit(**arguments)

    def prepare(self, data: Any) -> None:
        """What a model takes from its data before the first step; nothing, unless a subclass says what.

        Args:
            data: what `fit` trains on, checked: a dictionary of arrays, or what streams.
        """

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Keras's `evaluate`, on what `fit` takes."""
        if "_use_cached_eval_dataset" in kwargs:  # `fit` calls, on what it has checked
            return super().evaluate(x, y, *args, **kwargs)
        arguments = self._checked("evaluate", super().evaluate, x, y, *args, **kwargs)
        return super().evaluate(**self._feed(arguments))

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The scores of many examples, batch by batch.

        Args:
            x: `x`, `{"x": x, "context": context}`, or a `tf.data.Dataset` of what `fit` takes.
            *args: Keras's others.
            **kwargs: Keras's others.

        Returns:
            NumPy array [n], in nats: `score` of each example.

        Raises:
            ValueError: for bad input; of a context alone it says what to call instead.
        """
        return super().predict(**self._feed(self._checked("predict", super().predict, x, *args, **kwargs)))

    def __call__(self, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """The terms of the loss for any accepted form of inputs."""
        return super().__call__(self.inputs_spec.repack(inputs, caller="call"), *args, **kwargs)

    def _checked(self, caller: str, method: Callable, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The arguments of a public method by name, its data checked and in the form that Keras hands on whole."""
        arguments = dict(inspect.signature(method).bind(*args, **kwargs).arguments)
        arguments |= arguments.pop("kwargs", {})
        x, y, weight = (arguments.get(name) for name in ("x", "y", "sample_weight"))
        if isinstance(x, tf.data.Dataset):
            if y is not None:
                raise ValueError(f"`y` must be None with a data set, which holds all. Received: y={type(y).__name__}")
            arguments["x"] = self.inputs_spec.checked(x, caller=caller)
            return arguments
        data = (x, y) if weight is None else (x, y, weight)
        checked = self.inputs_spec.checked(data, caller=caller)
        if checked is not data:  # else a generator or a PyDataset: it is unpacked step by step
            arguments = {name: value for name, value in arguments.items() if name not in ("y", "sample_weight")}
            arguments["x"] = checked
        return arguments

    def _feed(self, arguments: dict[str, Any], *, shuffle: Any = False) -> dict[str, Any]:
        """The same arguments, arrays as a data set in memory."""
        steps = arguments.get("steps_per_epoch") or arguments.get("steps")
        data = self._fed(arguments["x"], arguments.get("batch_size"), steps, shuffle=shuffle)
        if data is arguments["x"]:
            return arguments
        return {**{name: value for name, value in arguments.items() if name != "batch_size"}, "x": data}

    def _fed(self, data: Any, batch_size: int | None, steps: int | None, *, shuffle: Any = False) -> Any:
        """Arrays as a data set in memory; not where Keras cuts them up by what they say, nor what is no arrays."""
        distributed = self.distribute_strategy.num_replicas_in_sync > 1
        if not isinstance(data, dict) or steps or distributed or shuffle not in (True, False):
            return data
        return in_memory(data, batch_size=batch_size, shuffle=bool(shuffle), dtype=self.density_dtype)
