"""Recurrent layers that are one call -> helpers for one time step and for the loop over a sequence, and their calls."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from boardwork.statement.calls import Tensors
from boardwork.statement.expressions import constant, expression
from boardwork.statement.terms import Term, UnstatedError, Value, plain
from boardwork.statement.writing import Writing

_STEPS = {
    "lstm": """
def lstm_step(x, h, c, W_ih, W_hh{biases}):
    i, f, g, o = (x @ W_ih.T + h @ W_hh.T{sum}).chunk(4, dim=-1)
    i, f, o = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o)  # input, forget and output gate
    c = f * c + i * torch.tanh(g)
    return o * torch.tanh(c), c
""",
    "gru": """
def gru_step(x, h, W_ih, W_hh{biases}):
    r_x, z_x, n_x = (x @ W_ih.T{one}).chunk(3, dim=-1)
    r_h, z_h, n_h = (h @ W_hh.T{two}).chunk(3, dim=-1)
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)  # reset and update gate
    return (1 - z) * torch.tanh(n_x + r * n_h) + z * h
""",
    "rnn": """
def rnn_step(x, h, W_ih, W_hh{biases}):
    return torch.{curve}(x @ W_ih.T + h @ W_hh.T{sum})
""",
}
_LOOP = """
def {kind}(x, {state}, *weights, backward=False):
    outputs = []
    for x_t in reversed(x) if backward else x:  # x (T, B, d)
        {assigned} = {kind}_step(x_t, {state}, *weights)
        outputs.append(h)
    return torch.stack(outputs[::-1] if backward else outputs), {state}
"""


def _layer(writing: Writing) -> list[Value]:
    """All layers and directions; x is (T, B, d) in between."""
    op = writing.op
    kind = op.name.partition("_")[0]
    flags = [writing.argument(name, 3 + n) for n, name in enumerate(_FLAGS)]
    states = writing.argument("hx", 1)
    if not isinstance(states, Tensors) or not isinstance(flags[0], bool):
        raise UnstatedError(f"{op.name} of a packed sequence")
    biased, layers, both, first = flags[0], flags[1], flags[4] is True, flags[5] is True
    loop = _helpers(writing, kind, biased)
    weights = [writing.scope.whole(writing.value(t)) for t in _weights(writing)]
    starts = [plain(writing.scope.whole(writing.value(t))) for t in states.ids]
    for state, name in zip(starts, ("h_0", "c_0"), strict=False):
        state.term.wanted = name if state.term.tensor >= 0 else state.term.wanted
    value, parallel = writing.first(), len(writing.first().shape) > 2
    if parallel and first:
        value = Value(value.term, value.layout.permuted((1, 0, 2)))
    ends: list[list[ast.expr]] = [[] for _ in starts]
    per, directions = 4 if biased else 2, 2 if both else 1
    for layer in range(layers):
        outputs: list[ast.expr] = []
        for direction in range(directions):
            place = layer * directions + direction
            own = weights[place * per : place * per + per]
            _name(own, place, layers * directions)
            begin = [writing.scope.part(state, 0, place, 1, dropped=True) for state in starts]
            call = _call(writing, loop, value, begin, own, backward=direction == 1)
            outputs.append(expression("x[0]", x=call.node))
            for n, found in enumerate(ends):
                found.append(expression("x[i]", x=call.node, i=constant(n + 1)))
        shape = (*value.shape[:-1], directions * _hidden(starts))
        code = outputs[0] if len(outputs) == 1 else expression("torch.cat(x, dim=-1)", x=ast.List(outputs, ast.Load()))
        value = writing.scope.value(code, shape)
    if parallel and first:
        value = Value(value.term, value.layout.permuted((1, 0, 2)))
    last = [
        writing.scope.value(expression("torch.stack(x)", x=ast.List(found, ast.Load())), writing.shape(n + 1))
        for n, found in enumerate(ends)
    ]
    return [value, *last]


_FLAGS = ("bias", "num_layers", "dropout", "training", "bidirectional", "batch_first")


def _hidden(starts: Sequence[Value]) -> int:
    return starts[0].shape[-1]


def _weights(writing: Writing) -> tuple[int, ...]:
    found = writing.argument("weights", 2)
    if not isinstance(found, Tensors):
        raise UnstatedError(f"{writing.op.name} without weights")
    return found.ids


def _name(weights: Sequence[Term], place: int, count: int) -> None:
    """W_ih, W_hh, b_ih, b_hh; with a number where there are several layers or directions."""
    for weight, name in zip(weights, ("W_ih", "W_hh", "b_ih", "b_hh"), strict=False):
        weight.wanted = f"{name}{place}" if count > 1 else name


def _helpers(writing: Writing, kind: str, biased: bool) -> str:
    curve = "relu" if writing.op.name == "rnn_relu" else "tanh"
    one, two = (" + b_ih", " + b_hh") if biased else ("", "")
    step = _STEPS[kind].format(biases=", b_ih, b_hh" if biased else "", sum=one + two, one=one, two=two, curve=curve)
    writing.helper(step.strip())
    state = "h, c" if kind == "lstm" else "h"
    return writing.helper(_LOOP.format(kind=kind, state=state, assigned=state).strip())


def _call(
    writing: Writing, loop: str, value: Value, begin: Sequence[Value], weights: Sequence[Term], *, backward: bool
) -> Term:
    call = expression(f"{loop}()")
    assert isinstance(call, ast.Call)
    call.args = [writing.scope.node(v) for v in (value, *begin)] + [weight.node for weight in weights]
    call.keywords = [ast.keyword("backward", constant(True))] if backward else []
    return writing.scope.term(call, (), "run", line=True)


def _step(writing: Writing) -> list[Value]:
    """A cell: torch.lstm_cell(x, (h, c), W_ih, W_hh, b_ih, b_hh)."""
    op = writing.op
    kind = op.name.partition("_")[0]
    values = [plain(writing.scope.whole(writing.value(t))) for t in op.inputs]
    states = 2 if kind == "lstm" else 1
    weights = [value.term for value in values[1 + states :]]
    _name(weights, 0, 1)
    curve = "relu" if op.name == "rnn_relu_cell" else "tanh"
    biased = len(weights) == 4
    one, two = (" + b_ih", " + b_hh") if biased else ("", "")
    text = _STEPS[kind].format(biases=", b_ih, b_hh" if biased else "", sum=one + two, one=one, two=two, curve=curve)
    call = expression(f"{writing.helper(text.strip())}()")
    assert isinstance(call, ast.Call)
    call.args = [value.term.node for value in values]
    return writing.results(call)


RECURRENT: dict[str, Callable[[Writing], list[Value]]] = {
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _layer),
    **dict.fromkeys(("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"), _step),
}
