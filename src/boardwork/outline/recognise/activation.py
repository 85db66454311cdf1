"""Flow -> activations written as arithmetic, told from one another by their graphs; names of those that are called."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.elementwise import ELEMENTWISE, POINTS, graph
from boardwork.trace.records import Op

ACTIVATIONS: dict[str, str] = {
    "relu": "ReLU", "gelu": "GELU", "silu": "SiLU", "sigmoid": "Sigmoid", "tanh": "Tanh", "leaky_relu": "LeakyReLU",
    "elu": "ELU", "selu": "SELU", "relu6": "ReLU6", "hardswish": "Hard-swish", "hardsigmoid": "Hard-sigmoid",
    "mish": "Mish", "softplus": "Softplus", "prelu": "PReLU", "hardtanh": "Hard tanh", "celu": "CELU",
    "log_softmax": "Log-softmax", "softmax": "Softmax", "glu": "GLU", "logsigmoid": "log-sigmoid",
}  # fmt: skip
_CURVES: dict[str, Callable[[float], float]] = {
    "GELU": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
    "Hard-swish": lambda x: x * min(max(x + 3, 0.0), 6.0) / 6,
    "Mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
    "ReLU²": lambda x: max(x, 0.0) ** 2,
    "Log-sigmoid": lambda x: -math.log1p(math.exp(-x)),
    "log(1 − sigmoid)": lambda x: -math.log1p(math.exp(x)),
}
ENDS = ("mul", "div", "pow", "square", "neg")
_CLOSE = 1e-3  # GELU by tanh is nearer than that to GELU by erf, and 0.02 away from the one by sigmoid
_QUICK = 1.702  # of GELU ≈ x · sigmoid(1.702 x), arXiv:1606.08415
_MOST = 16
_LARGEST_CAP = 1e3  # of a soft cap; beyond, nothing is told from x itself


def name_of(op: Op) -> str:
    """The name of an activation that is one operation; ReLU6 is called by its bounds."""
    if op.name == "hardtanh" and (op.attrs.get("min_val"), op.attrs.get("max_val")) == (0, 6):
        return ACTIVATIONS["relu6"]
    return ACTIVATIONS[op.name]


def activations(flow: Flow) -> Iterator[Pattern]:
    """Every activation that is more than one operation."""
    for op in flow.ops:
        found = written(flow, op) if op.name in ENDS and flow.is_data(op.id) else None
        if found is not None:
            name, ops = found
            yield Pattern("activation", ops, name, "activation")


def written(flow: Flow, last: Op) -> tuple[str, frozenset[int]] | None:
    """The activation that ends here and its operations: walk back, until one tensor explains the result by a curve."""
    inside, front = {last.id}, set(flow.data_inputs(last))
    while front and len(inside) < _MOST:
        if len(front) == 1:
            name = _curve(graph(flow, next(iter(front)), last.outputs[0]))
            if name and _stays(flow, last, inside):
                return name, frozenset(inside)
        newest = max(front, key=lambda t: flow.tensors[t].producer)
        made = flow.producer(newest)
        if made is None or not (made.name in ELEMENTWISE or _moves_all(flow, made)):
            return None
        inside.add(made.id)
        front = (front - {newest}) | set(flow.data_inputs(made))
    return None


def _stays(flow: Flow, last: Op, inside: set[int]) -> bool:
    """True where nothing outside uses what is made on the way: a layer beside its own square has two results."""
    return all(user.id in inside for op in inside - {last.id} for user in flow.data_users(flow.ops[op]))


def _moves_all(flow: Flow, op: Op) -> bool:
    """True for a move that leaves nothing out: a half that is multiplied by a curve of the other is no curve."""
    return flow.is_shape(op.id) and flow.tensors[op.outputs[0]].size >= flow.tensors[op.inputs[0]].size


@cache
def _curve(values: tuple[float, ...] | None) -> str:
    """Name of the curve through `values` at POINTS, "" for none."""
    if values is None:
        return ""
    for name, curve in _CURVES.items():
        if all(abs(curve(x) - y) < _CLOSE for x, y in zip(POINTS, values, strict=True)):
            return name
    return _swish(values) or _soft_cap(values)


def _soft_cap(values: tuple[float, ...]) -> str:
    """c · tanh(x / c) for some c, which the value at the last point gives: it rises with c, up to the point itself."""
    low, high = 1.0, 10 * _LARGEST_CAP
    for _ in range(60):
        c = (low * high) ** 0.5
        low, high = (c, high) if c * math.tanh(POINTS[-1] / c) < values[-1] else (low, c)
    c = float(f"{low:.4g}")
    close = all(math.isclose(c * math.tanh(x / c), y, rel_tol=1e-9) for x, y in zip(POINTS, values, strict=True))
    return f"Soft cap at {c:g}" if close and 1 < c < _LARGEST_CAP else ""


def _swish(values: tuple[float, ...]) -> str:
    """x · sigmoid(a x) for some a, which the value at 1 gives."""
    share = values[POINTS.index(1.0)]
    if not 0.5 < share < 1:
        return ""
    a = -math.log(1 / share - 1)
    if any(abs(x / (1 + math.exp(-a * x)) - y) > _CLOSE for x, y in zip(POINTS, values, strict=True)):
        return ""
    return "SiLU" if abs(a - 1) < _CLOSE else "QuickGELU" if abs(a - _QUICK) < _CLOSE else f"x · sigmoid({a:.4g} x)"
