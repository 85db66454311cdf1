"""Flow -> facts of what a decoder takes from its encoder at equal resolution: concatenated (U-Net) or added (FPN)."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.outline.views.skips import skips_of
from boardwork.trace.records import Op, Tensor

_WAYS = {"cat": "skips", "add": "pyramid"}
_RAISING = (
    "interpolate", "upsample", "pixel_shuffle", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "max_unpool2d",
)  # fmt: skip
_AXES = 2  # batch and channels stand before the axes of space


def joins(flow: Flow, outline: Outline) -> dict[str, Any]:
    """How many of each, and what the encoder's side of them holds while the levels below run.

    Maps that are added are a pyramid's where a layer beside the way down gives all of them the same channels: in a
    U-Net that adds its skips the maps themselves go on down. arXiv:1612.03144 section 3
    """
    found: dict[str, Any] = {}
    nested = skips_of(flow).all
    nested = nested if len({skip.positions for skip in nested}) > 1 else []
    for name, word in _WAYS.items():
        kept = [t for op in flow.ops if op.name == name and op.id in flow.live for t in _handed_across(flow, op)]
        across = [flow.tensors[flow.ops[skip.source].outputs[0]] for skip in nested if flow.ops[skip.join].name == name]
        kept = across if len(across) > len(kept) and name == "cat" else kept
        if kept and (name == "cat" or len({t.shape[1] for t in kept}) == 1):
            tensors = {t.id: t for t in kept}.values()
            found |= {f"{word}.count": len(kept), f"{word}.width": kept[0].shape[1]}
            found[f"{word}.bytes"] = sum(t.size * t.element_bytes for t in tensors)
            found[f"{word}.levels"] = len({t.shape[_AXES:] for t in tensors})
            sides = [side for t in tensors for side in t.shape[_AXES : _AXES + 1]]
            found[f"{word}.stride"] = max(1, flow.trace.axes.get("height", 0) // max(sides, default=1))
    return found


def _handed_across(flow: Flow, join: Op) -> Iterator[Tensor]:
    """Operands that are older than the way down and up again that leads to another operand."""
    operands = [flow.tensors[t] for t in flow.data_inputs(join)]
    if len(operands) < 2 or any(not is_map(t) or t.shape[_AXES:] != operands[0].shape[_AXES:] for t in operands):
        return
    for risen in operands:
        step = raising(flow, risen)
        if step is None:
            continue
        before = {op.id for t in flow.data_inputs(step)[:1] for op in flow.makers(t)}
        for other in operands:
            earlier = {op.id for op in flow.makers(other.id)} if other is not risen else set()
            own = {op.id for op in _same_size(flow, other)}
            lateral = join.name == "cat" or any(flow.ops[i].macs for i in own - before)
            if before & own and lateral and _works(flow, before - earlier):
                yield other


def _works(flow: Flow, ops: set[int]) -> bool:
    """Not a mere pool and resize: a kernel that sees neighbours was at work below."""
    return any(flow.ops[i].name.startswith("conv") and flow.ops[i].attrs.get("kernel", 1) > 1 for i in ops)


def raising(flow: Flow, tensor: Tensor) -> Op | None:
    """The operation that raised the resolution to that of the tensor, if one path leads there."""
    for op in _same_size(flow, tensor):
        if op.name in _RAISING:
            return op
    return None


def _same_size(flow: Flow, tensor: Tensor) -> Iterator[Op]:
    """The operations behind each other that lead to a tensor without a change of resolution, the last first."""
    space = tensor.shape[_AXES:]
    op = flow.producer(tensor.id)
    while op is not None and (sources := flow.data_inputs(op)):
        yield op
        source = flow.tensors[sources[0]]
        if len(sources) > 1 or not is_map(source) or source.shape[_AXES:] != space:
            return
        op = flow.producer(source.id)


def is_map(tensor: Tensor) -> bool:
    """True for channels over axes of space."""
    return len(tensor.shape) > _AXES + 1 and prod(tensor.shape[_AXES:]) > 1
