"""Operations of a block, in order -> one function; boxes that mean one thing are helper functions of their own."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.statement.expressions import called, constant, expression
from boardwork.statement.lines import Lines
from boardwork.statement.loops import roll
from boardwork.statement.names import identifier, multiplies, name_parts, number, table_name, weight_name
from boardwork.statement.operations import write
from boardwork.statement.sizes import Sizes
from boardwork.statement.terms import Scope, Term, UnstatedError, Value, plain
from boardwork.statement.text import function_text
from boardwork.statement.writing import Writing
from boardwork.trace.records import Op

_HELPERS = {"rope": "rotate", "norm": "", "activation": ""}
_NORMS = {"rms": "rms_norm", "layer": "layer_norm", "batch": "batch_norm", "group": "group_norm"}
_FILLED = {
    "zeros": "zeros", "new_zeros": "zeros", "zeros_like": "zeros",
    "ones": "ones", "new_ones": "ones", "ones_like": "ones",
    "empty": "empty", "new_empty": "empty", "empty_like": "empty",
}  # fmt: skip
_CUTS = ("chunk", "split", "split_with_sizes", "tensor_split", "unbind", "getitem")
_TABLES = ("cos", "sin", "turn")
_WEIGHED = ("div", "mul", "softmax", "sigmoid")
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
            own = text.replace(f"def {wanted}(", f"def {name}(", 1)
            if self.texts.setdefault(name, own) == own:
                return name
        raise AssertionError(wanted)


class Function:
    """One function being written: what the tensors of the trace are in it."""

    def __init__(
        self,
        flow: Flow,
        library: Library,
        boundary: Iterable[int],
        labels: dict[int, str] | None = None,
        entering: dict[int, str] | None = None,
    ) -> None:
        self.flow, self.library, self.labels, self._entering = flow, library, labels or {}, entering or {}
        self.scope = Scope(Sizes(flow.trace.axes))
        self.values: dict[int, Value] = {}
        self.letters: dict[Term, str] = {}
        self._made_for: dict[Term, int] = {}
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
        self._made_for.setdefault(term, op.id)
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
            return "W" if name == "w" and multiplies(self.flow, op) else name
        if tensor in self.labels:
            return self.labels[tensor]
        return table_name(self.flow, box, op, tensor) if self.flow.is_constant(tensor) else "x"

    # -- operations ---------------------------------------------------------------------------------------------------

    def state(self, op: Op, box: Block) -> None:
        """Write one operation.

        Raises:
            UnstatedError: it cannot be written; says which.
        """
        known = len(self.scope.arguments)
        writing = Writing(self.flow, self.scope, op, lambda t: self.value(t, box, op), self.library.add, box.kind)
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
            named = self._scores(op, box) or self._weights(op, box)
            wanted = named or _WANTED.get(box.role, "") or _WANTED.get(box.kind, "")
            if wanted and not value.term.wanted and value.term.tensor < 0:
                value.term.wanted = wanted
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
        term = self.scope.whole(Value(value.term, value.layout.permuted(order)) if turned else value)
        if term.tensor < 0:
            term.wanted, term.line = letters.split(",")[0].lower(), True
        self.letters[term] = letters
        found = plain(term)
        return Value(term, found.layout.permuted(order)) if turned else found

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
        """Write a box as a call of a helper that holds its operations."""
        after = moves_after(self.flow, box)
        own = [op for op in box.ops if op not in after]
        own = [*self._cuts_before(own), *own]
        ops = [self.flow.ops[op] for op in own]
        labels = {tensor: label for tensor, label in self.labels.items() if label in _TABLES}
        inner = Function(self.flow, self.library, boundary_of(self.flow, own), labels)
        for op in ops:
            inner.state(op, box)
        outputs = leaving(self.flow, frozenset(own))
        if len(outputs) != 1:
            raise UnstatedError("several results")
        text = inner.text(name, [outputs[0]], shapes=False)
        call = expression(f"{self.library.add(text)}()")
        call.args = [self._handed(term, box, ops) for term in inner.scope.arguments]  # type: ignore[attr-defined]
        shape = self.scope.sizes.of(self.flow.tensors[outputs[0]])
        self._keep(self.flow.ops[self.flow.tensors[outputs[0]].producer], box, [self.scope.value(call, shape)])
        for moving in sorted(after):
            self.state(self.flow.ops[moving], box)

    def _cuts_before(self, own: Sequence[int]) -> list[int]:
        """Operations that cut a tensor for these alone: the halves that are turned."""
        makers = dict.fromkeys(self.flow.tensors[t].producer for t in boundary_of(self.flow, own))
        cuts = (self.flow.ops[maker] for maker in makers if maker >= 0 and self.flow.ops[maker].name in _CUTS)
        return [cut.id for cut in cuts if set(cut.outputs) <= self.values.keys() and self._serves(cut, own)]

    def _serves(self, op: Op, own: Sequence[int]) -> bool:
        return all(user in own for tensor in op.outputs for user in self.flow.users.get(tensor, ()))

    def _handed(self, inner: Term, box: Block, ops: Sequence[Op]) -> ast.expr:
        """What an argument of a helper is here."""
        if not inner.members:
            return self.scope.node(self.value(inner.tensor, box, _user(ops, inner.tensor)))
        values = [self.value(member.tensor, box, _user(ops, member.tensor)) for member in inner.members]
        return self.scope.listed(tuple(value.term for value in values), inner.wanted).node

    # -- the text -----------------------------------------------------------------------------------------------------

    def text(self, name: str, outputs: Sequence[int], *, shapes: bool = True) -> str:
        """The function in Python."""
        terms = [self.scope.whole(self.values[tensor]) for tensor in outputs]
        self._drop_unused(terms)
        name_parts(self.scope, self.letters)
        roll(self.scope, terms)
        self._made_for |= {t: self._made_for[t.members[0]] for t in self.scope.arguments if t.members}
        number(self.scope, self._made_for)
        self.scope.arguments.sort(key=lambda term: self.flow.tensors[term.tensor].kind in ("parameter", "buffer"))
        return function_text(name, self.scope, Lines(self.scope, terms).lines(), shapes=shapes)

    def _drop_unused(self, outputs: Sequence[Term]) -> None:
        """A fused weight of which only rows are used is no argument itself."""
        needed = {term.key for term in Lines(self.scope, outputs).needed}
        self.scope.arguments = [term for term in self.scope.arguments if term.key in needed]


def _user(ops: Sequence[Op], tensor: int) -> Op:
    return next(op for op in ops if tensor in op.inputs)


def moves_after(flow: Flow, box: Block) -> set[int]:
    """Operations of a box that only move what it computed, or put it beside what was computed elsewhere."""
    needed: set[int] = set()
    own = set(box.ops)
    for index in sorted(own, reverse=True):
        if not (flow.is_shape(index) or _joins_others(flow, index, own)) or index in needed:
            needed.add(index)
            needed.update(flow.tensors[t].producer for t in flow.ops[index].inputs)
    return own - needed


def _joins_others(flow: Flow, index: int, own: set[int]) -> bool:
    op = flow.ops[index]
    return op.name in ("cat", "concat") and any(flow.tensors[t].producer not in own for t in op.inputs)


def helper_name(flow: Flow, box: Block) -> str:
    """Name of the helper that a box becomes, "" for a box whose operations stand for themselves."""
    if box.kind not in _HELPERS or sum(not flow.is_shape(op) for op in box.ops) < 2:
        return ""
    if box.kind == "norm":
        return _NORMS.get(box.facts.get("kind", ""), "normalise")
    return _HELPERS[box.kind] or identifier(box.label)


def boundary_of(flow: Flow, ops: Iterable[int]) -> list[int]:
    """Tensors that operations take from elsewhere, in order."""
    own = list(ops)
    made = {t for op in own for t in flow.ops[op].outputs}
    return [t for t in dict.fromkeys(t for op in own for t in flow.ops[op].inputs) if t not in made]


def leaving(flow: Flow, ops: frozenset[int]) -> list[int]:
    """Tensors that operations make and others use, or the model gives."""
    made = [t for op in sorted(ops) for t in flow.ops[op].outputs]
    users = {t: [u for u in flow.users.get(t, ()) if u not in ops and flow.is_data(u)] for t in made}
    return [t for t in made if t in flow.outputs or users[t]]
