"""A product of two activations -> its operands told apart by axis, written as a matrix product or as einsum."""

from __future__ import annotations

from math import prod

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

PRODUCTS = ("matmul", "bmm", "baddbmm", "einsum", "mm")


def multiplies_activations(flow: Flow, op: Op) -> bool:
    """True for a product of two tensors of which neither is a weight."""
    if op.name not in PRODUCTS or len(op.inputs) < 2:
        return False
    return not any(flow.is_weight(t) or flow.is_constant(t) for t in op.inputs[-2:])


class Contraction:
    """`left` and `right` as they enter; `rows` and `columns` of the result, `inner` summed away."""

    def __init__(self, flow: Flow, op: Op) -> None:
        self.op, (self.left, self.right) = op, op.inputs[-2:]
        shapes = [flow.tensors[t].shape for t in (self.left, self.right)]
        self._axes: list[dict[str, int]] = []
        if op.name == "einsum":
            self._named(op, shapes)
        else:
            self._axes = [
                dict(zip("ri" if len(shapes[0]) > 1 else "i", shapes[0][-2:], strict=False)),
                dict(zip("ic" if len(shapes[1]) > 1 else "i", shapes[1][-2:], strict=False)),
            ]
            self._out = "rc"

    def _named(self, op: Op, shapes: list[tuple[int, ...]]) -> None:
        terms, _, out = str(op.attrs.get("equation", "")).replace(" ", "").replace("...", "").partition("->")
        names = [*terms.split(","), "", ""][:2]
        for term, shape in zip(names, shapes, strict=True):
            self._axes.append(dict(zip(reversed(term), reversed(shape), strict=False)))
        self._out = out

    def inner(self) -> int:
        """Length of the axis that is summed away."""
        left, right = self._axes
        return prod(size for name, size in left.items() if name in right and name not in self._out)

    def inner_axis(self) -> int:
        """That axis of the left operand, counted from its end."""
        left, right = self._axes
        names = list(left) if self.op.name == "einsum" else list(reversed(left))
        return next((-1 - i for i, name in enumerate(names) if name in right and name not in self._out), -1)

    def own(self, tensor: int) -> int:
        """Length of the axes that only this operand has: its rows or columns in the result."""
        mine, other = self._axes if tensor == self.left else reversed(self._axes)
        return prod(size for name, size in mine.items() if name in self._out and name not in other)

    def holds_last(self, tensor: int, axis: int) -> bool:
        """True when the result's `axis`, counted from the end, comes from this operand alone."""
        mine, other = self._axes if tensor == self.left else reversed(self._axes)
        name = self._out[axis] if len(self._out) >= -axis else ""
        return name in mine and name not in other
