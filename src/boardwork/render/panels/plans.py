"""Panels that are figures of fixed size or text of any width -> the ways to put them on a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, combinations
from typing import NamedTuple, Protocol

from boardwork.figure.lettering import font_in_use
from boardwork.figure.points import width
from boardwork.render.drawing.marks import BOLD, PLAIN, Label, Mark, Piece, Shape, label, line, moved
from boardwork.render.drawing.style import ACCENT, GREY, INK, PALE, PAPER, Type
from boardwork.render.panels.paragraphs import Run, paragraph

STEP = 20.0  # heights are compared at widths rounded down to this


@dataclass(frozen=True)
class Panel:
    """`content(room, height)` draws what is inside, loosened to a height if it can be; `tall(room)` is its height.

    `least` is the narrowest room inside; `fixed` panels, the figures, do not use a wider one. `number`: what stands
    before its title, its place if 0.
    """

    title: str
    note: str
    content: Callable[[float, float], Piece]
    tall: Callable[[float], float]
    least: float
    fixed: bool
    number: int = 0


Height = Callable[[int, float], float]  # of a panel at a width
Row = tuple[int, ...]  # a panel, and what stands at its right, one under the other
Columns = tuple[tuple[float, tuple[Row, ...]], ...]  # width, rows from the top


class Plan(NamedTuple):
    """Columns side by side, then panels across the page."""

    room: float
    columns: Columns
    below: tuple[int, ...]


Rounded = tuple[tuple[int, float], ...]  # panels with their widths, one under the other


class Stack(NamedTuple):
    """A column by what its height follows from: the parts side by side in its first row, and the rows under it."""

    beside: tuple[Rounded, ...]
    under: Rounded


@dataclass(frozen=True)
class Plans:
    """The plans of one room. Many have a column in common: `columns` has the places of each plan's in `stacks`."""

    plans: Sequence[Plan]
    columns: Sequence[tuple[int, ...]]
    stacks: Sequence[Stack]


class Draw(Protocol):
    """Draws a panel at a width, without its frame, `more` higher than it needs."""

    def __call__(self, index: int, room: float, more: float = 0) -> Piece: ...


def drawer(panels: Sequence[Panel], type: Type, numbers: Sequence[int] = ()) -> Draw:
    """Draws each panel once for a width; `numbers` stand before the titles, 1, 2, 3 if none are given."""

    @cache
    def draw(index: int, room: float, more: float = 0) -> Piece:
        panel, inside = panels[index], room - 2 * type.pad
        content = panel.content(inside, 0)
        if more:
            content = panel.content(inside, content.height + more)
        number = numbers[index] if numbers else panel.number or index + 1
        return _headed(number, panel, content, room, type)

    return draw


def heights(panels: Sequence[Panel], type: Type, step: float, at: Height | None = None) -> Height:
    """Tells how high a panel is at a width, rounded down to a `step`, without drawing it; `at`: at a width itself."""
    height = at or heights_at(panels, type)
    least = [panel.least + 2 * type.pad for panel in panels]
    return lambda index, room: height(index, max(least[index], room // step * step))


def heights_at(panels: Sequence[Panel], type: Type) -> Height:
    """Tells how high a panel is at a width."""

    @cache
    def height(index: int, room: float) -> float:
        panel, inside = panels[index], room - 2 * type.pad
        return _top(panel, inside, type) + panel.tall(inside) + type.pad

    return height


def _top(panel: Panel, inside: float, type: Type) -> float:
    """Heading and note."""
    noted = _noted(panel.note, inside, type).height + 0.4 * type.pad if panel.note else 0.0
    return type.head + (0.8 if panel.fixed else 0.6) * type.pad + noted


def _shortened(title: str, room: float, size: float) -> str:
    """A title of a name and a path, with the end of the path if there is no room for more."""
    name, colon, path = title.partition(": ")
    parts = path.split(".")
    while len(parts) > 1 and width(title, size, True) > room:
        parts.pop(0)
        title = f"{name}{colon}…{'.'.join(parts)}"
    return title


def _noted(note: str, inside: float, type: Type) -> Piece:
    return _paragraph(note, inside, type, font_in_use())


@lru_cache(maxsize=1000)
def _paragraph(note: str, inside: float, type: Type, font: str) -> Piece:
    """`font` tells apart what is measured in different ones."""
    return paragraph([Run(note, PLAIN, GREY)], inside, type.small * 1.05, type.leading)


def plans_of(panels: Sequence[Panel], room: float, type: Type) -> Plans:
    """The plans of one room; kept, for they depend on the widths of the panels alone."""
    return _plans(tuple((panel.least, panel.fixed) for panel in panels), room, type)


@lru_cache(maxsize=200)
def _plans(sizes: tuple[tuple[float, bool], ...], room: float, type: Type) -> Plans:
    panels = [Panel("", "", lambda room, height: Piece(room, height), lambda room: 0.0, *size) for size in sizes]
    found = [
        plan for plan in plans(panels, (room,), type) if all(sizes[i][0] + 2 * type.pad <= room for i in plan.below)
    ]
    found += [beside for plan in found for beside in _beside(plan, panels, type)]
    stacks: dict[Stack, int] = {}
    places: dict[tuple[float, tuple[Row, ...]], int] = {}
    for wide, column in chain.from_iterable(plan.columns for plan in found):
        if (wide, column) not in places:
            places[wide, column] = stacks.setdefault(_stack(column, wide, panels, type), len(stacks))
    return Plans(found, [tuple(map(places.__getitem__, plan.columns)) for plan in found], list(stacks))


def _stack(column: Sequence[Row], wide: float, panels: Sequence[Panel], type: Type) -> Stack:
    def rounded(part: Iterable[int], wide: float) -> Rounded:
        down = wide // STEP * STEP
        return tuple([(i, max(down, panels[i].least + 2 * type.pad)) for i in part])

    beside = len(column[0]) > 1  # only what heads a column has texts at its right
    first = tuple(rounded(part, w) for w, part in parts_of(column[0], wide, panels, type)) if beside else ()
    return Stack(first, rounded(chain.from_iterable(column[beside:]), wide))


def parts_of(row: Row, wide: float, panels: Sequence[Panel], type: Type) -> tuple[tuple[float, Row], ...]:
    """What stands side by side in a row, each with its width: the figure has what it needs."""
    if len(row) == 1:
        return ((wide, row),)
    left = panels[row[0]].least + 2 * type.pad
    return (left, row[:1]), (wide - left - type.gap, row[1:])


def _beside(plan: Plan, panels: Sequence[Panel], type: Type) -> Iterator[Plan]:
    """The same plan with one or two texts at the right of the figure that heads their column, where it has the room."""
    for place, (wide, column) in enumerate(plan.columns):
        (first,) = column[0]
        if not panels[first].fixed:
            continue
        room = wide - panels[first].least - type.gap - 4 * type.pad
        narrow = [i for (i,) in column[1:] if not panels[i].fixed and panels[i].least <= room]
        for some in (*combinations(narrow, 1), *combinations(narrow, 2)):
            rows = ((first, *some), *(row for row in column[1:] if row[0] not in some))
            columns = (*plan.columns[:place], (wide, rows), *plan.columns[place + 1 :])
            yield Plan(plan.room, columns, plan.below)


def plans(panels: Sequence[Panel], rooms: Sequence[float], type: Type) -> Iterator[Plan]:
    """In up to three columns, and the last panels below across the page."""
    count = len(panels)
    for room in rooms:
        for stop in range(1, count + 1):
            for split in _splits(stop):
                for widths in _widths(panels, split, room, type):
                    rows = [tuple((i,) for i in column) for column in split]
                    yield Plan(room, tuple(zip(widths, rows, strict=True)), tuple(range(stop, count)))


@cache
def _splits(count: int) -> Sequence[tuple[tuple[int, ...], ...]]:
    """Columns of the first panels: figures 0 and 1 head them, text goes under any or makes the last column."""
    found = []
    text = tuple(range(2, count))
    heads: list[list[tuple[int, ...]]] = [[(0,), (1,)], [(0, 1)]] if count > 1 else [[(0,)]]
    for head in heads:
        for choice in range((len(head) + 1) ** len(text)):
            columns = [*head, ()]
            rest = choice
            for index in text:
                rest, place = divmod(rest, len(columns))
                columns[place] = (*columns[place], index)
            found.append(tuple(c for c in columns if c))
    return found


def _widths(
    panels: Sequence[Panel], split: tuple[tuple[int, ...], ...], room: float, type: Type
) -> Iterator[list[float]]:
    """The least widths, with what is left over given to the text, or shared."""
    least = [max(panels[i].least for i in column) + 2 * type.pad for column in split]
    spare = room - sum(least) - type.gap * (len(split) - 1)
    if spare < -1e-6:
        return
    flowing = [sum(not panels[i].fixed for i in column) for column in split]
    for weights in ([1] * len(split), least) if len(set(flowing)) == 1 else ([1] * len(split), flowing, least):
        if whole := sum(weights):
            yield [wide + spare * w / whole for wide, w in zip(least, weights, strict=True)]


def framed(piece: Piece, room: float, height: float) -> tuple[Mark, ...]:
    """A panel with its outline."""
    return (Shape(0, 0, room, height, PAPER, PALE, style="rounded,filled", pen=0.8), *piece.marks)


def _headed(number: int, panel: Panel, content: Piece, room: float, type: Type) -> Piece:
    """The heading with its number, a rule, the content centred below."""
    pad, middle, ball = type.pad, type.head / 2, 0.6 * type.heading
    number_size = max(7.0, 0.74 * type.heading)
    title = _shortened(panel.title, room - 2 * pad - 2.7 * ball, type.heading)
    marks: list[Mark] = [
        Shape(pad - 1, middle - ball, 2 * ball, 2 * ball, ACCENT, ACCENT, form="ellipse", pen=0.5),
        Label(pad - 1 + ball, middle + 0.36 * number_size, str(number), number_size, BOLD, PAPER),
        label(pad + 2.7 * ball, middle + 0.36 * type.heading, title, type.heading, BOLD, INK),
        line(pad, type.head, room - pad, type.head, PALE, 0.7),
    ]
    if panel.note:
        marks += moved(_noted(panel.note, room - 2 * pad, type).marks, pad, type.head + 0.4 * pad)
    y = _top(panel, room - 2 * pad, type)
    left = pad + (room - 2 * pad - content.width) / 2 if panel.fixed else pad
    marks += moved(content.marks, left, y)
    return Piece(room, y + content.height + pad, tuple(marks))
