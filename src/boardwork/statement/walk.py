"""Operations of a block, in order -> one function; boxes that mean one thing are helper functions of their own."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from functools import partial

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.statement.expressions import called, constant, expression
from boardwork.statement.helpers import (
    boundary_of,
    cuts_before,
    helper_name,
    leaving,
    left_outside,
    moves_after,
    moves_before,
    part_name,
    parts_of,
)
from boardwork.statement.layout import Axes
from boardwork.statement.lines import Lines
from boardwork.statement.loops import roll
from boardwork.statement.names import added_to_product, moved_name, name_parts, number, stem_of, table_name, weight_name
from boardwork.statement.operations import write
from boardwork.statement.segments import SEGMENT, segments
from boardwork.statement.sizes import Sizes
from boardwork.statement.terms import Scope, Term, UnstatedError, Value, plain
from boardwork.statement.text import function_text
from boardwork.statement.writing import Writing
from boardwork.trace.records import Op

_FILLED = {
    "zeros": "zeros", "new_zeros": "zeros", "zeros_like": "zeros",
    "ones": "ones", "new_ones": "ones", "ones_like": "ones",
    "empty": "empty", "new_empty": "empty", "empty_like": "empty",
}  # fmt: skip
_TABLES = ("cos", "sin", "turn")
_WEIGHED = ("div", "mul", "softmax", "sigmoid")
_RANK = 4  # axes of queries, keys and values: batch, heads, positions, features
_WANTED = {"add": "x", "attention_core": "y", "relative_bias": "bias"}


class Library:
    """Helper functions by name, each text once."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def add(self, text: str) -> str:
        """Name of the helper with this text, which starts with `def name(`."""
        wanted = text[len("def ") : text.index("(")]
        for place in range(1, 1000):
            name = wanted if place == 1 else f"{wanted}_{place}"
            head, body = text.split("):", 1)
            own = "):".join((_called(head, wanted, name), body))
            if self.texts.setdefault(name, own) == own:
                return name
        raise AssertionError(wanted)


def _called(head: str, wanted: str, name: str) -> str:
    """`def wanted(x,` with another name, its further lines as far to the right."""
    return head.replace(wanted, name, 1).replace("\n", "\n" + " " * (len(name) - len(wanted)))


class Function:
    """One function being written: what the tensors of the trace are in it."""

    def __init__(
        self,
        flow: Flow,
        library: Library,
        boundary: Iterable[int],
        labels: dict[int, str] | None = None,
        entering: dict[int, str] | None = None,
        brief: int = 0,
        nested: bool = False,
        repeated: bool = False,
    ) -> None:
        self.brief, self.nested, self.repeated = brief, nested, repeated
        self.flow, self.library, self.labels, self._entering = flow, library, labels or {}, entering or {}
        self.scope = Scope(Sizes(flow.trace.axes))
        self.values: dict[int, Value] = {}
        self.letters: dict[Term, str] = {}
        self._made_for: dict[Term, int] = {}
        self._told_there: set[str] = set()  # weights whose shapes a part tells
        self._parts: list[Block] = []
        self._leaves: dict[int, Block] = {}
        self._stated: frozenset[int] = frozenset()
        self.scope.sizes.name(
            [flow.tensors[t] for t in boundary if flow.tensors[t].kind not in ("parameter", "buffer")]
        )

    # -- tensors ------------------------------------------------------------------------------------------------------

    def value(self, tensor: int, box: Block, op: Op) -> Value:
        """What was computed, or an argument."""
        if tensor in self.values:
            return self.values[tensor]
        record = self.flow.tensors[tensor]
        code = self._constant(tensor)
        if code is not None:
            self.values[tensor] = self.scope.value(code, self.scope.sizes.of(record))
            return self.values[tensor]
        term = self.scope.argument(tensor, self.scope.sizes.of(record), self._stem(tensor, box, op))
        term.weight = record.kind == "parameter"
        self._made_for.setdefault(term, (added_to_product(self.flow, op) or op).id)
        self.values[tensor] = plain(term)
        return self.values[tensor]

    def _constant(self, tensor: int) -> ast.expr | None:
        """A number, or a tensor of zeros or ones, that was made from sizes alone."""
        record, maker = self.flow.tensors[tensor], self.flow.producer(tensor)
        numbers = self.flow.readings(tensor, "number")
        if numbers and not record.shape:
            return constant(numbers[0][0])
        filled = _FILLED.get(maker.name, "") if maker is not None else ""
        sizes = [self.scope.sizes.write(length) for length in self.scope.sizes.of(record)]
        if not filled or "float" not in record.dtype or None in sizes:
            return None
        return called(ast.Name("torch", ast.Load()), filled, [size for size in sizes if size is not None])

    def _stem(self, tensor: int, box: Block, op: Op) -> str:
        record = self.flow.tensors[tensor]
        if record.kind in ("parameter", "buffer"):
            name = weight_name(box, op, op.inputs.index(tensor), len(record.shape))
            if name == "E" and added_to_product(self.flow, op):
                return "b"
            return (name == "w" and moved_name(self.flow, box, op)) or name
        if tensor in self.labels:
            return self.labels[tensor]
        return table_name(self.flow, box, op, tensor) if self.flow.is_constant(tensor) else "x"

    # -- operations ---------------------------------------------------------------------------------------------------

    def write(self, ops: Sequence[int], leaves: Iterable[Block], parts: Iterable[Block] = ()) -> None:
        """Write operations in order. `parts`, and boxes that mean one thing, are calls of helpers."""
        boxes, self._parts, self._stated = list(leaves), list(parts), frozenset(ops)
        rest = set(ops).difference(*(part.one() for part in self._parts))
        self._parts += segments(self.flow, rest, boxes) if self.repeated else []
        self._leaves = {op: box for box in boxes for op in box.ops}
        owner = self._leaves | {op: part for part in self._parts for op in part.one()}
        alone = {op for part in self._parts for op in left_outside(self.flow, part)}
        last = {id(owner[op]): op for op in ops if op not in alone}
        for op in ops:
            box = owner[op]
            name = part_name(box) if box in self._parts else helper_name(self.flow, box)
            if not name or op in alone or (box not in self._parts and op in moves_before(self.flow, box)):
                self.state(self.flow.ops[op], box)
            elif op == last[id(box)]:
                self.helper(box, name)

    def state(self, op: Op, box: Block) -> None:
        """Write one operation.

        Raises:
            UnstatedError: it cannot be written; says which.
        """
        known = len(self.scope.arguments)
        taken = partial(self.value, box=box, op=op)
        writing = Writing(self.flow, self.scope, op, taken, self.library.add, box.kind, self.brief)
        try:
            results = write(writing)
        except UnstatedError as error:
            raise UnstatedError(f"{op.name} of {box.label}: {error}") from error
        except (ArithmeticError, AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
            raise UnstatedError(f"{op.name} of {box.label}") from error
        for term in self.scope.arguments[known:]:
            self._made_for.setdefault(term, op.id)
        self._keep(op, box, results)

    def _keep(self, op: Op, box: Block, results: Sequence[Value]) -> None:
        for tensor, value in zip(op.outputs, results, strict=False):
            named = self._scores(op, box) or self._weights(op, box) or self.labels.get(tensor, "")
            wanted = named or _WANTED.get(box.role, "") or _WANTED.get(box.kind, "")
            if wanted and not value.term.wanted and value.term.tensor < 0:
                value.term.wanted = wanted
            if box.kind == "gate" and op.id in box.ops[-1:]:
                value.term.wanted, value.term.line = box.label[-1], True
            self.values[tensor] = value
            if tensor in self._entering:
                self.values[tensor] = self._entered(value, self._entering[tensor])

    def _entered(self, value: Value, letters: str) -> Value:
        """Queries, keys or values on a line of their own; keys that come turned for the product are turned after it."""
        queries = next((term for term, letter in self.letters.items() if letter.startswith("Q")), None)
        order = list(range(len(value.shape)))
        width = queries.shape[-1] if queries is not None and queries.shape else 0
        turned = letters == "K" and len(order) > 1 and value.shape[-2] == width != value.shape[-1]
        if turned:
            order[-2:] = order[:-3:-1]
        value = Value(value.term, value.layout.permuted(order)) if turned else value
        units = _further_units(value.layout.axes)
        term = self.scope.whole(Value(value.term, value.layout.without(units)))
        if term.tensor < 0:
            term.wanted, term.line = letters.split(",")[0].lower(), True
        self.letters[term] = letters
        layout = plain(term).layout.with_units(units)
        return Value(term, layout.permuted(order) if turned else layout)

    def _scores(self, op: Op, box: Block) -> str:
        """What scores become before the softmax is scores."""
        taken = [self.values[t].term.wanted for t in op.inputs if t in self.values]
        return "scores" if box.kind == "attention_core" and "scores" in taken else ""

    def _weights(self, op: Op, box: Block) -> str:
        """What a router gives the chosen experts are weights, normalised or not."""
        taken = [self.values[t].term.wanted for t in op.inputs if t in self.values]
        weighed = op.name == "gather" or (op.name in _WEIGHED and "weights" in taken)
        return "weights" if box.kind == "router" and weighed else ""

    def helper(self, box: Block, name: str) -> None:
        """Write a box, or a part of the block, as a call of a function that holds its operations."""
        is_part = box in self._parts
        after = set() if is_part else moves_after(self.flow, box)
        outside = left_outside(self.flow, box) if is_part else after | moves_before(self.flow, box)
        own = [op for op in box.one() if op in self._stated and op not in outside]
        if not is_part:
            own = [*cuts_before(self.flow, own, self.values.keys()), *own]
        outputs = leaving(self.flow, frozenset(own))
        if len(outputs) != 1:
            raise UnstatedError("several results")
        inner = self._inside(box, own)
        text = inner.text(name, [outputs[0]], shapes=is_part)
        call = expression(f"{self.library.add(text)}()")
        owner = {op: leaf for leaf in box.leaves() for op in leaf.ops} | self._leaves
        handed = [self._handed(term, box, owner, own) for term in inner.scope.arguments]
        call.args = handed  # type: ignore[attr-defined]
        shape = self.scope.sizes.of(self.flow.tensors[outputs[0]])
        self._keep(self.flow.ops[self.flow.tensors[outputs[0]].producer], box, [self.scope.value(call, shape)])
        for moving in sorted(after):
            self.state(self.flow.ops[moving], box)

    def _inside(self, box: Block, own: Sequence[int]) -> Function:
        """The function of a box or part."""
        if box.kind == SEGMENT:
            labels, entering = {}, {}
        elif box in self._parts:
            labels, entering = self.labels, self._entering
        else:
            labels, entering = {t: label for t, label in self.labels.items() if label in _TABLES}, {}
        boundary = boundary_of(self.flow, own)
        repeated = self.repeated and box.kind != SEGMENT
        inner = Function(self.flow, self.library, boundary, labels, entering, self.brief, self.nested, repeated)
        if box in self._parts:
            inner.write(own, box.leaves(), parts_of(self.flow, box, boxes=True) if self.nested else ())
        else:
            for op in own:
                inner.state(self.flow.ops[op], box)
        return inner

    def _handed(self, inner: Term, box: Block, owner: dict[int, Block], own: Sequence[int]) -> ast.expr:
        """What an argument of a helper is here."""
        values = []
        for term in inner.members or (inner,):
            user = next(self.flow.ops[op] for op in own if term.tensor in self.flow.ops[op].inputs)
            values.append(self._same(term, owner.get(user.id, box), user))
        listed = self.scope.listed(tuple(v.term for v in values), stem_of(inner.wanted)) if inner.members else None
        handed = listed or self.scope.whole(values[0])
        if box in self._parts and self.flow.tensors[inner.tensor].kind in ("parameter", "buffer"):
            self._told_there.add(handed.key)
        return handed.node

    def _same(self, inner: Term, box: Block, user: Op) -> Value:
        """What a helper's argument is here; rows of a weight are an argument here too."""
        if not inner.picks:
            return self.value(inner.tensor, box, user)
        term = self.scope.argument(inner.tensor, inner.shape, stem_of(inner.wanted), inner.picks)
        term.weight = True
        self._made_for.setdefault(term, user.id)
        return plain(term)

    # -- the text -----------------------------------------------------------------------------------------------------

    def text(self, name: str, outputs: Sequence[int], *, shapes: bool = True) -> str:
        """The function in Python."""
        terms = [self.scope.whole(self.values[tensor]) for tensor in outputs]
        self._drop_unused(terms)
        name_parts(self.scope, self.letters)
        roll(self.scope, terms)
        self._made_for |= {t: self._made_for[t.members[0]] for t in self.scope.arguments if t.members}
        number(self.scope, self._made_for)
        self.scope.arguments.sort(key=self._place)
        told = [term for term in self.scope.arguments if term.key not in self._told_there] if shapes else []
        return function_text(name, self.scope, Lines(self.scope, terms).lines(), told, shapes=shapes)

    def _place(self, argument: Term) -> tuple[bool, int]:
        """Inputs before weights, weights in the order of their use."""
        stored = self.flow.tensors[argument.tensor].kind in ("parameter", "buffer")
        return stored, self._made_for.get(argument, 0) if stored else 0

    def _drop_unused(self, outputs: Sequence[Term]) -> None:
        """A fused weight of which only rows are used is no argument itself."""
        needed = {term.key for term in Lines(self.scope, outputs).needed}
        self.scope.arguments = [term for term in self.scope.arguments if term.key in needed]


def _further_units(axes: Axes) -> list[int]:
    """Axes of length 1 of what has more than batch, heads, positions and features: they are there to be repeated."""
    units = [place for place, axis in enumerate(axes) if not axis]
    return units if len(axes) - len(units) >= _RANK else []
