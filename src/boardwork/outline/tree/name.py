"""Tree -> the same tree with blocks named by what they hold, in the field's terms."""

from __future__ import annotations

import dataclasses
from collections import Counter

from boardwork.outline.blocks import ATTENTION, Block
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.convolution.blocks import Meaning, convolution_block, one_shot_aggregation
from boardwork.outline.tree.fold import TELLING
from boardwork.outline.tree.head import with_head
from boardwork.outline.tree.maps import pads
from boardwork.outline.tree.meaning import meaning, mixer
from boardwork.outline.tree.plumbing import CONTAINER
from boardwork.outline.tree.roles import role
from boardwork.outline.tree.variant import variant
from boardwork.outline.views.squeeze import SIGNS, counted, list_of, widths_of

_FEW = 2  # labels in one
_WHOLE = ("embedding", "norm", "patch_merging")  # with arithmetic beside it, still just that
_LAYER_KINDS = ("transformer_layer", "delta_layer", "mixing_layer")
_SAYS = 3  # letters of an attribute that says something

_LAYERS = {"conv": "conv", "linear": "linear", "head": "linear", "attention": "attention", "recurrent": "recurrent"}
_WORK = (*ATTENTION, "feed_forward", "moe", "state_space_block", "gated_convolution")
_OTHER_WORK = (
    *ATTENTION,
    "transformer_layer",
    "scan",
    "delta_rule",
    "recurrent",
    "embedding",
    "head",
    "patches",
    "coupling",
)


def name(flow: Flow, root: Block) -> Block:
    """Name every container that recognition can name, and the model's head."""
    return with_head(flow, _name(flow, root))


def _name(flow: Flow, block: Block, within: bool = False) -> Block:
    """`within`: the block is part of a named block of convolutions, whose parts have no such names of their own."""
    if not block.children and not block.copies:
        return block
    convolutional = None if within or block.kind not in ("", "in_turn") else _convolutional(flow, block)
    inner = within or convolutional is not None
    block = dataclasses.replace(
        block,
        children=tuple(_name(flow, child, inner) for child in block.children),
        copies=tuple(_name(flow, copy, within) for copy in block.copies),
    )
    if convolutional is not None:
        label, kind, detail, facts = convolutional
        words = "; ".join(filter(None, (block.detail or detail, variant(flow, block))))
        return dataclasses.replace(block, label=label, kind=kind, detail=words, facts=facts)
    if not block.children or block.kind not in ("", "in_turn"):
        return block
    label, kind = meaning(flow, block)
    told = [block.detail or (_WRITTEN[kind](block) if kind in _WRITTEN else "")]
    if not label and block.kind == "in_turn":
        alone = _alone(flow, block)
        label, kind = _steps(flow, block) if alone is None else alone.label, "in_turn"
        told = [alone.detail if alone is not None else "" if label else _in_turn(block), _shared(flow, block)]
        label = label or f"{_count(block)} layers in turn"
    if not label and block.label == CONTAINER:
        label, kind = _content(block), ""
    only = None if label else _only(block)
    if only is not None:
        label, told = only.label, [only.detail]
    elif not label and not block.kind:
        label, words = role(flow, block)
        told = [words]
    detail = "; ".join(filter(None, (*told, variant(flow, block)))) or ("" if kind else _holds(block))
    shown = label or block.label
    return dataclasses.replace(block, label=shown, kind=kind, detail=detail if detail != shown else "")


def _only(block: Block) -> Block | None:
    """The one recognised part of a container that holds nothing but norms, skips and arithmetic besides."""
    mixing = [child for child in block.children if child.kind in _WORK]
    if len(mixing) == 1 and all(child in mixing or _accompanies(child) for child in block.children):
        return mixing[0]
    known = [child for child in block.children if child.kind]
    others = [child for child in block.children if not child.kind]
    plain = known and known[0].kind in _WHOLE and not any(child.children for child in others)
    return known[0] if len(known) == 1 and plain else None


def _accompanies(block: Block) -> bool:
    return block.kind in ("norm", "activation") or block.role in SIGNS or (not block.kind and not block.children)


def _holds(block: Block) -> str:
    """`3 conv, 3 linear`, or the few parts by name: what a block without other words is made of."""
    counts: Counter[str] = Counter()
    for part in block.children:
        _count_layers(part, counts, part.repeat)
    if sum(counts.values()) > 1:
        return ", ".join(f"{n} {role}" for role, n in counts.items())
    return list_of([part.label for part in block.children if part.role not in SIGNS])


def _count_layers(block: Block, counts: Counter[str], times: int) -> None:
    if block.role in _LAYERS:
        counts[_LAYERS[block.role]] += times
    for child in block.children if block.role not in _LAYERS else ():
        _count_layers(child, counts, times * child.repeat)


def _alone(flow: Flow, block: Block) -> Block | None:
    """The only part with weights, if it mixes positions: with arithmetic beside it there are no layers in turn."""
    parts = [child for child in block.children if _weighs(flow, child)]
    layer = len(parts) == 1 and parts[0].repeat == 1 and (parts[0].kind == "transformer_layer" or parts[0].children)
    return parts[0] if layer else None


def _steps(flow: Flow, block: Block) -> str:
    """`Linear, ×, +`: one layer and the arithmetic round it are no layers in turn."""
    drawn = [child for child in block.children if not pads(flow, child)]
    layers = [child for child in drawn if child.kind or child.children]
    return ", ".join(child.label for child in drawn) if len(layers) == 1 else ""


def _count(block: Block) -> int:
    return sum(child.repeat for child in block.children if child.role not in SIGNS)


def _shared(flow: Flow, block: Block) -> str:
    """The parts that all copies of a body run with the same weights."""
    pairs = zip(block.children, block.copies[0].children, strict=True) if block.copies else ()
    layers = [(one, two) for one, two in pairs if one.role not in SIGNS and _weighs(flow, one)]
    same = [one.label for one, two in layers if one.path == two.path and one.module == two.module]
    return f"weights of {list_of(same)} shared" if same else ""


def _weighs(flow: Flow, block: Block) -> bool:
    return flow.parameters(block.one()) > 0


def _in_turn(block: Block) -> str:
    """Layers in turn, in order if they are few: `3 × Recurrent layer, then Decoder layer (8 heads)`."""
    runs: list[tuple[str, int]] = []
    parts = [child for child in block.children if child.role not in SIGNS]
    alike = len({child.label for child in parts}) < len(parts)
    for child in parts:
        inside = _telling(child) if alike else ""
        words = child.label + (f" ({inside})" if inside else "")
        if runs and runs[-1][0] == words:
            runs[-1] = (words, runs[-1][1] + child.repeat)
        else:
            runs.append((words, child.repeat))
    if len(runs) > _FEW + 1:
        totals = {words: sum(n for other, n in runs if other == words) for words, _ in runs}
        return list_of([counted(n, words) for words, n in totals.items()])
    return ", then ".join(counted(n, words) for words, n in runs)


def _telling(block: Block) -> str:
    """What tells a layer from another of the same name."""
    if block.kind == "transformer_layer":
        return block.detail
    return next((inside.label for inside in block.walk() if inside.kind in TELLING), "")


def _content(block: Block) -> str:
    """A container without a meaning of its own: named by its few parts, else by the attribute that holds it."""
    parts = [child for child in block.children if child.role not in SIGNS]
    strided = [part.label for part in parts if part.kind == "conv" and " /" in part.label]
    weighted = [part for part in parts if part.kind in ("conv", "linear") or part.children]
    if len(strided) == len(weighted) == 1 and parts.index(weighted[0]) > 0:
        return "Downsample"
    labels = list(dict.fromkeys(part.label for part in parts))
    attribute = block.path.rpartition(".")[2]
    if len(labels) <= _FEW or attribute.isdigit() or len(attribute) < _SAYS:
        return ", ".join(labels[:_FEW]) + (" ..." if len(labels) > _FEW else "")
    return attribute.replace("_", " ").capitalize()


def _convolutional(flow: Flow, block: Block) -> Meaning | None:
    """The name of a block that holds nothing but convolutions and what goes with them, once."""
    inside = [b for child in block.children for b in child.walk()]
    once = all((b.repeat == 1 or _one_layer(b)) and (not b.again or b.role in SIGNS) for b in inside)
    if not any(b.kind == "conv" for b in inside) or any(b.kind in _OTHER_WORK for b in inside):
        return None
    return convolution_block(flow, block) if once else one_shot_aggregation(flow, block)


def _one_layer(block: Block) -> bool:
    """True for a convolution with what goes with it, which a block may hold twice."""
    inside = list(block.walk())
    return sum(b.kind == "conv" for b in inside) == 1 and not any(b.role in ("add", "concat") for b in inside)


def _layers(block: Block) -> str:
    return widths_of(block.children)


def _channels(block: Block) -> str:
    """Channels in and out of a run of convolutions."""
    convs = [b for b in block.children if b.kind == "conv"]
    first, last = convs[0].detail.partition(" →")[0], convs[-1].detail.rpartition("→ ")[2]
    return f"{len(convs)} convolutions, {first} → {last.partition(',')[0]}"


def _sizes(block: Block) -> str:
    """What tells one layer that mixes positions from another: heads, and how wide or how many networks it has."""
    inside = [b for child in block.children for b in child.walk()]
    mixing = dict.fromkeys(_heads(b) for b in inside if b.kind in (*ATTENTION, "delta_rule"))
    experts = [f"top-{b.facts['top_k']} of {b.facts['experts']} experts" for b in inside if b.kind == "moe"]
    widths = dict.fromkeys(str(b.facts["d_ff"]) for b in inside if b.kind == "feed_forward")
    networks = experts[:1] or ([f"d_ff = {' and '.join(widths)}"] if widths else [])
    return ", ".join([*([" and ".join(mixing)] if mixing else []), *networks])


def _heads(block: Block) -> str:
    heads, shared = block.facts["heads"], block.facts.get("kv_heads", block.facts["heads"])
    words = f"{heads} head{'s' if heads > 1 else ''}" + (f", {shared} KV" if shared != heads else "")
    if not any(map(block.facts.get, ("competing", "without_softmax", "linear"))):
        return words
    sort = block.label.partition(", ")[0]
    return f"{words} of {sort if sort[1:] != sort[1:].lower() else sort.lower()}"


def _mixes(block: Block) -> str:
    """What mixes positions and what comes after it: `Average pool 3×3, then Feed-forward 64 → 256 → 64, GELU`."""
    part = mixer(block)
    assert part is not None
    inside = (
        []
        if part.kind not in ("", "residual_block")
        else [leaf.label for leaf in part.leaves() if leaf.role in ("conv", "pool")]
    )
    return f"mixes by {list_of([label.partition(', ')[0] for label in inside] or [part.label])}"


_WRITTEN = {"conv_block": _channels, "mlp": _layers, "meta_former": _mixes, **dict.fromkeys(_LAYER_KINDS, _sizes)}
