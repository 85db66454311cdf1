"""Operations of a block -> its layers along the main path and beside it, between what enters and what closes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS
from boardwork.outline.recognise.norms.arithmetic import CALLED
from boardwork.trace.records import Op

_JOINS = ("add", "cat")
_AFTER = (*ACTIVATIONS, *CALLED, "mul", "div")


@dataclass(frozen=True)
class Layer:
    """A convolution, or a linear layer on every position of a map, which is a 1 × 1 convolution.

    `kernel`: its longest side; `taps`: positions that it reads; `side`: its sides as text.
    """

    op: int
    kernel: int
    taps: int
    side: str
    groups: int
    before: int
    after: int
    stride: int
    dilation: int
    weights: int

    @property
    def sort(self) -> str:
        """point, depthwise, grouped or full."""
        if self.groups > 1:
            return "depthwise" if self.groups == self.before else "grouped"
        return "point" if self.kernel == 1 else "full"


@dataclass(frozen=True)
class Chain:
    """`join`: the addition or concatenation that ends the block, None if there is none; `branches`: what it joins."""

    join: Op | None
    branches: tuple[tuple[Layer, ...], ...]
    common: tuple[Layer, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All of them."""
        return (*self.common, *(layer for branch in self.branches for layer in branch))

    @property
    def main(self) -> tuple[Layer, ...]:
        """Layers of the longest branch."""
        return max(self.branches, key=len)


def chain(flow: Flow, ops: Iterable[int]) -> Chain:
    """Layers of a block by the branch they are on; what several branches pass is common to them."""
    inside = sorted(ops)
    layers = {i: layer for i in inside if (layer := _layer(flow, flow.ops[i])) is not None}
    join = _join(flow, inside)
    if join is None:
        return Chain(None, (_large(flow, layers.values()),), ())
    reached = [_back(flow, tensor, set(inside)) for tensor in flow.data_inputs(join)]
    shared = {i for i in inside if sum(i in branch for branch in reached) > 1}
    branches = tuple(_large(flow, (layers[i] for i in sorted(b - shared) if i in layers)) for b in reached)
    return Chain(join, branches, tuple(layers[i] for i in sorted(shared) if i in layers))


def _join(flow: Flow, ops: list[int]) -> Op | None:
    """The addition or concatenation of what the block made, behind its last activation, norm or scale."""
    op: Op | None = flow.ops[ops[-1]]
    while op is not None and op.id in ops:
        if op.name in _JOINS and len(flow.data_inputs(op)) > 1:
            return op
        if op.name not in _AFTER and not flow.is_shape(op.id):
            return None
        data = flow.data_inputs(op)
        op = flow.producer(data[0]) if len(data) == 1 else None
    return None


def _back(flow: Flow, tensor: int, inside: set[int]) -> set[int]:
    """Operations of the block that a tensor is made by."""
    found: set[int] = set()
    todo = [tensor]
    while todo:
        producer = flow.tensors[todo.pop()].producer
        if producer in inside and producer not in found:
            found.add(producer)
            todo.extend(flow.ops[producer].inputs)
    return found


def _large(flow: Flow, layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Layers on maps; those on one number a channel make gates, shifts and scales."""
    return tuple(layer for layer in layers if _positions(flow, layer) > 1)


def _positions(flow: Flow, layer: Layer) -> int:
    result = flow.tensors[flow.ops[layer.op].outputs[0]]
    return result.size // layer.after // result.shape[0]


def _layer(flow: Flow, op: Op) -> Layer | None:
    linear = op.name in ("linear", "addmm") and len(flow.tensors[op.outputs[0]].shape) == 4
    if not linear and not op.name.startswith(("conv1d", "conv2d", "conv3d")):
        return None
    weight = flow.tensors[op.inputs[1]]
    axis = -1 if linear else 1
    before, after = flow.tensors[op.inputs[0]].shape[axis], flow.tensors[op.outputs[0]].shape[axis]
    kernel = (1,) if linear else weight.shape[2:]
    stride, dilation = (_largest(op.attrs.get(name)) for name in ("stride", "dilation"))
    groups, side = int(op.attrs.get("groups") or 1), "×".join(map(str, kernel))
    return Layer(op.id, max(kernel), prod(kernel), side, groups, before, after, stride, dilation, weight.size)


def _largest(value: object) -> int:
    if isinstance(value, list | tuple):
        return max((_largest(v) for v in value), default=1)
    return value if isinstance(value, int) else 1
