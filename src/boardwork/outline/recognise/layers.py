"""Flow -> single layers as one box each: convolution or linear with its norm and activation, embeddings, pools."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache
from math import prod
from typing import Any

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS, ENDS, name_of, written
from boardwork.outline.recognise.feed_forward import is_linear
from boardwork.outline.recognise.norms.arithmetic import CALLED, called
from boardwork.outline.recognise.weights import MASKED, done_to_weights
from boardwork.trace.records import Op, Tensor

_POOLS = {
    "max_pool": "Max pool",
    "avg_pool": "Average pool",
    "adaptive_avg_pool": "average pool",
    "adaptive_max_pool": "max pool",
}
_REDUCTIONS = {"mean": "Mean", "sum": "Sum", "max": "Maximum", "amax": "Maximum"}
_ROW = 3  # axes of a weight that slides over one axis
_NAMED = {
    "fft_fft": "Fourier transform", "fft_rfft": "Fourier transform", "fft_fft2": "Fourier transform",
    "fft_fftn": "Fourier transform", "fft_ifft": "Inverse Fourier transform", "fft_irfft": "Inverse Fourier transform",
    "fft_ifft2": "Inverse Fourier transform", "real": "Real part",
    "stft": "Spectrogram", "roll": "Cyclic shift", "masked_scatter": "Fill placeholders",
}  # fmt: skip
SHORT = {"BatchNorm": "BN", "GroupNorm": "GN", "LayerNorm": "LN", "InstanceNorm": "IN"}
RECURRENT = {"lstm": "LSTM", "gru": "GRU", "rnn_tanh": "RNN", "rnn_relu": "RNN"}


def layers(flow: Flow) -> Iterator[Pattern]:
    """One pattern an operation that is a layer of its own, activations and norms drawn into the layer before."""
    for op in flow.ops:
        if flow.is_data(op.id):
            pattern = _layer(flow, op)
            if pattern is not None:
                told = done_to_weights(flow, op) if pattern.kind in ("conv", "linear") else ""
                yield _told_of_weights(pattern, told) if told else pattern


def _told_of_weights(pattern: Pattern, told: str) -> Pattern:
    if told == MASKED:
        return dataclasses.replace(pattern, label=f"Masked {pattern.label[0].lower()}{pattern.label[1:]}")
    return dataclasses.replace(pattern, detail=", ".join(filter(None, (pattern.detail, told))))


def _layer(flow: Flow, op: Op) -> Pattern | None:
    if op.name.startswith("conv"):
        return _convolution(flow, op)
    if is_linear(flow, op):
        return _followed(flow, op, "linear", "Linear", "linear", _in_out(flow, op, -1))
    if op.name == "embedding":
        return embedded(flow, op, op.inputs[1], op.inputs[0])
    if op.name == "embedding_bag":
        return _bag(flow, op)
    if op.name in RECURRENT or op.name.removesuffix("_cell") in RECURRENT:
        return _recurrent(flow, op)
    pool = _pool_of(op.name)
    if pool:
        return _pool(flow, op, pool)
    if op.name in _REDUCTIONS and len(flow.tensors[op.inputs[0]].shape) >= 3:
        return _reduced(flow, op)
    if op.name in _NAMED:
        return Pattern(op.name, frozenset([op.id]), _NAMED[op.name], "other")
    if op.name in ("interpolate", "pixel_shuffle"):
        return _resized(flow, op)
    if op.name in CALLED:
        facts = called(flow, op).facts
        return dataclasses.replace(_followed(flow, op, "norm", CALLED[op.name][1], "norm", ""), facts=facts)
    if op.name in ACTIVATIONS:
        return Pattern("activation", frozenset([op.id]), name_of(op), "activation")
    return None


@cache
def _pool_of(name: str) -> str:
    """The beginning of the name of a pool, which ends in its number of axes."""
    return next((pool for pool in _POOLS if name.startswith(pool)), "")


def _in_out(flow: Flow, op: Op, axis: int) -> str:
    slot = op.slot("input")
    source = flow.tensors[op.inputs[0] if slot is None else slot]
    return f"{source.shape[axis]} → {flow.tensors[op.outputs[0]].shape[axis]}"


def _followed(flow: Flow, op: Op, kind: str, label: str, role: str, detail: str) -> Pattern:
    """A layer with the norm and the activation that only it feeds."""
    ops, words, after = {op.id}, [label], op
    for wanted in ((CALLED,) if role != "norm" else ()) + (ACTIVATIONS,):
        following, passed = flow.next_op(after)
        if following is None or following.name not in wanted or passed or following.name.endswith("softmax"):
            continue
        if wanted is ACTIVATIONS and _begins_another(flow, following):
            continue
        ops.add(following.id)
        words.append(SHORT.get(CALLED[following.name][1], "") if wanted is CALLED else name_of(following))
        after = following
    return Pattern(kind, frozenset(ops), ", ".join(words), role, detail)


def _begins_another(flow: Flow, op: Op) -> bool:
    """True for a part of a longer activation, as the ReLU of its square."""
    longer = (written(flow, user) for user in flow.data_users(op) if user.name in ENDS)
    return any(found is not None and op.id in found[1] for found in longer)


def _convolution(flow: Flow, op: Op) -> Pattern:
    weight = flow.tensors[op.inputs[1]].shape
    kernel, axes = "×".join(map(str, weight[2:])), len(weight) - 2
    strides = _along(op.attrs.get("stride"), axes)
    source = flow.tensors[op.inputs[0]]
    if _is_patch(flow, op, weight, strides):
        return _patches(flow, op, weight, source.shape[1])
    groups = int(op.attrs.get("groups") or 1)
    transposed = op.name.startswith("conv_transpose")
    name = "Depthwise conv" if groups > 1 and groups == source.shape[1] else "Transposed conv" if transposed else "Conv"
    label = f"{name}{'1d' if len(weight) == _ROW else ''} {kernel}{_told(' /', strides)}"
    label += _told(", dilation ", _along(op.attrs.get("dilation"), axes))
    if flow.tensors[op.inputs[1]].producer in flow.fed:
        return _dynamic(flow, op, label, groups)
    pattern = _followed(flow, op, "conv", label, "conv", _in_out(flow, op, 1))
    return pattern if groups in (1, source.shape[1]) else _grouped(pattern, groups)


def _dynamic(flow: Flow, op: Op, label: str, groups: int) -> Pattern:
    """A convolution whose weights are made from the input. arXiv:1605.09673

    `before`: channels of one group. Samples with kernels of their own stand side by side as groups of one sample.
    """
    shape, samples = flow.tensors[op.inputs[1]].shape, flow.trace.axes.get("batch", 1)
    beside = flow.tensors[op.inputs[0]].shape[0] == 1 and groups % samples == 0
    own = groups // samples if beside else groups
    entering, leaving = (shape[0] // groups, shape[1] * groups) if "transpose" in op.name else (shape[1], shape[0])
    before, after = entering, leaving * own // groups
    detail = f"{before * own} → {after}, weights made from the input"
    found = _followed(flow, op, "dynamic_conv", f"Dynamic {label[0].lower()}{label[1:]}", "conv", detail)
    facts = {"taps": prod(shape[2:]), "before": before, "after": after, "made": flow.tensors[op.inputs[1]].size}
    return dataclasses.replace(found, facts=facts)


def _grouped(pattern: Pattern, groups: int) -> Pattern:
    return Pattern(pattern.kind, pattern.ops, pattern.label, pattern.role, f"{pattern.detail}, {groups} groups")


def _along(value: Any, axes: int) -> tuple[int, ...]:
    """A number for each axis, which one number stands for; 1 where none is given."""
    given = [int(n) for n in (value if isinstance(value, list | tuple) else [value]) if isinstance(n, int | float)]
    return tuple(given) if len(given) == axes else tuple((given or [1])[:1] * axes)


def _told(words: str, numbers: tuple[int, ...]) -> str:
    """One number where all axes have the same, and nothing where that is 1."""
    if set(numbers) == {1}:
        return ""
    return words + (str(numbers[0]) if len(set(numbers)) == 1 else "×".join(map(str, numbers)))


def _is_patch(flow: Flow, op: Op, weight: tuple[int, ...], strides: tuple[int, ...]) -> bool:
    """A convolution of the image whose kernel is its stride and whose result becomes a sequence."""
    reads_input = flow.tensors[flow.origin(op.inputs[0])[0].id].kind == "input"
    following = flow.data_users(op)
    return (
        reads_input
        and len(weight) == 4
        and strides[0] > 1
        and weight[2:] == strides
        and any(u.name in ("flatten", "reshape", "view", "permute") for u in following)
    )


def _patches(flow: Flow, op: Op, weight: tuple[int, ...], channels: int) -> Pattern:
    source, result = flow.tensors[op.inputs[0]].shape, flow.tensors[op.outputs[0]].shape
    params = sum(flow.tensors[t].size for t in op.inputs[1:] if flow.tensors[t].kind == "parameter")
    facts = {
        "size": weight[2], "channels": channels, "width": weight[0], "params": params, "count": result[2] * result[3],
        "height": source[2], "across": source[3],
    }  # fmt: skip
    detail = f"{weight[2]}×{weight[3]} pixels, {channels} → {weight[0]}"
    return Pattern("patches", frozenset([op.id]), "Patch embedding", "embedding", detail, facts=facts)


def embedded(flow: Flow, op: Op, rows: int, places: int) -> Pattern:
    """`op` takes rows (tensor `rows`, rows × width) at `places` (a tensor of whole numbers)."""
    table = flow.tensors[flow.origin(rows)[0].id]
    by_position = flow.is_constant(places)
    facts = {"vocab": table.shape[0], "width": table.shape[1], "params": table.size}
    if by_position and (table.shape[0] < _positions(flow, places) or flow.tensors[places].size == 1):
        label, kind, by_position = "Type embedding", "type_table", False  # too few rows to tell positions apart, or one
    elif by_position:
        label, kind = "Position embedding", "position_table"
    else:
        reads = flow.tensors[flow.origin(places)[0].id]
        label, kind = (
            ("Token embedding" if reads.kind == "input" and _positions(flow, places) > 1 else "Embedding"),
            "embedding",
        )
    detail = f"{table.shape[0]} × {table.shape[1]}"
    return Pattern(kind, frozenset([op.id]), label, "position" if by_position else "embedding", detail, facts=facts)


def _bag(flow: Flow, op: Op) -> Pattern:
    """Rows of a table, joined: those of all words of a text, of all kinds of a thing."""
    table = next(flow.tensors[t] for t in op.inputs if flow.is_weight(t))
    weighed = "weighed " if op.slot("per_sample_weights") is not None else ""
    mode = weighed + str(op.attrs.get("mode") or "mean")
    facts = {"rows": table.shape[0], "width": table.shape[1], "params": table.size, "mode": mode}
    detail = f"{table.shape[0]} × {table.shape[1]}, {mode}"
    return Pattern("embedding_bag", frozenset([op.id]), "Embedding bag", "embedding", detail, facts=facts)


def _positions(flow: Flow, places: int) -> int:
    shape = flow.tensors[places].shape
    return shape[-1] if shape else 1


def _pool(flow: Flow, op: Op, name: str) -> Pattern:
    if name.startswith("adaptive"):
        size = op.attrs.get("output_size")
        whole = all(s in (1, None) for s in (size if isinstance(size, list) else [size]))
        label = f"Global {_POOLS[name]}" if whole else f"Adaptive {_POOLS[name]}"
        return Pattern("global_pool" if whole else "pool", frozenset([op.id]), label, "pool")
    axes = len(flow.tensors[op.inputs[0]].shape) - 2
    kernel = _along(op.attrs.get("kernel_size"), axes)
    strides = _along(op.attrs.get("stride") or list(kernel), axes)
    label = f"{_POOLS[name]} {'×'.join(map(str, kernel))}{_told(' /', strides)}"
    return Pattern("pool", frozenset([op.id]), label, "pool")


def _resized(flow: Flow, op: Op) -> Pattern:
    before, after = (flow.tensors[t].shape[-1] for t in (op.inputs[0], op.outputs[0]))
    ratio = f" ×{after // before}" if after % before == 0 and after > before else ""
    name = "Pixel shuffle" if op.name == "pixel_shuffle" else "Upsample" if ratio else "Resize"
    return Pattern("resize", frozenset([op.id]), name + ratio, "pool", str(op.attrs.get("mode") or ""))


def _reduced(flow: Flow, op: Op) -> Pattern | None:
    """A mean over positions; a maximum or sum over them, if it takes one axis away for good."""
    if op.name == "mean":
        return _mean(flow, op)
    shape, result = flow.tensors[op.inputs[0]].shape, flow.tensors[op.outputs[0]].shape
    axis = op.attrs.get("dim", op.attrs.get("1"))
    unused = all(not flow.users.get(t) for t in op.outputs[1:])
    if not isinstance(axis, int) or len(shape) != 3 or len(result) != 2 or not unused:
        return None
    if axis % 3 == 0 or (axis % 3 == 2 and op.name == "sum"):
        return None
    return Pattern("pool", frozenset([op.id]), f"{_REDUCTIONS[op.name]} over positions", "pool")


def _mean(flow: Flow, op: Op) -> Pattern | None:
    source, result = flow.tensors[op.inputs[0]], flow.tensors[op.outputs[0]]
    rank, dims = len(source.shape), op.attrs.get("dim")
    over = {d % rank for d in (dims if isinstance(dims, list) else [dims]) if isinstance(d, int)}
    if result.size * 2 > source.size or result.size < 2 or over == {rank - 1}:
        return None
    law = source.symbols[min(over)] if source.symbols and over else ""
    fewer = f"Mean over {law}" if law.isdigit() else "Mean over positions"  # of a fixed number: heads, as it may be
    label = "Global average pool" if rank >= 4 else fewer
    return Pattern("global_pool" if rank >= 4 else "pool", frozenset([op.id]), label, "pool")


def _recurrent(flow: Flow, op: Op) -> Pattern:
    kind = op.name.removesuffix("_cell")
    weights = [flow.tensors[t] for t in op.inputs if flow.tensors[t].kind == "parameter"]
    matrices = [w for w in weights if len(w.shape) == 2]
    gates = {"lstm": 4, "gru": 3}.get(kind, 1)
    hidden, width = matrices[0].shape[0] // gates, matrices[0].shape[1]
    directions = 2 if op.attrs.get("bidirectional") or _positional(op, 7) else 1
    stacked = len(matrices) // 2 // directions
    first = [w for w in weights if w.shape[0] == gates * hidden][
        : 2 + (2 if any(len(w.shape) == 1 for w in weights) else 0)
    ]
    facts = {
        "kind": "rnn" if kind.startswith("rnn") else kind, "input": width, "hidden": hidden, "layers": stacked,
        "directions": directions, "gates": gates, "steps": _steps(flow, op, matrices[0]), "macs": op.macs,
        "params": sum(w.size for w in weights), "first_params": sum(w.size for w in first),
        "bias": sum(w.size for w in first if len(w.shape) == 1),
    }  # fmt: skip
    detail = (
        f"{width} → {hidden}"
        + (f", {stacked} layers" if stacked > 1 else "")
        + (", both directions" if directions > 1 else "")
    )
    return Pattern("recurrent", frozenset([op.id]), RECURRENT[kind], "recurrent", detail, facts=facts)


def _positional(op: Op, index: int) -> bool:
    return op.attrs.get(str(index)) is True


def _steps(flow: Flow, op: Op, weight: Tensor) -> int:
    """How often a cell runs; of a layer, positions of a sequence, with an initial state (layers, batch, hidden)."""
    if op.name.endswith("_cell"):
        return sum(flow.ops[user].name == op.name for user in flow.users[weight.id])
    source, state = flow.tensors[op.inputs[0]], op.slot("hx")
    shape = flow.tensors[state].shape if state is not None else ()
    return source.size // source.shape[-1] // max(1, shape[1] if len(shape) == 3 else 1)
