"""Smaller graphs of the same numbers."""

import onnx
import onnxslim

from tfgen_export.slices import forward_slices

__all__ = ["simplify"]


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """Folds constants, removes dead and repeated nodes, and keeps one of equal initialisers, by onnxslim.

    It infers shapes, of which tf2onnx's own optimisers know little: TFP's densities lose up to two fifths of their
    nodes, and flows half of their work (see `forward_slices`). The names of inputs, outputs and of the nodes that
    stay are kept; dynamic dimensions stay dynamic.

    Args:
        model: a valid model, which stays as it is.

    Returns:
        The smaller model, not checked.

    Raises:
        Exception: whatever onnxslim runs into; the model itself is then as good as before.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for output in copy.graph.output:
        # Where TensorFlow's trace knows no rank, the model promises that of one trial, from which nothing may follow.
        output.type.tensor_type.ClearField("shape")
    forward_slices(copy)
    slimmed = onnxslim.slim(copy)
    result = onnx.ModelProto()
    result.CopyFrom(model)
    result.graph.CopyFrom(slimmed.graph)
    # The shapes of inner tensors are half of the file, and every runtime infers them.
    del result.graph.value_info[:]
    # What was inferred of inputs and outputs says more than was promised.
    for found, promised in ((result.graph.input, model.graph.input), (result.graph.output, model.graph.output)):
        del found[:]
        found.extend(promised)
    return result
