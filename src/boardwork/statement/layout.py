"""Moves of elements (view, permute, expand) -> one view of a first tensor, however many calls made it, and its Python.

The axes of the first tensor are cut into atoms; a later tensor's axes are rows of atoms. Multi-head attention of
torch.nn turns, cuts and joins its tensors eleven times, and is `x.view(B, T, 8, 64).transpose(1, 2)` in the end.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import prod

from boardwork.statement.expressions import called, constant, expression

Write = Callable[[int], "ast.expr | None"]
_fresh = count()


@dataclass(frozen=True)
class Atom:
    """A piece of an axis of the first tensor; `repeated`: of no axis, every element along it is the same."""

    length: int
    repeated: bool = False
    number: int = -1

    @classmethod
    def of(cls, length: int, *, repeated: bool = False) -> Atom:
        return cls(length, repeated, next(_fresh))

    def cut(self, length: int) -> tuple[Atom, Atom]:
        """Two atoms, the outer one of this length."""
        return Atom.of(length, repeated=self.repeated), Atom.of(self.length // length, repeated=self.repeated)


Axes = tuple[tuple[Atom, ...], ...]


@dataclass(frozen=True)
class Layout:
    """`first`: the axes of the first tensor, an axis of length 1 without atoms. `axes`: those of the view."""

    first: Axes
    axes: Axes

    @classmethod
    def identity(cls, shape: Sequence[int]) -> Layout:
        axes = tuple((Atom.of(length),) if length != 1 else () for length in shape)
        return cls(axes, axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the view."""
        return tuple(length_of(axis) for axis in self.axes)

    @property
    def is_identity(self) -> bool:
        return self.first == self.axes

    @property
    def repeats(self) -> bool:
        return any(atom.repeated for axis in self.axes for atom in axis)

    def permuted(self, order: Sequence[int]) -> Layout:
        return replace(self, axes=tuple(self.axes[place] for place in order))

    def without(self, places: Sequence[int]) -> Layout:
        """The view less some axes of length 1."""
        return replace(self, axes=tuple(axis for place, axis in enumerate(self.axes) if place not in places))

    def with_units(self, places: Sequence[int]) -> Layout:
        """The view with axes of length 1 at these places."""
        axes = list(self.axes)
        for place in sorted(places):
            axes.insert(place, ())
        return replace(self, axes=tuple(axes))

    def viewed(self, shape: Sequence[int]) -> Layout | None:
        """The same elements in the same order under other axes; None where an atom would have to be cut unevenly."""
        layout, axes = self, list[tuple[Atom, ...]]()
        rest = [atom for axis in self.axes for atom in axis]
        for wanted in shape:
            axis: list[Atom] = []
            while wanted > 1:
                if not rest:
                    return None
                atom = rest.pop(0)
                if wanted % atom.length:
                    if atom.length % wanted:
                        return None
                    parts = atom.cut(wanted)
                    layout = layout._cut(atom, parts)
                    rest.insert(0, parts[1])
                    atom = parts[0]
                axis.append(atom)
                wanted //= atom.length
            axes.append(tuple(axis))
        return replace(layout, axes=tuple(axes)) if not rest else None

    def _cut(self, atom: Atom, parts: Sequence[Atom]) -> Layout:
        return Layout(_cut(self.first, atom, parts), _cut(self.axes, atom, parts))

    def expanded(self, shape: Sequence[int]) -> Layout:
        """Axes of length 1, and new ones in front, repeated to `shape`."""
        added = len(shape) - len(self.axes)
        axes = ((),) * added + self.axes
        return replace(
            self,
            axes=tuple(
                (Atom.of(wanted, repeated=True),) if not axis and wanted > 1 else axis
                for axis, wanted in zip(axes, shape, strict=True)
            ),
        )

    def whole_axes(self, count: int) -> bool:
        """True when the last `count` axes are those of the first tensor, uncut and in place."""
        last = self.axes[len(self.axes) - count :], self.first[len(self.first) - count :]
        return last[0] == last[1] and all(len(axis) < 2 for axis in last[1])

    @property
    def signature(self) -> object:
        """Equal for layouts that move elements in the same way."""
        places = {atom: (i, j) for i, axis in enumerate(self.first) for j, atom in enumerate(axis)}
        first = tuple(tuple(atom.length for atom in axis) for axis in self.first)
        return first, tuple(tuple(places.get(atom, (-1, atom.length)) for atom in axis) for axis in self.axes)

    @property
    def cuts(self) -> bool:
        """True when an axis of the first tensor is cut in pieces."""
        return any(len(axis) > 1 for axis in self.first)

    def write(self, first: ast.expr, lengths: Write) -> ast.expr | None:
        """The view in Python; None where a length has no name."""
        return _Steps(self, lengths).write(first)


class _Steps:
    """Cut, drop axes of length 1, permute, repeat, join, add axes of length 1: only the steps that do something."""

    def __init__(self, layout: Layout, lengths: Write) -> None:
        self.layout, self.lengths = layout, lengths

    def write(self, node: ast.expr) -> ast.expr | None:
        if self.layout.is_identity:
            return node
        flat = [atom for axis in self.layout.first for atom in axis]
        own = [atom for axis in self.layout.axes for atom in axis if not atom.repeated]
        if flat == own and not self.layout.repeats:
            return self._regrouped(node)
        if (repeated := self._repeated(node)) is not None:
            return repeated
        cut = self._cut(node)
        if cut is None:
            return None
        node = self._permuted(cut, flat, own)
        return self._joined(node, own)

    def _regrouped(self, node: ast.expr) -> ast.expr | None:
        """The order stays: one view."""
        first, axes = self.layout.first, self.layout.axes
        if len(first) == len(axes) + 1 or len(axes) == len(first) + 1:
            more, fewer = (first, axes) if len(first) > len(axes) else (axes, first)
            unit = next((i for i, axis in enumerate(more) if not axis and (*more[:i], *more[i + 1 :]) == fewer), None)
            if unit is not None:
                place = constant(unit if unit < len(more) - 1 or unit == 0 else -1)
                return expression("x.squeeze(i)" if more is first else "x.unsqueeze(i)", x=node, i=place)
        joined = _joins(first, axes)
        if joined is not None:
            start, end = joined
            last = constant(-1) if end == len(first) - 1 and len(first) > 2 else constant(end)
            if start == 0 and end == len(first) - 1:
                return expression("x.flatten()", x=node)
            return (
                expression("x.flatten(i)", x=node, i=constant(start))
                if end == len(first) - 1
                else expression("x.flatten(i, j)", x=node, i=constant(start), j=last)
            )
        return self._shaped("reshape", node, [length_of(axis) for axis in axes])

    def _repeated(self, node: ast.expr) -> ast.expr | None:
        """Every axis stays, save that some of length 1 are repeated."""
        first, axes, sizes = self.layout.first, self.layout.axes, list[ast.expr]()
        for old, new in zip(first, axes, strict=False) if len(first) == len(axes) else ():
            stays = old == new
            length = constant(-1) if stays else self.lengths(length_of(new))
            if length is None or not (stays or (not old and new[0].repeated and len(new) == 1)):
                return None
            sizes.append(length)
        return called(node, "expand", sizes) if sizes else None

    def _cut(self, node: ast.expr) -> ast.expr | None:
        """Axes cut into atoms, and axes of length 1 dropped."""
        first = self.layout.first
        cut = [place for place, axis in enumerate(first) if len(axis) > 1]
        units = [place for place, axis in enumerate(first) if not axis]
        if not cut and len(units) < 2:
            return expression("x.squeeze(i)", x=node, i=constant(units[0])) if units else node
        shape = [atom.length for axis in first for atom in axis]
        written = self._shaped("view" if not units else "reshape", node, shape)
        if written is None and not units:
            for place in reversed(cut):
                parts = [self.lengths(atom.length) for atom in first[place]]
                if any(part is None for part in parts):
                    return None
                sizes = ast.Tuple([part for part in parts if part is not None], ast.Load())
                node = expression("x.unflatten(i, s)", x=node, i=constant(place), s=sizes)
            return node
        return written

    def _permuted(self, node: ast.expr, flat: list[Atom], own: list[Atom]) -> ast.expr:
        order = [flat.index(atom) for atom in own]
        moved = [place for place, source in enumerate(order) if place != source]
        if not moved:
            return node
        if len(moved) == 2:
            a, b = (-2, -1) if moved == [len(order) - 2, len(order) - 1] and len(order) > 2 else moved
            return expression("x.transpose(a, b)", x=node, a=constant(a), b=constant(b))
        return called(node, "permute", [constant(place) for place in order])

    def _joined(self, node: ast.expr, own: list[Atom]) -> ast.expr | None:
        """Atoms that share an axis put together, repeated ones added, axes of length 1 inserted."""
        if not self.layout.repeats:
            inner = Layout(tuple((atom,) for atom in own), self.layout.axes)
            return _Steps(inner, self.lengths)._regrouped(node) if not inner.is_identity else node
        expand = False
        sizes: list[ast.expr] = []
        for place, axis in enumerate(self.layout.axes):
            repeated = [atom for atom in axis if atom.repeated]
            if repeated and len(axis) > 1:
                if len(axis) != 2 or not axis[1].repeated:
                    return None
                times = self.lengths(repeated[0].length)
                if times is None:
                    return None
                node = expression("x.repeat_interleave(n, dim=i)", x=node, n=times, i=constant(place))
            elif not axis or repeated:
                node = expression("x.unsqueeze(i)", x=node, i=constant(place))
            elif len(axis) > 1:
                node = expression("x.flatten(i, j)", x=node, i=constant(place), j=constant(place + len(axis) - 1))
            alone = bool(repeated) and len(axis) == 1
            length = self.lengths(repeated[0].length) if alone else constant(-1)
            if length is None:
                return None
            expand |= alone
            sizes.append(length)
        return called(node, "expand", sizes) if expand else node

    def _shaped(self, method: str, node: ast.expr, shape: Sequence[int]) -> ast.expr | None:
        sizes = [self.lengths(length) for length in shape]
        if sum(size is None for size in sizes) > 1:
            return None
        return called(node, method, [constant(-1) if size is None else size for size in sizes])


def _joins(first: Axes, axes: Axes) -> tuple[int, int] | None:
    """First and last place of the one run of axes that became one axis, if nothing else happened."""
    for start in range(len(axes)):
        end = start + len(first) - len(axes)
        if end > start and first[:start] == axes[:start] and first[end + 1 :] == axes[start + 1 :]:
            return start, end
    return None


def _cut(axes: Sequence[tuple[Atom, ...]], atom: Atom, parts: Sequence[Atom]) -> tuple[tuple[Atom, ...], ...]:
    return tuple(tuple(new for old in axis for new in (parts if old == atom else (old,))) for axis in axes)


def length_of(axis: Sequence[Atom]) -> int:
    """Elements along an axis."""
    return prod(atom.length for atom in axis)
