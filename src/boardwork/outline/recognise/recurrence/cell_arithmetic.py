"""Flow -> the elementwise part of recurrent cells: which operations are gates, states and the new state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.product import product
from boardwork.trace.records import Op

_SQUASH = ("tanh", "relu")


@dataclass(frozen=True)
class Arithmetic:
    """`gates`: activations that take layers. `states`: tensors of the step before. `hidden`: the new state.

    `cells`: of an LSTM, the cell before and after.

    `reset_first`: the reset gate acts before the state's layer; `update_adds`: the update gate weighs the candidate.
    """

    kind: str
    ops: frozenset[int]
    gates: tuple[int, ...]
    states: frozenset[int]
    hidden: int
    names: dict[int, str] = field(default_factory=dict)
    reset_first: bool = False
    update_adds: bool = False
    cells: frozenset[int] = frozenset()

    @property
    def letters(self) -> dict[int, str]:
        """Tensor -> what papers call it: the cell c, old and new, and the state h."""
        return {tensor: "c" if tensor in self.cells else "h" for tensor in (*self.states, *self.cells, self.hidden)}


def arithmetics(flow: Flow) -> Iterator[Arithmetic]:
    """Every step of a cell; what gates one of them is no plain cell."""
    data = [op for op in flow.ops if flow.is_data(op.id)]
    gated = [found for op in data if (found := _lstm(flow, op) or _gru(flow, op)) is not None]
    inside = {i for found in gated for i in found.ops}
    yield from gated
    for op in data:
        if op.id not in inside and (found := _rnn(flow, op)) is not None:
            yield found


def _factors(flow: Flow, tensor: int) -> tuple[Op, list[int]] | None:
    """The product of two tensors that a tensor is."""
    op = flow.producer(tensor)
    return (op, list(op.inputs)) if op is not None and op.name == "mul" and len(op.inputs) == 2 else None


def _gate(flow: Flow, tensor: int) -> Op | None:
    """The sigmoid that made a tensor, also behind the cut that took this gate out of all."""
    op = flow.producer(flow.origin(tensor)[0].id)
    return op if op is not None and op.name == "sigmoid" else None


def _squashed(flow: Flow, tensor: int) -> Op | None:
    op = flow.producer(flow.origin(tensor)[0].id)
    return op if op is not None and op.name in _SQUASH else None


def _lstm(flow: Flow, op: Op) -> Arithmetic | None:
    """o * tanh(f * c + i * g)."""
    if op.name != "mul" or len(op.inputs) != 2:
        return None
    for opened, shown in (op.inputs, op.inputs[::-1]):
        output, tanh = _gate(flow, opened), _squashed(flow, shown)
        cell = flow.producer(tanh.inputs[0]) if tanh is not None else None
        if output is None or tanh is None or cell is None or cell.name != "add" or len(cell.inputs) != 2:
            continue
        for kept, added in (cell.inputs, cell.inputs[::-1]):
            parts = _kept_and_added(flow, kept, added)
            if parts is not None:
                forget, entry, candidate, state, products = parts
                names = {
                    entry.id: "Input gate i", forget.id: "Forget gate f", candidate.id: "Candidate g",
                    output.id: "Output gate o",
                }  # fmt: skip
                gates = (entry.id, forget.id, candidate.id, output.id)
                ops = frozenset({op.id, tanh.id, cell.id, *products, *gates})
                hidden = _hidden_before(flow, gates, ops, flow.tensors[op.outputs[0]].shape)
                states, cells = frozenset({state, *hidden}), frozenset({state, *cell.outputs})
                return Arithmetic("lstm", ops, gates, states, op.outputs[0], _distinct(names), cells=cells)
    return None


def _distinct(names: dict[int, str]) -> dict[int, str]:
    """One sigmoid for all gates at once has no name of its own."""
    return names if len(names) > 3 else {}


def _kept_and_added(flow: Flow, kept: int, added: int) -> tuple[Op, Op, Op, int, list[int]] | None:
    """Forget gate, input gate, candidate, state before and both products of f * c + i * g."""
    old, new = _factors(flow, kept), _factors(flow, added)
    if old is None or new is None:
        return None
    for opened, candidate in (new[1], new[1][::-1]):
        entry, squashed = _gate(flow, opened), _squashed(flow, candidate)
        if entry is None or squashed is None:
            continue
        for gate, state in (old[1], old[1][::-1]):
            forget = _gate(flow, gate)
            if forget is not None:
                return forget, entry, squashed, state, [old[0].id, new[0].id]
    return None


def _hidden_before(flow: Flow, gates: tuple[int, ...], ops: frozenset[int], shape: tuple[int, ...]) -> set[int]:
    """Tensors of the state's shape that the layers behind the gates take, and the cells that made them."""
    found: set[int] = set()
    todo, seen = [t for gate in gates for t in flow.ops[gate].inputs], set(ops)
    while todo:
        tensor = todo.pop()
        op = flow.producer(tensor)
        if op is None or op.id in seen or len(seen) > 200:
            continue
        seen.add(op.id)
        layer = product(flow, op, wide=True)
        if layer is None:
            todo.extend(flow.data_inputs(op))
            continue
        for end in _taken(flow, layer.data):
            made = flow.producer(end)
            if flow.tensors[end].shape == shape and _is_state(flow, made):
                found.add(end)
    return found


def _is_state(flow: Flow, made: Op | None) -> bool:
    """True for what a cell hands on, for an input, and for zeros."""
    return made is None or made.name in ("mul", "add", *_SQUASH) or not flow.is_data(made.id)


def _taken(flow: Flow, tensor: int) -> set[int]:
    """What enters a layer, each part of a concatenation by itself, the state behind a gate's product too."""
    made = flow.producer(flow.origin(tensor)[0].id)
    if made is not None and made.name == "cat":
        return {end for t in made.inputs for end in _taken(flow, t)}
    gated = _factors(flow, tensor)
    if gated is not None and any(_gate(flow, t) is not None for t in gated[1]):
        own = _lstm(flow, gated[0])
        return {tensor} if own is not None else {t for t in gated[1] if _gate(flow, t) is None}
    return {tensor}


def _gru(flow: Flow, add: Op) -> Arithmetic | None:
    """(1 - z) * a + z * b, one of them tanh of layers, the other the state."""
    if add.name != "add" or len(add.inputs) != 2:
        return None
    for rest, weighed in (add.inputs, add.inputs[::-1]):
        one, two = _factors(flow, rest), _factors(flow, weighed)
        if one is None or two is None:
            continue
        for left, a in (one[1], one[1][::-1]):
            minus = flow.producer(left)
            for z, b in (two[1], two[1][::-1]):
                update = _gate(flow, z)
                if update is None or minus is None or minus.name != "rsub" or _gate(flow, minus.inputs[0]) != update:
                    continue
                found = _gated_unit(flow, add, update, a, b, {one[0].id, two[0].id, minus.id})
                if found is not None:
                    return found
    return None


def _gated_unit(flow: Flow, add: Op, update: Op, a: int, b: int, products: set[int]) -> Arithmetic | None:
    for candidate, state in ((a, b), (b, a)):
        squashed = _squashed(flow, candidate)
        if squashed is None or (reset := _reset(flow, squashed, state)) is None:
            continue
        names = {update.id: "Update gate z", reset[0].id: "Reset gate r", squashed.id: "Candidate n"}
        gates = (update.id, reset[0].id, squashed.id)
        ops = frozenset({add.id, *products, *gates})
        return Arithmetic(
            "gru",
            ops,
            gates,
            frozenset([state]),
            add.outputs[0],
            names if len(names) == 3 else {},
            reset[1],
            candidate == b,
        )
    return None


def _reset(flow: Flow, candidate: Op, state: int) -> tuple[Op, bool] | None:
    """The sigmoid that a part of the candidate is multiplied by; True when a layer comes after that product.

    Before a layer it is the state that is multiplied: else the gate is one of the layer before, as in highways.
    """
    todo, seen = [(candidate.inputs[0], False)], 0
    while todo and seen < 64:
        tensor, passed = todo.pop()
        seen += 1
        op = flow.producer(tensor)
        if op is None:
            continue
        factors = _factors(flow, tensor)
        gate = next((g for t in factors[1] if (g := _gate(flow, t)) is not None), None) if factors is not None else None
        if gate is not None and factors is not None:
            kept = flow.origin(state)[0].id in {flow.origin(t)[0].id for t in factors[1]}
            return (gate, passed) if kept or not passed else None
        layer = product(flow, op)
        if layer is not None and not passed:
            todo.append((layer.data, True))
        elif layer is None and (op.name in ("add", "cat", "mul") or flow.is_shape(op.id)):
            todo.extend((t, passed) for t in flow.data_inputs(op))
    return None


def _rnn(flow: Flow, op: Op) -> Arithmetic | None:
    """tanh or ReLU of layers over the input and over a tensor of the same shape."""
    if op.name not in _SQUASH:
        return None
    shape, made = (flow.tensors[op.outputs[0]].shape, flow.producer(flow.origin(op.inputs[0])[0].id))
    if made is None or len(shape) != 2:
        return None
    parts = made.inputs if made.name == "add" and len(made.inputs) == 2 else made.outputs[:1]
    layers = [product(flow, flow.producer(flow.origin(t)[0].id)) for t in parts]
    taken = [_taken(flow, layer.data) for layer in layers if layer is not None]
    joined = len(taken) == 1 and len(taken[0]) == 2
    if len(taken) < len(parts) or not (len(taken) == 2 or joined):
        return None
    states = {t for ends in taken for t in ends if flow.tensors[t].shape == shape}
    known = {t for t in states if flow.is_constant(t) or ((p := flow.producer(t)) is not None and p.name == op.name)}
    return Arithmetic("rnn", frozenset([op.id]), (op.id,), frozenset(known), op.outputs[0]) if known else None
