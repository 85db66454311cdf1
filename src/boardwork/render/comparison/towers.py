"""Comparison -> its pictures as towers on common rows, with a mark where they differ; one figure, or one for each."""

from __future__ import annotations

from boardwork.comparison.record import Comparison, Match
from boardwork.figure import Figure, Metrics
from boardwork.figure.aligned import Row, aligned

DIFFERS, ALONE = "≠", "+"
LEGEND = f"Dashed with {DIFFERS}: differs from what stands beside it; dashed with {ALONE}: only there."
NO_DIFFERENCE = "The models do not differ in anything that is compared here."


def side_by_side(comparison: Comparison, metrics: Metrics, differs: str = DIFFERS) -> Figure:
    """All towers."""
    rows = [Row(match.boxes, match.kind, _marks(match, differs)) for match in comparison.alignment]
    return aligned(comparison.pictures, rows, comparison.names, metrics)


def alone(comparison: Comparison, place: int, metrics: Metrics, differs: str = DIFFERS) -> Figure:
    """The tower of one subject, without gaps for the others."""
    own = [match for match in comparison.alignment if match.boxes[place]]
    rows = [Row((match.boxes[place],), match.kind, (_marks(match, differs)[place],)) for match in own]
    return aligned(comparison.pictures[place : place + 1], rows, comparison.names[place : place + 1], metrics)


def _marks(match: Match, differs: str) -> tuple[str, ...]:
    """A sign for each box of a row in which not all is the same."""
    sign = (differs if sum(map(bool, match.boxes)) > 1 else ALONE) if match.differs else ""
    return tuple(sign if box else "" for box in match.boxes)
