"""Flow -> reparametrisation: a mean plus noise times a deviation, both made from data."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.product import product, through
from boardwork.trace.records import Op

_NOISE = ("randn", "randn_like", "normal", "normal_")


def samplings(flow: Flow) -> Iterator[list[Pattern]]:
    """For every mean + exp(c s) noise: the layers of the mean and of s, and the sampling itself."""
    for op in flow.ops:
        if op.name == "add" and flow.is_data(op.id) and len(op.inputs) == 2:
            for mean, spread in (op.inputs, op.inputs[::-1]):
                found = _at(flow, op, mean, spread)
                if found is not None:
                    yield found
                    break


def _at(flow: Flow, add: Op, mean: int, spread: int) -> list[Pattern] | None:
    multiply = flow.producer(spread)
    if multiply is None or multiply.name != "mul" or len(multiply.inputs) != 2:
        return None
    for deviation, noise in (multiply.inputs, multiply.inputs[::-1]):
        source = flow.producer(flow.origin(noise)[0].id)
        made = flow.producer(flow.origin(deviation)[0].id)
        if source is None or source.name not in _NOISE or made is None or made.name not in ("exp", "softplus"):
            continue
        logarithm, passed = through(flow, made.inputs[0], ("clamp",))
        ops = {add.id, multiply.id, source.id, made.id, *passed, *flow.origin(noise)[1], *flow.origin(deviation)[1]}
        return [*_halves(flow, mean, logarithm, made), _sample(flow, ops, mean, logarithm, made)]
    return None


def _sample(flow: Flow, ops: set[int], mean: int, logarithm: int, made: Op) -> Pattern:
    value = flow.tensors[mean]
    width = value.size // value.shape[0]
    inputs = [flow.tensors[t] for _, t in flow.trace.inputs]
    facts = {
        "width": width, "outputs": width + flow.tensors[logarithm].size // value.shape[0],
        "input": inputs[0].size // inputs[0].shape[0] if inputs and inputs[0].shape else 0,
    }  # fmt: skip
    spread = "exp(log σ² / 2)" if made.name == "exp" else "σ"
    data = frozenset(op for op in ops if flow.is_data(op))
    return Pattern("sampling", data, "Sample z", "other", f"μ + {spread} · ε, ε ~ N(0, 1)", facts=facts)


def _halves(flow: Flow, mean: int, logarithm: int, made: Op) -> Iterator[Pattern]:
    """The layers that make the mean and the logarithm of the variance, when they are two."""
    layers = [product(flow, flow.producer(flow.origin(t)[0].id)) for t in (mean, logarithm)]
    if None in layers or layers[0] == layers[1]:
        return
    for layer, letter in zip(layers, ("μ", "log σ²" if made.name == "exp" else "σ"), strict=True):
        assert layer is not None
        detail = f"{layer.before} → {layer.after}"
        yield Pattern("linear", frozenset([layer.op.id]), f"Linear {letter}", "linear", detail)
