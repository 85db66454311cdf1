"""Container of recognised parts -> what it is in the field's terms: the first rule that holds gives label and kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property

from boardwork.outline.blocks import ATTENTION, Block
from boardwork.outline.flow import Flow
from boardwork.outline.tree.roles import is_gated, is_gated_convolution

Meaning = tuple[str, str]  # label, kind
NOTHING: Meaning = ("", "")

_NETWORKS = ("feed_forward", "moe")
_SMALL = ("norm", "activation", "pool")
_POOLS = ("pool",)
_LONG = ("scan", "delta_rule")
_HALVES = 2  # networks of a Conformer layer, round attention and a convolution over positions
_MIXERS = {"state_space_block": "State-space layer", "gated_convolution": "Gated convolution layer"}


def meaning(flow: Flow, block: Block) -> Meaning:
    """Label and kind, both "" for a container that no rule knows."""
    parts = _Parts(flow, block)
    return next((found for rule in _RULES if (found := rule(parts)) is not None), NOTHING)


class _Parts:
    """A container with what the rules ask of it."""

    def __init__(self, flow: Flow, block: Block) -> None:
        self.flow, self.block, self.children = flow, block, block.children
        self.direct = [child.kind for child in block.children]

    @cached_property
    def inside(self) -> list[Block]:
        """Every block below."""
        return [block for child in self.children for block in child.walk()]

    @cached_property
    def attention(self) -> list[Block]:
        return [block for block in self.inside if block.kind in ATTENTION]

    @cached_property
    def networks(self) -> list[Block]:
        return [block for block in self.inside if block.kind in _NETWORKS]

    def has(self, *kinds: str) -> bool:
        """True when a block of one of these kinds is below."""
        return any(block.kind in kinds for block in self.inside)


def _several(parts: _Parts) -> Meaning | None:
    """Layers in a row; of attention, a scan and several networks too, for a layer has one of these."""
    if any(b.repeat > 1 or b.again or b.kind == "transformer_layer" for b in parts.inside):
        return NOTHING
    return NOTHING if parts.attention and len(parts.networks) > 1 and parts.has(*_LONG) else None


def _transformer(parts: _Parts) -> Meaning | None:
    networks = [b.kind for b in parts.networks or _other_networks(parts)]
    if not parts.attention or not networks:
        return None
    crossed = {b.facts["cross"] for b in parts.attention}
    causal = any(b.facts["causal"] for b in parts.attention)
    if crossed == {True} and not causal:  # latents or pooling queries, without attention among themselves
        return "Cross-attention layer", "transformer_layer"
    if len(networks) == len(set(networks)) + 1 == _HALVES and any(map(_convolves, parts.children)):
        return "Conformer layer", "transformer_layer"  # arXiv:2005.08100: half a network before, half after
    return ("Decoder layer" if True in crossed or causal else "Encoder layer"), "transformer_layer"


def _other_networks(parts: _Parts) -> list[Block]:
    """Networks beside attention that keep the stream as it is: no classifier of a mean, no map of fewer channels."""
    if not parts.attention:
        return []
    flow = parts.flow
    stream = {
        flow.tensors[t].size for t in (*flow.taken(parts.block.one()), *(_result(flow, b) for b in parts.attention))
    }
    return [b for b in parts.children if _widens_otherwise(b) and _keeps_shape(flow, b, stream)]


def _keeps_shape(flow: Flow, block: Block, sizes: Collection[int]) -> bool:
    """True where the result has the shape of what the block takes, and one of these numbers of elements."""
    made = flow.tensors[_result(flow, block)]
    return made.size in sizes and any(flow.tensors[t].shape == made.shape for t in flow.taken(block.one()))


def _result(flow: Flow, block: Block) -> int:
    return flow.ops[block.one()[-1]].outputs[0]


def _widens_otherwise(block: Block) -> bool:
    """A network that is no feed-forward one: it has more in between, sees its neighbours, or has convolutions."""
    if block.kind in ("mlp", "inverted_residual"):
        return True
    return not _convolves(block) if block.kind == "conv_block" else not block.kind and _bends_between(block)


def _bends_between(block: Block) -> bool:
    """Linear layers with an activation between, the first as wide before as the last behind."""
    inside = list(block.walk())
    layers = [part.detail.split(" → ") for part in inside if part.kind == "linear"]
    bends = any(part.kind == "activation" or (part.kind == "linear" and "," in part.label) for part in inside)
    mixes = any(part.kind in ATTENTION for part in inside)
    return len(layers) > 1 and bends and not mixes and layers[0][0] == layers[-1][-1]


def _convolves(block: Block) -> bool:
    """True with a convolution a channel inside, which mixes positions."""
    return block.kind == "gated_convolution" or any(b.label.startswith("Depthwise conv") for b in block.walk())


def _mixing(parts: _Parts) -> Meaning | None:
    mixers = [kind for kind in parts.direct if kind in _MIXERS]
    return (_MIXERS[mixers[0]], "mixing_layer") if len(mixers) == len(parts.networks) == 1 else None


def _gated_convolution(parts: _Parts) -> Meaning | None:
    return ("Gated convolution", "gated_convolution") if is_gated_convolution(parts.flow, parts.block) else None


def _delta(parts: _Parts) -> Meaning | None:
    rule = next((b for b in parts.inside if b.kind == "delta_rule"), None)
    if rule is None or not (parts.networks or "delta_rule" in parts.direct):
        return None
    net = "Gated DeltaNet" if rule.facts["gated"] else "DeltaNet"
    return (f"{net} layer", "delta_layer") if parts.networks else (net, "delta_net")


def _mixer(parts: _Parts) -> Meaning | None:
    across = sum(b.label.endswith("across positions") for b in parts.networks)
    return ("Mixer layer", "mixer_layer") if len(parts.networks) > 1 and across == 1 else None


def _state_space(parts: _Parts) -> Meaning | None:
    return ("State-space block", "state_space_block") if "scan" in parts.direct else None


def _gated_norm(parts: _Parts) -> Meaning | None:
    if sorted(b.kind or b.role for b in parts.children) != ["activation", "multiply", "norm"]:
        return None
    norm = next(b.label for b in parts.children if b.kind == "norm")
    return (f"Gated {norm}", "gated_norm") if is_gated(parts.flow, parts.block) else None


def _adaptive_norm(parts: _Parts) -> Meaning | None:
    """A norm with its scale or shift made from something else. arXiv:1707.00683, arXiv:1703.06868"""
    norms = [block.label for block in parts.children if block.kind == "norm"]
    made = set(parts.direct) - {"norm", "activation"} <= {"modulation", "modulation_layer"}
    return (f"Adaptive {norms[0]}", "") if len(norms) == 1 and made and "modulation" in parts.direct else None


def _flow_step(parts: _Parts) -> Meaning | None:
    return ("Flow step", "flow_step") if parts.direct.count("coupling") == 1 else None


def _convolutions(parts: _Parts) -> Meaning | None:
    plain = set(parts.direct) <= {"conv", "norm", "activation", "pool"}
    return ("Convolution block", "conv_block") if plain and parts.direct.count("conv") > 1 else None


def _perceptron(parts: _Parts) -> Meaning | None:
    plain = set(parts.direct) <= {"linear", "norm", "activation"}
    return ("MLP", "mlp") if plain and parts.direct.count("linear") > 1 else None


def _meta_former(parts: _Parts) -> Meaning | None:
    """Two additions, one behind a part that mixes positions, the other behind a network: arXiv:2111.11418."""
    adds = [block for block in parts.children if block.role == "add"]
    alone = [block for block in parts.children if not block.children and block.kind not in _SMALL]
    part = mixer(parts.block)
    if part is None or any(block.role not in ("add", "other") for block in alone):
        return None
    if not _mixes_stream(parts, part, adds):
        return None
    channels = [leaf.label for leaf in part.leaves() if leaf.role == "conv"]
    alone_too = (
        len(adds) == 1 and channels and all(label.startswith("Depthwise") for label in channels)
    )  # arXiv:2307.09283
    return ("MetaFormer block", "meta_former") if len(adds) == 2 or alone_too else None


def _mixes_stream(parts: _Parts, part: Block, adds: Sequence[Block]) -> bool:
    """True where the mixer keeps the length, and every addition joins the stream and what a part makes of it."""
    flow = parts.flow
    working = {op for block in parts.children if block is part or _is_network(block) for op in block.one()}
    keeps = flow.tensors[_result(flow, part)].size in {flow.tensors[t].size for t in flow.taken(part.one())}
    return keeps and all(any(_is_skip(flow, op, parts.block.one()[0], working) for op in add.one()) for add in adds)


def _is_skip(flow: Flow, op: int, first: int, working: set[int]) -> bool:
    """True for a sum of two tensors, one of which since the `first` operation passed parts that the other did not."""
    made = [{maker.id for maker in flow.makers(t, since=first - 1)} & working for t in flow.data_inputs(flow.ops[op])]
    return len(made) == 2 and made[0] != made[1]


def mixer(block: Block) -> Block | None:
    """The only part of a layer beside one network, its norms and sums."""
    networks = [part for part in block.children if _is_network(part)]
    beside = (*networks, *(part for part in block.children if part.kind == "excitation"))
    others = [part for part in block.children if part.kind in _POOLS or (part.children and part not in beside)]
    return others[0] if len(networks) == len(others) == 1 else None


def _is_network(block: Block) -> bool:
    """A feed-forward network, also one of convolutions that see one position each."""
    points = block.kind == "conv_block" and all(part.label.startswith("Conv 1×1") for part in block.children)
    return block.kind in _NETWORKS or points


_RULES: tuple[Callable[[_Parts], Meaning | None], ...] = (
    _several,
    _transformer,
    _mixing,
    _gated_convolution,
    _delta,
    _mixer,
    _state_space,
    _gated_norm,
    _adaptive_norm,
    _flow_step,
    _convolutions,
    _perceptron,
    _meta_former,
)
