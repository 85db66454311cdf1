"""Terms of a function -> the same in an order in which the turns of a loop stand together, one after the other."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from boardwork.statement.expressions import names_in
from boardwork.statement.terms import Term


def ordered(terms: list[Term]) -> list[Term]:
    """Parts right before their use, views of what a turn made right after it."""
    return _sunk(_risen(terms))


def _risen(terms: list[Term]) -> list[Term]:
    """A view that is put in a list stands right after what it shows, if nothing else uses that: in its own turn."""
    known = {term.key: term for term in terms if term.loop is None}
    uses = Counter(key for term in terms for key in names_in(term.code))
    after: dict[str, Term] = {}
    for key in {key for term in terms for key in _in_lists(term.code)} & known.keys():
        sources = [source for source in names_in(known[key].code) if source in known]
        if len(sources) == 1 == uses[sources[0]]:
            after[sources[0]] = known[key]
    moved = {term.key for term in after.values()}
    found: list[Term] = []
    for term in [term for term in terms if term.key not in moved]:
        found.append(term)
        while found[-1].key in after:
            found.append(after[found[-1].key])
    return found


def _sunk(terms: list[Term]) -> list[Term]:
    """A part of a tensor that is used once stands right before its use: steps cut at once join their turns."""
    uses = Counter(key for term in terms for key in names_in(term.code))
    late = {t.key: t for t in terms if isinstance(t.code, ast.Subscript) and uses[t.key] == 1 and not t.line}
    found: list[Term] = []

    def place(term: Term) -> None:
        for key in names_in(term.code):
            if key in late:
                place(late.pop(key))
        found.append(term)

    for term in terms:
        if term.key not in late and term not in found:
            place(term)
    return found


def _in_lists(code: ast.expr) -> Iterator[str]:
    """Names in the lists of an expression."""
    for node in ast.walk(code):
        if isinstance(node, ast.List):
            yield from names_in(node)
