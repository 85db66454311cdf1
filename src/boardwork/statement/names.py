"""Roles of boxes -> names of what they hold: W_Q, b_Q, gamma, beta, W_gate, W_up, W_down, W_1, W_2."""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
from collections.abc import Iterable
from string import ascii_lowercase

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.norms.arithmetic import CALLED
from boardwork.statement.expressions import names_in
from boardwork.statement.terms import Scope, Term
from boardwork.trace.records import Op

ROTATE = "rotate"  # the function that turns queries or keys
_LETTERS = re.compile(r"W_([A-Z]+)")
_LOOK_UPS = ("embedding", "getitem", "index_select", "gather")
_PRODUCTS = ("matmul", "mm", "bmm", "baddbmm", "einsum", "grouped_mm", "tensordot")
_ALONE = {"mul": "scale", "add": "b"}
_GATED = ("gate", "up", "down")
_SLOTS = {"weight": "W", "bias": "b", "running_mean": "mean", "running_var": "variance"}
_NORM = {"weight": "gamma", "bias": "beta"}
_NUMBERED = (("W", "b"), ("w",), ("scale",), ("gamma", "beta", "mean", "variance"), ("norm",))
_BENDS = re.compile(r"\b(silu|gelu|relu|sigmoid|tanh|mish|softplus|gated)\b")


def weight_name(box: Block, op: Op, place: int, axes: int) -> str:
    """The stem of a weight's name, from the box that uses it, the argument that it fills, and how many axes it has."""
    slot = op.slots[place]
    if op.name in CALLED or box.kind in ("norm", "batch_norm"):  # a norm may stand in the box of its convolution
        return _NORM.get(slot) or _SLOTS.get(slot) or ("beta" if op.name == "add" else "gamma")
    first = "b" if slot == "bias" else "W"
    letters = _LETTERS.findall(box.label)
    if letters and box.role == "linear":
        return f"{first}_{''.join(letters)}"
    if op.name in _LOOK_UPS and slot != "index" and len(op.inputs) > 1:
        return "E"
    if slot == "index":
        return "index"
    if box.kind == "router" and op.name in ("linear", *_PRODUCTS):
        return f"{first}_router"
    words = re.findall(r"[a-z]+", box.label)
    if box.role == "linear" and (part := next((word for word in _GATED if word in words), "")):
        return f"{first}_{part}"
    if slot in _SLOTS:
        return _SLOTS[slot]
    if op.name in _ALONE:
        return _ALONE[op.name]
    return "W" if axes > 1 and op.name in _PRODUCTS else "w"


def added_to_product(flow: Flow, op: Op) -> Op | None:
    """Where rows of a table are added to a product at once, as the bias of each token's expert is: that addition."""
    user = flow.next_op(op)[0] if op.name in _LOOK_UPS else None
    makers = [flow.producer(t) for t in user.inputs] if user is not None and user.name == "add" else []
    return user if any(maker is not None and maker.name in _PRODUCTS for maker in makers) else None


def moved_name(flow: Flow, box: Block, op: Op) -> str:
    """The stem of a weight that is moved before anything is computed with it, "" where what follows tells none."""
    while flow.is_shape(op.id):
        user = flow.next_op(op)[0]
        if user is None:
            return ""
        op = user
    if op.name in _PRODUCTS:
        return "W"
    return "sink" if box.kind == "attention_core" and op.name in ("cat", "concat") else ""


def table_name(flow: Flow, box: Block, op: Op, tensor: int) -> str:
    """A constant: cosines are what meets the queries as they are, sines what meets them turned."""
    if flow.readings(tensor, "angles") and not flow.tensors[tensor].dtype.startswith("complex"):
        return "sin"
    if box.kind == "rope" and op.name == "mul":
        others = [flow.producer(t) for t in op.inputs if t != tensor]
        if any(other is not None and other.name == "view_as_complex" for other in others):
            return "turn"
        if (side := _side_of_difference(flow, tensor)) is not None:
            return ("cos", "sin")[side]
        computed = any(o is not None and o.id in box.ops and not flow.is_shape(o.id) for o in others)
        read = any(flow.readings(t, "angles") for index in box.ops for t in flow.ops[index].inputs)
        return "sin" if computed and not read else "cos"
    if "float" not in flow.tensors[tensor].dtype:
        return "mask" if flow.tensors[tensor].dtype == "bool" else "index"
    return "mask" if box.kind == "attention_core" else "table"


def _side_of_difference(flow: Flow, tensor: int) -> int | None:
    """0 where a product with the table is what something is taken from, 1 where it is taken away, as sines are."""
    products = (flow.ops[user] for user in flow.users.get(tensor, ()) if flow.ops[user].name == "mul")
    for product in products:
        for user in flow.users.get(product.outputs[0], ()):
            if flow.ops[user].name == "sub":
                return flow.ops[user].inputs.index(product.outputs[0])
    return None


def tables_of(flow: Flow, boxes: Iterable[Block]) -> dict[int, str]:
    """Names of the tables that queries and keys are turned by, wherever else they are used."""
    found, all_boxes = dict[int, str](), list(boxes)
    own = {op for box in all_boxes for op in box.ops}
    for box in all_boxes:
        for op in (flow.ops[index] for index in box.ops if box.kind == "rope"):
            tables = {t: flow.origin(t)[0].id for t in op.inputs if _is_table(flow, op, t, own)}
            if op.name == "mul":
                found |= {table: table_name(flow, box, op, t) for t, source in tables.items() for table in (t, source)}
    return found


def _is_table(flow: Flow, op: Op, tensor: int, own: set[int]) -> bool:
    """True for a constant, and for what is computed elsewhere where the other factor is computed here."""
    here = {t: flow.origin(t)[0].producer in own for t in op.inputs}
    return flow.is_constant(tensor) or (not here[tensor] and any(here.values()))


def identifier(words: str) -> str:
    """A name for a function or an argument.

    >>> identifier("Multi-head attention")
    'multi_head_attention'
    >>> identifier("ReLU² attention")
    'relu2_attention'
    """
    plain = unicodedata.normalize("NFKC", words).lower()
    name = re.sub(r"\W+", "_", plain).strip("_")
    if not re.search("[a-z]", name):
        return "block"
    name = re.sub(r"_+", "_", name)
    return f"_{name}" if name[0].isdigit() else f"{name}_" if keyword.iskeyword(name) else name


def stem_of(name: str) -> str:
    """A name without its number.

    >>> stem_of("W_1_2")
    'W'
    """
    return re.sub(r"(_\d+)+$", "", name)


# -- after the walk ---------------------------------------------------------------------------------------------------


def name_parts(scope: Scope, letters: dict[Term, str]) -> None:
    """Rows of a fused weight by what is made of them: queries, keys, values, gate, hidden layer."""
    terms = {term.key: term for term in scope.terms}
    latent = any(term.wanted.startswith("W_D") for term in scope.arguments)
    for term, letter in letters.items():
        for product, turned in _sources(terms, term):
            assert product.factors is not None
            if product.factors.weight.picks:
                up = "U" if product.factors.weight.wanted.startswith("W_U") else ""
                part = "".join(letter.split(", "))
                _rename(product, f"{part}R" if latent and turned else f"{up}{part}")
    parts = {letter for letters_of in letters.values() for letter in letters_of.split(", ")}
    for term in scope.terms:  # rows of a fused weight that make neither
        if term.factors is not None and term.factors.weight.picks and _names_all(term.factors.weight.wanted, parts):
            _rename(term, "")
    for term in scope.terms:
        factors = term.factors
        if factors is not None and factors.weight.picks and factors.weight.wanted == "W_gate":
            bent = any(
                term.key in names_in(user.code) and _BENDS.search(ast.unparse(user.code)) for user in scope.terms
            )
            if not bent:
                _rename(term, "up")


def _rename(product: Term, part: str) -> None:
    assert product.factors is not None
    product.factors.weight.wanted = f"W_{part}".rstrip("_")
    if product.factors.bias is not None:
        product.factors.bias.wanted = f"b_{part}".rstrip("_")


def _names_all(name: str, parts: set[str]) -> bool:
    """True for W_QKV."""
    letters = name.removeprefix("W_")
    return len(letters) > 1 and letters.isupper() and set(letters) <= parts


def _sources(terms: dict[str, Term], term: Term) -> Iterable[tuple[Term, bool]]:
    """The products with a weight that a term is made of, the nearest ones, and whether each is rotated on the way."""
    todo, seen = [(term, False)], set[str]()
    while todo:
        found, turned = todo.pop()
        if found.factors is not None:
            yield found, turned
            continue
        named = names_in(found.code)
        turned |= any(stem_of(name) == ROTATE for name in named)
        for key in named:
            if key in terms and key not in seen:
                seen.add(key)
                todo.append((terms[key], turned))


def number(scope: Scope, made_for: dict[Term, int]) -> None:
    """W_1, b_1, W_2, b_2 where there are several; weights of one operation share the number."""
    arguments = [term for term in scope.arguments if term in made_for]
    for family in _NUMBERED:
        own = [term for term in arguments if term.wanted in family]
        first = [made_for[term] for term in own if term.wanted == family[0]] or [made_for[term] for term in own]
        groups = sorted(set(first))
        for term in own:
            if len(groups) > 1:  # a bias that is added by itself has the number of the product before it
                term.wanted = f"{term.wanted}_{max(1, sum(group <= made_for[term] for group in groups))}"
    _letter_rows(scope)
    taken = set(scope.sizes.names.values())  # of an image W is the width
    for term in scope.arguments:
        start = 1 if term.wanted in scope.sizes.names.values() else 2
        names = (term.wanted, *(f"{term.wanted}_{i}" for i in range(start, 1000)))
        name = next(name for name in names if name not in taken)
        term.wanted = name
        taken.add(name)


def _letter_rows(scope: Scope) -> None:
    """W_1a, W_1b: rows of one weight that would have one name."""
    rows = [term for term in scope.arguments if term.picks]
    for term in rows:
        alike = [t for t in rows if (t.tensor, stem_of(t.wanted)) == (term.tensor, stem_of(term.wanted))]
        if len(alike) > 1 and term is alike[0]:
            for letter, one in zip(ascii_lowercase, alike, strict=False):
                one.wanted += letter if one.wanted[-1].isdigit() else f"_{letter}"
