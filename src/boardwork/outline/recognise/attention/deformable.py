"""Flow -> deformable attention: a query reads a few places of one or more maps, sums by shares. arXiv:2010.04159"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import SHAPE_OPS, Flow
from boardwork.outline.recognise.attention.branch import is_projection, source_of, width_in, width_out
from boardwork.outline.recognise.attention.crossing import is_sum_with
from boardwork.outline.recognise.attention.output import Output, output
from boardwork.trace.records import Op

_JOINS = frozenset(("cat", "stack"))
_PLACING = frozenset(("add", "sub", "mul", "div", "tanh", "clamp")) | _JOINS
_MOST = 200  # operations between offsets and readings, some ten a map


@dataclass(frozen=True)
class _Sampling:
    """One sum over places: the readings of each map, the shares that weigh them, the projections of both.

    `value`: W_V, None where the maps are read as they are; `source` what it maps. `between`: all that makes places of
    offsets, maps of values, and one sum of the readings.
    """

    readings: tuple[Op, ...]
    last: Op
    shares: Op
    weights: Op
    offsets: Op
    value: Op | None
    source: int
    between: frozenset[int]


def deformable_attentions(flow: Flow) -> Iterator[list[Pattern]]:
    """For each: the projections of values, offsets and shares, the sampling, what follows, and last the frame."""
    readings: dict[int, list[Op]] = {}
    for op in flow.ops:
        if op.name == "grid_sample" and flow.is_data(op.id):
            product, _ = flow.skip(op, SHAPE_OPS | _JOINS)
            if product is not None and product.name == "mul":
                readings.setdefault(product.id, []).append(op)
    for index, found in readings.items():
        sampling = _sampling(flow, flow.ops[index], found)
        if sampling is not None:
            yield _patterns(flow, sampling, output(flow, sampling.last))


def _sampling(flow: Flow, product: Op, readings: Sequence[Op]) -> _Sampling | None:
    shares = next((op for op in _made_by(flow, product.inputs) if op.name == "softmax"), None)
    last, passed = flow.next_op(product)
    if shares is None or last is None or last.name != "sum":
        return None
    weights = next(_made_by(flow, shares.inputs[:1]), None)
    if weights is None or not is_projection(flow, weights):
        return None
    summed = flow.tensors[product.outputs[0]].size // flow.tensors[last.outputs[0]].size
    if flow.tensors[shares.outputs[0]].shape[-1] != summed:
        return None  # shares of some of the places only
    placed = _offsets(flow, readings, source_of(flow, weights))
    if placed is None:
        return None
    offsets, placing = placed
    value, source, mapped = _value(flow, readings)
    joined = {i for op in readings for i in flow.skip(op, SHAPE_OPS | _JOINS)[1]}
    weighing = {i for t in product.inputs for i in flow.origin(t)[1]}
    between = frozenset(
        (*placing, *mapped, *joined, *weighing, *passed, product.id, last.id, *(op.id for op in readings))
    )
    return _Sampling(tuple(readings), last, shares, weights, offsets, value, source, between)


def _made_by(flow: Flow, tensors: Iterable[int]) -> Iterator[Op]:
    """Operations that make tensors, behind reshapes."""
    for tensor in tensors:
        op = flow.producer(flow.origin(tensor)[0].id)
        if op is not None:
            yield op


def _offsets(flow: Flow, readings: Sequence[Op], query: int) -> tuple[Op, set[int]] | None:
    """The projection of the queries that places come from, and what leads from it to the readings."""
    todo, walked, ends = [op.inputs[1] for op in readings], set[int](), dict[int, Op]()
    while todo and len(walked) < _MOST:
        op = flow.producer(todo.pop())
        if op is None or op.id in walked or not flow.is_data(op.id):
            continue
        if is_projection(flow, op) and source_of(flow, op) == query:
            ends[op.id] = op
        elif flow.is_shape(op.id) or op.name in _PLACING:
            walked.add(op.id)
            todo.extend(op.inputs)
    if len(ends) != 1:
        return None
    [offsets] = ends.values()
    made, inside = set(offsets.outputs), set[int]()
    for index in sorted(walked):
        if not made.isdisjoint(flow.ops[index].inputs):
            inside.add(index)
            made.update(flow.ops[index].outputs)
    return offsets, inside


def _value(flow: Flow, readings: Sequence[Op]) -> tuple[Op | None, int, set[int]]:
    """W_V, the tensor that it maps, and what cuts its result into maps."""
    passed = set[int]()
    tensor = 0
    for op in readings:
        record, moves = flow.origin(op.inputs[0])
        passed.update(moves)
        made = flow.producer(record.id)
        if made is not None and made.name == "masked_fill":
            passed.add(made.id)
            record, moves = flow.origin(made.inputs[0])
            passed.update(moves)
        tensor = record.id
    made = flow.producer(tensor)
    if made is None or not is_projection(flow, made):
        return None, tensor, passed
    return made, source_of(flow, made), passed


# -- boxes ----------------------------------------------------------------------------------------------------------


def _patterns(flow: Flow, found: _Sampling, out: Output) -> list[Pattern]:
    facts = _facts(flow, found)
    width, places = width_in(flow, found.weights), f"{facts['heads']} × {facts['places']}"
    shares = frozenset((found.weights.id, found.shares.id, *flow.origin(found.shares.inputs[0])[1]))
    boxes = [
        Pattern("project", frozenset([found.offsets.id]), "Linear W_Δ", "linear", f"{width} → {places} × 2"),
        Pattern("project", shares, "Linear W_A, Softmax", "linear", f"{width} → {places}"),
        Pattern("deformable_core", found.between, "Sum over places", "attention", "Σ A · V(p + Δp)"),
        Pattern("concat_heads", out.concat, "Concatenate heads", "reshape"),
    ]
    for letter, op in (("V", found.value), ("O", out.projection)):
        if op is not None:
            sizes = f"{width_in(flow, op)} → {width_out(flow, op)}"
            boxes.append(Pattern("project", frozenset([op.id]), f"Linear W_{letter}", "linear", sizes))
    label = "Deformable cross-attention" if facts["cross"] else "Deformable attention"
    words = f"{facts['heads']} heads, {facts['places']} places" + (
        f" of {facts['maps']} maps" if facts["maps"] > 1 else ""
    )
    inside = frozenset(op for box in boxes for op in box.ops)
    frame = Pattern("deformable_attention", inside, label, "attention", words, leaf=False, facts=facts)
    return [box for box in (*boxes, frame) if box.ops]


def _facts(flow: Flow, found: _Sampling) -> dict[str, Any]:
    """`places`: that a head reads for one query, in all `maps` together."""
    maps = {op.inputs[0]: flow.tensors[op.inputs[0]].shape[2:] for op in found.readings}
    places = flow.tensors[found.shares.outputs[0]].shape[-1]
    heads = width_out(flow, found.weights) // places
    query = source_of(flow, found.weights)
    made = [width_in(flow, op) * width_out(flow, op) for op in (found.offsets, found.weights)]
    return {
        "d_model": width_in(flow, found.weights),
        "weights": sum(made),
        "cross": query != found.source and not is_sum_with(flow, query, found.source),
        "causal": False,
        "heads": heads,
        "places": places,
        "maps": len(maps),
        "positions": sum(map(prod, maps.values())),
    }
