"""Flow and Outline -> facts of what goes in against what comes out: noise to an image, a noisy image to its noise, a
sound of a fixed length, two towers that meet in cosines, boxes. Told by shapes and data flow; absent where unsure.
"""

from __future__ import annotations

from math import prod
from typing import Any

from boardwork.measure.examples import everything
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op, Tensor


def purposes(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Empty for most models."""
    return _generator(flow) | _denoiser(flow) | _sound(flow) | _towers(flow, outline) | _regions(flow)


def _generator(flow: Flow) -> dict[str, Any]:
    """One vector a sample in, one image out whose values a tanh bounds."""
    if len(flow.trace.inputs) != 1 or len(flow.trace.outputs) != 1:
        return {}
    code, image = (flow.tensors[named[0][1]] for named in (flow.trace.inputs, flow.trace.outputs))
    last = flow.producer(flow.origin(image.id)[0].id)
    vector = len(code.shape) > 1 and prod(code.shape[2:]) == 1 and code.dtype.startswith(("float", "bfloat"))
    if not vector or last is None or last.name != "tanh" or len(image.shape) != 4 or image.shape[-1] < 2:
        return {}
    return {"generator.code": code.shape[1], "generator.values": prod(image.shape[1:])}


def _denoiser(flow: Flow) -> dict[str, Any]:
    """One number a sample becomes sines and cosines; another input has the form of the output, channels apart."""
    inputs = [flow.tensors[t] for _, t in flow.trace.inputs]
    moments = [t for t in inputs if prod(t.shape) == t.shape[0] if t.shape]
    images = [t for t in inputs if len(t.shape) > 2 and t.dtype.startswith(("float", "bfloat"))]
    outputs = [flow.tensors[t] for _, t in flow.trace.outputs]
    for image in images:
        like = [t for t in outputs if t.shape[2:] == image.shape[2:] and len(t.shape) == len(image.shape)]
        alike = [t for t in like if t.shape[1] in (image.shape[1], 2 * image.shape[1])]
        if alike and any(_waved(flow, moment, image) for moment in moments if moment is not image):
            return {"denoiser.values": prod(image.shape[1:])}
    return {}


def _waved(flow: Flow, moment: Tensor, image: Tensor) -> bool:
    for op in flow.ops:
        if op.name in ("sin", "cos") and op.id in flow.live:
            sources = {t for maker in flow.makers(op.inputs[0]) for t in maker.inputs}
            if moment.id in sources and image.id not in sources:
                return True
    return False


def _sound(flow: Flow) -> dict[str, Any]:
    """A table of positions as long as the whole sequence that 1-D convolutions made of the input."""
    convolved = [op for op in flow.ops if op.name == "conv1d" and op.id in flow.live]
    strides = [flow.tensors[op.inputs[0]].shape[-1] / flow.tensors[op.outputs[0]].shape[-1] for op in convolved]
    if not any(stride > 1.5 for stride in strides):
        return {}
    longest = flow.tensors[convolved[0].inputs[0]].shape[-1]
    made = {op.id for op in convolved}
    for op in flow.ops:
        rows = _table_rows(flow, op)
        others = flow.data_inputs(op)
        if rows > 1 and others and made & {maker.id for maker in flow.makers(others[0])}:
            return {"sound.frames": longest, "sound.positions": rows}
    return {}


def _table_rows(flow: Flow, op: Op) -> int:
    """Rows of a whole table of weights that an addition puts on a sequence of the same length, 0 if it is none."""
    if op.name != "add" or op.id not in flow.live:
        return 0
    result = flow.tensors[op.outputs[0]].shape
    tables = [_table(flow, t) for t in op.inputs]
    whole = [t for t in tables if t is not None and len(t.shape) > 1 and t.shape[-2:] == result[-2:]]
    return whole[0].shape[-2] if whole and len(result) == 3 else 0


def _table(flow: Flow, tensor: int) -> Tensor | None:
    """The weight behind an operand, also where its rows are looked up by numbers that no input has a part in."""
    origin, _ = flow.origin(tensor)
    op = flow.producer(origin.id)
    if op is not None and op.name == "embedding" and op.id not in flow.fed:
        looked_up = op.slot("weight")
        origin = flow.tensors[looked_up] if looked_up is not None else origin
    return origin if origin.kind in ("parameter", "buffer") else None


def _towers(flow: Flow, outline: Outline) -> dict[str, Any]:
    """The first cosines of two vectors that both come from an input: with a stored table there is one tower."""
    meeting = [b for b in everything(outline.root) if b.kind == "similarity"]
    products = [op for b in meeting for i in b.one() if (op := flow.ops[i]).macs and _both_fed(flow, op)]
    return {"towers.width": flow.tensors[products[0].inputs[0]].shape[-1]} if products else {}


def _both_fed(flow: Flow, product: Op) -> bool:
    sides = [flow.tensors[t] for t in product.inputs]
    return all(side.kind == "input" or side.producer in flow.fed for side in sides)


def _regions(flow: Flow) -> dict[str, Any]:
    """Boxes that features are cut out for, and whether overlapping boxes are taken out."""
    cut = [flow.tensors[op.outputs[0]].shape for op in flow.ops if op.name in ("roi_align", "roi_pool")]
    found: dict[str, Any] = {"regions.suppressed": True} if any(op.name == "nms" for op in flow.ops) else {}
    if cut:
        found |= {"regions.count": max(shape[0] for shape in cut), "regions.side": cut[0][-1]}
    return found
