"""tf2onnx's optimisers without their faults."""

from typing import Any

from tf2onnx import optimizer
from tf2onnx.optimizer.transpose_optimizer import TransposeOptimizer

__all__ = ["exact_optimizers"]


class _Transposes(TransposeOptimizer):
    """Leaves alone what a loop's body or a branch takes from outside: tf2onnx mixes up the nodes of the two graphs."""

    def _handle_nhwc_tranpose(self, trans: Any) -> bool:
        users = self._g.find_output_consumers(trans.output[0])
        return all(user.graph is self._g for user in users) and super()._handle_nhwc_tranpose(trans)


def exact_optimizers() -> dict[str, Any]:
    """Those that change no number, in tf2onnx's order.

    `remove_back_to_back` drops the rounding of float64 → float32 → float64, and the truncation of
    float → int → bool; `reshape_optimizer` takes a part of a shape, by Shape's attributes, for the whole. The rest that
    is left out looks, each time through the whole graph, for quantised graphs, or for what opset 18 no longer has.
    """
    unsafe = {"remove_back_to_back", "reshape_optimizer"}
    idle = {"remove_redundant_upsample", "const_dequantize_optimizer", "q_dq_optimizer", "global_pool_optimizer"}
    found = optimizer._get_optimizers()
    if not unsafe | idle <= set(found):  # renamed, they would be back without a word
        raise RuntimeError(f"tf2onnx has no optimisers {sorted((unsafe | idle) - set(found))}")
    kinds = {name: kind for name, kind in found.items() if name not in unsafe | idle}
    return kinds | {"optimize_transpose": _Transposes}
