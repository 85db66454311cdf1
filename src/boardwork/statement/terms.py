"""What a function of the statement computes: terms that name each other, and values that are views of terms."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field, replace

from boardwork.statement.expressions import called, constant, expression
from boardwork.statement.layout import Axes, Layout, length_of
from boardwork.statement.sizes import Shape, Sizes


class UnstatedError(Exception):
    """What cannot be written, in words."""


@dataclass(frozen=True)
class Pick:
    """Rows of a weight: `axis` is cut into `lengths`; of number `place` of these the part from `start` is taken."""

    axis: int
    lengths: tuple[int, ...]
    place: int
    start: int
    length: int


@dataclass(eq=False)
class Term:
    """One tensor. `code` names other terms by their `key`.

    `tensor`: id in the trace of what an argument stands for, -1 for what is computed. `wanted`: the name to give it.
    `line`: it stands on a line of its own, however short it is; `within`: it never does. `factors`: of a product with a
    weight, see `Product`. `loop`: the term is a loop. `members`: the argument is a list of them.
    `weight`: the argument is a parameter of the module, so that rows of it can be an argument too.
    `results`: what a call gives that gives several tensors, each with a name of its own.
    """

    key: str
    code: ast.expr
    shape: Shape
    wanted: str = ""
    line: bool = False
    within: bool = False
    tensor: int = -1
    picks: tuple[Pick, ...] = ()
    factors: Product | None = None
    loop: Loop | None = None
    members: tuple[Term, ...] = ()
    weight: bool = False
    results: tuple[Term, ...] = ()

    @property
    def node(self) -> ast.expr:
        """The term, named."""
        return ast.Name(self.key, ast.Load())


@dataclass
class Loop:
    """A body that runs some times. `carried`: terms of the body that each turn takes from the one before -> key of what
    the first turn takes. `collected`: terms of the body of which a list is made -> its key. `finals`: keys of what is
    left by the last turn -> terms of the body. `length`: how often it runs, in Python.
    """

    body: list[Term]
    times: int
    carried: dict[str, str]
    collected: dict[str, str] = field(default_factory=dict)
    finals: dict[str, Term] = field(default_factory=dict)
    length: ast.expr = field(default_factory=lambda: ast.Constant(0))


@dataclass(frozen=True)
class Product:
    """x @ W.T + b, or x @ W + b where `turned` is false."""

    value: Term
    weight: Term
    bias: Term | None
    turned: bool

    @property
    def given(self) -> bool:
        """True where weight and bias are arguments, of which rows can be taken."""
        return self.weight.tensor >= 0 and (self.bias is None or self.bias.tensor >= 0)

    def code(self) -> ast.expr:
        """The product in Python."""
        pattern = ("x @ w.T" if self.turned else "x @ w") + (" + b" if self.bias is not None else "")
        parts = {"x": self.value.node, "w": self.weight.node}
        return expression(pattern, **parts, **({"b": self.bias.node} if self.bias is not None else {}))


@dataclass(frozen=True)
class Value:
    """A view of a term."""

    term: Term
    layout: Layout

    @property
    def shape(self) -> Shape:
        return self.layout.shape

    @property
    def is_zeros(self) -> bool:
        """True for zeros that were made in the function: a mask that hides nothing."""
        return ast.unparse(self.term.code).startswith("torch.zeros(")


@dataclass
class Scope:
    """One function being written. `terms`: in order of execution, `arguments` among them."""

    sizes: Sizes
    terms: list[Term] = field(default_factory=list)
    arguments: list[Term] = field(default_factory=list)
    _written: dict[object, Term] = field(default_factory=dict)

    def term(self, code: ast.expr, shape: Shape, wanted: str = "", *, line: bool = False) -> Term:
        """A new term that is computed."""
        made = Term(f"t{len(self.terms)}_", code, tuple(shape), wanted, line)
        self.terms.append(made)
        return made

    def value(self, code: ast.expr, shape: Shape, wanted: str = "", *, line: bool = False) -> Value:
        """The same, as a value."""
        return plain(self.term(code, shape, wanted, line=line))

    def argument(self, tensor: int, shape: Shape, wanted: str, picks: tuple[Pick, ...] = ()) -> Term:
        """What the function is given; the same tensor is one argument."""
        known = next((t for t in self.arguments if (t.tensor, t.picks) == (tensor, picks)), None)
        if known is None:
            known = self.term(ast.Constant(None), shape, wanted)
            known.tensor, known.picks = tensor, picks
            self.arguments.append(known)
        return known

    def listed(self, members: tuple[Term, ...], wanted: str) -> Term:
        """Arguments that belong together as one, a list of them."""
        known = next((term for term in self.arguments if term.members == members), None)
        if known is None:
            known = self.term(ast.Constant(None), (), wanted)
            known.tensor, known.members = members[0].tensor, members
            self.arguments = [term for term in self.arguments if term not in members] + [known]
        return known

    def whole(self, value: Value) -> Term:
        """The tensor itself, its elements moved."""
        if value.layout.is_identity:
            return value.term
        key = (value.term, value.layout.signature)
        if key not in self._written:
            code = self._zeros(value) or self._moved(value)
            if code is None:
                raise UnstatedError(f"a view of {value.term.shape} as {value.shape}")
            self._written[key] = self.term(code, value.shape, value.term.wanted)
        return self._written[key]

    def _moved(self, value: Value) -> ast.expr | None:
        node, layout = value.term.node, value.layout
        return layout.write(node, self.sizes.write) or layout.write(node, self.sizes.write_or_number)

    def _zeros(self, value: Value) -> ast.expr | None:
        """Zeros of the new shape at once."""
        sizes = [self.sizes.write(length) for length in value.shape] if value.is_zeros else [None]
        return None if None in sizes else called(ast.Name("torch", ast.Load()), "zeros", [s for s in sizes if s])

    def node(self, value: Value) -> ast.expr:
        """The tensor itself, named."""
        return self.whole(value).node

    # -- products with weights, and parts of tensors ----------------------------------------------------------------

    def product(self, value: Value, weight: Term, bias: Term | None, *, turned: bool) -> Value:
        """Along the last axis; the other axes stay as they are in the first tensor, and are moved afterwards."""
        value = self.last_axis(value)
        width = weight.shape[0 if turned else -1]
        factors = Product(value.term, weight, bias, turned)
        made = self.term(factors.code(), (*value.term.shape[:-1], width))
        made.factors = factors
        axis = Layout.identity((width,)).first
        return Value(made, Layout((*value.layout.first[:-1], *axis), (*value.layout.axes[:-1], *axis)))

    def last_axis(self, value: Value) -> Value:
        """The same value as a view that leaves the last axis of its first tensor alone."""
        layout = value.layout
        if layout.whole_axes(1) and not layout.cuts and not layout.repeats:
            return value
        flat = {atom for axis in layout.axes[:-1] for atom in axis}
        if layout.repeats or any(len(axis) > 1 and flat.intersection(axis) for axis in layout.first):
            return plain(self.whole(value))
        leading: Axes = tuple(axis for axis in layout.first if flat.issuperset(axis) and axis)
        canonical = plain(self.whole(Value(value.term, replace(layout, axes=(*leading, layout.axes[-1])))))
        last = canonical.layout.first[-1:]
        return Value(canonical.term, Layout((*leading, *last), (*layout.axes[:-1], *last)))

    def part(self, value: Value, axis: int, start: int, length: int, *, dropped: bool) -> Value:
        """Elements from `start` along `axis`. `dropped`: the one at `start`, without the axis."""
        atoms = value.layout.axes[axis]
        if len(atoms) != 1 or atoms[0].repeated:
            value = plain(self.whole(value))
            atoms = value.layout.axes[axis]
        if not atoms:  # an axis of length 1
            axes = value.layout.axes
            return Value(value.term, replace(value.layout, axes=(*axes[:axis], *axes[axis + 1 :]) if dropped else axes))
        place = next(i for i, row in enumerate(value.layout.first) if atoms[0] in row)
        if value.term.factors is not None and value.term.factors.given and place == len(value.layout.first) - 1:
            made = self._part_of_product(value, place, axis, start, length)
        else:
            made = self._part_of_term(value, place, axis, start, length, dropped=dropped)
        if not dropped:
            return made
        axes = made.layout.axes
        return Value(made.term, replace(made.layout, axes=(*axes[:axis], *axes[axis + 1 :])))

    def _part_of_product(self, value: Value, last: int, axis: int, start: int, length: int) -> Value:
        """Only the rows of the weight that make the part: W_Q of a fused product."""
        factors, row, atom = value.term.factors, value.layout.first[last], value.layout.axes[axis][0]
        assert factors is not None
        pick = Pick(0, tuple(a.length for a in row), row.index(atom), start, length)
        width = length_of(row) // atom.length * length
        side = 0 if factors.turned else len(factors.weight.shape) - 1
        weight = self._picked(factors.weight, replace(pick, axis=side), width)
        bias = None if factors.bias is None else self._picked(factors.bias, pick, width)
        key = (factors.value, weight, bias)
        if key not in self._written:
            chosen = Product(factors.value, weight, bias, factors.turned)
            self._written[key] = self.term(chosen.code(), (*value.term.shape[:-1], width))
            self._written[key].factors = chosen
        return Value(self._written[key], _shortened(value.layout, axis, length))

    def _picked(self, weight: Term, pick: Pick, width: int) -> Term:
        shape = (*weight.shape[: pick.axis], width, *weight.shape[pick.axis + 1 :])
        picked = self.argument(weight.tensor, shape, weight.wanted, (*weight.picks, pick))
        picked.weight = weight.weight
        return picked

    def _part_of_term(self, value: Value, place: int, axis: int, start: int, length: int, *, dropped: bool) -> Value:
        row, atom, first = value.layout.first[place], value.layout.axes[axis][0], value.layout.first
        if value.term.weight and len(row) == 1 and not dropped:
            weight = self._picked(value.term, Pick(place, (atom.length,), 0, start, length), length)
            return Value(weight, _shortened(value.layout, axis, length))
        node = value.term.node
        if len(row) > 1:
            first = (*first[:place], *((a,) for a in row), *first[place + 1 :])
            cut = plain(value.term).layout.viewed([length_of(axes) for axes in first])
            node = self.node(Value(value.term, cut)) if cut is not None else node
            place += row.index(atom)
        stop = self.sizes.write(start + length) if start + length != atom.length else None
        chosen = constant(start) if dropped else ast.Slice(constant(start) if start else None, stop)
        code = _indexed(node, place, len(first), chosen)
        layout = _shortened(replace(value.layout, first=first), axis, length)
        rows = layout.first
        if dropped:
            rows = (*rows[:place], *rows[place + 1 :])
        made = self.term(code, tuple(map(length_of, rows)), value.term.wanted)
        return Value(made, replace(layout, first=rows))


def plain(term: Term) -> Value:
    """A term as it is."""
    return Value(term, Layout.identity(term.shape))


def _shortened(layout: Layout, axis: int, length: int) -> Layout:
    """One atom of another length: none where it is 1."""
    atom = layout.axes[axis][0]
    new = Layout.identity((length,)).first[0]

    def swapped(axes: Axes) -> Axes:
        return tuple(tuple(piece for old in row for piece in (new if old == atom else (old,))) for row in axes)

    return Layout(swapped(layout.first), swapped(layout.axes))


def _indexed(node: ast.expr, place: int, rank: int, chosen: ast.expr | ast.Slice) -> ast.expr:
    """`x[:, :, chosen]`, or `x[..., chosen]` where that is shorter."""
    after = rank - place - 1
    colon: ast.expr = ast.Slice()
    if place > 1 and after < place - 1:
        parts = [ast.Constant(...), chosen, *[colon] * after]
    else:
        parts = [*[colon] * place, chosen]
    index = parts[0] if len(parts) == 1 else ast.Tuple(parts, ast.Load())
    return ast.Subscript(node, index, ast.Load())
