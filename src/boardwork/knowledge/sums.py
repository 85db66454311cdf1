"""What adds up to a model -> two equations: its parameters and its multiply-adds, term by term, every term checked."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from boardwork.facts import Facts, Summand, Summands
from boardwork.formula import linear
from boardwork.knowledge.expressions import evaluate, filled
from boardwork.numbers import exact
from boardwork.sheet import Check, Equation

_TITLES = {  # name, letter, rank among the equations, the fact that the sum must equal
    "parameters": ("Parameters, term by term", "P", 23, "params.total"),
    "multiply_adds": ("Multiply-adds, term by term", r"\text{MACs}", 38, "macs.total"),
}
_MOST_WRITTEN = 2  # different sizes of one part that are written out


@dataclass(frozen=True)
class _Term:
    """A formula that gives `expected` for each of `count` parts of `size`."""

    latex: str
    bias: str
    numbers: str
    expected: float
    size: int
    count: int


def sums(found: Summands, facts: Facts) -> list[tuple[int, Equation]]:
    """Rank and equation; nothing of a model of one part. Formulas and the order of parts are in sums.toml."""
    told = ((kind, getattr(found, kind)) for kind in _TITLES)
    return [
        (_TITLES[kind][2], _equation(kind, parts, facts)) for kind, parts in told if sum(p.count for p in parts) > 1
    ]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("boardwork.knowledge") / "sums.toml").read_text(encoding="utf-8"))


def _equation(kind: str, parts: tuple[Summand, ...], facts: Facts) -> Equation:
    name, letter, _, whole = _TITLES[kind]
    order = _table()["order"]
    groups = [(g, terms) for g in order if (terms := [t for p in parts if p.group == g for t in _terms(kind, p, 1)])]
    rows = [_latex(terms) for _, terms in groups]
    latex = rf"{letter} = {rows[0]}"
    if len(rows) > 1:
        latex = rf"\begin{{align*}} {letter} &= " + r" \\ &+ ".join(rows) + r" \end{align*}"
    total = sum(term.count * term.expected for _, terms in groups for term in terms)
    measured = float(facts.get(whole, 0))
    added = Check(
        "the whole model", " + ".join(_summed(terms) for _, terms in groups), total, measured, total == measured
    )
    checks = (*(_check(group, terms) for group, terms in groups), added)
    return Equation(name, latex, f"{linear(latex).replace('; + ', ' + ')} = {exact(measured)}", {}, checks, "")


def _terms(kind: str, part: Summand, times: int) -> Iterator[_Term]:
    """The formula of a part, or of the layers inside where there is none that holds."""
    names, local = dict(part.sizes), frozenset(part.sizes)
    row = next(row for row in _table()[kind][part.kind] if evaluate(row.get("when", "True"), names, local))
    value = float(evaluate(row["formula"], names, local) or 0)
    if value != part.measured and part.inside:
        for inner in part.inside:
            yield from _terms(kind, inner, times * part.count)
    else:
        numbers = filled(row["formula"], names, local)
        bias = row.get("bias", "") if names.get("b", names.get("bias")) else ""
        yield _Term(row["latex"], bias, numbers, value, part.measured, times * part.count)


def _latex(terms: list[_Term]) -> str:
    """`12 (4 d^2 + b)` for parts that are alike, a sum over them where sizes differ; a term a formula."""
    kinds: dict[str, list[_Term]] = {}
    for term in terms:
        kinds.setdefault(term.latex, []).append(term)
    ordered = sorted(kinds, key=lambda latex: latex == "n")  # plain counts
    return " + ".join(_term(kinds[latex]) for latex in ordered)


def _term(terms: list[_Term]) -> str:
    count, bias = sum(term.count for term in terms), next((term.bias for term in terms if term.bias), "")
    body = terms[0].latex + (f" + {bias}" if bias else "")
    bracketed = rf"\left({body}\right)" if " + " in body else body
    if len(terms) > 1:
        return rf"\sum {bracketed}"
    return body if count == 1 else rf"{count} {bracketed}" if bracketed != body else rf"{count} \cdot {body}"


def _check(group: str, terms: list[_Term]) -> Check:
    """What a part of the model gives, by its formula and as counted; each of many that are alike by itself."""
    count, only = sum(term.count for term in terms), len(terms) == 1
    expected = sum(term.expected * (1 if only else term.count) for term in terms)
    measured = sum(term.size * (1 if only else term.count) for term in terms)
    claim = f"{group}, {count} in {len(terms)} sizes"
    shown = [_written(term) for term in terms]
    if only:
        claim, shown = group if count == 1 else f"{group}, each of {count}", [terms[0].numbers]
    elif len(terms) > _MOST_WRITTEN:
        shown = [*shown[:2], "…", shown[-1]]
    ok = all(term.expected == term.size for term in terms)
    return Check(claim, " + ".join(shown), expected, measured, ok)


def _written(term: _Term) -> str:
    alone = term.count == 1 and " + " not in term.numbers
    numbers = term.numbers if alone or " " not in term.numbers else f"({term.numbers})"
    return numbers if term.count == 1 else f"{term.count} · {numbers}"


def _summed(terms: list[_Term]) -> str:
    """What a part gives to the total: a number, or a number a part."""
    if len(terms) == 1 and terms[0].count > 1:
        return f"{terms[0].count} · {exact(terms[0].size)}"
    return exact(sum(term.count * term.size for term in terms))
