"""Two sheets or more -> a Comparison: towers on common rows, a table, what changed and why, costs over the input."""

from __future__ import annotations

from collections.abc import Sequence

from boardwork.comparison.align import aligned
from boardwork.comparison.changes import changes
from boardwork.comparison.curves import curves
from boardwork.comparison.record import LETTERS, Comparison
from boardwork.comparison.table import rows
from boardwork.comparison.towers import tower
from boardwork.errors import TargetError
from boardwork.sheet import Sheet

__all__ = ["Comparison", "compared"]
PAIR = 2


def compared(sheets: Sequence[Sheet]) -> Comparison:
    """The comparison of two to six sheets, in this order.

    Raises:
        TargetError: fewer or more are given.
    """
    if not PAIR <= len(sheets) <= len(LETTERS):
        raise TargetError(f"Two to {len(LETTERS)} models can be compared, {len(sheets)} are given.")
    pictures = tuple(tower(sheet) for sheet in sheets)
    alignment, table = aligned(pictures), rows(sheets)
    names = LETTERS[: len(sheets)]
    zooms = tuple(sheet.zoom for sheet in sheets) if len(sheets) == PAIR else ()
    return Comparison(
        subjects=tuple(sheet.subject for sheet in sheets),
        rows=table,
        alignment=alignment,
        pictures=pictures,
        zooms=zooms,
        changes=changes(sheets),
        curves=curves(sheets, names),
        identical=not any(row.differs for row in table) and not any(match.differs for match in alignment),
        footnotes=_notes(sheets),
        zoom_alignment=aligned([zoom.diagram for zoom in zooms]),
    )


def _notes(sheets: Sequence[Sheet]) -> tuple[str, ...]:
    sizes = [", ".join(f"{port.name} {port.sizes}" for port in sheet.subject.inputs) for sheet in sheets]
    said = "; ".join(f"{letter}: {size}" for letter, size in zip(LETTERS, sizes, strict=False))
    old = [letter for letter, sheet in zip(LETTERS, sheets, strict=False) if not sheet.facts]
    missing = f"{', '.join(old)} was drawn before sheets held facts: draw it again for a full table." if old else ""
    return tuple(filter(None, (f"Measured with {said}. A multiply-add is two FLOPs.", missing)))
