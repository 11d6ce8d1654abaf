"""RealNVP's log-density as one would write it by hand in ONNX, in any even dimension."""

import numpy as np
import onnx

import tfgen
from benchmarks.handwritten import Graph

__all__ = ["minimal_flow"]

Block = tuple[str, tuple[int, ...]]
"""A tensor, and the entries that its columns are."""


def minimal_flow(flow: tfgen.RealNVP) -> onnx.ModelProto:
    """Each coupling three products, one tanh, one scale and shift.

    Entries stay in two blocks, those that a coupling keeps and those that it changes, and the kernels' rows and columns
    are reordered to match, so that nothing is ever put back in order. Where the next coupling's mask cuts across the
    blocks, they are cut into *cells*, the entries that no mask tells apart, and joined anew; in two dimensions never.

    Args:
        flow: affine, without standardisation, of an even number of entries, half of which each coupling keeps.

    Raises:
        ValueError: for another flow.
    """
    size = flow.event_shape[0]
    plain = flow.transformer == "affine" and not flow.standardize
    masks = [layer.partition.mask for layer in flow.bijector_layers] if plain else []
    if not masks or any(2 * sum(mask) != size for mask in masks):
        raise ValueError(
            "`flow` must be affine, with couplings that keep half of the entries, and without standardisation. "
            f"Received: {flow.get_config()}"
        )
    g = Graph()
    cells = _cells(masks)
    blocks = [_entries(g, [cell for cell in cells if masks[0][cell[0]] is kept]) for kept in (True, False)]
    terms = []
    for layer, mask in zip(flow.bijector_layers, masks, strict=True):
        (kept, kept_order), (changed, changed_order) = blocks = _parted(g, blocks, mask, cells)
        # A kernel's rows and columns are in the order of the layer's own lists of entries.
        rows = [list(layer.partition.kept).index(entry) for entry in kept_order]
        columns = [list(layer.partition.changed).index(entry) for entry in changed_order]
        first, *others = layer.conditioner.network.dense
        kernel, bias = first.get_weights()
        features = g.affine(kept, kernel[rows], bias, "Relu")
        for dense in others:
            features = g.dense(features, dense, "Relu")
        kernel, bias = layer.conditioner.projection.get_weights()
        shifts, scales, bound = columns, [column + size // 2 for column in columns], layer.max_log_scale
        shift = g.affine(features, kernel[:, shifts], bias[shifts])
        negative = g(
            "Mul", g("Tanh", g.affine(features, kernel[:, scales] / bound, bias[scales] / bound)), g.constant(-bound)
        )
        blocks[1] = (g("Mul", g("Sub", changed, shift), g("Exp", negative)), changed_order)
        terms.append(negative)
    squares = [g("Mul", g("Mul", block, block), g.constant(-0.5)) for block, _ in blocks]
    # Each of size/2 columns bears the constants of two entries.
    total = g("Sum", *squares, *terms, g.constant(-np.log(2 * np.pi)))
    axes = g.constant([1], "i8")
    if size == 2:
        g("Squeeze", total, axes, output="score")
    else:
        g("ReduceSum", total, axes, keepdims=0, output="score")
    return g.model({"x": size})


def _cells(masks: list[tuple[bool, ...]]) -> list[tuple[int, ...]]:
    """The entries that no mask tells apart."""
    together: dict[tuple[bool, ...], list[int]] = {}
    for entry, signature in enumerate(zip(*masks, strict=True)):
        together.setdefault(signature, []).append(entry)
    return [tuple(entries) for entries in together.values()]


def _entries(g: Graph, cells: list[tuple[int, ...]]) -> Block:
    """Columns of x: a slice where they lie in equal steps, gathered otherwise."""
    order = tuple(entry for cell in cells for entry in cell)
    step = order[1] - order[0] if len(order) > 1 else 1
    if step > 0 and order == tuple(range(order[0], order[-1] + 1, step)):
        bounds = (g.constant([value], "i8") for value in (order[0], order[-1] + 1, 1, step))
        return g("Slice", "x", *bounds), order
    return g("Gather", "x", g.constant(order, "i8"), axis=1), order


def _parted(g: Graph, blocks: list[Block], mask: tuple[bool, ...], cells: list[tuple[int, ...]]) -> list[Block]:
    """The kept and the changed block of a mask."""
    for pair in (blocks, blocks[::-1]):
        if all(mask[entry] for entry in pair[0][1]) and not any(mask[entry] for entry in pair[1][1]):
            return list(pair)
    parts: list[Block] = []
    for tensor, order in blocks:
        inside = sorted((cell for cell in cells if cell[0] in order), key=lambda cell: order.index(cell[0]))
        parts.extend(zip(g.split(tensor, [len(cell) for cell in inside]), inside, strict=True))
    joined = []
    for kept in (True, False):
        chosen = [(tensor, cell) for tensor, cell in parts if mask[cell[0]] is kept]
        order = tuple(entry for _, cell in chosen for entry in cell)
        joined.append((g.concat([tensor for tensor, _ in chosen]), order))
    return joined
