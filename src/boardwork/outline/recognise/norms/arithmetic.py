"""Flow -> normalisations, called as one operation or written out as arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.norms.unit_length import unit_length
from boardwork.outline.recognise.scale import factor
from boardwork.trace.records import Op

CALLED = {
    "layer_norm": ("layer", "LayerNorm"),
    "rms_norm": ("rms", "RMSNorm"),
    "batch_norm": ("batch", "BatchNorm"),
    "group_norm": ("group", "GroupNorm"),
    "instance_norm": ("instance", "InstanceNorm"),
}
_STATISTIC = frozenset(
    [
        "mean",
        "var",
        "square",
        "pow",
        "mul",
        "sub",
        "add",
        "clamp",
        "clamp_min",
        "sum",
        "div",
        "sqrt",
        "std",
        "var_mean",
        "float",
        "to",
        "type",
    ]
)
_AVERAGES = ("mean", "var", "var_mean", "std", "sum")
_NEAR = 8  # operations of a norm, from its input or its result to the root
_EPSILON = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}  # where none is given


def norms(flow: Flow) -> Iterator[Pattern]:
    """Every normalisation: Layer, RMS, Batch, Group, Instance."""
    for op in flow.ops:
        pattern = norm_at(flow, op) if flow.is_data(op.id) else None
        if pattern is not None:
            yield pattern


def norm_at(flow: Flow, op: Op) -> Pattern | None:
    """The normalisation that this operation is, or that its root of a mean square makes."""
    if op.name in CALLED:
        return called(flow, op)
    scaled = _scaled_length(flow, op)
    if scaled is not None:
        return scaled
    root = _root(flow, op)
    return _written_out(flow, op, root) if root is not None else None


def norm_after(flow: Flow, op: Op) -> frozenset[int]:
    """The operations of a norm written out that alone takes the result of `op`; none without one."""
    users = {user.id for user in flow.data_users(op)}
    return next((found for found in _near(flow, op, flow.data_users) if users <= found), frozenset())


def norm_before(flow: Flow, tensor: int) -> frozenset[int]:
    """The operations of a norm written out that makes the tensor; none without one."""
    made = flow.producer(flow.origin(tensor)[0].id)
    if made is None:
        return frozenset()
    return next((found for found in _near(flow, made, partial(_makers, flow)) if made.id in found), frozenset())


def _near(flow: Flow, op: Op, beside: Callable[[Op], Iterable[Op]]) -> Iterator[frozenset[int]]:
    """Operations of the norms written out that are few steps away."""
    near = [op]
    for step in near:  # which grows
        pattern = norm_at(flow, step) if step.name not in CALLED else None
        if pattern is not None:
            yield pattern.ops
        near += [other for other in beside(step) if other not in near and len(near) < _NEAR]


def _makers(flow: Flow, op: Op) -> Iterator[Op]:
    return (made for t in flow.data_inputs(op) if (made := flow.producer(t)) is not None)


def _scaled_length(flow: Flow, op: Op) -> Pattern | None:
    """x / ‖x‖ · √d · gain, by normalize: the root mean square is the length over √d."""
    ops = unit_length(flow, op) if op.name == "normalize" else frozenset[int]()
    shape = flow.tensors[op.outputs[0]].shape if ops else ()
    if not shape or op.attrs.get("dim") not in (-1, len(shape) - 1):
        return None
    width = shape[-1]
    found, weights, last, scale = set(ops), list[int](), op, 1.0
    while (following := flow.next_op(last)[0]) is not None and following.name == "mul":
        gains = [gain for t in following.inputs for gain in _gain(flow, t)]
        if len(flow.data_inputs(following)) > 1 or math.isnan(scale * factor(flow, following)):
            break
        scale *= factor(flow, following)
        weights += [weight for weight, _ in gains]
        found |= {following.id, *flow.next_op(last)[1], *(i for _, made in gains for i in made)}
        last = following
    if abs(scale - width**0.5) > 1e-3 * scale:
        return None
    return Pattern("norm", frozenset(found), "RMSNorm", "norm", facts=_facts(flow, "rms", width, weights, None))


def _root(flow: Flow, op: Op) -> Op | None:
    """The root of a mean square, taken here as rsqrt or as what this operation divides by."""
    if op.name == "rsqrt" or (op.name == "pow" and op.attrs.get("exponent") == -0.5):
        return op
    divisor = flow.producer(op.inputs[1]) if op.name == "div" and len(op.inputs) == 2 else None
    if divisor is not None and divisor.name == "add" and len(divisor.inputs) == 1:  # x / (std + eps)
        inner = flow.producer(divisor.inputs[0])
        return divisor if inner is not None and inner.name in ("std", "sqrt") else None
    return divisor if divisor is not None and divisor.name in ("sqrt", "std") else None


def called(flow: Flow, op: Op) -> Pattern:
    """A norm that is one operation, with the weight that may follow it instead of being its own."""
    kind, label = CALLED[op.name]
    ops = {op.id}
    weights = [t for name in ("weight", "bias") if (t := op.slot(name)) is not None] or _scaling(flow, op, ops)
    value = flow.tensors[op.inputs[0]]
    width = value.shape[-1] if kind in ("layer", "rms") else value.shape[1]
    eps = op.attrs.get("eps") or _EPSILON.get(value.dtype)
    return Pattern("norm", frozenset(ops), label, "norm", facts=_facts(flow, kind, width, weights, eps))


def _facts(flow: Flow, kind: str, width: int, weights: list[int], eps: object) -> dict[str, object]:
    params = sum(flow.tensors[t].size for t in weights if flow.tensors[t].kind == "parameter")
    facts: dict[str, object] = {"kind": kind, "width": width, "params": params}
    return facts | ({"eps": eps} if isinstance(eps, float) else {})


def _written_out(flow: Flow, scaled: Op, root: Op) -> Pattern | None:
    """x * rsqrt(mean(x^2) + eps) * weight, or x / sqrt(...), with or without a mean taken off and a bias."""
    ops, eps, centred, averaged = {scaled.id, root.id}, None, root.name == "std", root.name == "std"
    summed, shared = False, False  # a sum is an average where it is divided; else the root is a length
    todo = [flow.producer(t) for t in dict.fromkeys((*root.inputs, *scaled.inputs))]
    while todo:
        op = todo.pop()
        if op is None or op.id in ops or op.name not in _STATISTIC or not _belongs(flow, op):
            continue
        ops.add(op.id)
        averaged |= op.name in _AVERAGES[:-1]
        summed, shared = summed or op.name == "sum", shared or (op.name in ("div", "mul") and len(op.inputs) == 1)
        centred |= op.name in ("sub", "var", "var_mean", "std")
        if op.name == "add":
            eps = next((v for v in op.attrs.values() if isinstance(v, float)), eps)
        todo.extend(flow.producer(t) for t in op.inputs)
    if not averaged and not (summed and shared):
        return None
    weights = _scaling(flow, scaled, ops)
    if len(ops) < 3:
        return None
    kind, label = ("layer", "LayerNorm") if centred else ("rms", "RMSNorm")
    facts = _facts(flow, kind, _width(flow, ops), weights, eps)
    return Pattern("norm", frozenset(ops), label, "norm", facts=facts)


def _width(flow: Flow, ops: set[int]) -> int:
    """Features that the statistic runs over: those of its axes, the last where they are not told."""
    shape = flow.tensors[flow.ops[max(ops)].outputs[0]].shape
    told = (flow.ops[i].attrs.get("dim") for i in sorted(ops) if flow.ops[i].name in _AVERAGES)
    axes = next((axes for axes in told if axes is not None), -1)
    every = axes if isinstance(axes, list | tuple) else [axes]
    return math.prod(shape[axis] for axis in every if -len(shape) <= axis < len(shape))


def _belongs(flow: Flow, op: Op) -> bool:
    """True for a step of the statistic: it has one source, or squares it, or takes the mean off."""
    sources = set(flow.data_inputs(op))
    if op.name == "sub":
        return any((p := flow.producer(t)) is not None and p.name == "mean" for t in op.inputs)
    if op.name in ("float", "to", "type"):
        users = flow.data_users(op)
        return len(users) > 1 and {u.name for u in users} <= {"pow", "mul", "square", "mean", "sub"}
    if op.name in ("add", "mul", "div"):
        number = len(sources) == 1 and len(set(op.inputs)) == 1  # with a number, or x times itself
        return number and len(flow.data_users(op)) == 1
    return len(sources) == 1


def _scaling(flow: Flow, root: Op, ops: set[int]) -> list[int]:
    """Add the products with x, the weight and the bias that follow; return the weights."""
    weights: list[int] = []
    op: Op | None = root
    passed: list[int] = []
    while True:
        assert op is not None
        users = flow.data_users(op)
        following = users[0] if len(users) == 1 else None
        if following is None:
            return weights
        op = following
        if op.name in ("to", "float", "type", "type_as", "bfloat16", "half"):
            passed.append(op.id)
            continue
        extra = [t for t in op.inputs if _gain(flow, t)]
        first = root.name not in ("div", *CALLED) and not weights and root.outputs[0] in op.inputs
        if (op.name == "mul" and (first or extra)) or (op.name == "add" and extra and weights):
            ops.update(passed, [op.id])
            ops.update(_centring(flow, op, ops))
            for t in extra:
                weight, made = _gain(flow, t)[0]
                ops.update(made)
                weights.append(weight)
            passed = []
            continue
        return weights


def _gain(flow: Flow, tensor: int) -> list[tuple[int, tuple[int, ...]]]:
    """The weight behind a factor, which may be 1 + weight, and the operations between; empty for anything else."""
    origin, passed = flow.origin(tensor)
    if origin.kind in ("parameter", "buffer"):
        return [(origin.id, passed)]
    op = flow.producer(origin.id)
    if op is None or op.name != "add" or len(op.inputs) != 1 or not flow.is_weight(op.inputs[0]):
        return []
    weight, before = flow.origin(op.inputs[0])
    return [(weight.id, (*passed, op.id, *before))]


def _centring(flow: Flow, product: Op, ops: set[int]) -> set[int]:
    """The mean is taken off a second time, for the product, in what is written without a name for it."""
    made = [flow.producer(t) for t in product.inputs]
    subtractions = [op for op in made if op is not None and op.name == "sub"]
    return {op.id for op in subtractions if any(flow.tensors[t].producer in ops for t in op.inputs)}
