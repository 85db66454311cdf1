"""Flow -> feed-forward blocks: linear, activation, linear, with or without a gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS, ENDS, written
from boardwork.outline.recognise.elementwise import ELEMENTWISE, PIECEWISE, reduces
from boardwork.outline.recognise.learned_curve import LEARNED, activation_name, is_piece
from boardwork.outline.recognise.norms.arithmetic import CALLED, norm_before
from boardwork.outline.recognise.product import product
from boardwork.trace.records import Op, Tensor

_BETWEEN = (ELEMENTWISE | PIECEWISE | ACTIVATIONS.keys() | {"batch_norm"}) - {"softmax", "log_softmax", "glu"}
_CLIPS = ("clamp", "clamp_min", "clamp_max")
_LINEAR = ("linear", "addmm")
_NORMS = CALLED.keys() - {"batch_norm"}  # that folds into the layer before it


def feed_forwards(flow: Flow) -> Iterator[list[Pattern]]:
    """For every feed-forward block: its boxes, and last the frame round them."""
    for op in flow.ops:
        if is_linear(flow, op) and flow.is_data(op.id):
            found = _ending_at(flow, op)
            if found is not None:
                yield found


def is_linear(flow: Flow, op: Op) -> bool:
    """A linear layer; also a bare product of data with a matrix of weights on its right."""
    if op.name not in ("matmul", "mm"):
        return op.name in _LINEAR
    return not flow.is_weight(op.inputs[0]) and product(flow, op) is not None


def _ending_at(flow: Flow, down: Op) -> list[Pattern] | None:
    """The block whose last projection is `down`: walk back through elementwise operations to the first ones."""
    normed = norm_before(flow, _data(down))
    middle, ends = _between(flow, down, normed)
    if not ends or len(ends) > 2 or not middle:
        return None
    ups = [flow.ops[i] for i in sorted(ends)]
    if not all(is_linear(flow, up) for up in ups) or len({_source(flow, up) for up in ups}) != 1:
        return None
    inside = {*middle, down.id}
    if any(user.id not in inside for i in (*ends, *middle) for user in flow.data_users(flow.ops[i])):
        return None  # the hidden layer is used elsewhere too
    layers = _layers(flow, middle) | normed
    activation = activation_name(flow, middle - layers)
    gate = _gate(flow, middle - normed, ups)
    if not activation or (gate is None and (len(ups) == 2 or _meets_itself(flow, middle - layers, activation))):
        return None
    d_model, d_out = _width_in(flow, ups[0]), flow.tensors[down.outputs[0]].shape[-1]
    if d_model != d_out or _goes_on(flow, down) or not _mixes_first(flow, middle):
        return None
    return _patterns(flow, ups, middle, layers, down, gate, activation)


def _goes_on(flow: Flow, down: Op) -> bool:
    """Another activation follows: a layer in the middle of a longer perceptron."""
    following, _ = flow.next_op(down)
    return following is not None and following.name in ACTIVATIONS


def _data(layer: Op) -> int:
    slot = layer.slot("input")
    return layer.inputs[0] if slot is None else slot


def _between(flow: Flow, down: Op, normed: frozenset[int]) -> tuple[set[int], set[int]]:
    """Operations on the hidden features, and those before them; `normed`: a norm written out, right before `down`."""
    middle, ends = set(normed), set[int]()
    todo = list(flow.taken(normed)) if normed else [_data(down)]
    while todo:
        op = flow.producer(todo.pop())
        if op is None or not flow.is_data(op.id):
            continue
        if (
            (op.name in _BETWEEN and not reduces(op))
            or flow.is_shape(op.id)
            or _channelwise(flow, op)
            or _norm_of(flow, op, down)
        ):
            if op.id not in middle:
                middle.add(op.id)
                todo.extend(flow.data_inputs(op))
        else:
            ends.add(op.id)
        if len(middle) > 24 or len(ends) > 2:
            return set(), set()
    return middle, ends


def _channelwise(flow: Flow, op: Op) -> bool:
    """A convolution of each hidden feature with its neighbours, arXiv:2105.15203 section 3.1."""
    groups = op.attrs.get("groups")
    return op.name.startswith("conv") and isinstance(groups, int) and groups == flow.tensors[op.outputs[0]].shape[1]


def _norm_of(flow: Flow, op: Op, down: Op) -> bool:
    """A norm right before the last projection, arXiv:2210.06423."""
    return op.name in CALLED and flow.next_op(op)[0] is down


def _layers(flow: Flow, middle: set[int]) -> set[int]:
    """Layers on the hidden features that have boxes of their own."""
    return {i for i in middle if flow.ops[i].name in _NORMS or _channelwise(flow, flow.ops[i])}


def _mixes_first(flow: Flow, middle: set[int]) -> bool:
    """Neighbours meet before the activation: after it, the convolution is what the layers are there for."""
    mixing = [i for i in middle if _channelwise(flow, flow.ops[i])]
    bends = [i for i in middle if flow.ops[i].name in ACTIVATIONS]
    return not mixing or not bends or max(mixing) < min(bends)


def _gate(flow: Flow, middle: set[int], ups: list[Op]) -> Op | None:
    """The product of two branches, of which exactly one passes an activation."""
    for index in sorted(middle, reverse=True):
        op = flow.ops[index]
        inputs = flow.data_inputs(op)
        if op.name == "mul" and len(inputs) == 2 and inputs[0] != inputs[1]:
            return op if len(ups) == 2 or _other_pieces(flow, inputs, middle) else None
    return None


def _meets_itself(flow: Flow, middle: set[int], activation: str) -> bool:
    """True where the hidden layer is multiplied by what is made of it, and that is no activation with a name."""
    if activation == LEARNED:
        return False
    named = {i for op in middle if (found := _written(flow, op)) is not None for i in found[1]}
    return any(flow.ops[i].name == "mul" and len(set(flow.data_inputs(flow.ops[i]))) == 2 for i in middle - named)


def _written(flow: Flow, op: int) -> tuple[str, frozenset[int]] | None:
    return written(flow, flow.ops[op]) if flow.ops[op].name in ENDS else None


def _other_pieces(flow: Flow, inputs: Sequence[int], middle: set[int]) -> bool:
    """True where two branches read other pieces of one hidden layer."""
    one, other = (_pieces(flow, tensor, middle) for tensor in inputs)
    return one != other


def _pieces(flow: Flow, tensor: int, middle: set[int]) -> set[int]:
    """Pieces of the hidden layer that a branch is made of."""
    read = {tensor, *(t for op in _back(flow, tensor, middle) for t in flow.ops[op].inputs)}
    return {t for t in read if is_piece(flow, t)}


def _source(flow: Flow, op: Op) -> int:
    return flow.origin(_data(op))[0].id


def _width_in(flow: Flow, op: Op) -> int:
    return flow.tensors[_data(op)].shape[-1]


def _in_out(flow: Flow, op: Op) -> str:
    return f"{_width_in(flow, op)} → {flow.tensors[op.outputs[0]].shape[-1]}"


def _patterns(
    flow: Flow, ups: list[Op], middle: set[int], layers: set[int], down: Op, gate: Op | None, activation: str
) -> list[Pattern]:
    d_ff = _width_in(flow, down)
    name = {"SiLU": "SwiGLU", "GELU": "GeGLU", "ReLU": "ReGLU", "Sigmoid": "GLU"}.get(activation, f"{activation}-gated")
    label = f"{name} feed-forward" if gate is not None else "Feed-forward"
    across = _across(flow, ups[0])
    label = f"{label} across positions" if across else label
    facts = {**_facts(flow, [*ups, down], gate is not None, activation, d_ff), "across": across}
    facts |= _bounds(flow, middle, gate)
    frame = frozenset({op.id for op in ups} | middle | {down.id})
    boxes = _boxes(flow, ups, middle, layers, gate, activation)
    boxes.append(
        Pattern("linear", frozenset([down.id]), "Linear down" if gate else "Linear", "linear", _in_out(flow, down))
    )
    mixing = ", depthwise conv" if any(_channelwise(flow, flow.ops[i]) for i in layers) else ""
    detail = f"{_width_in(flow, ups[0])} → {d_ff} → {_width_in(flow, ups[0])}{mixing}, {activation}"
    return [*boxes, Pattern("feed_forward", frame, label, "feed_forward", detail, leaf=False, facts=facts)]


def _bounds(flow: Flow, middle: set[int], gate: Op | None) -> dict[str, Any]:
    """Whether both branches are held within bounds before the gate, and the number added to what it lets pass."""
    if gate is None:
        return {}
    branches = (_back(flow, tensor, middle) for tensor in flow.data_inputs(gate))
    if not all(any(flow.ops[i].name in _CLIPS for i in branch) for branch in branches):
        return {}
    ends = (flow.producer(tensor) for tensor in flow.data_inputs(gate))
    shifts = [op.attrs.get("1") for op in ends if op is not None and op.name == "add" and len(op.inputs) == 1]
    return {"bounded": True, "shift": next((n for n in shifts if isinstance(n, int | float)), 0)}


def _boxes(
    flow: Flow, ups: list[Op], middle: set[int], layers: set[int], gate: Op | None, activation: str
) -> list[Pattern]:
    if gate is None and layers:
        return [Pattern("linear", frozenset([ups[0].id]), "Linear", "linear", _in_out(flow, ups[0]))]
    if gate is None:
        ops = frozenset({ups[0].id} | middle)
        normal = any(flow.ops[op].name == "batch_norm" for op in middle)
        label = f"Linear, BN, {activation}" if normal else f"Linear, {activation}"
        return [Pattern("linear", ops, label, "linear", _in_out(flow, ups[0]))]
    boxes = [Pattern("multiply", frozenset([gate.id]), "×", "multiply")]
    if len(ups) == 1:
        pieces = {t for tensor in flow.data_inputs(gate) for t in _pieces(flow, tensor, middle)}
        cut = {op for piece in pieces for op in _back(flow, piece, middle)}
        boxes.append(
            Pattern("linear", frozenset(cut | {ups[0].id}), "Linear gate, up", "linear", _in_out(flow, ups[0]))
        )
        branches = (_back(flow, tensor, middle) - cut - layers for tensor in flow.data_inputs(gate))
        bends = [frozenset(branch) for branch in branches if activation_name(flow, branch) == activation]
        return [*boxes, *(Pattern("activation", bend, activation, "activation") for bend in bends[:1])]
    for branch in (_back(flow, tensor, middle) for tensor in flow.data_inputs(gate)):
        own = next(up for up in ups if any(u.id in branch or (not branch and u is gate) for u in flow.data_users(up)))
        word = f"gate, {activation}" if any(not flow.is_shape(op) for op in branch) else "up"
        boxes.append(Pattern("linear", frozenset({own.id} | branch), f"Linear {word}", "linear", _in_out(flow, own)))
    return boxes


def _back(flow: Flow, tensor: int, middle: set[int]) -> set[int]:
    found: set[int] = set()
    todo = [tensor]
    while todo:
        op = flow.producer(todo.pop())
        if op is not None and op.id in middle and op.id not in found:
            found.add(op.id)
            todo.extend(flow.data_inputs(op))
    return found


def _across(flow: Flow, up: Op) -> bool:
    """True when the layer takes positions as its features: the last two axes were swapped right before it."""
    record, passed = flow.origin(up.inputs[0])
    swapped = any(flow.ops[i].name in ("transpose", "permute", "mT", "T") for i in passed)
    return swapped and len(record.shape) > 2 and record.shape[-2] == _width_in(flow, up)


def _facts(flow: Flow, linears: list[Op], gated: bool, activation: str, d_ff: int) -> dict[str, Any]:
    held = {(tensor, slot) for op in linears for slot, tensor in zip(op.slots, op.inputs, strict=True)}
    sizes = {weight.id: (weight.size, slot) for tensor, slot in held for weight in _weights(flow, tensor)}
    return {
        "d_model": _width_in(flow, linears[0]),
        "d_ff": d_ff,
        "gated": gated,
        "activation": activation.lower(),
        "params": sum(size for size, _ in sizes.values()),
        "bias": sum(size for size, slot in sizes.values() if slot == "bias"),
        "macs": sum(op.macs for op in linears),
    }


def _weights(flow: Flow, tensor: int) -> Iterator[Tensor]:
    """The parameters that a layer holds in a tensor, or the part of one; also where it is made of several."""
    origin, taken = flow.origin(tensor)[0], flow.tensors[tensor]
    if origin.kind == "parameter":
        yield origin if taken.size == origin.size else taken
    elif origin.producer in flow.prepared:
        inside = (flow.tensors[t] for op in flow.makers(origin.id) for t in op.inputs)
        yield from (record for record in inside if record.kind == "parameter")
