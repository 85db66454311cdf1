"""Query, key or value as it enters a core -> the projection that it comes from, and what stands between."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.angles import turns
from boardwork.outline.recognise.contraction import Contraction
from boardwork.outline.recognise.low_rank import adaptations
from boardwork.outline.recognise.norms.arithmetic import CALLED
from boardwork.outline.recognise.product import product
from boardwork.trace.records import Op

NORMALISING = frozenset([*CALLED, "normalize", "rsqrt"])
_ON_BRANCH = (
    frozenset(
        [
            "mul",
            "add",
            "sub",
            "neg",
            "cat",
            "stack",
            "div",
            "view_as_complex",
            "view_as_real",
            "roll",
            "unfold",
            "pad",
            "gather",
            "copy",
            "setitem",
        ]
    )
    | NORMALISING
)
STATISTICS = frozenset(("pow", "mean", "square", "sum", "norm", "linalg_vector_norm", "clamp_min", "sqrt", "var"))
_PASSED = _ON_BRANCH | STATISTICS
_POOLS = ("max_pool", "avg_pool", "adaptive_avg_pool", "conv")
_LONGEST_CHOICE = 80  # operations of a choice of keys
_MOST_ENDS = 8  # a projection has one, with low-rank branches a few
_EXPANDING = frozenset(("expand", "repeat_interleave", "repeat", "broadcast_to"))


@dataclass
class Branch:
    """What stands between a projection and the core, for Q, K or V.

    `beside`: a low-rank branch of the projection. `down`: the projection to a latent that `projection` widens again,
    and `latent` the operations between the two. `parts`: the projections that the branch is a sum of. `passed`: the
    tensors on the way, where it has no projections.
    """

    letter: str
    tensor: int
    projection: Op | None = None
    walk: set[int] = field(default_factory=set)
    beside: frozenset[int] = frozenset()
    down: Op | None = None
    latent: frozenset[int] = frozenset()
    parts: tuple[Op, ...] = ()
    passed: frozenset[int] = frozenset()

    @property
    def ends(self) -> tuple[Op, ...]:
        """The projections that a sequence passes first: one, or the parts of a sum."""
        first = self.down or self.projection
        return (first,) if first is not None else self.parts

    def between(self) -> frozenset[int]:
        """All operations that belong to the branch but its projections."""
        return frozenset((*self.walk, *self.beside, *self.latent))


def branch_of(flow: Flow, letter: str, tensor: int, also: Collection[str] = ()) -> Branch:
    """Walk back through shape operations, what is done to queries and keys on the way, and operations in `also`."""
    found = Branch(letter, tensor)
    ends = _back(flow, tensor, found.walk, also, most=_MOST_ENDS)
    adapted = next((a for a in adaptations(flow, found.walk) if ends <= a.ops), None)
    if adapted is not None:
        ends, found.beside = {adapted.base}, adapted.ops - {adapted.base}
        found.walk -= found.beside
    _settle(flow, found, [flow.ops[index] for index in sorted(ends)])
    if found.projection is None:
        on_the_way = (tensor, *(t for index in found.walk for t in flow.ops[index].inputs))
        found.passed = frozenset(flow.origin(t)[0].id for t in on_the_way)
        found.walk = set(flow.origin(tensor)[1])
    return found


def _settle(flow: Flow, found: Branch, ends: list[Op]) -> None:
    """One end is the projection; of two, one may be the latent that the other widens: a part goes past it."""
    if not 0 < len(ends) <= _MOST_ENDS or not all(is_projection(flow, op) for op in ends):
        return
    found.parts = tuple(ends)
    if len(ends) > 2:
        return
    up = ends[-1]
    down, between = _latent(flow, up)
    if len(ends) == 2 and down is not ends[0]:
        return
    found.projection = up
    if down is not None and _stays(flow, down, between, found.walk | between | {up.id}):
        found.down, found.latent = down, frozenset(between)


def _back(flow: Flow, tensor: int, walk: set[int], also: Collection[str] = (), *, most: int) -> set[int]:
    """Operations that the walk stops at; it gives up past `most`, for a residual stream leads through every block."""
    todo, ends = deque([tensor]), set[int]()
    while todo and len(ends) <= most:
        op = flow.producer(todo.popleft())
        if op is None or not flow.is_data(op.id) or op.id in walk:
            continue
        if flow.is_shape(op.id) or op.name in _PASSED or op.name in also or _pools(flow, op):
            walk.add(op.id)
            taken = op.inputs[:1] if op.name == "gather" else op.inputs  # an order is no part of the queries
            todo.extend(t for t in taken if not flow.is_weight(t) and not _beside(flow, t, also))
        else:
            ends.add(op.id)
    return ends


def _beside(flow: Flow, tensor: int, also: Collection[str]) -> bool:
    """Tables of constants and of angles; where cosines are features of queries and keys, they are no tables."""
    return flow.is_constant(tensor) or ("cos" not in also and turns(flow, tensor))


def _pools(flow: Flow, op: Op) -> bool:
    """Pooling, or a convolution a channel."""
    if not op.name.startswith(_POOLS):
        return False
    groups = op.attrs.get("groups")
    return not op.name.startswith("conv") or (isinstance(groups, int) and groups > 1)


def is_projection(flow: Flow, op: Op) -> bool:
    """A product with a matrix of weights; a convolution over positions is one too."""
    if op.name in ("linear", "addmm") or (op.name.startswith("conv") and not op.name.startswith("conv_transpose")):
        return True
    return product(flow, op) is not None


def data_of(flow: Flow, op: Op) -> int:
    """The tensor that a projection maps."""
    slot = op.slot("input")
    if slot is not None:
        return slot
    return next((t for t in op.inputs if not flow.is_weight(t)), op.inputs[0])


def source_of(flow: Flow, projection: Op) -> int:
    """That tensor before it was reshaped."""
    return flow.origin(data_of(flow, projection))[0].id


def width_in(flow: Flow, op: Op) -> int:
    """Features that a projection takes."""
    return Contraction(flow, op).inner() if op.name == "einsum" else flow.tensors[data_of(flow, op)].shape[_axis(op)]


def width_out(flow: Flow, op: Op) -> int:
    """Features that a projection makes."""
    if op.name != "einsum":
        return flow.tensors[op.outputs[0]].shape[_axis(op)]
    weight = next(t for t in op.inputs if flow.is_weight(t))
    return Contraction(flow, op).all_own(weight)


def _axis(op: Op) -> int:
    return 1 if op.name.startswith("conv") else -1


def _latent(flow: Flow, up: Op) -> tuple[Op | None, set[int]]:
    """The narrower projection that `up` widens again, and the operations between: reshapes, a norm, a concatenation."""
    between: set[int] = set()
    walked = _back(flow, data_of(flow, up), between, most=1)
    ends = [flow.ops[index] for index in walked]
    passed = NORMALISING | STATISTICS | {"mul", "add", "cat"}  # the latent beside its normed self is still the latent
    plain = all(flow.is_shape(i) or flow.ops[i].name in passed for i in between)
    if len(ends) != 1 or not plain or not between or not is_projection(flow, ends[0]):
        return None, set()
    narrow = rank(flow, ends[0], up) < width_in(flow, ends[0])
    return (ends[0], between) if narrow else (None, set())


def rank(flow: Flow, down: Op, up: Op) -> int:
    """Features of a latent: a part of what `down` makes may go past `up`, and `up` may take a part twice."""
    return min(width_out(flow, down), width_in(flow, up))


def _stays(flow: Flow, down: Op, between: set[int], inside: set[int]) -> bool:
    """True when nothing outside uses the latent, but for a part that is rotated and goes past, and a choice of keys."""
    todo, seen = [(down, False), *((flow.ops[op], False) for op in between)], set[int]()
    while todo:
        op, turned = todo.pop()
        for user in flow.data_users(op):
            if user.id in inside or user.id in seen:
                continue
            seen.add(user.id)
            if flow.is_shape(user.id) or user.name in ("mul", "neg", "cat", "view_as_complex"):
                todo.append((user, turned or user.name == "mul"))
            elif not turned and user.name != "scaled_dot_product_attention" and not _only_weighs(flow, user):
                return False
    return True


def _only_weighs(flow: Flow, op: Op) -> bool:
    """True when all that is made of the operation ends in shares of attention: a choice of keys, a mask."""
    todo, seen = [op], set[int]()
    while todo:
        op = todo.pop()
        if op.id in seen or op.name == "softmax":
            continue
        seen.add(op.id)
        users = flow.data_users(op)
        cores = [user for user in users if user.name == "scaled_dot_product_attention"]
        if not users or len(seen) > _LONGEST_CHOICE or any(core.slot("value") in op.outputs for core in cores):
            return False
        todo.extend(user for user in users if user not in cores)
    return True


def expands(flow: Flow, op: int) -> bool:
    """True for an operation that repeats elements."""
    return flow.ops[op].name in _EXPANDING


def held(flow: Flow, found: Branch) -> int:
    """Distinct elements of Q, K or V: what the whole tensor held before it was expanded to all heads."""
    whole = flow.tensors[found.tensor].size
    sizes = [
        flow.tensors[op.inputs[0]].size
        for op in map(flow.ops.__getitem__, found.walk)
        if expands(flow, op.id) and flow.tensors[op.outputs[0]].size == whole
    ]
    return min([whole, *sizes])
