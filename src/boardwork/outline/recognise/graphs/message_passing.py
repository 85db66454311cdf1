"""Flow -> message passing over a list of edges: values taken at one end of every edge, added up at the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from boardwork.law_names import names_in
from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.product import product, through
from boardwork.trace.records import Op

_SCATTERS = ("index_add", "scatter_add", "scatter_reduce", "index_reduce", "scatter")
_GATHERS = ("getitem", "index_select", "gather")
_REDUCED = {"mean": "mean", "amax": "maximum", "amin": "minimum", "prod": "product"}
_DEGREE_STEPS = ("clamp", "pow", "rsqrt", "sqrt", "reciprocal")
_MOST = 64


@dataclass(frozen=True)
class Spread:
    """`ops`: from the gathers to the last scatter. `layers`: weights at work on every edge. `gathers`: its start.

    `counts`: scaled by the degrees of the nodes. `weighs`: scaled by a sum of other messages, as in a softmax.
    """

    scatter: Op
    ops: frozenset[int]
    layers: tuple[int, ...]
    gathers: tuple[int, ...]
    counts: bool
    weighs: bool


def message_passings(flow: Flow) -> Iterator[list[Pattern]]:
    """For every aggregation: one box, or a frame round the network that makes the messages."""
    inner: set[int] = set()
    for op in reversed(flow.ops):
        if op.name in _SCATTERS and flow.is_data(op.id) and op.id not in inner:
            found = _spread(flow, op)
            if found is not None:
                inner |= found.ops
                yield _patterns(flow, found)
            elif _joins_rows(flow, op):
                yield [_pool(flow, op)]


def _spread(flow: Flow, scatter: Op) -> Spread | None:
    """Walk back from the values to the gathers at the ends of edges."""
    values = [t for t in scatter.inputs if not _whole(flow, t)]
    index = [t for t in scatter.inputs if _whole(flow, t)]
    if len(index) != 1 or not _given(flow, index[0]) or not values:
        return None
    ops, layers, gathers, counts, weighs = {scatter.id}, [], [], False, False
    todo, shares = list(values[-1:]), set[int]()
    while todo and len(ops) < _MOST:
        op = flow.producer(todo.pop())
        if op is None or op.id in ops or not flow.is_data(op.id):
            continue
        if _is_gather(flow, op):
            ops.add(op.id)
            made = _before_powers(flow, op.inputs[0])
            if made is not None and made.name in _SCATTERS:
                todo.append(op.inputs[0])
                shares.add(made.id)
                counts |= _counts(flow, made)
                weighs |= not _counts(flow, made)
            elif not all(_whole(flow, t) or flow.is_constant(t) for t in op.inputs):
                gathers.append(op.id)
                ops |= _scores(flow, op.inputs[0])
            continue
        if op.name in _SCATTERS and op.id not in shares:  # what nodes have received is no message
            return None
        if product(flow, op) is not None:
            layers.append(op.id)
        ops.add(op.id)
        todo += [t for t in op.inputs if not flow.is_weight(t) and not _whole(flow, t)]
    if not gathers or len(ops) >= _MOST:
        return None
    return Spread(scatter, frozenset(ops), tuple(layers), tuple(gathers), counts, weighs)


def _whole(flow: Flow, tensor: int) -> bool:
    """True for indices."""
    return flow.tensors[tensor].dtype in ("int64", "int32", "int16", "uint8")


def _given(flow: Flow, index: int) -> bool:
    """True when an index is made of inputs and tables that hold indices, not chosen by scores."""
    todo, seen = [index], set[int]()
    while todo and len(seen) < _MOST:
        tensor = todo.pop()
        if tensor in seen or flow.is_constant(tensor):
            continue
        seen.add(tensor)
        made = flow.producer(tensor)
        if not _whole(flow, tensor) and flow.tensors[tensor].dtype != "bool":
            return False
        todo += made.inputs if made is not None else ()
    return not todo


def _is_gather(flow: Flow, op: Op) -> bool:
    """Rows of a tensor of numbers at positions that edges name."""
    given = len(op.inputs) > 1 and _whole(flow, op.inputs[-1]) and not _whole(flow, op.inputs[0])
    return op.name in _GATHERS and given and _given(flow, op.inputs[-1])


def _scores(flow: Flow, tensor: int) -> set[int]:
    """A product of every node with one learned vector, summed to a number: its half of the scores of its edges."""
    total = flow.producer(tensor)
    made = flow.producer(total.inputs[0]) if total is not None and total.name == "sum" else None
    if total is None or made is None or made.name != "mul" or not any(map(flow.is_weight, made.inputs)):
        return set()
    return {total.id, made.id}


def _before_powers(flow: Flow, tensor: int) -> Op | None:
    """What made the numbers that powers were taken of, as degrees; nodes without neighbours may be masked."""
    made = flow.producer(through(flow, tensor, _DEGREE_STEPS)[0])
    if made is not None and made.name == "masked_fill":
        made = flow.producer(through(flow, made.inputs[0], _DEGREE_STEPS)[0])
    return made


def _counts(flow: Flow, scatter: Op) -> bool:
    """True when ones are added up: the degrees of the nodes."""
    return all(flow.is_constant(t) or _whole(flow, t) for t in scatter.inputs)


def _joins_rows(flow: Flow, scatter: Op) -> bool:
    """True where an input of whole numbers says which rows are one: the nodes of each graph, the words of each line."""
    index = [t for t in scatter.inputs if _whole(flow, t)]
    rows = flow.tensors[scatter.inputs[-1]].shape[:1] > flow.tensors[scatter.outputs[0]].shape[:1]
    return len(index) == 1 and _given(flow, index[0]) and rows and not _counts(flow, scatter)


def _pool(flow: Flow, scatter: Op) -> Pattern:
    divisor = _divided(flow, scatter)
    rows = flow.tensors[scatter.inputs[-1]].shape[0], flow.tensors[scatter.outputs[0]].shape[0]
    sort = _reduction(scatter) or ("mean" if divisor else "sum")
    detail = f"{rows[0]} rows → {rows[1]}"
    return Pattern("pool", frozenset([scatter.id, *divisor]), f"{sort.capitalize()} over each group", "pool", detail)


def _patterns(flow: Flow, found: Spread) -> list[Pattern]:
    divisor = _divided(flow, found.scatter)
    ops, mean = {*found.ops, *divisor}, bool(divisor)
    nodes = flow.tensors[found.scatter.outputs[0]].shape
    edges = flow.tensors[flow.ops[found.gathers[0]].outputs[0]].shape[0]
    width = flow.tensors[found.scatter.outputs[0]].size // nodes[0]
    facts: dict[str, object] = {"nodes": nodes[0], "edges": edges, "width": width, **_axes(flow, found)}
    label, detail = _label(found, mean), f"{edges} edges → {nodes[0]} nodes"
    if not found.layers:
        return [Pattern("message_passing", frozenset(ops), label, "matmul", detail, facts=facts)]
    gathers = [Pattern("gather", frozenset([i]), "Gather", "reshape", f"nodes → {edges} edges") for i in found.gathers]
    last = frozenset(i for i in ops if i >= found.scatter.id) - set(found.layers) - set(found.gathers)
    total = Pattern("aggregate", last, label, "matmul", detail)
    frame = Pattern("message_passing", frozenset(ops), "Message passing", "block", detail, leaf=False, facts=facts)
    return [*gathers, total, frame]


def _divided(flow: Flow, scatter: Op) -> set[int]:
    """The division of a sum by the number of its summands, with what counts these; nothing of any other sum."""
    following, passed = flow.next_op(scatter)
    counted = _counting(flow, following) if following is not None and following.name == "div" else set[int]()
    return {following.id, *passed, *counted} if following is not None and counted else set()


def _axes(flow: Flow, found: Spread) -> dict[str, str]:
    """The axes of the inputs that count nodes and edges; loops of every node to itself are in the edges."""
    nodes = _names(flow, found.scatter)
    edges = [name for name in _names(flow, flow.ops[found.gathers[0]]) if name not in nodes]
    named = {"nodes_axis": nodes, "edges_axis": edges}
    return {word: names[0] for word, names in named.items() if len(names) == 1}


def _names(flow: Flow, op: Op) -> list[str]:
    """The input axes in the law of the first axis of what an operation gives."""
    laws = flow.tensors[op.outputs[0]].symbols
    return names_in(laws[0]) if laws else []


def _counting(flow: Flow, division: Op) -> set[int]:
    """Operations that count the edges of every node, when the division is by such a count."""
    for tensor in division.inputs:
        reached, passed = through(flow, tensor, ("clamp", "clamp_min"))
        made = flow.producer(reached)
        if made is not None and made.name in _SCATTERS and _counts(flow, made):
            return {made.id, *passed}
    return set()


def _label(found: Spread, mean: bool) -> str:
    reduced = _reduction(found.scatter)
    if reduced or mean:
        return f"Neighbour {reduced or 'mean'}"
    if found.weighs:
        return "Attention over neighbours"
    return "Normalised neighbour sum" if found.counts else "Neighbour sum"


def _reduction(scatter: Op) -> str:
    """What a scatter makes of rows that meet, if it is no sum."""
    return _REDUCED.get(str(scatter.attrs.get("reduce") or scatter.attrs.get("3")), "")
