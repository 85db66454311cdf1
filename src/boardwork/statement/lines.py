"""Terms of a function -> its lines: what is used once stands inside what uses it, while the line stays short."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from boardwork.statement.expressions import is_put, names_in, replaced
from boardwork.statement.loops import COUNTER
from boardwork.statement.terms import Loop, Scope, Term

_LONGEST = 84  # columns of an expression
_USUAL = "h"


@dataclass(frozen=True)
class Line:
    """One line. `form`: assign, append (to the list `name`), for, or return. `term`: what it computes."""

    name: str
    code: ast.expr
    term: Term | None
    form: str = "assign"
    inside: bool = False


class Lines:
    """Chooses lines, then names."""

    def __init__(self, scope: Scope, outputs: Sequence[Term]) -> None:
        self.scope, self.outputs = scope, list(outputs)
        self.terms = {term.key: term for term in scope.terms}
        self.needed = self._reachable()
        self._uses = Counter(key for term in self.needed for key in names_in(term.code) if key in self.terms)
        self._uses.update(term.key for term in self.outputs)
        self._waiting: dict[str, ast.expr] = {}
        self._lines: list[Line] = []  # named by keys
        self._inside = False
        self._same: dict[str, str] = {}  # keys that share a variable with another
        self._until: dict[str, int] = {}  # lines that a variable must outlive
        self._several = {term.key: term.results for term in self.needed if self._apart(term)}
        self._results = {result.key for results in self._several.values() for result in results}

    def _reachable(self) -> list[Term]:
        wanted, todo = set[str](), [term.key for term in self.outputs]
        while todo:
            key = todo.pop()
            if key in self.terms and key not in wanted:
                wanted.add(key)
                todo.extend(names_in(self.terms[key].code))
        return [term for term in self.scope.terms if term.key in wanted]

    def _apart(self, term: Term) -> bool:
        """True for a call whose results alone are used: no loop carries it from turn to turn."""
        if not term.results or not isinstance(term.code, ast.Call):
            return False
        users = {user.key for user in self.needed if term.key in names_in(user.code)}
        return bool(users) and users <= {result.key for result in term.results}

    def lines(self) -> list[Line]:
        """All lines in order, the result last."""
        loops = {term.key for term in self.needed if term.loop is not None}
        for term in self.needed:
            if term.loop is not None:
                self._loop(term, term.loop)
            elif term.tensor < 0 and term.key not in self._results and not _names_one_of(loops, term.code):
                self._place(term, self._uses[term.key] > 1)
        results = [self._filled(term.node) for term in self.outputs]
        result = results[0] if len(results) == 1 else ast.Tuple(results, ast.Load())
        term_of_it = self.outputs[0] if len(self.outputs) == 1 else None
        return self._named([*_queries_first(self._lines), Line("", result, term_of_it, "return")])

    def _place(self, term: Term, shared: bool) -> None:
        """A line, or what waits for the term that uses it."""
        self._convolved(term.code)
        code = self._filled(term.code)
        if term.line or (shared and not term.within and not isinstance(term.code, ast.Constant)):
            self._write(term, code)
        else:
            self._waiting[term.key] = code

    def _write(self, term: Term, code: ast.expr, form: str = "assign") -> None:
        self._lines.append(Line(term.key, code, term, form, self._inside))

    def _filled(self, code: ast.expr) -> ast.expr:
        """The expression with what waits put in; what makes it too long gets lines of its own before it."""
        inside = {key: self._waiting[key] for key in names_in(code) if key in self._waiting}
        while len(ast.unparse(whole := replaced(code, inside))) > _LONGEST and any(map(_is_long, inside.values())):
            key = max(inside, key=lambda key: len(ast.unparse(inside[key])))
            self._write(self.terms[key], inside.pop(key))
            del self._waiting[key]
        return whole

    def _convolved(self, code: ast.expr) -> None:
        """A convolution of what was convolved before begins a line."""
        for key in names_in(code) if _has_convolution(code) else ():
            if key in self._waiting and _has_convolution(self._waiting[key]):
                self._write(self.terms[key], self._waiting.pop(key))

    # -- loops --------------------------------------------------------------------------------------------------------

    def _loop(self, term: Term, loop: Loop) -> None:
        """Starts of what is carried, empty lists, then the body."""
        self.terms |= {made.key: made for made in loop.body}
        taken = {key for made in loop.body for key in names_in(made.code)}
        for key in taken & self._waiting.keys():
            if _is_long(self._waiting[key]):
                self._write(self.terms[key], self._waiting.pop(key))
        for key, start in loop.carried.items():
            first = Term(f"{key}s_", term.code, self.terms[start].shape, self.terms[key].wanted)
            self._write(first, self._filled(ast.Name(start, ast.Load())))
            self._same[key] = first.key
        for key, name in loop.collected.items():
            self._write(Term(name, term.code, (), f"{self.terms[key].wanted or _USUAL}s"), ast.List([], ast.Load()))
        self._write(term, ast.Call(ast.Name("range", ast.Load()), [loop.length], []), "for")
        self._body(loop)
        outer = taken - {made.key for made in loop.body}
        kept = {*outer, *loop.carried, *(f"{key}s_" for key in loop.carried), *loop.collected.values()}
        self._until |= dict.fromkeys(kept, len(self._lines) - 1)

    def _body(self, loop: Loop) -> None:
        self._inside = True
        uses = Counter(key for made in loop.body for key in names_in(made.code))
        finals = {made.key: key for key, made in loop.finals.items()}
        for made in loop.body:
            kept = made.key in loop.carried or made.key in finals
            made.line |= kept
            self._place(made, uses[made.key] > 1 or (bool(uses[made.key]) and made.key in loop.collected))
            if made.key in finals:
                self._same[finals[made.key]] = made.key
            if made.key in loop.collected:
                element = self._filled(made.node)
                self._lines.append(Line(loop.collected[made.key], element, made, "append", True))
        self._inside = False

    # -- names --------------------------------------------------------------------------------------------------------

    def _named(self, lines: Sequence[Line]) -> list[Line]:
        last = self._last_uses(lines)
        names = {term.key: term.wanted for term in self.scope.arguments}
        holders = {name: self._first(key) for key, name in names.items()}
        counter = [COUNTER] if any(line.form == "for" for line in lines) else []
        for reserved in ("torch", "F", "math", *counter, *self.scope.sizes.names.values()):
            holders[reserved] = reserved
            last[reserved] = len(lines)
        found: list[Line] = []
        for place, line in enumerate(lines):
            known = {key: names.get(self._first(key), names.get(key, "")) for key in (*names_in(line.code), line.name)}
            written = replaced(line.code, {key: ast.Name(name, ast.Load()) for key, name in known.items() if name})
            name = known[line.name]
            if line.name in self._several:
                results = self._several[line.name]
                name = ", ".join(self._result(result, names, holders, last, place) for result in results)
            elif line.form == "assign" and not (name and line.name in self._same):
                wanted = line.term.wanted if line.term is not None else ""
                name = _free(wanted or _USUAL, holders, last, place)
                names[line.name], holders[name] = name, self._first(line.name)
            found.append(Line(name, written, line.term, line.form, line.inside))
        return found

    def _result(
        self, result: Term, names: dict[str, str], holders: dict[str, str], last: dict[str, int], place: int
    ) -> str:
        """Name of one of several results of a call; _ where nothing uses it."""
        if result.key not in last:
            return "_"
        name = _free(result.wanted or _USUAL, holders, last, place)
        names[result.key], holders[name] = name, result.key
        return name

    def _first(self, key: str) -> str:
        """The key whose variable this one is."""
        while key in self._same:
            key = self._same[key]
        return key

    def _last_uses(self, lines: Sequence[Line]) -> dict[str, int]:
        last = {self._first(key): until for key, until in self._until.items()}
        for place, line in enumerate(lines):
            for key in (*names_in(line.code), *([line.name] if line.form == "append" else [])):
                first = self._first(key)
                last[first] = max(place, last.get(first, 0))
            if is_put(line.code):  # two lines of the text: what is written must outlive the first
                written = {self._first(key) for part in line.code.args[1:] for key in names_in(part)}
                last |= {key: max(place + 1, last[key]) for key in written}
        return last


def _queries_first(lines: Sequence[Line]) -> list[Line]:
    """Values stand after the queries and keys that come right after them."""
    found = list(lines)
    for place, line in enumerate(found):
        if line.term is None or line.term.wanted != "v" or line.form != "assign":
            continue
        end = place + 1
        while end < len(found) and _same_place(found[end], line) and line.name not in names_in(found[end].code):
            end += 1
        last = max((n for n in range(place + 1, end) if _wanted(found[n]) in ("q", "k")), default=place)
        found[place : last + 1] = [*found[place + 1 : last + 1], line]
    return found


def _same_place(one: Line, other: Line) -> bool:
    return one.form == "assign" and one.inside == other.inside


def _wanted(line: Line) -> str:
    return line.term.wanted if line.term is not None else ""


def _names_one_of(keys: set[str], code: ast.expr) -> bool:
    return isinstance(code, ast.Name) and code.id in keys


def _has_convolution(code: ast.expr) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr.startswith("conv") for node in ast.walk(code))


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
