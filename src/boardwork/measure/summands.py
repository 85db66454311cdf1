"""Outline -> the parts that its parameters and multiply-adds are a sum of, each with the sizes that its formula reads.

Every parameter is in one summand, tied weights once, and so is every multiply-add. What is counted is read from the
weights and from the trace; the sizes from what flows in and out, so that a formula over them can be wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

from boardwork.facts import Summand, Summands
from boardwork.measure.examples import everything
from boardwork.measure.receptive_field import first
from boardwork.outline.blocks import Block, Outline
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op, Tensor

_NORMS = {"layer_norm": -1, "rms_norm": -1, "batch_norm": 1, "group_norm": 1, "instance_norm": 1}  # axis of the width
_LINEAR = ("linear", "addmm", "matmul", "mm")
_FUSED = ("scaled_dot_product_attention",)
_PRODUCTS = ("matmul", "bmm", "mm", "baddbmm")
_WORDS = {
    "attention": "attention",
    "feed_forward": "feed-forward",
    "moe": "mixture of experts",
    "recurrent": "recurrence",
}
_JOINED = {  # products of a block that are one summand -> the sort of formula
    "attention: projections": "projections",
    "attention: scores and sums": "scores",
    "feed-forward": "feed_forward",
    "mixture of experts": "moe",
}
_SIZES = {
    "attention": ("d_model", "heads", "kv_heads", "d_k", "d_v", "d_out", "bias"),
    "feed_forward": ("d_model", "d_ff", "bias", "gated"),
    "moe": ("experts", "top_k", "matrices", "d_model", "d_ff", "bias", "router_params", "shared_ff"),
    "recurrent": ("gates", "input", "hidden", "layers", "directions", "bias"),
}


def summands(outline: Outline) -> Summands:
    """What adds up to all parameters, and to all multiply-adds."""
    flow = outline.flow
    owned = _owned(flow)
    within = {op: block for block in _blocks(outline) for op in block.one()}
    leaves = {op: leaf for leaf in everything(outline.root) if not leaf.children for op in leaf.ops}
    weights = {op: _weights(flow, flow.ops[op], used, within.get(op), leaves.get(op)) for op, used in owned.items()}
    idle = sum(w.size for w in outline.trace.weights if w.parameter) - sum(s.measured for s in weights.values())
    held = _joined(weights, within, _held, lambda _, block: _sizes(block))
    found = [*held, *([Summand("not used here", "other", {"n": idle}, 1, idle)] if idle else [])]
    working = [op for op in sorted(outline.root.all()) if flow.ops[op].macs]
    work = {op: _work(flow, flow.ops[op], within.get(op), leaves.get(op)) for op in working}
    done = _joined(work, within, _done, lambda inside, block: {**_sizes(block), **_flowing(inside, block)})
    return Summands(_alike(found), _alike(done))


def _joined(
    found: dict[int, Summand],
    within: dict[int, Block],
    kind_of: Callable[[Summand, Block], str],
    sizes_of: Callable[[list[Summand], Block], dict[str, int]],
) -> Iterator[Summand]:
    """The layers of a block as one summand a group; `kind_of` names its formula, "" for what stands alone."""
    parts: dict[tuple[int, str], list[Summand]] = {}
    for op, summand in found.items():
        block = within.get(op)
        if block is None or not kind_of(summand, block):
            yield summand
        else:
            parts.setdefault((id(block), summand.group), []).append(summand)
    blocks = {id(block): block for block in within.values()}
    for (owner, group), inside in parts.items():
        block, total = blocks[owner], sum(summand.measured for summand in inside)
        yield Summand(group, kind_of(inside[0], block), sizes_of(inside, block), 1, total, _alike(inside))


def _blocks(outline: Outline) -> Iterator[Block]:
    """Blocks with a formula of their own, none within another; inner ones are told by the outer."""
    taken: set[int] = set()
    for block in everything(outline.root):
        if block.kind in _WORDS and not taken.intersection(block.one()):
            taken.update(block.one())
            yield block


def _owned(flow: Flow) -> dict[int, dict[str, int]]:
    """Operation -> elements of parameters that it is the first to use, by the sort of tensor: matrix or vector."""
    left = {t.id: t.size for t in flow.tensors if t.kind == "parameter"}
    found: dict[int, dict[str, int]] = {}
    for op in flow.ops:
        if flow.is_shape(op.id) and _passed_on(flow, op):
            continue
        for tensor in dict.fromkeys(op.inputs):
            origin = flow.origin(tensor)[0]
            size = min(flow.tensors[tensor].size, left.get(origin.id, 0))
            if size:
                left[origin.id] -= size
                sort = "matrix" if len(flow.tensors[tensor].shape) > 1 else "vector"
                found.setdefault(op.id, Counter())[sort] += size
    return found


def _passed_on(flow: Flow, op: Op) -> bool:
    """Whether something uses what a shape operation gives; else it is where a parameter ends."""
    return any(flow.users.get(tensor) for tensor in op.outputs)


# -- parameters -----------------------------------------------------------------------------------------------------


def _weights(flow: Flow, op: Op, used: dict[str, int], block: Block | None, leaf: Block | None) -> Summand:
    """One operation's own parameters, by the formula of its sort where that can be read from what flows."""
    size = sum(used.values())
    kind, sizes = _layer(flow, op, used)
    width = leaf.facts.get("width") if leaf is not None and leaf.role == "norm" else 0
    if not sizes and width and size % width == 0:  # written as arithmetic
        kind, sizes = "norm", {"t": size // width, "d": width}
    if not sizes:
        kind, sizes = "other", {"n": size}
    group = _WORDS[block.kind] if block is not None and kind in ("linear", "other") else _group(kind, leaf)
    return Summand(group, kind, sizes, 1, size)


def _group(kind: str, leaf: Block | None) -> str:
    if kind == "linear":
        return "head" if leaf is not None and leaf.kind == "head" else "linear layers"
    groups = {"norm": "norms", "embedding": "embeddings", "other": "other parameters", "product": "other products"}
    return groups.get(kind, "other products" if kind in ("fused", "counted") else "convolutions")


def _layer(flow: Flow, op: Op, used: dict[str, int]) -> tuple[str, dict[str, int]]:
    result = flow.tensors[op.outputs[0]]
    data = [flow.tensors[t] for t in flow.data_inputs(op)]
    if op.name == "embedding" and used.get("matrix"):
        rows = used["matrix"] // result.shape[-1]
        return "embedding", {"vocab": rows, "d": result.shape[-1]}
    if op.name in _NORMS and data and len(data[0].shape) > max(_NORMS[op.name], 0):
        width = data[0].shape[_NORMS[op.name]]
        return "norm", {"t": max(1, sum(used.values()) // width), "d": width}
    if op.name in _LINEAR and used.get("matrix") and data:
        n_in, n_out = data[0].shape[_axis(flow, op)], result.shape[_axis(flow, op)]
        if used["matrix"] == n_in * n_out:  # else one matrix for each of several
            return "linear", {"n_in": n_in, "n_out": n_out, "b": used.get("vector", 0)}
    if op.name.startswith("conv") and used.get("matrix") and data:
        return _convolution(flow, op, data[0], result, used.get("vector", 0))
    return "other", {}


def _axis(flow: Flow, op: Op) -> int:
    """The axis of features: the last, or the one before it where the weights stand on the left."""
    return -2 if op.name in ("matmul", "mm") and flow.is_weight(op.inputs[0]) else -1


def _convolution(flow: Flow, op: Op, source: Tensor, result: Tensor, bias: int) -> tuple[str, dict[str, int]]:
    kernel = flow.tensors[op.inputs[1]].shape[2:]
    sizes = {"c_in": source.shape[1], "c_out": result.shape[1], "b": bias}
    groups = first(op.attrs.get("groups"), 1)
    if len(set(kernel)) > 1 or len(kernel) != 2:
        return "convolution_taps", {"taps": prod(kernel), **sizes, "c_in": source.shape[1] // groups}
    if groups > 1:
        return "convolution_grouped", {"k": kernel[0], "g": groups, **sizes}
    return "convolution", {"k": kernel[0], **sizes}


def _held(summand: Summand, block: Block) -> str:
    """The sort of formula that tells the parameters of a block; bare tensors in attention stand alone."""
    own = summand.group == _WORDS[block.kind] and (block.kind != "attention" or summand.kind != "other")
    return block.kind if own else ""


def _sizes(block: Block) -> dict[str, int]:
    return {name: int(block.facts.get(name) or 0) for name in _SIZES[block.kind]}


# -- multiply-adds --------------------------------------------------------------------------------------------------


def _work(flow: Flow, op: Op, block: Block | None, leaf: Block | None) -> Summand:
    """One operation's multiply-adds, by the sizes of what it multiplies."""
    kind, sizes = _product(flow, op)
    counted = Summand("recurrence", kind, sizes, 1, op.macs)
    if block is not None and block.kind == "recurrent" and kind == "counted":
        result = flow.tensors[op.outputs[0]]
        sizes = {"rows": result.size // result.shape[-1], **_sizes(block)}
        return Summand("recurrence", "recurrent", sizes, 1, op.macs, (counted,))
    group = _WORDS[block.kind] if block is not None else _group(kind, leaf)
    if block is not None and block.kind == "attention":
        group = "attention: projections" if kind == "linear" else "attention: scores and sums"
    return Summand(group, kind, sizes, 1, op.macs)


def _done(summand: Summand, block: Block) -> str:
    """The sort of formula that tells the products of a block."""
    return _JOINED.get(summand.group, "")


def _flowing(inside: list[Summand], block: Block) -> dict[str, int]:
    """How many tokens a block maps, and the sequences and positions that its heads compare; 0 where nothing tells."""
    tokens = min((s.sizes["rows"] for s in inside if s.kind == "linear"), default=0)
    fused = next((s.sizes for s in inside if s.kind == "fused"), None)
    scores = fused or next((s.sizes for s in inside if s.kind == "product"), {"matrices": 0, "m": 0, "n": 0})
    q, k = (scores["q"], scores["k"]) if fused else (scores["m"], scores["n"])
    return {"tokens": tokens, "batch": scores["matrices"] // max(1, _sizes(block).get("heads", 1)), "q": q, "k": k}


def _product(flow: Flow, op: Op) -> tuple[str, dict[str, int]]:
    result = flow.tensors[op.outputs[0]]
    data = [flow.tensors[t] for t in flow.data_inputs(op) if not _is_made_weight(flow, op, t)]
    if op.name in _LINEAR and len(data) == 1:
        n_in, n_out = data[0].shape[_axis(flow, op)], result.shape[_axis(flow, op)]
        return "linear", {"rows": result.size // n_out, "n_in": n_in, "n_out": n_out}
    if op.name.startswith("conv") and len(data) == 1:
        transposed = op.name.startswith("conv_transpose")
        kernel = flow.tensors[op.inputs[1]].shape[2:]
        grid = data[0] if transposed else result
        groups = first(op.attrs.get("groups"), 1)
        sizes = {"taps": prod(kernel), "c_in": data[0].shape[1] // groups, "c_out": result.shape[1]}
        return "convolution", {**sizes, "positions": grid.size // grid.shape[1]}
    if op.name in _FUSED and len(data) == 3:
        query, key, value = data
        return "fused", {
            "matrices": prod(result.shape[:-2]), "q": query.shape[-2], "k": key.shape[-2],
            "d_k": query.shape[-1], "d_v": value.shape[-1],
        }  # fmt: skip
    if op.name in _PRODUCTS and len(data) >= 2 and len(result.shape) >= 2:
        return "product", {
            "matrices": prod(result.shape[:-2]), "m": result.shape[-2], "k": data[-2].shape[-1], "n": result.shape[-1],
        }  # fmt: skip
    return "counted", {"n": op.macs}


def _is_made_weight(flow: Flow, op: Op, tensor: int) -> bool:
    """True for the weight of a layer that is made from parameters alone, as one under weight norm."""
    return tensor == op.slot("weight") and flow.tensors[tensor].producer not in flow.fed


def _alike(found: Iterable[Summand]) -> tuple[Summand, ...]:
    """Equal ones counted, in the order of their first."""
    times: dict[Any, list[Summand]] = {}
    for s in found:
        times.setdefault((s.group, s.kind, tuple(s.sizes.items()), s.measured), []).append(s)
    return tuple(replace(alike[0], count=sum(s.count for s in alike)) for alike in times.values())
