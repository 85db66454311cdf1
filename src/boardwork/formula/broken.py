"""A tree of maths and a width -> boxes one under the other: clauses, then what stands before relations and signs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from boardwork.formula.boxes import Box
from boardwork.formula.spacing import kinds
from boardwork.formula.tree import EMPTY, Node

QUAD = 0.9  # em: a space that parts two statements
_SUMS, _PRODUCTS = "+−±", "+−±·×⊙"


def broken(tree: Node, most: float, draw: Callable[[Node], Box], indent: float) -> list[Box] | None:
    """The rows of a formula, each at most so wide; None where a piece that cannot be broken is wider.

    `indent`: of a row that goes on with the one above.
    """
    rows: list[Box] = []

    def row_of(kids: Sequence[Node], continued: bool) -> Box:
        """A row that goes on starts with nothing, so that its sign keeps the space of one between two terms."""
        box = draw(Node("row", kids=(EMPTY, *kids) if continued else tuple(kids)))
        return box.moved(indent, 0) if continued else box

    for clause in _clauses(tree):
        goes_on = bool(rows) and kinds(clause.kids)[:1] in (["relation"], ["binary"], ["sign"])
        if (box := row_of(clause.kids, goes_on)).width <= most:
            rows.append(box)
            continue
        tries = (_filled(list(_pieces(clause, signs)), goes_on, most, row_of) for signs in (_SUMS, _PRODUCTS))
        found = next((boxes for boxes in tries if boxes), None)
        if found is None:
            return None
        rows += found
    return rows


def _clauses(tree: Node) -> Iterator[Node]:
    """Statements of a row with wide spaces between them; the rows of aligned equations."""
    if tree.kind == "table" and tree.text == "align":
        for row in tree.kids:
            kids = (kid for cell in row.kids for kid in _trimmed(_kids(cell)) if _holds(kid))
            yield from _clauses(Node("row", kids=tuple(kids)))
        return
    found: list[Node] = []
    for kid in _kids(tree):
        if kid.kind == "space" and kid.em > QUAD and found:
            yield Node("row", kids=tuple(found))
            found = []
        else:
            found.append(kid)
    yield Node("row", kids=tuple(found))


def _holds(node: Node) -> bool:
    """False for what stands before the first sign of an aligned row, `{}`."""
    return bool(node.text or node.kids or node.em)


def _trimmed(kids: Sequence[Node]) -> Sequence[Node]:
    """Without a space at the end: the cell that follows has its own."""
    return kids[:-1] if kids and kids[-1].kind == "space" else kids


def _kids(node: Node) -> Sequence[Node]:
    return node.kids if node.kind == "row" else (node,)


def _pieces(clause: Node, signs: Collection[str]) -> Iterator[list[Node]]:
    """What may stand on rows of its own; each but the first begins with a relation or one of these signs."""
    found: list[Node] = []
    for kid, kind in zip(clause.kids, kinds(clause.kids), strict=True):
        if found and (kind == "relation" or (kind == "binary" and kid.text in signs)):
            yield found
            found = []
        found.append(kid)
    yield found


def _filled(pieces: Sequence[list[Node]], goes_on: bool, most: float, row_of: Callable[..., Box]) -> list[Box]:
    """As many pieces a row as it holds, [] where one piece is too wide; `goes_on`: even the first goes on."""
    boxes: list[Box] = []
    row: list[Node] = []
    for piece in pieces:
        whole = row_of(row + piece, goes_on or bool(boxes))
        if whole.width > most and row:
            boxes.append(row_of(row, goes_on or bool(boxes)))
            row, whole = [], row_of(piece, True)
        if whole.width > most:
            return []
        row = row + piece
    return [*boxes, row_of(row, goes_on or bool(boxes))]
