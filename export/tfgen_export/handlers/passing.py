"""What gives on what it gets."""

from typing import Any

from tf2onnx.handler import tf_op

from tfgen_export.handlers.builder import Builder

__all__ = ["PassOn"]


@tf_op(["CheckNumericsV2", "CopyHost", "Copy", "DeepCopy", "PreventGradient", "Print", "Snapshot"])
class PassOn:
    """The first input as it is: nothing is checked or printed, and gradients are not taken."""

    @classmethod
    def version_18(cls, context: Any, node: Any, **kwargs: Any) -> None:
        """Translates at opset 18."""
        b = Builder(context, node)
        b.finish(b.inputs[0])
