"""Turns of a loop and the terms after them -> those that are one more turn, of which only a part is needed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from boardwork.statement.expressions import swapped
from boardwork.statement.terms import Term

KEY = re.compile(r"t\d+_")
Slot = ast.Name | ast.Constant


def last_turn(turns: Sequence[Sequence[Term]], after: Sequence[Term]) -> dict[int, Term]:
    """Place in the turn -> the term. The last state of a recurrence is not needed where only results are used."""
    known: dict[str, list[Term]] = {}
    for term in after:
        known.setdefault(ast.dump(term.code), []).append(term)
    found: dict[int, Term] = {}
    for place in range(len(turns[0])):
        code = _next(turns, place, found)
        if code is not None and (alike := known.get(ast.dump(code))):
            found[place] = alike.pop(0)
    return found


def _next(turns: Sequence[Sequence[Term]], place: int, found: dict[int, Term]) -> ast.expr | None:
    """What a term would be in the turn after the last one."""
    before, last = (turn[place].code for turn in turns[-2:])
    changes: dict[int, ast.expr] = {}
    for one, two in zip(slots(before), slots(last), strict=True):
        general = _slot(turns, one, two, found)
        if general is None:
            return None
        changes[id(two)] = general
    return swapped(last, changes)


def _slot(turns: Sequence[Sequence[Term]], one: Slot, two: Slot, found: dict[int, Term]) -> ast.expr | None:
    if isinstance(one, ast.Constant) and isinstance(two, ast.Constant):
        return ast.Constant(2 * two.value - one.value)  # type: ignore[operator]
    assert isinstance(one, ast.Name)
    assert isinstance(two, ast.Name)
    for turn, following in ((turns[-1], found), (turns[-2], dict(enumerate(turns[-1])))):
        place = next((place for place, term in enumerate(turn) if term.key == two.id), None)
        if place is not None:
            return following[place].node if place in following else None
    return two if one.id == two.id else None


def slots(code: ast.expr) -> Iterator[Slot]:
    """Names of terms and whole numbers, in a fixed order."""
    for node in ast.walk(code):
        if (isinstance(node, ast.Name) and KEY.match(node.id)) or (
            isinstance(node, ast.Constant) and type(node.value) is int
        ):
            yield node
