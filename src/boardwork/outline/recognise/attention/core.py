"""Flow -> the cores of attention: softmax(Q K^T) V, fused or written out, with what is done to the scores between."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.branch import branch_of
from boardwork.outline.recognise.attention.on_scores import alpha, from_weights, learned_factor, mixes_heads, softcap
from boardwork.outline.recognise.attention.reach import keys_beside, queries_compete, varies
from boardwork.outline.recognise.attention.softmax import Softmax, softmax
from boardwork.outline.recognise.contraction import PRODUCTS, Contraction, multiplies_activations
from boardwork.outline.recognise.scale import factor
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
_ON_SHARES = frozenset(["masked_fill", "mul", "where", "nan_to_num", "div", "sub", "pad", "add"])


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
    other sets that the same softmax runs over, as tokens that all see. `competing`: the
    softmax runs over queries, which share each key out among them. `scaled_rows`: sums over the keys scale the shares,
    or the scores where no softmax makes shares of them; `curve` names the activation of these,
    `weighed` is what multiplies the scores behind it.
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
    weighed: float = 1.0
    scaled_rows: bool = False
    competing: bool = False

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
    competing = queries_compete(flow, shares, second, second.left if value == second.right else second.right)
    if competing:
        query, key = key, query
        passed |= flow.between({shares.last.id, last.id})
    further = [t for p in products if p is not content for t in p.inputs[-2:]]
    channels = varies(flow, first.left, first.inner_axis(first.left)) and not varies(flow, content.outputs[0], -1)
    return Core(
        frozenset(shares.ops | {content.id, last.id} | passed | chain | {p.id for p in products}),
        last, query, key, value,
        scale=alpha(content) * prod(factor(flow, flow.ops[op]) for op in line),
        q_len=first.own(query), k_len=first.own(key), d_k=first.inner(), d_v=second.own(value),
        scores=flow.tensors[content.outputs[0]].size,
        added=tuple(added(flow, chain, products)),
        softcap=softcap(flow, line),
        sink=any(flow.ops[op].name == "cat" for op in line),
        mixed=any(mixes_heads(flow, flow.ops[op]) for op in line | passed),
        temperature=any(learned_factor(flow, flow.ops[op]) for op in line),
        channels=channels,
        places=tuple(t for t in further if not _follows_input(flow, t)),
        partners=tuple(t for t in further if _follows_input(flow, t)),
        local=0 if competing else keys_beside(flow, shares, first, key, chain),
        competing=competing,
        scaled_rows=competing and any(flow.ops[op].name == "sum" for op in passed),
    )  # fmt: skip


def _before(flow: Flow, scores: int) -> tuple[set[int], list[Op]]:
    """Operations between the softmax and the products that its scores come from, and these products."""
    todo, ops, products = [scores], set[int](), dict[int, Op]()
    while todo and len(ops) < 80:
        op = flow.producer(todo.pop())
        if op is None or op.id in ops or not flow.is_data(op.id):
            continue
        if multiplies_activations(flow, op) or _meets_places(flow, op):
            products[op.id] = op
        elif op.name in _ON_SCORES or flow.is_shape(op.id) or mixes_heads(flow, op):
            ops.add(op.id)
            todo.extend(op.inputs)
    return ops, [products[index] for index in sorted(products)]


def after(flow: Flow, op: Op, depth: int = 0) -> list[int] | None:
    """Operations from the softmax to the product that uses the shares, it included; they may also be an output."""
    for user in flow.data_users(op):
        if multiplies_activations(flow, user):
            return [user.id]
        if depth < 12 and (flow.is_shape(user.id) or user.name in _ON_SHARES or mixes_heads(flow, user)):
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
    tables = [t for t in op.inputs[-2:] if from_weights(flow, t)]
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


def added(flow: Flow, chain: set[int], products: list[Op]) -> Iterator[int]:
    """Tensors from elsewhere that meet the scores."""
    made = {t for op in (*chain, *(p.id for p in products)) for t in flow.ops[op].outputs}
    extra = [p.inputs[0] for p in products if p.name == "baddbmm"]
    others = [
        t
        for op in sorted(chain)
        if flow.ops[op].name != "cat" and not mixes_heads(flow, flow.ops[op]) and not learned_factor(flow, flow.ops[op])
        for t in flow.ops[op].inputs
        if t not in made and flow.tensors[t].size > 1
    ]
    yield from dict.fromkeys([*extra, *others])
