"""Flow -> modulation (FiLM, adaLN): features scaled and shifted by a layer of a condition."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS, name_of
from boardwork.outline.recognise.product import Product, product, through
from boardwork.trace.records import Op


def modulations(flow: Flow) -> Iterator[list[Pattern]]:
    """For every x (1 + scale) + shift: the layer that makes scale and shift, once, and the modulation itself."""
    seen: set[int] = set()
    for op in flow.ops:
        if op.name == "add" and flow.is_data(op.id) and len(op.inputs) == 2:
            for scaled, shift in (op.inputs, op.inputs[::-1]):
                found = _at(flow, op, scaled, shift, seen)
                found = found or _shift(flow, op, scaled, shift, seen)
                if found is not None:
                    yield found
                    break


def _at(flow: Flow, add: Op, scaled: int, shift: int, seen: set[int]) -> list[Pattern] | None:
    multiply = flow.producer(scaled)
    if multiply is None or multiply.name != "mul" or len(multiply.inputs) != 2:
        return None
    for value, scale in (multiply.inputs, multiply.inputs[::-1]):
        layers, passed = [], {add.id, multiply.id}
        for tensor in (scale, shift):
            reached, ops = through(flow, tensor)
            layers.append(product(flow, flow.producer(reached)))
            passed |= {op for op in ops if not flow.is_shape(op)}
        first, second = layers
        small = flow.tensors[scale].size < flow.tensors[value].size
        if first is None or second is None or not small or not _one_source(flow, first, second, value):
            continue
        facts = _facts(flow, [first, second], scale)
        frame = Pattern("modulation", frozenset(passed), "Modulate", "other", _formula(passed), facts=facts)
        return [*_layers(flow, {p.op.id: p for p in (first, second)}, facts["width"], seen), frame]
    return None


def _shift(flow: Flow, add: Op, value: int, shift: int, seen: set[int]) -> list[Pattern] | None:
    """x + one number a channel of a map that a layer of something else makes, such as the time of a diffusion step."""
    shape, small = flow.tensors[value].shape, flow.tensors[shift].shape
    if len(shape) < 4 or len(small) != len(shape) or any(n > 1 for n in small[2:]) or small[1] != shape[1]:
        return None
    layer = product(flow, flow.producer(flow.origin(shift)[0].id))
    if layer is None or len(flow.tensors[layer.data].shape) != 2 or layer.after != shape[1]:
        return None
    return list(_layers(flow, {layer.op.id: layer}, layer.after, seen, "shift of each channel")) or None


def _one_source(flow: Flow, first: Product, second: Product, value: int) -> bool:
    """Scale and shift come from one condition, which is not the features themselves."""
    sources = {flow.origin(p.data)[0].id for p in (first, second)}
    return len(sources) == 1 and flow.origin(value)[0].id not in sources


def _formula(passed: set[int]) -> str:
    return "x · (1 + scale) + shift" if len(passed) > 2 else "x · scale + shift"


def _facts(flow: Flow, layers: list[Product], scale: int) -> dict[str, int]:
    own = {p.op.id: p for p in layers}.values()
    result = flow.tensors[layers[0].op.outputs[0]]
    width = flow.tensors[scale].size // (result.size // layers[0].after)
    return {
        "condition": layers[0].before, "width": width, "parts": sum(p.after for p in own) // width,
        "params": sum(p.params for p in own), "bias": sum(p.bias for p in own),
    }  # fmt: skip


def _layers(
    flow: Flow, layers: dict[int, Product], width: int, seen: set[int], purpose: str = "scale or shift"
) -> Iterator[Pattern]:
    """The layers with the activation that only they take."""
    for index, layer in layers.items():
        if index in seen:
            continue
        seen.add(index)
        source, passed = flow.origin(layer.data)
        made = flow.producer(source.id)
        own = made is not None and made.name in ACTIVATIONS and len(flow.data_users(made)) == 1
        before = [made.id, *passed] if own and made is not None else []
        parts = f"{layer.after // width} × {width}" if layer.after > width else str(width)
        word = f"{name_of(made)}, Linear" if before and made is not None else "Linear"
        label = f"{word}: {'modulation' if layer.after > width else purpose}"
        yield Pattern("modulation_layer", frozenset([index, *before]), label, "linear", f"{layer.before} → {parts}")
