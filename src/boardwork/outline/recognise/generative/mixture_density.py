"""Flow -> heads of a mixture density network: weights, means and deviations of several components.

Source: Bishop 1994, Mixture density networks.
"""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import data_of
from boardwork.outline.recognise.last_layer import last_layer
from boardwork.trace.records import Op

_SHARES, _POSITIVE = ("softmax", "log_softmax"), ("exp", "softplus")


def mixture_densities(flow: Flow) -> Iterator[list[Pattern]]:
    """A box for each of the three heads where all three are outputs, and a frame round them."""
    heads = (last_layer(flow, tensor, (*_SHARES, *_POSITIVE)) for _, tensor in flow.trace.outputs)
    ends = [head for head in heads if head is not None]
    for sums in (end for end in ends if end[0].name in _SHARES):
        components = flow.tensors[sums[0].outputs[0]].shape[-1]
        beside = [end for end in ends if end[1] != sums[1] and data_of(flow, end[1]) == data_of(flow, sums[1])]
        spreads = [end for end in beside if end[0].name in _POSITIVE]
        means = [end for end in beside if end[0] is end[1] and _size(flow, end[1]) % components == 0]
        if components > 1 and len(spreads) == 1 and len(means) == 1 and _size(flow, means[0][1]) >= components:
            yield _patterns(
                flow, {"Mixture weights π": sums, "Means μ": means[0], "Deviations σ": spreads[0]}, components
            )


def _size(flow: Flow, layer: Op) -> int:
    return flow.tensors[layer.outputs[0]].shape[-1]


def _patterns(flow: Flow, heads: dict[str, tuple[Op, Op]], components: int) -> list[Pattern]:
    boxes = []
    for label, (last, layer) in heads.items():
        between = flow.origin(last.inputs[0])[1] if last is not layer else ()
        width = f"{flow.tensors[data_of(flow, layer)].shape[-1]} → {_size(flow, layer)}"
        words = f"{width}, {last.name}" if last is not layer else width
        boxes.append(Pattern("density_head", frozenset({last.id, layer.id, *between}), label, "linear", words))
    inside = frozenset(op for box in boxes for op in box.ops)
    dimensions = _size(flow, heads["Means μ"][1]) // components
    outputs = sum(_size(flow, layer) for _, layer in heads.values())
    facts = {"components": components, "width": dimensions, "outputs": outputs}
    detail = f"{components} components in {dimensions} dimensions"
    return [*boxes, Pattern("mixture_density", inside, "Mixture density", "head", detail, leaf=False, facts=facts)]
