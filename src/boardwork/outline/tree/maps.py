"""Container of layers on maps -> its role by what it takes and gives: a convolution stem, a feature pyramid."""

from __future__ import annotations

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.views.squeeze import SIGNS

_STEM = ("conv", "linear", "norm", "frozen_norm", "activation", "pool")
_FEWEST = 2  # convolutions of a stem, maps of a pyramid
_MAP = 4  # axes of a batch of maps


def stem(flow: Flow, block: Block) -> tuple[str, str] | None:
    """The first convolutions of a model, whatever their branches; a last linear layer may make tokens of the map."""
    leaves = [part for part in block.leaves() if part.role not in SIGNS and not pads(flow, part)]
    convolutions = [part for part in leaves if part.kind == "conv"]
    plain = all(part.kind in _STEM for part in leaves) and all(part.kind != "linear" for part in leaves[:-1])
    taken = next((t for op in block.one() for t in flow.data_inputs(flow.ops[op])), None)
    if len(convolutions) < _FEWEST or not plain or taken is None or flow.origin(taken)[0].kind != "input":
        return None
    first, last = convolutions[0].detail.partition(" → ")[0], convolutions[-1].detail.partition(" → ")[2]
    return "Convolution stem", f"{len(convolutions)} convolutions, {first} → {last.partition(',')[0]}"


def pads(flow: Flow, block: Block) -> bool:
    """True for a border for the layer that follows, which is no layer of its own."""
    return bool(block.ops) and all(flow.is_shape(op) or flow.ops[op].name == "pad" for op in block.ops)


def pyramid(flow: Flow, block: Block) -> tuple[str, str] | None:
    """Maps of several sizes, made larger and joined, that leave with one width: arXiv:1612.03144."""
    own = frozenset(block.one())
    if not any(part.kind == "resize" for part in block.walk()):
        return None
    taken = flow.taken(own)
    made = [t for op in own for t in flow.ops[op].outputs]
    given = [t for t in made if t in flow.outputs or not own.issuperset(flow.readers(t))]
    before, after = {flow.tensors[t].shape for t in taken}, {flow.origin(t)[0].shape for t in given}
    if any(len(shape) != _MAP for shape in after):
        return None
    maps, widths = {shape[-2:] for shape in after}, {shape[1] for shape in after}
    several = len({shape[-2:] for shape in before}) >= _FEWEST and len(maps) == len(after) >= _FEWEST
    if not several or len(widths) != 1:
        return None
    layers = [part.label for part in block.children if part.kind == "transformer_layer"]
    told = f"; with {layers[0]}" if layers else ""
    return "Feature pyramid", f"{len(maps)} maps of {widths.pop()} channels{told}"
