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
        terms, self._out = self._terms(op, [len(shape) for shape in shapes])
        self._written = terms
        self._axes = [
            dict(zip(reversed(term), reversed(shape), strict=False)) for term, shape in zip(terms, shapes, strict=True)
        ]

    @staticmethod
    def _terms(op: Op, ranks: list[int]) -> tuple[list[str], str]:
        """One letter an axis, as einsum names them; a matrix product has rows, inner and columns."""
        if op.name != "einsum":
            return ["ri"[-ranks[0] :], "ic" if ranks[1] > 1 else "i"], "rc"
        terms, _, out = str(op.attrs.get("equation", "")).replace(" ", "").replace("...", "").partition("->")
        return [*terms.split(","), "", ""][:2], out

    def inner(self) -> int:
        """Length of the axis that is summed away."""
        left, right = self._axes
        return prod(size for name, size in left.items() if name in right and name not in self._out)

    def inner_axis(self, tensor: int) -> int:
        """That axis of an operand, counted from its end."""
        mine, other = self._sides(tensor)
        names = self._written[tensor == self.right]
        found = [i for i, name in enumerate(names) if name in mine and name in other and name not in self._out]
        return found[-1] - len(names) if found else -1

    def own(self, tensor: int) -> int:
        """Length of the axis that only this operand has: its rows or columns in the result; of several the last."""
        mine, other = self._sides(tensor)
        names = [name for name in self._out if name in mine and name not in other]
        return mine[names[-1]] if names else 1

    def own_axis(self, tensor: int) -> int:
        """That axis of an operand, counted from its end."""
        mine, other = self._sides(tensor)
        names = self._written[tensor == self.right]
        found = [i for i, name in enumerate(names) if name in mine and name not in other and name in self._out]
        return found[-1] - len(names) if found else -1

    def all_own(self, tensor: int) -> int:
        """Length of all axes that only this operand has, put together."""
        mine, other = self._sides(tensor)
        return prod(size for name, size in mine.items() if name in self._out and name not in other)

    def holds(self, tensor: int, axis: int) -> bool:
        """True when the result's `axis`, counted from the end, comes from this operand alone."""
        mine, other = self._sides(tensor)
        name = self._out[axis] if len(self._out) >= -axis else ""
        return name in mine and name not in other

    def _sides(self, tensor: int) -> tuple[dict[str, int], dict[str, int]]:
        left, right = self._axes
        return (left, right) if tensor == self.left else (right, left)
