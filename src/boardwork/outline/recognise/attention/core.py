"""Flow -> the cores of attention: softmax(Q K^T) V, fused or written out, with what is done to the scores between."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import branch_of
from boardwork.outline.recognise.attention.reach import keys_beside, varies
from boardwork.outline.recognise.attention.softmax import Softmax, softmax
from boardwork.outline.recognise.contraction import PRODUCTS, Contraction, multiplies_activations
from boardwork.outline.recognise.scale import factor, number
from boardwork.trace.records import Op

_ON_SCORES = frozenset(
    [
        "mul",
        "div",
        "add",
        "sub",
        "masked_fill",
        "where",
        "tanh",
        "clamp",
        "max",
        "amax",
        "maximum",
        "cat",
        "gather",
        "setitem",
        "copy",
        "pad",
    ]
)
_ON_SHARES = frozenset(["masked_fill", "mul", "where", "nan_to_num", "div", "sub", "pad"])
_MIXES = ("linear", "conv2d", "einsum", "matmul")


@dataclass(frozen=True)
class Core:
    """One softmax(Q K^T) V, its operations, what enters, and the sizes of its axes.

    `scores`: elements of Q K^T. `added`: masks and biases that the scores meet. `softcap`: c of c tanh(scores / c), 0
    for none. `sink`: the softmax has a learned column more. `mixed`: a learned matrix mixes the heads' scores,
    `temperature`: a learned factor scales them. `channels`: Q and K meet over positions, so that channels attend to
    channels. `kind`: softmax, linear, additive or unnormalised. `places`: operands of further products, made from
    positions alone, `partners` what they meet. `others`: queries and keys of a second softmax that is subtracted.
    `softmaxes`: 2 where the heads of both lie in one tensor of queries. `local`: keys that each query is compared with,
    where these stay as many in a longer sequence and are no group that sees itself alone; else 0. `further`: keys of
    other sets that the same softmax runs over, as tokens that all see. Without softmax: `curve`
    names the activation of the scores, and `scaled_rows` is true where sums over the keys scale them.
    """

    ops: frozenset[int]
    last: Op
    query: int
    key: int
    value: int
    scale: float
    q_len: int
    k_len: int
    d_k: int
    d_v: int
    scores: int
    added: tuple[int, ...] = ()
    softcap: float = 0.0
    sink: bool = False
    mixed: bool = False
    temperature: bool = False
    channels: bool = False
    kind: str = "softmax"
    places: tuple[int, ...] = ()
    partners: tuple[int, ...] = ()
    others: tuple[tuple[int, int], ...] = ()
    softmaxes: int = 1
    local: int = 0
    further: int = 0
    curve: str = ""
    scaled_rows: bool = False

    @property
    def keys(self) -> int:
        """Keys in the columns of the scores; 0 where these are kept as a band, whose columns are distances."""
        banded = self.local and not self.sink and (self.local != self.k_len or self.q_len == 1)
        return 0 if banded else self.k_len

    @property
    def differs(self) -> bool:
        """True when one softmax is subtracted from another."""
        return bool(self.others) or self.softmaxes > 1


def softmax_cores(flow: Flow) -> Iterator[Core]:
    """Every core with a softmax, in order of execution; two that are subtracted are one."""
    found: dict[int, Core] = {}
    for op in flow.ops:
        if flow.is_data(op.id):
            core = _fused(flow, op) if op.name == "scaled_dot_product_attention" else written_out(flow, op)
            if core is not None:
                earlier = found.get(core.last.id)
                found[core.last.id] = core if earlier is None else _difference(earlier, core)
    yield from found.values()


def _difference(one: Core, two: Core) -> Core:
    """softmax(Q K^T) - factor softmax(Q' K'^T), both on the same values."""
    others = (*one.others, (two.query, two.key))
    return dataclasses.replace(one, ops=one.ops | two.ops, scores=one.scores + two.scores, others=others)


def _fused(flow: Flow, op: Op) -> Core | None:
    query, key, value, mask = (op.slot(name) for name in ("query", "key", "value", "attn_mask"))
    if query is None or key is None or value is None:
        return None
    scale = op.attrs.get("scale")
    shape, source = flow.tensors[query].shape, flow.tensors[value].shape
    chain, products = (set[int](), []) if mask is None else _relative(flow, mask)
    further = [t for product in products for t in product.inputs[-2:]]
    met = added(flow, chain, products) if products else () if mask is None else (mask,)
    return Core(
        frozenset([op.id, *chain, *(product.id for product in products)]), op, query, key, value,
        scale=shape[-1] ** -0.5 if scale is None else float(scale),
        q_len=shape[-2], k_len=source[-2], d_k=shape[-1], d_v=source[-1],
        scores=prod(flow.tensors[op.outputs[0]].shape[:-1]) * source[-2],  # one query may ask in all groups
        added=tuple(met),
        places=tuple(t for t in further if not _follows_input(flow, t)),
        partners=tuple(t for t in further if _follows_input(flow, t)),
    )  # fmt: skip


def _relative(flow: Flow, mask: int) -> tuple[set[int], list[Op]]:
    """Products of queries or keys with positions that a fused call takes as its mask, and what leads from them."""
    before, products = _before(flow, mask)
    if not all(any(not _follows_input(flow, t) for t in product.inputs[-2:]) for product in products):
        return set(), []
    return _downstream(flow, [product.id for product in products], before), products


def written_out(flow: Flow, op: Op) -> Core | None:
    """product -> scale, mask, bias -> softmax -> product, with any reshapes between."""
    shares = softmax(flow, op)
    if shares is None:
        return None
    before, products = _before(flow, shares.scores)
    following = after(flow, shares.last)
    content = _content(flow, products)
    if content is None or following is None:
        return None
    last, passed = flow.ops[following[-1]], set(following[:-1])
    first, second = Contraction(flow, content), Contraction(flow, last)
    weights = {t for op in (shares.last.id, *passed) for t in flow.ops[op].outputs}
    value = second.right if second.left in weights else second.left
    line = _downstream(flow, [content.id], before)
    chain = _downstream(flow, [p.id for p in products], before)
    query, key = _operands(first, shares)
    further = [t for p in products if p is not content for t in p.inputs[-2:]]
    channels = varies(flow, first.left, first.inner_axis(first.left)) and not varies(flow, content.outputs[0], -1)
    return Core(
        frozenset(shares.ops | {content.id, last.id} | passed | chain | {p.id for p in products}),
        last, query, key, value,
        scale=alpha(content) * prod(factor(flow, flow.ops[op]) for op in line),
        q_len=first.own(query), k_len=first.own(key), d_k=first.inner(), d_v=second.own(value),
        scores=flow.tensors[content.outputs[0]].size,
        added=tuple(added(flow, chain, products)),
        softcap=_softcap(flow, line),
        sink=any(flow.ops[op].name == "cat" for op in line),
        mixed=any(_mixes_heads(flow, flow.ops[op]) for op in line | passed),
        temperature=any(_learned_factor(flow, flow.ops[op]) for op in line),
        channels=channels,
        places=tuple(t for t in further if not _follows_input(flow, t)),
        partners=tuple(t for t in further if _follows_input(flow, t)),
        local=keys_beside(flow, shares, first, key, chain),
    )  # fmt: skip


def alpha(product: Op) -> float:
    """baddbmm scales its product."""
    alpha = product.attrs.get("alpha") if product.name == "baddbmm" else None
    return float(alpha) if isinstance(alpha, int | float) else 1.0


def _before(flow: Flow, scores: int) -> tuple[set[int], list[Op]]:
    """Operations between the softmax and the products that its scores come from, and these products."""
    todo, ops, products = [scores], set[int](), dict[int, Op]()
    while todo and len(ops) < 80:
        op = flow.producer(todo.pop())
        if op is None or op.id in ops or not flow.is_data(op.id):
            continue
        if multiplies_activations(flow, op) or _meets_places(flow, op):
            products[op.id] = op
        elif op.name in _ON_SCORES or flow.is_shape(op.id) or _mixes_heads(flow, op):
            ops.add(op.id)
            todo.extend(op.inputs)
    return ops, [products[index] for index in sorted(products)]


def after(flow: Flow, op: Op, depth: int = 0) -> list[int] | None:
    """Operations from the softmax to the product that uses the shares, it included; they may also be an output."""
    for user in flow.data_users(op):
        if multiplies_activations(flow, user):
            return [user.id]
        if depth < 12 and (flow.is_shape(user.id) or user.name in _ON_SHARES or _mixes_heads(flow, user)):
            found = after(flow, user, depth + 1)
            if found is not None:
                return [user.id, *found]
    return None


def _content(flow: Flow, products: list[Op]) -> Op | None:
    """The product of queries with most keys; others have an operand that no input has a part in: positions.

    Learned queries pass a projection of their own: a bare table of weights is a layer, such as a router's.
    """
    able = [p for p in products if multiplies_activations(flow, p)]
    both = [p for p in able if all(_follows_input(flow, t) for t in p.inputs[-2:])]
    learned = (p for p in able if all(_follows_input(flow, t) or _is_projected(flow, t) for t in p.inputs[-2:]))
    most = max(both, key=lambda p: (flow.tensors[p.outputs[0]].size, p.macs), default=None)  # of as many the widest
    return next(learned, None) if most is None else most


def _is_projected(flow: Flow, tensor: int) -> bool:
    return branch_of(flow, "", tensor).projection is not None


def _meets_places(flow: Flow, op: Op) -> bool:
    """A product of what follows the input with rows of a learned table."""
    if op.name not in PRODUCTS or len(op.inputs) < 2:
        return False
    tables = [t for t in op.inputs[-2:] if _from_weights(flow, t)]
    return len(tables) == 1 and any(_follows_input(flow, t) for t in op.inputs[-2:])


def _follows_input(flow: Flow, tensor: int) -> bool:
    return flow.tensors[tensor].producer in flow.fed or flow.tensors[tensor].kind == "input"


def _downstream(flow: Flow, starts: list[int], among: set[int]) -> set[int]:
    """Those of `among` that use a result of `starts`, directly or not."""
    made = {t for op in starts for t in flow.ops[op].outputs}
    found = set()
    for index in sorted(among):
        if made & set(flow.ops[index].inputs):
            found.add(index)
            made.update(flow.ops[index].outputs)
    return found


def _operands(first: Contraction, shares: Softmax) -> tuple[int, int]:
    """Query and key: the softmax runs over keys."""
    swapped = first.holds(first.left, shares.axis) and not first.holds(first.right, shares.axis)
    return (first.right, first.left) if swapped else (first.left, first.right)


def _mixes_heads(flow: Flow, op: Op) -> bool:
    """A product with a small square matrix, one row a head."""
    if op.name not in _MIXES:
        return False
    weights = [flow.tensors[t].shape for t in op.inputs if flow.is_weight(t)]
    square = [w for w in weights if len(w) > 1 and w[0] == w[1] and prod(w) == w[0] ** 2]
    data = [t for t in op.inputs if not flow.is_weight(t)]
    return len(square) == 1 and len(data) == 1 and square[0][0] in flow.tensors[data[0]].shape


def _learned_factor(flow: Flow, op: Op) -> bool:
    return op.name in ("mul", "div") and any(_from_weights(flow, t) for t in op.inputs)


def _from_weights(flow: Flow, tensor: int) -> bool:
    """True for a parameter and what is made from parameters alone."""
    record = flow.tensors[tensor]
    made = record.producer in flow.weighted and record.producer not in flow.fed
    return record.kind == "parameter" or made


def added(flow: Flow, chain: set[int], products: list[Op]) -> Iterator[int]:
    """Tensors from elsewhere that meet the scores."""
    made = {t for op in (*chain, *(p.id for p in products)) for t in flow.ops[op].outputs}
    extra = [p.inputs[0] for p in products if p.name == "baddbmm"]
    others = [
        t
        for op in sorted(chain)
        if flow.ops[op].name != "cat"
        and not _mixes_heads(flow, flow.ops[op])
        and not _learned_factor(flow, flow.ops[op])
        for t in flow.ops[op].inputs
        if t not in made and flow.tensors[t].size > 1
    ]
    yield from dict.fromkeys([*extra, *others])


def _softcap(flow: Flow, line: set[int]) -> float:
    for op in line:
        if flow.ops[op].name == "tanh":
            users = [user for user in flow.data_users(flow.ops[op]) if user.name == "mul"]
            return (number(flow, users[0]) or 0.0) if users else 0.0
    return 0.0
