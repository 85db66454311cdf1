"""One operation that is being written: its arguments as values, and the ways to write what it gives."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from boardwork.outline.flow import Flow
from boardwork.statement.calls import Arguments, Tensors, arguments
from boardwork.statement.expressions import constant, expression
from boardwork.statement.layout import Layout
from boardwork.statement.sizes import Shape
from boardwork.statement.terms import Scope, Term, UnstatedError, Value, plain
from boardwork.trace.records import Op


@dataclass
class Writing:
    """`value`: what a tensor of the trace is in this function. `helper`: the name of a helper function with this text.

    `within`: kind of the box that the operation is part of. `brief`: 0 opens what torch has one call for, 1 leaves
    norms closed, 2 attention too.
    """

    flow: Flow
    scope: Scope
    op: Op
    value: Callable[[int], Value]
    helper: Callable[[str], str]
    within: str = ""
    brief: int = 0

    @property
    def arguments(self) -> Arguments:
        return arguments(self.op)

    def shape(self, output: int = 0) -> Shape:
        """Shape of a result."""
        return self.scope.sizes.of(self.flow.tensors[self.op.outputs[output]])

    def argument(self, name: str, place: int, default: Any = None) -> Any:
        """An argument by name or place: a `Tensors`, or plain data."""
        found = self.arguments
        if name in found.named:
            return found.named[name]
        return found.placed[place] if place < len(found.placed) else default

    def tensor(self, name: str, place: int) -> Value | None:
        """The same as a value, None where it is not given."""
        found = self.argument(name, place)
        return self.value(found.ids[0]) if isinstance(found, Tensors) else None

    def first(self) -> Value:
        """The operation's first tensor."""
        return self.value(self.op.inputs[0])

    def weight(self, tensor: Value | None) -> Term | None:
        return None if tensor is None else self.scope.whole(tensor)

    def made(self, pattern: str, *, wanted: str = "", line: bool = False, **parts: Value | ast.expr) -> list[Value]:
        """The first result as an expression over values."""
        written = {name: self.scope.node(p) if isinstance(p, Value) else p for name, p in parts.items()}
        return [self.scope.value(expression(pattern, **written), self.shape(), wanted, line=line)]

    # -- elementwise --------------------------------------------------------------------------------------------------

    def alone(self, pattern: str, value: Value, **parts: ast.expr) -> list[Value]:
        """Elementwise: done to the first tensor, whose elements are moved afterwards. The pattern calls it x."""
        if value.layout.repeats:
            value = plain(self.scope.whole(value))
        code = expression(pattern, x=value.term.node, **parts)
        return [Value(self.scope.term(code, value.term.shape, value.term.wanted), value.layout)]

    def together(self, pattern: str, one: Value, two: Value) -> list[Value]:
        """Elementwise on x and y; views of like tensors are moved afterwards."""
        if one.layout.signature == two.layout.signature and not one.layout.repeats:
            layout, shape = one.layout, one.term.shape
            code = expression(pattern, x=one.term.node, y=two.term.node)
            return [Value(self.scope.term(code, shape), layout)]
        for here, there in ((one, two), (two, one)):
            fits = len(there.shape) <= 1 and (not there.shape or here.shape[-1:] == there.shape)
            if fits and there.layout.is_identity and here.layout.whole_axes(1) and not here.layout.repeats:
                parts = {"x": one.term.node, "y": two.term.node}
                return [Value(self.scope.term(expression(pattern, **parts), here.term.shape), here.layout)]
        return self.made(pattern, x=one, y=two)

    # -- as it was called ---------------------------------------------------------------------------------------------

    def node(self, argument: Any) -> ast.expr:
        """An argument in Python."""
        if isinstance(argument, Tensors):
            nodes = [self.scope.node(self.value(t)) for t in argument.ids]
            return ast.List(nodes, ast.Load()) if argument.many else nodes[0]
        if isinstance(argument, list | tuple):
            return ast.Tuple([self.node(item) for item in argument], ast.Load())
        if isinstance(argument, dict) and "tensor" in argument:
            return self.scope.node(self.value(self.op.inputs[argument["tensor"]]))
        if isinstance(argument, dict) and "slice" in argument:
            return ast.Slice(*(None if part is None else self.node(part) for part in argument["slice"]))
        if argument == "...":
            return ast.Constant(...)
        return constant(argument)

    def results(self, code: ast.expr) -> list[Value]:
        """All results of one call."""
        if len(self.op.outputs) == 1:
            return [self.scope.value(code, self.shape())]
        whole = self.scope.term(code, (), "parts", line=True)
        nodes = (expression("x[i]", x=whole.node, i=constant(place)) for place in range(len(self.op.outputs)))
        found = [self.scope.term(node, self.shape(place)) for place, node in enumerate(nodes)]
        for term in found:
            term.within = True
        whole.results = tuple(found)
        return [plain(term) for term in found]

    def fitting(self, value: Value, layout: Layout | None) -> list[Value]:
        """A view of a value; where the laws of its axes lead to none, the view in plain numbers."""
        if layout is not None and layout.shape == self.shape():
            return [Value(value.term, layout)]
        sizes = constant(self.flow.tensors[self.op.outputs[0]].shape)
        if not isinstance(sizes, ast.Tuple):
            raise UnstatedError(self.op.name)
        return self.made("x.reshape(s)", x=value, s=sizes)
