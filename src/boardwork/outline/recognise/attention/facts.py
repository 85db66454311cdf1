"""One attention: its core, branches, output and mask -> the numbers by the words of facts.toml without their prefix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import (
    Branch,
    branch_of,
    held,
    rank,
    width_in,
    width_out,
)
from boardwork.outline.recognise.attention.core import Core
from boardwork.outline.recognise.attention.crossing import crossing
from boardwork.outline.recognise.attention.linear import features
from boardwork.outline.recognise.attention.mask import Mask
from boardwork.outline.recognise.attention.output import Output
from boardwork.outline.recognise.attention.rotation import Rotation
from boardwork.outline.recognise.norms.arithmetic import norm_at
from boardwork.outline.recognise.scale import factor
from boardwork.trace.records import Op

_LENGTHS = frozenset(("normalize", "norm", "linalg_vector_norm"))


def facts(
    flow: Flow, core: Core, branches: Sequence[Branch], out: Output, mask: Mask, turned: Sequence[Rotation]
) -> dict[str, Any]:
    """Everything that is measured on one attention."""
    heads = _heads(flow, core, branches, out)
    sequences = max(1, _rows(flow, core) // (heads * core.q_len * core.softmaxes))
    shared = held(flow, branches[1]) // max(1, sequences * core.softmaxes * core.k_len * core.d_k)
    projections, crossed = _projections(branches, out), crossing(flow, branches)
    found: dict[str, Any] = {
        "heads": heads,
        "kv_heads": max(1, min(heads, shared)),
        "kv_elements": _kept(flow, core, branches) // max(1, sequences * core.k_len),
        "d_k": core.d_k,
        "d_v": core.d_v,
        "scale": core.scale * _branch_scale(flow, branches),
        "q_len": core.q_len,
        "k_len": core.k_len,
        **({"scores": core.scores} if core.scores else {}),
        "causal": mask.causal,
        **crossed,
        **_positions(mask, turned, 0 if crossed["cross"] else core.local),
        **_variants(flow, core, branches, out, mask),
        **_latents(flow, branches),
        **_weights(flow, projections),
        **({"fewer_projections": True} if _fewer(flow, branches) else {}),
    }
    batch = flow.trace.axes.get("batch", 0)
    if batch and sequences % batch == 0 and sequences > batch and not core.local:
        found["groups"] = sequences // batch
    query = branches[0].down or branches[0].projection
    if query is not None:
        found["d_model"] = width_in(flow, query)
    if out.projection is not None:
        found["d_out"] = width_out(flow, out.projection)
    if math.isnan(found["scale"]):  # by a number that only a forward with values knows
        del found["scale"]
    found["macs"] = sum(flow.ops[op].macs for op in core.ops) + sum(p.macs for p in projections)
    return found


def _rows(flow: Flow, core: Core) -> int:
    """Queries of all heads and sequences."""
    query = flow.tensors[core.query]
    return query.size // core.d_k


def _heads(flow: Flow, core: Core, branches: Sequence[Branch], out: Output) -> int:
    """What W_O joins; without W_O what the query projection makes; else the last axis before two that does not grow."""
    one = core.q_len if core.channels else core.d_v
    if out.projection is not None and not width_in(flow, out.projection) % one:
        return max(1, width_in(flow, out.projection) // one)
    query = branches[0].projection
    own = core.q_len if core.channels else core.d_k
    alone = query is not None and all(b.projection is not query for b in branches[1:])
    if query is not None and alone and not width_out(flow, query) % own:
        return max(1, width_out(flow, query) // own)
    found = flow.tensors[core.query]
    fixed = [length for length, law in list(zip(found.shape, found.symbols, strict=True))[1:-2] if law.isdigit()]
    return fixed[-1] if fixed else 1


def _kept(flow: Flow, core: Core, branches: Sequence[Branch]) -> int:
    """Distinct elements of all keys and values."""
    more = {key for _, key in core.others} - {core.key}
    return sum(held(flow, b) for b in (*branches[1:], *(branch_of(flow, "K", key) for key in more)))


def _projections(branches: Sequence[Branch], out: Output) -> list[Op]:
    found = [op for b in branches for op in (b.down, b.projection) if op is not None]
    return list({op.id: op for op in (*found, *([out.projection] if out.projection else []))}.values())


def _branch_scale(flow: Flow, branches: Sequence[Branch]) -> float:
    """Queries or keys may be scaled before the product."""
    scale = 1.0
    for branch in branches[:2]:
        for op in branch.walk:
            if len(flow.data_inputs(flow.ops[op])) == 1:
                scale *= factor(flow, flow.ops[op])
    return scale


# -- positions, masks, variants -------------------------------------------------------------------------------------


def _positions(mask: Mask, turned: Sequence[Rotation], local: int) -> dict[str, Any]:
    """`local`: keys beside a query; another sequence that is always as long is no window."""
    found: dict[str, Any] = {"rope": bool(turned)}
    if turned:
        found["rope_width"] = turned[0].width
        found["rope_pairs"] = "neighbours" if turned[0].neighbours else "halves"
        if turned[0].base:
            found["rope_base"] = turned[0].base
    if mask.window or local:
        found["window"] = mask.window or local
    if mask.blocks:
        found["blocks"] = mask.blocks
    if mask.slopes:
        found |= {"alibi": True, "alibi_first": mask.slopes[0], "alibi_last": mask.slopes[-1]}
    if mask.decays:
        found |= {"decay": True, "decay_first": mask.decays[1], "decay_last": mask.decays[-1]}
    if mask.learned:
        found["relative_bias"] = mask.learned
    if mask.given or mask.unread:
        found["masked"] = True
    return found


def _variants(flow: Flow, core: Core, branches: Sequence[Branch], out: Output, mask: Mask) -> dict[str, Any]:
    passed = [flow.ops[op] for b in branches[:2] for op in sorted(b.walk)]
    names = {op.name for op in passed}
    kinds = {pattern.facts["kind"] for op in passed if (pattern := norm_at(flow, op)) is not None}
    normal = next((kind for kind in ("layer", "rms") if kind in kinds), "")
    found: dict[str, Any] = {
        "softcap": core.softcap,
        "sink": core.sink,
        "talking": core.mixed,
        "competing": core.competing,
        "linear": core.kind == "linear",
        "without_softmax": core.kind == "unnormalised",
        "made_factors": core.kind == "unnormalised" and any(_is_learned(flow, t) for t in core.added),
        "score_curve": core.curve,
        "score_weight": core.weighed if core.weighed != 1 else 0,
        "score_offset": bool(core.curve) and any(_moves_by_number(flow, flow.ops[op]) for op in core.ops),
        "scaled_rows": core.scaled_rows or (mask.decays[:1] == (1,)),
        "features": core.kind == "unnormalised" and all(features(flow, b) for b in branches[:2]),
        "additive": core.kind == "additive",
        "difference": core.differs,
        "position_products": len(core.places),
        "added_products": (len(core.partners) - len(core.places)) // 2,
        "temperature": core.temperature,
        "channels": core.channels,
        "gated": bool(out.gated),
        "further_keys": core.further,
        "sorted": any(_sorts(flow, op) for op in passed),
        "qk_norm": normal or ("l2" if names & _LENGTHS else ""),
    }
    return {name: value for name, value in found.items() if value}


def _is_learned(flow: Flow, tensor: int) -> bool:
    """True for what a network makes from the input."""
    return flow.tensors[tensor].producer in flow.fed & flow.weighted


def _moves_by_number(flow: Flow, op: Op) -> bool:
    return op.name in ("add", "sub") and len(op.inputs) == 1


def _sorts(flow: Flow, op: Op) -> bool:
    """True for an order by content."""
    return op.name == "gather" and any(made.name in ("argsort", "sort") for made in flow.makers(op.inputs[1]))


def _latents(flow: Flow, branches: Sequence[Branch]) -> dict[str, Any]:
    """Widths of the latents that queries, and keys with values, are widened from."""
    query, key, value = branches
    found: dict[str, Any] = {}
    if query.down is not None and query.projection is not None:
        found["q_rank"] = rank(flow, query.down, query.projection)
        if width_in(flow, query.projection) != found["q_rank"]:
            found["q_joined"] = True
    if key.down is not None and key.down is value.down and key.projection is not None:
        latent, whole = rank(flow, key.down, key.projection), width_out(flow, key.down)
        found |= {"kv_rank": latent, "kv_rope": whole - latent, "kv_elements": whole}
    return found


def _fewer(flow: Flow, branches: Sequence[Branch]) -> bool:
    """True when one projection serves queries and keys alike, or one has none of its own."""
    known = [b.projection for b in branches if b.projection is not None]
    shared = {op.id: [b for b in branches if b.projection is op] for op in known}
    whole = {index: flow.tensors[flow.ops[index].outputs[0]].size for index in shared}
    return len(known) < len(branches) or any(sum(held(flow, b) for b in bs) > whole[i] for i, bs in shared.items())


def _weights(flow: Flow, projections: Sequence[Op]) -> dict[str, int]:
    params = bias = 0
    for op in projections:
        for slot, tensor in zip(op.slots, op.inputs, strict=True):
            if slot != "input" and flow.origin(tensor)[0].kind == "parameter":  # learned queries are no projection
                params += flow.tensors[tensor].size  # of a packed weight the slice that is used
                bias += flow.tensors[tensor].size if slot == "bias" else 0
    return {"params": params, "bias": bias}
