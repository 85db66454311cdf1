"""Terms that repeat with other numbers and weights -> one loop: the steps of a scan, experts one after the other."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from boardwork.statement.expressions import constant, expression, names_in, replaced, swapped
from boardwork.statement.last_turn import KEY, Slot, last_turn, slots
from boardwork.statement.order import ordered
from boardwork.statement.terms import Loop, Scope, Term

COUNTER = "i"
_LEAST = 3  # turns that make a loop
_LEAST_SAVED = 4  # terms
_LONGEST = 48  # terms of one turn


def roll(scope: Scope, outputs: Sequence[Term]) -> None:
    """Replace runs of like terms by loops, the one that saves most first."""
    while True:
        computed = _regular(ordered([term for term in _needed(scope, outputs) if term.tensor < 0]))
        found = next((rolled for run in _runs(computed) if (rolled := _rolled(scope, computed, run, outputs))), None)
        if found is None:
            return
        scope.terms = [*(term for term in scope.terms if term.tensor >= 0), *found]


def _needed(scope: Scope, outputs: Sequence[Term]) -> list[Term]:
    """Terms that the results depend on, in order."""
    terms, wanted = {term.key: term for term in scope.terms}, set[str]()
    todo = [term.key for term in outputs]
    while todo:
        key = todo.pop()
        if key in terms and key not in wanted:
            wanted.add(key)
            todo.extend(names_in(terms[key].code))
    return [term for term in scope.terms if term.key in wanted]


# -- finding ----------------------------------------------------------------------------------------------------------

_Run = tuple[int, int, int]  # start, terms of a turn, turns


def _runs(terms: Sequence[Term]) -> list[_Run]:
    """Stretches that are like themselves some terms later, those that save most first."""
    signs = [_signature(term) for term in terms]
    found: dict[_Run, int] = {}
    for period in range(1, min(_LONGEST, len(signs) // _LEAST) + 1):
        start = 0
        while start + period < len(signs):
            end = start
            while end + period < len(signs) and signs[end] == signs[end + period]:
                end += 1
            turns = (end - start) // period + 1
            if turns >= _LEAST and (turns - 1) * period >= _LEAST_SAVED:
                spare = end - start - (turns - 1) * period
                found.update({(start + phase, period, turns): period * (turns - 1) for phase in range(spare + 1)})
            start = end + 1
    return sorted(found, key=lambda run: (-found[run], run[1], run[0]))


def _signature(term: Term) -> str:
    """Equal for terms that differ in what they name and in whole numbers alone."""
    text = KEY.sub("t", ast.dump(term.code))
    return f"{term.line}{term.within}{re.sub(r'value=[0-9]+', 'value=n', text)}" if term.loop is None else term.key


def _regular(terms: list[Term]) -> list[Term]:
    """What only the first turn makes, as it stays the same, comes before it: then that turn is like the others."""
    best = next(iter(_runs(terms)), None)
    if best is None:
        return terms
    start, period, times = best
    begin, end = max(0, start - 2 * period), start + period * times
    window = terms[begin:end]
    counts = Counter(map(_signature, window))
    early, known = list[Term](), {term.key for term in window}
    for term in window:
        if counts[_signature(term)] < times and not known.intersection(names_in(term.code)):
            early.append(term)
            known.discard(term.key)
    return [*terms[:begin], *early, *(term for term in window if term not in early), *terms[end:]]


# -- rolling ----------------------------------------------------------------------------------------------------------


def _rolled(scope: Scope, terms: list[Term], run: _Run, outputs: Sequence[Term]) -> list[Term] | None:
    """The terms with a loop in place of the run; None where its turns do not follow one from another."""
    start, period, times = run
    turns = [terms[start + turn * period : start + (turn + 1) * period] for turn in range(times)]
    body = _Body(scope, turns)
    loop = body.loop()
    if loop is None:
        return None
    made = Term(f"t{len(scope.terms) + 10_000 * start}_", ast.Tuple(body.outside(), ast.Load()), (), loop=loop)
    before, after = terms[:start], terms[start + period * times :]
    for more in ({} if body.lists else last_turn(turns, after), {}):  # lists have an entry a turn and no more
        ended = _ended(turns, more, loop, made, before, after, outputs)
        if ended is not None:
            loop.length = _length(scope, loop, times + bool(more))
            loop.times = times + bool(more)
            _take_lists(scope, body.lists)
            return ended
    return None


def _ended(
    turns: Sequence[Sequence[Term]],
    more: dict[int, Term],
    loop: Loop,
    made: Term,
    before: Sequence[Term],
    after: Sequence[Term],
    outputs: Sequence[Term],
) -> list[Term] | None:
    """All terms, the loop among them; None where more is used of its turns than lists and what the last one leaves.

    `more`: terms of a further turn, of which only lists are made.
    """
    loop.collected.clear()
    own = {term.key for term in more.values()}
    columns = [[turn[place].key for turn in turns] for place in range(len(turns[0]))]
    columns = [[*column, *([more[place].key] if place in more else [])] for place, column in enumerate(columns)]
    after = [_collecting(term, columns, loop, made) for term in after if term.key not in own]
    used = {key for term in (*before, *after) for key in names_in(term.code)} | {term.key for term in outputs}
    inner = turns if more else turns[:-1]
    if used & (own | {term.key for turn in inner for term in turn}):
        return None
    ends = []
    for place, final in enumerate(turns[-1]):
        if final.key in used:
            final.code = made.node
            loop.finals[final.key] = loop.body[place]
            ends.append(final)
    lists = [Term(key, made.node, ()) for key in loop.collected.values()]
    return [*before, made, *ends, *lists, *after]


def _length(scope: Scope, loop: Loop, times: int) -> ast.expr:
    """How often the loop runs: as often as what it takes one by one is long, or a number."""
    shapes = {term.key: term.shape for term in scope.terms}
    parts = (node for made in loop.body for node in ast.walk(made.code) if isinstance(node, ast.Subscript))
    for part in parts:
        index = part.slice.elts if isinstance(part.slice, ast.Tuple) else [part.slice]
        axis = next((n for n, one in enumerate(index) if isinstance(one, ast.Name) and one.id == COUNTER), -1)
        shape = shapes.get(part.value.id, ()) if isinstance(part.value, ast.Name) else ()
        if 0 <= axis < len(shape) and scope.sizes.traced.get(shape[axis]) == times:
            return scope.sizes.write(shape[axis]) or constant(times)
    return constant(times)


def _take_lists(scope: Scope, lists: dict[tuple[str, ...], Term]) -> None:
    """Weights, one a turn, are one argument: a list."""
    gone = {member for members in lists for member in members}
    scope.arguments = [term for term in scope.arguments if term.key not in gone] + list(lists.values())
    scope.terms = [*lists.values(), *scope.terms]


def _collecting(term: Term, columns: Sequence[Sequence[str]], loop: Loop, made: Term) -> Term:
    """The same term, where a list of what every turn made is the list that the loop collects."""
    if not any(isinstance(node, ast.List) for node in ast.walk(term.code)):
        return term
    starts = {column[0]: (place, column) for place, column in enumerate(columns)}
    for node in [node for node in ast.walk(term.code) if isinstance(node, ast.List)]:
        keys = [element.id if isinstance(element, ast.Name) else "" for element in node.elts]
        for at, key in enumerate(keys):
            place, column = starts.get(key, (0, ()))
            if column and keys[at : at + len(column)] == column:
                name = loop.collected.setdefault(loop.body[place].key, f"{made.key}{len(loop.collected)}_")
                return _with_list(term, node, at, len(column), name)
    return term


def _with_list(term: Term, node: ast.List, place: int, count: int, name: str) -> Term:
    parts: list[ast.expr] = [ast.Name(name, ast.Load())]
    if place:
        parts.insert(0, ast.List(node.elts[:place], ast.Load()))
    if place + count < len(node.elts):
        parts.append(ast.List(node.elts[place + count :], ast.Load()))
    whole = parts[0]
    for part in parts[1:]:
        whole = ast.BinOp(whole, ast.Add(), part)
    return dataclasses.replace(term, code=swapped(term.code, {id(node): whole}))


class _Body:
    """The turns of a loop, and what their first one is when its numbers and names are general."""

    def __init__(self, scope: Scope, turns: Sequence[Sequence[Term]]) -> None:
        self.turns = turns
        self.arguments = {term.key: term for term in scope.arguments}
        self.places = {term.key: (n, j) for n, turn in enumerate(turns) for j, term in enumerate(turn)}
        self.lists: dict[tuple[str, ...], Term] = {}
        self.carried: dict[int, str] = {}
        self._latest: dict[int, int] = {}
        self._outside: dict[str, None] = {}

    def loop(self) -> Loop | None:
        """The loop, without what is used of it afterwards."""
        body: list[Term] = []
        for place in range(len(self.turns[0])):
            code = self._code(place)
            if code is None:
                return None
            first = self.turns[0][place]
            body.append(Term(f"{first.key}b_", code, first.shape, first.wanted, first.line, first.within))
        names = {term.key: made.node for term, made in zip(self.turns[0], body, strict=True)}
        kept = self._kept(body)
        for made in body:
            made.code = replaced(made.code, {**names, **{old: late.node for old, late in kept.items()}})
        carried = {place: kept.get(body[place].key, body[place]) for place in self.carried}
        starts = {carried[place].key: start for place, start in self.carried.items()}
        return Loop([*body, *kept.values()], len(self.turns), starts)

    def _kept(self, body: Sequence[Term]) -> dict[str, Term]:
        """Where the value of the turn before is used after the new one is made: a variable that takes it at the end."""
        late = [body[place] for place in self.carried if self._latest[place] > place]
        return {t.key: Term(f"{t.key}k_", t.node, t.shape, t.wanted, line=True) for t in late}

    def outside(self) -> list[ast.expr]:
        """What the loop uses of what was there before."""
        return [ast.Name(key, ast.Load()) for key in self._outside]

    def _code(self, place: int) -> ast.expr | None:
        code = self.turns[0][place].code
        columns = zip(*(slots(turn[place].code) for turn in self.turns), strict=True)
        changes: dict[int, ast.expr] = {}
        for own, column in zip(slots(code), columns, strict=True):
            general = self._number(column) if isinstance(own, ast.Constant) else self._name(column, place)
            if general is None:
                return None
            changes[id(own)] = general
        return swapped(code, changes)

    def _number(self, column: Sequence[Slot]) -> ast.expr | None:
        """The same number in every turn, or one that grows by steps."""
        numbers = [slot.value for slot in column if isinstance(slot, ast.Constant) and isinstance(slot.value, int)]
        first, steps = numbers[0], {b - a for a, b in pairwise(numbers)}
        if len(steps) != 1:
            return None
        step = steps.pop()
        if not step:
            return constant(first)
        times = expression(COUNTER) if step == 1 else expression(f"{step} * {COUNTER}")
        return expression(f"x + {first}", x=times) if first else times

    def _name(self, column: Sequence[Slot], place: int) -> ast.expr | None:
        """What every turn uses, what this turn or the one before made, or one of a list of weights."""
        keys = tuple(slot.id for slot in column if isinstance(slot, ast.Name))
        inside = [self.places.get(key) for key in keys]
        if len(set(keys)) == 1 and inside[0] is None:
            self._outside.setdefault(keys[0])
            return ast.Name(keys[0], ast.Load())
        if inside[0] is not None:
            local = inside[0][1]
            same = inside == [(turn, local) for turn in range(len(keys))]
            return ast.Name(keys[0], ast.Load()) if same else None
        if inside[1] is not None:
            return self._previous(keys, inside[1][1], inside, place)
        return self._listed(keys)

    def _previous(
        self, keys: tuple[str, ...], made: int, inside: Sequence[tuple[int, int] | None], place: int
    ) -> ast.expr | None:
        before = [None, *((turn, made) for turn in range(len(keys) - 1))]
        if list(inside) != before or self.carried.setdefault(made, keys[0]) != keys[0]:
            return None
        self._latest[made] = max(place, self._latest.get(made, 0))
        self._outside.setdefault(keys[0])
        return ast.Name(f"{self.turns[0][made].key}b_", ast.Load())

    def _listed(self, keys: tuple[str, ...]) -> ast.expr | None:
        if len(set(keys)) < len(keys) or not all(key in self.arguments for key in keys):
            return None
        members = tuple(self.arguments[key] for key in keys)
        first = members[0]
        if keys not in self.lists:
            self.lists[keys] = Term(f"{first.key}l_", ast.Constant(None), (), first.wanted, tensor=first.tensor)
            self.lists[keys].members = members
        self._outside.setdefault(self.lists[keys].key)
        return expression(f"x[{COUNTER}]", x=self.lists[keys].node)
