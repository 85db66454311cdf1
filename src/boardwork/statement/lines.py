"""Terms of a function -> its lines: what is used once stands inside what uses it, while the line stays short."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from boardwork.statement.expressions import names_in, replaced
from boardwork.statement.terms import Scope, Term

_LONGEST = 84  # columns of an expression
_USUAL = "h"


@dataclass(frozen=True)
class Line:
    """`name = code`, or the result where the name is empty. `term`: what it computes."""

    name: str
    code: ast.expr
    term: Term | None


class Lines:
    """Chooses lines, then names."""

    def __init__(self, scope: Scope, outputs: Sequence[Term]) -> None:
        self.scope, self.outputs = scope, list(outputs)
        self.terms = {term.key: term for term in scope.terms}
        self._needed = self._reachable()
        self._uses = Counter(key for term in self._needed for key in names_in(term.code) if key in self.terms)
        self._uses.update(term.key for term in self.outputs)
        self._waiting: dict[str, ast.expr] = {}
        self._lines: list[tuple[Term, ast.expr]] = []

    def _reachable(self) -> list[Term]:
        wanted, todo = set[str](), [term.key for term in self.outputs]
        while todo:
            key = todo.pop()
            if key in self.terms and key not in wanted:
                wanted.add(key)
                todo.extend(names_in(self.terms[key].code))
        return [term for term in self.scope.terms if term.key in wanted]

    def lines(self) -> list[Line]:
        """All lines in order, the result last."""
        for term in self._needed:
            if term.tensor >= 0:
                continue
            code = self._filled(term.code)
            alone = self._uses[term.key] > 1 and not term.within and not isinstance(term.code, ast.Constant)
            if term.line or alone:
                self._lines.append((term, code))
            else:
                self._waiting[term.key] = code
        results = [self._filled(term.node) for term in self.outputs]
        result = results[0] if len(results) == 1 else ast.Tuple(results, ast.Load())
        return self._named(result)

    def _filled(self, code: ast.expr) -> ast.expr:
        """The expression with what waits put in; what makes it too long gets lines of its own before it."""
        inside = {key: self._waiting[key] for key in names_in(code) if key in self._waiting}
        while len(ast.unparse(whole := replaced(code, inside))) > _LONGEST and any(map(_is_long, inside.values())):
            key = max(inside, key=lambda key: len(ast.unparse(inside[key])))
            self._lines.append((self.terms[key], inside.pop(key)))
            del self._waiting[key]
        return whole

    def _named(self, result: ast.expr) -> list[Line]:
        last: dict[str, int] = {}
        codes = [*(code for _, code in self._lines), result]
        for place, code in enumerate(codes):
            last.update(dict.fromkeys(names_in(code), place))
        names = {term.key: term.wanted for term in self.scope.arguments}
        holders = {name: key for key, name in names.items()}
        for reserved in ("torch", "F", "math", *self.scope.sizes.names.values()):
            holders[reserved] = reserved
            last[reserved] = len(codes)
        found: list[Line] = []
        for place, (term, code) in enumerate(self._lines):
            written = replaced(code, {key: ast.Name(name, ast.Load()) for key, name in names.items()})
            name = _free(term.wanted or _USUAL, holders, last, place)
            names[term.key], holders[name] = name, term.key
            found.append(Line(name, written, term))
        written = replaced(result, {key: ast.Name(name, ast.Load()) for key, name in names.items()})
        return [*found, Line("", written, self.outputs[0] if len(self.outputs) == 1 else None)]


def _is_long(code: ast.expr) -> bool:
    return not isinstance(code, ast.Name | ast.Constant)


def _free(wanted: str, holders: dict[str, str], last: dict[str, int], place: int) -> str:
    """A name whose value is not needed after this line."""
    stem = re.sub(r"\W", "_", wanted)
    for number in range(1, 1000):
        name = stem if number == 1 else f"{stem}_{number}"
        if last.get(holders.get(name, ""), -1) <= place:
            return name
    raise AssertionError(stem)
