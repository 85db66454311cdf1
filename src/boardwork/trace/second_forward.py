"""Run and its Trace -> the tensors with their shapes in symbols, from a second forward at other sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from boardwork.errors import TraceError
from boardwork.trace import symbols
from boardwork.trace.one_forward import one_forward
from boardwork.trace.records import Tensor, Trace
from boardwork.trace.run import Run

SPATIAL = ("height", "width", "depth", "length")
QUICK = 20_000_000_000  # multiply-adds of a forward on CPU that may run twice


def with_symbols(run: Run, first: Trace) -> tuple[Tensor, ...]:
    """The tensors of `first`, made by `run`, at the largest set of sizes that forward accepts."""
    sizes = run.sizes()
    primes = symbols.ratios(sizes)
    if run.device != "meta":  # work on CPU would grow with the sizes: only the batch is doubled, of what is quick
        primes = {"batch": 2}
        quick = sum(op.macs for op in first.ops) < QUICK
        sizes = {"batch": sizes["batch"]} if "batch" in sizes and quick else {}
    for varied in _choices(sizes):
        factors = {name: primes[name] for name in varied}
        for on_doubles in (False, True) if run.device == "meta" and set(varied) & set(SPATIAL) else (False,):
            second = _larger(run, factors, on_doubles=on_doubles)
            if second is not None:
                return symbols.unify(first, second, {name: sizes[name] for name in varied}, factors)
    return tuple(dataclasses.replace(t, symbols=tuple(map(str, t.shape))) for t in first.tensors)


def _choices(sizes: dict[str, int]) -> Iterator[list[str]]:
    """Sets of axes to vary, the largest first, each once."""
    tried: list[list[str]] = [[]]
    for varied in (list(sizes), [name for name in sizes if name not in SPATIAL], ["batch"] if "batch" in sizes else []):
        if varied not in tried:
            tried.append(varied)
            yield varied


def _larger(run: Run, factors: dict[str, int], *, on_doubles: bool) -> Trace | None:
    """A forward at other sizes, or at its own with doubles of the others; None if it is refused."""
    larger = run.resized(factors)
    try:
        if on_doubles:
            return one_forward(run, rows=False, beside=larger)[0]
        return one_forward(larger, rows=False)[0]
    except TraceError:
        return None
