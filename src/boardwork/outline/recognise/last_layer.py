"""An output -> the operation that gives it and the layer before that, the same one where nothing bounds the numbers."""

from __future__ import annotations

from collections.abc import Collection

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import is_projection
from boardwork.trace.records import Op


def last_layer(flow: Flow, tensor: int, bounding: Collection[str]) -> tuple[Op, Op] | None:
    """`bounding`: names of what may stand behind the layer, as softmax; None where there is no such layer."""
    last = layer = flow.producer(flow.origin(tensor)[0].id)
    if last is not None and last.name in bounding:
        layer = flow.producer(flow.origin(last.inputs[0])[0].id)
    return (last, layer) if last is not None and layer is not None and is_projection(flow, layer) else None
