"""A layer -> in words, what is done to its parameters before it works with them: a mask, a norm over the weights."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

MASKED = "masked weights"
_ROOTS = frozenset(["sqrt", "rsqrt"])
_WORDS = {  # names of operations, one of which suffices
    "weight norm": frozenset(["weight_norm", "_weight_norm"]),
    "spectral norm": frozenset(["mv"]),
    "standardised weights": frozenset(["var", "std", "var_mean", "std_mean", "batch_norm", "layer_norm"]),
    "unit-norm weights": frozenset(["norm", "linalg_norm", "linalg_vector_norm", "normalize"]),
    "orthogonal weights": frozenset(["matrix_exp", "linalg_matrix_exp", "linalg_householder_product"]),
}


def done_to_weights(flow: Flow, layer: Op) -> str:
    """`MASKED` and the like, "" where the parameters are used as they are, or only scaled and moved.

    The norms: arXiv:1602.07868 section 2, arXiv:1802.05957 section 2.1, arXiv:1903.10520 section 3.
    """
    steps = tuple(_steps(flow, layer))
    if any(_is_mask(flow, step) for step in steps):
        return MASKED
    names = {step.name for step in steps}
    by_hand = "standardised weights" if "mean" in names and names & _ROOTS else ""
    return next((word for word, marks in _WORDS.items() if names & marks), by_hand)


def _steps(flow: Flow, layer: Op) -> Iterator[Op]:
    todo, seen = list(layer.inputs), set[int]()
    while todo:
        op = flow.producer(todo.pop())
        if op is not None and op.id in flow.prepared and op.id not in seen:
            seen.add(op.id)
            todo += op.inputs
            yield op


def _is_mask(flow: Flow, op: Op) -> bool:
    """A product with a table of constants, as PixelCNN and MADE hide a part of their weights."""
    tables = [flow.is_constant(t) and flow.tensors[t].size > 1 for t in op.inputs]
    return op.name == "mul" and len(op.inputs) == 2 and sorted(tables) == [False, True]
