"""Flow -> steps of a recurrent cell written out: gates over input and state; LSTM, GRU and plain RNN."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.product import Product, product
from boardwork.outline.recognise.recurrence.cell_arithmetic import Arithmetic, arithmetics
from boardwork.trace.records import Op

_NAMES = {"lstm": "LSTM cell", "gru": "GRU cell", "rnn": "RNN cell"}
_GATES = {"lstm": 4, "gru": 3, "rnn": 1}
_MOST = 96  # operations between the layers of a step and its gates


@dataclass(frozen=True)
class Step:
    """One step. `layers`: the products that its gates are made from; `ops`: all that only this step runs."""

    arithmetic: Arithmetic
    layers: tuple[Product, ...]
    ops: frozenset[int]


def recurrent_cells(flow: Flow) -> Iterator[list[Pattern]]:
    """For every step: its gates, and last the frame round the step."""
    found = [step for arithmetic in arithmetics(flow) if (step := _step(flow, arithmetic)) is not None]
    shared = {op for op, count in Counter(op for step in found for op in step.ops).items() if count > 1}
    steps = [replace(step, ops=step.ops - shared) for step in found if step.ops - shared]
    runs = Counter(_weights(flow, step) for step in steps)
    for step in steps:
        if step.arithmetic.kind != "rnn" or runs[_weights(flow, step)] > 1:
            yield _patterns(flow, step, runs[_weights(flow, step)])


def _weights(flow: Flow, step: Step) -> tuple[int, ...]:
    """The matrices of a step: equal for two runs of the same cell."""
    return tuple(sorted({flow.origin(t)[0].id for p in step.layers for t in p.op.inputs if flow.is_weight(t)}))


def _step(flow: Flow, arithmetic: Arithmetic) -> Step | None:
    """Walk back from the gates to the layers, and over what joins input and state before them."""
    ops, layers = set(arithmetic.ops), []
    todo = [t for op in arithmetic.gates for t in flow.ops[op].inputs]
    while todo:
        tensor = todo.pop()
        op = flow.producer(tensor)
        if op is None or op.id in ops or tensor in arithmetic.states or not flow.is_data(op.id):
            continue
        ops.add(op.id)
        layer = product(flow, op, wide=arithmetic.kind != "rnn")
        if layer is None:
            todo.extend(op.inputs)
        else:
            layers.append(layer)
            ops |= _joined(flow, layer)
            todo += [layer.data] if _gated(flow, layer) else []
        if len(ops) > _MOST:
            return None
    return Step(arithmetic, tuple(layers), frozenset(ops)) if layers else None


def _joined(flow: Flow, layer: Product) -> set[int]:
    """The concatenation of input and state that a layer takes."""
    source, passed = flow.origin(layer.data)
    made = flow.producer(source.id)
    return {made.id, *passed} if made is not None and made.name == "cat" and len(made.inputs) == 2 else set()


def _gated(flow: Flow, layer: Product) -> bool:
    """True when the layer takes a product, as of the reset gate and the state."""
    made = flow.producer(layer.data)
    return made is not None and made.name == "mul" and len(flow.data_users(made)) == 1


def _patterns(flow: Flow, step: Step, steps: int) -> list[Pattern]:
    kind = step.arithmetic.kind
    boxes = [
        Pattern("gate", frozenset([op]), label, "activation", flow.ops[op].name)
        for op, label in step.arithmetic.names.items()
    ]
    width, arriving = _width(flow, step), _arriving(flow, step)
    remembers = _remembers(flow, step, width)
    facts = _facts(flow, step, steps, width, arriving) if remembers else {}
    word = "recurrent" if facts else "map_cell" if remembers and _is_convolutional(step) else "cell"
    detail = f"{arriving} → {width}" if arriving else f"width {width}"
    told = {"carried": step.arithmetic.letters}
    label = f"Conv{_NAMES[kind]}" if _is_convolutional(step) else _NAMES[kind]
    return [
        *boxes,
        Pattern(word, step.ops, label, "recurrent", detail, leaf=False, facts=(facts or _sort(flow, step)) | told),
    ]


def _is_convolutional(step: Step) -> bool:
    return any(layer.op.name.startswith("conv") for layer in step.layers)


def _width(flow: Flow, step: Step) -> int:
    """Features of the state: channels where the layers are convolutions."""
    return flow.tensors[step.arithmetic.hidden].shape[1 if _is_convolutional(step) else -1]


def _arriving(flow: Flow, step: Step) -> int:
    """Features of the input: of the layer without the state, or what the state leaves of their concatenation."""
    hidden = _width(flow, step)
    weights = sum((p.params - p.bias) // _taps(flow, p) for p in step.layers)
    told = weights // (_GATES[step.arithmetic.kind] * hidden) - hidden  # as the weights of a plain cell have it
    if any(told in (p.before, p.before - hidden) for p in step.layers if told > 0):
        return told
    for layer in step.layers:
        ends = _ends(flow, layer.data, step.arithmetic.states)
        if not ends & step.arithmetic.states:
            empty = any(flow.is_constant(end) for end in ends)  # the state before the first step
            return max(layer.before - hidden, 0) if empty else layer.before
        if layer.before > hidden:
            return layer.before - hidden
    return 0


def _remembers(flow: Flow, step: Step, hidden: int) -> bool:
    """True where a layer takes the state as the gates leave it, not a projection of it: of the same width."""
    axis = 1 if _is_convolutional(step) else -1
    ends = {end for layer in step.layers for end in _ends(flow, layer.data, step.arithmetic.states)}
    known = (end for end in ends if end in step.arithmetic.states or flow.is_constant(end))
    return any(flow.tensors[end].shape[axis] == hidden for end in known)


def _sort(flow: Flow, step: Step) -> dict[str, str | bool]:
    """What tells the equations of cells from one another."""
    made, seen = step.arithmetic, _peepholes(flow, step)
    sort: dict[str, str | bool] = {"kind": made.kind, "reset_first": made.reset_first, "update_adds": made.update_adds}
    after = sum(any(flow.tensors[t].producer in made.ops for t in op.inputs) for op in seen)
    usual = (len(seen), after) == (3, 1)
    return sort | ({"peepholes": "usual" if usual else "others"} if seen else {})


def _peepholes(flow: Flow, step: Step) -> list[Op]:
    """Products by which gates see the cell: a weight times the old cell, for the output gate usually the new one."""
    known = step.arithmetic.states | {t for op in step.arithmetic.ops for t in flow.ops[op].outputs}
    muls = (flow.ops[op] for op in step.ops - step.arithmetic.ops if flow.ops[op].name == "mul")
    return [op for op in muls if any(map(flow.is_weight, op.inputs)) and not known.isdisjoint(op.inputs)]


def _taps(flow: Flow, layer: Product) -> int:
    """Positions of a kernel, 1 where the layer is linear."""
    return prod(flow.tensors[layer.op.inputs[1]].shape[2:]) if layer.op.name.startswith("conv") else 1


def _ends(flow: Flow, tensor: int, states: frozenset[int]) -> set[int]:
    """What a layer takes, behind concatenation, products with a gate, and shape operations."""
    source = flow.origin(tensor)[0].id
    made = flow.producer(source)
    if source in states or tensor in states or made is None or made.name not in ("cat", "mul"):
        return {source, tensor}
    return {end for t in made.inputs for end in _ends(flow, t, states)}


def _facts(flow: Flow, step: Step, steps: int, hidden: int, arriving: int) -> dict[str, int | str | bool]:
    """The words of a recurrent layer, where its weights are those of the plain cell; none otherwise."""
    gates = _GATES[step.arithmetic.kind]
    matrices = sum(p.params - p.bias for p in step.layers)
    used = {t for op in step.ops for t in flow.ops[op].inputs if flow.tensors[t].kind == "parameter"}
    used |= {t for p in step.layers for t in p.op.inputs if flow.tensors[t].kind == "parameter"}
    params = sum(flow.tensors[t].size for t in used)
    if not arriving or matrices != gates * hidden * (arriving + hidden):
        return {}
    seen = {flow.origin(t)[0].id for op in _peepholes(flow, step) for t in op.inputs if flow.is_weight(t)}
    diagonal = sum(flow.tensors[t].size for t in seen)
    return {
        "input": arriving, "hidden": hidden, "layers": 1, "directions": 1, "gates": gates,
        "steps": steps, "params": params, "first_params": params, "bias": params - matrices - diagonal,
        "macs": steps * sum(p.op.macs for p in step.layers), **_sort(flow, step),
        **({"diagonal": diagonal} if diagonal else {}),
    }  # fmt: skip
