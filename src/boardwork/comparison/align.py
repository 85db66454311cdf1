"""Diagrams -> their boxes on common rows: attention beside attention, the first norm beside the first norm.

Boxes in order of execution are aligned as two sequences are, by Needleman and Wunsch: the pairs whose likenesses add up
to the most, in order; what is like nothing stands alone. Frames are aligned with frames, then what they hold. A third
model is aligned with the rows of the first two.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from boardwork.comparison.record import BOX, CLOSES, OPENS, Match
from boardwork.comparison.towers import beside
from boardwork.diagrams import edges_by
from boardwork.sheet import CIRCLES, Diagram, Edge, Group, Node

# Roles that do the same work in different ways; a box of one may stand beside a box of another.
ALIKE = (
    frozenset(("attention", "recurrent")),  # mix positions
    frozenset(("block", "stage", "recurrent")),
    frozenset(("feed_forward", "linear")),
    frozenset(("head", "linear")),
    frozenset(("embedding", "stem")),
)
ENDS = frozenset(("stem", "embedding", "block", "stage", "conv", "linear", "head", "feed_forward"))
BLOCKS = frozenset(("block", "stage", "attention", "feed_forward", "recurrent"))  # what a model is made of
SAME_BLOCK, SAME_ROLE, ALIKE_ROLE, SAME_END, WORDS, SAME_SIZE = 3.0, 1.2, 1.0, 1.2, 1.5, 1.0


@dataclass(frozen=True)
class Item:
    """A box, or a frame with what it holds. `out`: the law of the map's height after it; `end`: next to a port."""

    box: Node | Group
    inner: tuple[Item, ...] = ()
    out: str = ""
    end: str = ""
    sides: tuple[str, ...] = ()
    is_frame: bool = False


@dataclass(frozen=True)
class Entry:
    """One row: an item of each subject, None for a gap; the rows inside, if it is a frame."""

    cells: tuple[Item | None, ...]
    inner: tuple[Entry, ...] = ()


def aligned(diagrams: Sequence[Diagram]) -> tuple[Match, ...]:
    """The rows, from the top."""
    entries: tuple[Entry, ...] = ()
    for number, diagram in enumerate(diagrams):
        entries = _merged(entries, items(diagram), number)
    return tuple(match for entry in entries for match in _matches(entry))


def items(diagram: Diagram) -> tuple[Item, ...]:
    """The boxes of the spine in order, those in frames inside these."""
    aside = beside(diagram)
    groups = {group.id: group for group in diagram.groups}
    nodes = {node.id: node for node in diagram.nodes}
    before, after = edges_by("target", diagram.edges), edges_by("source", diagram.edges)
    held: dict[str, list[Item]] = {"": []}
    placed: set[str] = set()
    for node in diagram.nodes:
        if node.id in aside:
            continue
        held.setdefault(node.parent, []).append(
            _item(node, nodes, before.get(node.id, ()), after.get(node.id, ()), aside)
        )
        frame = node.parent
        while frame and frame not in placed:
            placed.add(frame)
            held.setdefault(groups[frame].parent, []).append(Item(groups[frame], is_frame=True))
            frame = groups[frame].parent
    return _filled(held, "")


def _filled(held: dict[str, list[Item]], frame: str) -> tuple[Item, ...]:
    return tuple(_filled_frame(item.box, held) if item.is_frame else item for item in held[frame])


def _filled_frame(frame: Node | Group, held: dict[str, list[Item]]) -> Item:
    inner = _filled(held, frame.id)
    return Item(frame, inner, out=inner[-1].out if inner else "", is_frame=True)


def _item(
    node: Node, nodes: Mapping[str, Node], before: Sequence[Edge], after: Sequence[Edge], aside: Collection[str]
) -> Item:
    """`before` and `after`: the edges that end and start at the box."""
    end = "first" if any(nodes[e.source].role == "input" for e in before) else ""
    end = "last" if any(nodes[e.target].role == "output" for e in after) else end
    heights = [axis for e in after for axis in e.shape if axis.partition("/")[0] == "height"]
    sides = tuple(nodes[e.source].label for e in before if e.source in aside)
    return Item(node, out=heights[0] if heights else "", end=end, sides=sides)


# -- likeness ---------------------------------------------------------------------------------------------------------


def likeness(one: Item, two: Item) -> float:
    """How much two items belong together; 0 for not at all."""
    first, second = one.box, two.box
    inside = 0.0
    if one.is_frame and two.is_frame:
        inside = _total(_merged(tuple(Entry((item,)) for item in one.inner), two.inner, 1)) / 4
    if first.role in CIRCLES or second.role in CIRCLES:
        return 1.5 + 0.5 * (one.sides == two.sides) if first.role == second.role else 0.0
    base = _by_role(one, two)
    if not base:
        return 0.0
    size = 0.0 if not one.out or not two.out else SAME_SIZE if one.out == two.out else -SAME_SIZE
    return base + inside + size + WORDS * _shared(first.label, second.label) + 0.5 * (first.detail == second.detail)


def _by_role(one: Item, two: Item) -> float:
    first, second = one.box.role, two.box.role
    if first == second:
        return SAME_BLOCK if first in BLOCKS else SAME_ROLE
    if any(first in group and second in group for group in ALIKE):
        return ALIKE_ROLE
    at_ends = one.end and one.end == two.end and {first, second} <= ENDS
    return SAME_END if at_ends else 0.0


def _shared(one: str, two: str) -> float:
    """Words in common, as a share of all."""
    first, second = set(one.lower().split()), set(two.lower().split())
    return len(first & second) / max(1, len(first | second))


# -- alignment --------------------------------------------------------------------------------------------------------


def _merged(entries: Sequence[Entry], new: Sequence[Item], number: int) -> tuple[Entry, ...]:
    """The rows with one subject more, the best of all alignments."""
    score = [[max((likeness(c, item) for c in entry.cells if c), default=0.0) for item in new] for entry in entries]
    best = [[0.0] * (len(new) + 1) for _ in range(len(entries) + 1)]  # of what is left from (i, j) on
    for i in reversed(range(len(entries))):
        for j in reversed(range(len(new))):
            both = score[i][j] + best[i + 1][j + 1] if score[i][j] else 0.0
            best[i][j] = max(both, best[i + 1][j], best[i][j + 1])
    found, i, j = list[Entry](), 0, 0
    while i < len(entries) or j < len(new):
        inside = i < len(entries) and j < len(new)
        if inside and score[i][j] and best[i][j] == score[i][j] + best[i + 1][j + 1]:
            found.append(_joined(entries[i], new[j], number))
            i, j = i + 1, j + 1
        elif j >= len(new) or (i < len(entries) and best[i][j] == best[i + 1][j]):
            found.append(_joined(entries[i], None, number))
            i += 1
        else:
            found.append(_joined(Entry((None,) * number), new[j], number))
            j += 1
    return tuple(found)


def _joined(entry: Entry, item: Item | None, number: int) -> Entry:
    """The row with the item of one subject more, and the rows inside with what it holds."""
    inner = _merged(entry.inner or _alone(entry), item.inner if item is not None else (), number)
    return Entry((*entry.cells, item), inner)


def _alone(entry: Entry) -> tuple[Entry, ...]:
    """The rows inside a frame that only one subject has so far."""
    frames = [(place, cell) for place, cell in enumerate(entry.cells) if cell is not None and cell.inner]
    if not frames:
        return ()
    place, frame = frames[0]
    gaps = len(entry.cells) - place - 1
    return tuple(Entry((*[None] * place, item, *[None] * gaps)) for item in frame.inner)


def _total(entries: Sequence[Entry]) -> float:
    return sum(likeness(*pair) for e in entries if len(pair := [c for c in e.cells if c is not None]) > 1)


def _matches(entry: Entry) -> list[Match]:
    boxes = tuple("" if cell is None else cell.box.id for cell in entry.cells)
    frames = [cell is not None and cell.is_frame for cell in entry.cells]
    if not any(frames):
        return [Match(boxes, differs(entry.cells), BOX)]
    closing = tuple(box if frame else "" for box, frame in zip(boxes, frames, strict=True))
    inner = [match for row in entry.inner for match in _matches(row)]
    return [Match(boxes, differs(entry.cells), OPENS), *inner, Match(closing, False, CLOSES)]


def differs(cells: Sequence[Item | None]) -> bool:
    """True unless every subject has the same there."""
    said = {None if cell is None else _said(cell) for cell in cells}
    return len(said) > 1


def _said(cell: Item) -> tuple[object, ...]:
    """What a box says; the name of an input or output is the code's own."""
    box = cell.box
    label = box.role if box.role in ("input", "output") else box.label
    return (label, box.detail, box.repeat, cell.sides, cell.is_frame)
