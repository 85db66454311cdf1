"""Container without a name -> its role by what it holds: embeddings, a stack of layers; label and detail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS
from boardwork.outline.recognise.attention.angles import turns
from boardwork.outline.recognise.elementwise import PIECEWISE
from boardwork.outline.recognise.learned_curve import LEARNED, in_curve, learned_numbers
from boardwork.outline.tree.maps import pads, pyramid, stem
from boardwork.outline.views.squeeze import SIGNS, counted, list_of

_TABLES = ("embedding", "position_table", "type_table")
_BESIDE = ("norm", "activation", "select", "positional_encoding")
_MIXING = ("transformer_layer", "meta_former")
_CONVOLUTIONAL = (
    "residual_block", "bottleneck", "inverted_residual", "fused_inverted_residual", "wide_kernel", "separable",
    "dense_layer", "shuffle_unit", "gated_block", "aggregation",
)  # fmt: skip
_SORTS = 2  # of layers that a name may tell
_FEWEST_BLOCKS = 3  # of convolutions, that are told in place of their stage
_LONGEST = 40  # letters of a name that lists layers
_SEQUENCE = 3  # axes: sequences, positions, features


def role(flow: Flow, block: Block) -> tuple[str, str]:
    """`Patch embedding`, `Embeddings`, `6 × Decoder layer` and the words under it; both "" for others."""
    found = _embeddings(block) or _patches(flow, block) or pyramid(flow, block) or _stack(block) or _waves(flow, block)
    return found or _learned_activation(flow, block) or _series(flow, block) or stem(flow, block) or ("", "")


def _embeddings(block: Block) -> tuple[str, str] | None:
    """Tables or patches, and only norms and sums beside them."""
    parts = [part for part in block.leaves() if part.role not in SIGNS]
    known = [part for part in parts if part.kind in (*_TABLES, "patches")]
    if not known or any(part not in known and part.kind not in _BESIDE and part.kind for part in parts):
        return None
    first = next((part for part in known if part.kind == "patches"), known[0])
    others = list_of([part.label for part in parts if part.kind and part is not first])
    if not others and len(parts) == 1:
        return None
    label = "Patch embedding" if first.kind == "patches" else "Embeddings"
    return label, "; ".join(filter(None, (first.detail, f"with {others}" if others else "")))


def _patches(flow: Flow, block: Block) -> tuple[str, str] | None:
    """A map cut into fewer positions by one convolution, which become a sequence: between stages, or with overlaps."""
    parts = [part for part in block.leaves() if part.kind]
    cuts = [part for part in parts if part.kind == "conv" and " /" in part.label]
    rank = len(flow.tensors[flow.ops[block.one()[-1]].outputs[0]].shape)
    if len(cuts) != 1 or rank != _SEQUENCE or any(part not in cuts and part.kind != "norm" for part in parts):
        return None
    return "Patch embedding", f"{cuts[0].label}, {cuts[0].detail}"


def _waves(flow: Flow, block: Block) -> tuple[str, str] | None:
    """Sines and cosines by which queries and keys are turned, where positions are given or depend on the input."""
    own = block.one()
    used = (t for op in own for t in flow.ops[op].outputs if not set(flow.users.get(t, ())).issubset(own))
    both = {"cos", "sin"} <= {flow.ops[op].name for op in own}
    waves = both and not flow.parameters(own) and any(turns(flow, t) for t in used)
    return ("Sines and cosines", "of positions, for RoPE") if waves else None


def _learned_activation(flow: Flow, block: Block) -> tuple[str, str] | None:
    """A curve through which each number passes by itself, with a few learned numbers in it, as of PReLU or xIELU."""
    own = frozenset(block.one())
    ops = [flow.ops[op] for op in block.one() if not flow.is_shape(op)]
    taken = flow.taken(own)
    learned = learned_numbers(flow, own)
    if len(taken) != 1 or not learned or not all(map(in_curve, ops)):
        return None
    same = flow.tensors[ops[-1].outputs[0]].shape == flow.tensors[taken.pop()].shape
    bends = any(op.name in ACTIVATIONS or op.name in PIECEWISE for op in ops)
    return (LEARNED, f"a curve of {learned} learned numbers") if same and bends else None


def _series(flow: Flow, block: Block) -> tuple[str, str] | None:
    """A few layers, one after the other: `LayerNorm, Linear`."""
    parts = [part for part in block.children if not pads(flow, part)]
    if any(part.children or part.role in SIGNS for part in parts):
        return None
    label, sizes = ", ".join(part.label for part in parts), [part.detail for part in parts if part.detail]
    known = any(part.kind for part in parts) and len(label) <= _LONGEST
    return (label, sizes[0] if len(sizes) == 1 else "") if known else None


def _stack(block: Block) -> tuple[str, str] | None:
    """Layers that mix positions, else blocks of convolutions, with whatever else there is.

    Copies would be counted twice over.
    """
    mixing = list(_layers(block, _MIXING))
    layers = mixing or list(_layers(block, _CONVOLUTIONAL))
    counts: Counter[str] = Counter()
    for layer, times in layers:
        counts[layer.label] += times
    fewest = 2 if mixing else _FEWEST_BLOCKS
    if block.copies or not 0 < len(counts) <= _SORTS or counts.total() < fewest:
        return None
    label = " + ".join(counted(n, name) for name, n in counts.items())
    known = {id(layer) for layer, _ in layers}
    others = [part for part in _flat(block) if part.kind and part.kind not in _BESIDE and id(part) not in known]
    alike = len(counts) == 1 if mixing else len({layer.detail for layer, _ in layers}) == 1
    words = [layers[0][0].detail if alike else ""]
    words.append(f"with {list_of([part.label for part in others])}" if others else "")
    return label, "; ".join(filter(None, words))


def _flat(block: Block) -> Iterator[Block]:
    """The parts of a block, those of its layers in turn among them."""
    for part in block.children:
        yield from part.children if part.kind == "in_turn" else (part,)


def _layers(block: Block, kinds: Collection[str], times: int = 1) -> Iterator[tuple[Block, int]]:
    """Every layer below with how often it comes; loops run the same weights and count once."""
    for part in block.children:
        if part.kind in kinds:
            yield part, times * part.repeat
        elif not part.kind or part.kind == "in_turn":
            yield from _layers(part, kinds, times * part.repeat)


def is_gated(flow: Flow, block: Block) -> bool:
    """True where an activation beside a norm works on something else than the norm does: a gate."""
    gate = next(b for b in block.children if b.kind == "activation")
    normed = {op for b in block.children if b.kind == "norm" for op in b.one()}
    return not any(flow.origin(t)[0].producer in normed for op in gate.one() for t in flow.ops[op].inputs)


def is_gated_convolution(flow: Flow, block: Block) -> bool:
    """True where a projection weighs what enters a convolution and another what leaves it. arXiv:2511.23404"""
    convolutions, products = ([b for b in block.children if b.role == role] for role in ("conv", "multiply"))
    projected = {op for b in block.children if b.role == "linear" for op in b.one()}
    if len(convolutions) != 1 or len(products) != 2:
        return False
    mixed = set(convolutions[0].one())
    before = [b for b in products if _makers(flow, convolutions[0]) & set(b.one())]
    after = [b for b in products if _makers(flow, b) & mixed]
    gates = {maker for b in products for maker in _makers(flow, b)} - mixed
    return len(before) == len(after) == 1 and before != after and gates <= projected


def _makers(flow: Flow, block: Block) -> set[int]:
    """The operations outside of a block that make what it reads, weights apart."""
    own = set(block.one())
    read = (t for op in own for t in flow.ops[op].inputs if flow.tensors[t].kind not in ("parameter", "buffer"))
    return {flow.origin(t)[0].producer for t in read} - own
