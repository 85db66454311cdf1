"""Outline and Facts -> what axes are called: d_model where a tensor flows from a layer of that width, not where 768 is.

Axes are followed through the operations: the same axis before and after an addition, a norm, a reshape that keeps it.
"""

from __future__ import annotations

from collections.abc import Callable

from boardwork.facts import Facts
from boardwork.measure.examples import everything
from boardwork.outline.blocks import Block, Outline
from boardwork.trace.records import Op, Tensor, Trace

Axis = tuple[int, int]  # tensor, place of the axis in its shape

# Name of an axis, kind of block whose layers have it, the block's fact, the word of facts.toml that holds its value.
ROLES = (
    ("d_model", "attention", "d_model", "attention.d_model"),
    ("d_ff", "feed_forward", "d_ff", "feed_forward.d_ff"),
    ("d_model", "feed_forward", "d_model", "feed_forward.d_model"),
    ("d_model", "moe", "d_model", "moe.d_model"),
    ("d_ff", "moe", "d_ff", "moe.d_ff"),
    ("experts", "moe", "experts", "moe.experts"),
    ("d_inner", "scan", "inner", "scan.inner"),
    ("latent", "sampling", "width", "latent.width"),
    ("hidden_size", "recurrent", "hidden", "recurrent.hidden"),
    ("input_size", "recurrent", "input", "recurrent.input"),
    ("vocab", "head", "classes", "embedding.vocab"),
    ("classes", "head", "classes", "classifier.classes"),
)
_MOVES = ("transpose", "permute", "movedim", "T", "mT")


def axis_names(outline: Outline, facts: Facts) -> Callable[[Axis], str]:
    """Tells the name of an axis, "" if it has none; a name has one value in a model, other widths keep their number."""
    trace = outline.trace
    same = _Same(trace)
    called: dict[Axis, str] = {}
    values: dict[str, object] = {}
    kinds: dict[str, list[Block]] = {}
    for block in everything(outline.root):
        kinds.setdefault(block.kind, []).append(block)
    for name, kind, key, word in ROLES:
        value = values.setdefault(name, facts[word]) if word in facts else None
        for block in kinds.get(kind, ()) if value is not None else ():
            if block.facts.get(key) == value and not (name == "classes" and _is_no_class(block, value)):
                for axis in _widths(trace, block, value):
                    called.setdefault(same.first(axis), name)
    return lambda axis: called.get(same.first(axis), "")


def _is_no_class(head: Block, outputs: object) -> bool:
    """True for a head that answers words, and for a projection: as many outputs as inputs."""
    return bool(head.facts.get("vocab")) or head.facts.get("width") == outputs


def _widths(trace: Trace, block: Block, value: object) -> list[Axis]:
    """The feature axes of that width before and after the layers of a block; none if they are no fixed width."""
    ops = [trace.ops[i] for i in block.all()]
    layers = [op for op in ops if any(trace.tensors[t].kind == "parameter" for t in op.inputs)]
    widths = [
        (tensor, place)
        for op in layers or ops
        for tensor in _data(trace, op)
        if tensor.shape and not _is_map(op, tensor) and tensor.shape[place := _feature_axis(op, tensor)] == value
    ]
    fixed = all(not tensor.symbols or tensor.symbols[place].isdigit() for tensor, place in widths)
    return [(tensor.id, place) for tensor, place in widths] if fixed else []  # a layer over tokens has no fixed width


def _is_map(op: Op, tensor: Tensor) -> bool:
    """True for the channels of an image, which are no width of a model."""
    return op.name.startswith("conv") and len(tensor.shape) > 3


def _feature_axis(op: Op, tensor: Tensor) -> int:
    return 1 if op.name.startswith("conv") and len(tensor.shape) > 1 else len(tensor.shape) - 1


def _data(trace: Trace, op: Op) -> list[Tensor]:
    """What an operation reads and makes, its weights apart."""
    tensors = (trace.tensors[t] for t in (*op.inputs, *op.outputs))
    return [t for t in tensors if t.kind not in ("parameter", "buffer")]


class _Same:
    """Sets of axes that are one axis, each known by its first."""

    def __init__(self, trace: Trace) -> None:
        self._before: dict[Axis, Axis] = {}
        for op in trace.ops:
            for source in op.inputs:
                for result in op.outputs if trace.tensors[source].kind not in ("parameter", "buffer") else ():
                    self._join(trace.tensors[source], trace.tensors[result], moved=op.name in _MOVES)

    def first(self, axis: Axis) -> Axis:
        first = axis
        while (before := self._before.get(first)) is not None:
            first = before
        if first != axis:
            self._before[axis] = first  # a shorter way for the next question
        return first

    def _join(self, one: Tensor, two: Tensor, *, moved: bool) -> None:
        level = len(one.shape) == len(two.shape) and not moved
        for place, length in enumerate(two.shape):
            if length == 1:
                continue
            if level and one.shape[place] == length:
                found = place
            elif one.shape.count(length) == two.shape.count(length) == 1:
                found = one.shape.index(length)
            else:
                continue
            left, right = self.first((one.id, found)), self.first((two.id, place))
            if left != right:
                self._before[max(left, right)] = min(left, right)
