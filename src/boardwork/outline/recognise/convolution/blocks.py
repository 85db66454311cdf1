"""Block of convolutions -> its name in the field, the numbers that tell it from others, and its facts."""

from __future__ import annotations

from functools import partial
from typing import Any

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.convolution.chain import Chain, Layer, chain
from boardwork.outline.recognise.graphs.aggregation import aggregation
from boardwork.trace.records import Op

_GATED = 2  # a gated linear unit halves the channels
_TURNS = ("transpose", "permute", "swapaxes")
Meaning = tuple[str, str, str, dict[str, Any]]  # label, kind, detail, facts


def convolution_block(flow: Flow, block: Block) -> Meaning | None:
    """What a block of convolutions is: read from kernels, groups and widths along its branches, None if nothing."""
    if any(_on_sequence(flow, flow.ops[i]) for i in block.one()):
        return None
    if (aggregated := one_shot_aggregation(flow, block)) is not None:
        return aggregated
    found = chain(flow, block.one())
    if found.join is not None and found.join.name == "add" and found.common:
        return _mixed_before(found)
    if not any(layer.kernel > 1 for branch in found.branches for layer in branch):
        return None
    if any(inside.kind == "gated_activation" for inside in block.walk()):
        return _gated(flow, block)
    if found.join is not None and found.join.name == "cat":
        return _grown(flow, block, found) or _halves(flow, block, found) or _parallel(found)
    weighed = any(flow.ops[i].name == "softmax" for i in block.one())
    for read in (
        _wide_kernel,
        partial(_inverted, opens=_opens(flow, block)),
        partial(_narrow, weighed=weighed),
        _separable,
    ):
        meaning = read(found)
        if meaning is not None:
            return meaning
    if found.join is None:
        return _grown(flow, block, found)
    return "Residual block", "residual_block", _widths(found.main), {}


def one_shot_aggregation(flow: Flow, block: Block) -> Meaning | None:
    """Convolutions in series whose maps are all joined once, at the end."""
    found = aggregation(flow, block.one())
    return None if found is None else ("One-shot aggregation", "aggregation", *found)


def _on_sequence(flow: Flow, op: Op) -> bool:
    """True for a linear layer on the steps of a sequence: then convolutions are not what the block is made of."""
    return op.name in ("linear", "addmm") and len(flow.tensors[op.outputs[0]].shape) == 3


def _sorts(found: Chain) -> list[str]:
    return [layer.sort for layer in found.main]


def _gated(flow: Flow, block: Block) -> Meaning | None:
    """Dilated, then tanh times sigmoid, then a residual output; of copies the gaps of all."""
    rows = sorted((block, *block.copies), key=lambda copy: min(copy.one()))
    widest = [max(chain(flow, row.one()).layers, key=lambda layer: layer.kernel) for row in rows]
    first, gaps = widest[0], [layer.dilation for layer in widest]
    total = sum(gaps)
    facts = {
        "width": first.before, "after": first.after, "kernel": first.kernel, "weights": first.weights,
        "layers": len(gaps), "dilations": total, "reach": 1 + sum((w.kernel - 1) * w.dilation for w in widest),
    }  # fmt: skip
    told = ", ".join(map(str, dict.fromkeys(gaps)))
    words = f"{first.before} channels, kernel {first.side}" + (f", dilation {told}" if max(gaps) > 1 else "")
    return "Gated residual block", "gated_block", words, facts


def _mixed_before(found: Chain) -> Meaning | None:
    """A convolution a channel, then a residual network of each position; otherwise several blocks in a row."""
    if [layer.sort for layer in found.common] != ["depthwise"] or _sorts(found) != ["point", "point"]:
        return None
    (mix,), (up, down) = found.common, found.main
    if not up.before == down.after < up.after:
        return None
    words = f"mixes by {mix.side} depthwise, then {up.before} → {up.after} → {down.after}"
    return "MetaFormer block", "meta_former", words, {}


def _wide_kernel(found: Chain) -> Meaning | None:
    """Depthwise first, then two layers that widen and narrow again, and the skip."""
    if _sorts(found) != ["depthwise", "point", "point"] or found.join is None:
        return None
    mix, up, down = found.main
    if not up.before == down.after < up.after:
        return None
    facts = {
        "kernel": mix.kernel, "taps": mix.taps, "side": _sides(mix), "width": up.before, "inner": up.after,
        "weights": _weights(found.main),
    }  # fmt: skip
    words = f"{up.before} → {up.after} → {down.after}, {mix.side} depthwise"
    return "ConvNeXt block", "wide_kernel", words, facts


def _opens(flow: Flow, block: Block) -> bool:
    """True where features are multiplied by others: a gate."""
    ops = [flow.ops[i] for i in block.one()]
    return any(op.name == "glu" or (op.name == "mul" and len(flow.data_inputs(op)) == 2) for op in ops)


def _inverted(found: Chain, opens: bool) -> Meaning | None:
    """The wide middle is depthwise, or the first layer widens and a 1 × 1 one narrows; `opens`: there is a gate."""
    sorts = _sorts(found)
    if sorts[:1] + sorts[-1:] == ["point", "point"] and sorts[1:-1] == ["depthwise"] * (len(sorts) - 2) and sorts[1:-1]:
        up, mix, down = found.main[0], found.main[1], found.main[-1]
        if up.after <= up.before:
            return None
        if opens and up.after == _GATED * down.before:
            part = f" on {mix.before}" if mix.before < down.before else ""
            words = f"{up.before} → {up.after}, GLU, {mix.side} depthwise{part}, → {down.after}"
            return "Gated convolution", "gated_convolution", words, _opened(found.main)
        if not up.after == mix.before == down.before:
            return None
        facts = {
            "input": up.before, "inner": up.after, "output": down.after, "taps": mix.taps, "side": _sides(mix),
            "weights": _weights(found.main), "mixing": len(sorts) - 2,
        }  # fmt: skip
        skip = "" if found.join is not None else ", no skip"
        words = f"{up.before} → {up.after} → {down.after}, {mix.side} depthwise{skip}"
        return "Inverted residual", "inverted_residual", words, facts
    if sorts == ["full", "point"] and found.main[0].after > max(found.main[0].before, found.main[1].after):
        up, down = found.main
        if opens and up.after == _GATED * down.before:
            words = f"{up.before} → {up.after}, {up.side}, GLU, → {down.after}"
            return "Gated convolution", "gated_convolution", words, _opened(found.main)
        if up.after != down.before:
            return None
        facts = {
            "input": up.before, "inner": up.after, "output": down.after, "taps": up.taps, "side": _sides(up),
            "weights": _weights(found.main),
        }  # fmt: skip
        words = f"{up.before} → {up.after} → {down.after}, {up.side}"
        return "Fused inverted residual", "fused_inverted_residual", words, facts
    return None


def _opened(layers: tuple[Layer, ...]) -> dict[str, Any]:
    """Numbers of a block in which one half of the features opens the other."""
    first, last = layers[0], layers[-1]
    wide = max(layers, key=lambda layer: layer.kernel)
    return {
        "input": first.before, "inner": last.before, "output": last.after, "kernel": wide.kernel, "side": _sides(wide),
        "weights": _weights(layers),
    }  # fmt: skip


def _narrow(found: Chain, weighed: bool) -> Meaning | None:
    """1 × 1 down, k × k, 1 × 1 up; `weighed`: several maps may be made in the middle, of which a softmax makes one."""
    sorts = _sorts(found)
    if len(sorts) != 3 or (sorts[0], sorts[2]) != ("point", "point") or sorts[1] not in ("full", "grouped"):
        return None
    down, mix, up = found.main
    if found.join is None or (mix.after >= up.after and mix.groups == 1):
        return None
    splits = mix.after // up.before
    if splits * up.before != mix.after or (splits > 1 and not weighed):
        return None
    facts = {
        "width": up.after, "inner": up.before, "input": down.before, "weights": _weights(found.main),
        "kernel": mix.kernel, "taps": mix.taps, "side": _sides(mix), "groups": mix.groups,
        **({"splits": splits} if splits > 1 else {}),
    }  # fmt: skip
    if down.after != up.before:
        facts = {}  # no formula over one inner width
    grouped = f", {mix.groups} groups" if mix.groups > 1 else ""
    words = f"{down.before} → {mix.after} → {up.after}, {mix.side}{grouped}"
    return "Bottleneck block", "bottleneck", words, facts


def _separable(found: Chain) -> Meaning | None:
    """Each channel by itself, then all of them at every position; once, or several times."""
    sorts = _sorts(found)
    if not sorts or len(sorts) % 2 or sorts != ["depthwise", "point"] * (len(sorts) // 2):
        return None
    if len(sorts) > 2 and found.join is None:
        return None
    mix, point, last = found.main[0], found.main[1], found.main[-1]
    facts = {
        "taps": mix.taps, "input": mix.before, "inner": mix.after, "output": point.after,
        "weights": mix.weights + point.weights,
    }  # fmt: skip
    words = f"{mix.before} → {last.after}, {mix.side} depthwise"
    return "Depthwise separable block", "separable", words, facts


def _halves(flow: Flow, block: Block, found: Chain) -> Meaning | None:
    """A short and a long branch whose channels are put side by side, and mixed by a transpose without arithmetic."""
    if len(found.branches) != 2 or _sorts(found) != ["point", "depthwise", "point"] or found.join is None:
        return None
    _, mix, last = found.main
    later = [flow.ops[i] for i in block.one() if i > found.join.id]
    rank = len(flow.tensors[found.join.outputs[0]].shape)
    facts = {
        "half": last.after, "taps": mix.taps, "weights": _weights(found.main),
        "shuffled": any(op.name in _TURNS and len(flow.tensors[op.outputs[0]].shape) > rank for op in later),
    }  # fmt: skip
    words = f"{2 * last.after} channels in two halves, {mix.side} depthwise"
    return "ShuffleNet unit", "shuffle_unit", words, facts


def _parallel(found: Chain) -> Meaning | None:
    """Branches of other kernels, put side by side."""
    if any(not branch for branch in found.branches) and sum(map(bool, found.branches)) < 2:
        return None
    widths = [branch[-1].after for branch in found.branches if branch]
    if any(layer.dilation > 1 for branch in found.branches for layer in branch):
        label, kind = "Atrous pyramid", "atrous_pyramid"
    elif len(widths) == 2 and len(found.common) == 1 and found.common[0].sort == "point":
        label, kind = "Fire module", "fire"
    elif len(found.branches) > 2:
        label, kind = "Inception block", "inception"
    else:
        return None
    others = len(found.branches) - len(widths)
    words = " + ".join(map(str, widths)) + (" + pooled" if others else "")
    facts: dict[str, Any] = {"branches": len(found.branches), "width": sum(widths)}
    if kind == "fire":
        facts = _fire(found)
    return label, kind, f"{len(found.branches)} branches: {words} channels", facts


def _fire(found: Chain) -> dict[str, Any]:
    """Widths of the layer that squeezes and of the two that expand, the smaller kernel first; {} for other branches."""
    squeeze = found.common[0]
    small, large = sorted((branch[-1] for branch in found.branches if branch), key=lambda layer: layer.kernel)
    if (small.sort, large.sort) != ("point", "full") or not squeeze.after == small.before == large.before:
        return {}
    return {
        "input": squeeze.before, "squeeze": squeeze.after, "small": small.after, "large": large.after,
        "taps": large.taps, "side": _sides(large), "weights": _weights((squeeze, small, large)),
    }  # fmt: skip


def _grown(flow: Flow, block: Block, found: Chain) -> Meaning | None:
    """What the block makes is put behind what enters it, here or right after it."""
    if not found.main:
        return None
    first, last = found.main[0], found.main[-1]
    inside = set(block.one())
    joins = [found.join] if found.join is not None else _joins_after(flow, block)
    entering = {t for i in inside for t in flow.ops[i].inputs if flow.tensors[t].producer not in inside}
    for join in joins:
        kept = {flow.origin(t)[0].id for t in join.inputs}
        if kept & {flow.origin(t)[0].id for t in entering} and last.sort == "full" and len(found.main) <= 2:
            facts = {"growth": last.after, "input": first.before, "weights": _weights(found.main)}
            return "Dense layer", "dense_layer", f"{last.after} channels more", facts
    return None


def _joins_after(flow: Flow, block: Block) -> list[Op]:
    last = flow.ops[block.one()[-1]]
    return [user for user in flow.data_users(last) if user.name == "cat"]


def _sides(layer: Layer) -> str:
    """The sides of a kernel as they stand before the word convolution."""
    return layer.side.replace("×", " × ") if "×" in layer.side else f"length-{layer.side}"


def _weights(layers: tuple[Layer, ...]) -> int:
    return sum(layer.weights for layer in layers)


def _widths(layers: tuple[Layer, ...]) -> str:
    word = "convolution" if len(layers) == 1 else "convolutions"
    return f"{len(layers)} {word}, {layers[0].before} → {layers[-1].after}" if layers else ""
