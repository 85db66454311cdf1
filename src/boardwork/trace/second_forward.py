"""Run and its Trace -> the trace with shapes in symbols, from a second forward at other sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from boardwork.errors import TraceError
from boardwork.trace import symbols
from boardwork.trace.agreement import agreed
from boardwork.trace.cost import recounted
from boardwork.trace.one_forward import one_forward
from boardwork.trace.records import Trace
from boardwork.trace.run import Run

SPATIAL = ("height", "width", "depth", "length")
QUICK = 20_000_000_000  # multiply-adds of a forward on CPU that may run twice


FIXED = (
    "The forward takes only {axes}: the laws say what its operations give at other sizes, tables and layers of a fixed "
    "length being as long as needed."
)


def with_symbols(run: Run, first: Trace, *, loops: bool = False) -> Trace:
    """`first`, made by `run`, with symbols from the largest set of sizes that forward accepts.

    `loops`: at other sizes forward runs other operations, so that only doubles can be compared.
    """
    sizes, primes = _sizes(run, first)
    for varied, on_doubles in _choices(sizes, run.device):
        if loops and not on_doubles and varied != ["batch"]:
            continue
        factors = {name: primes[name] for name in varied}
        second = _larger(run, factors, on_doubles=on_doubles)
        if second is not None:
            second = agreed(first, second) if on_doubles else second
            tensors = symbols.unify(first, second, {name: sizes[name] for name in varied}, factors)
            told = () if loops or not on_doubles else (FIXED.format(axes=_taken(run, factors)),)
            return dataclasses.replace(
                first,
                tensors=tensors,
                guesses=(*first.guesses, *told),
                second_axes={name: size * factors.get(name, 1) for name, size in sizes.items()},
                second_macs=_recounted(second),
                stretched=bool(told),
            )
    return dataclasses.replace(
        first, tensors=tuple(dataclasses.replace(t, symbols=tuple(map(str, t.shape))) for t in first.tensors)
    )


def _sizes(run: Run, first: Trace) -> tuple[dict[str, int], dict[str, int]]:
    """The axes that may be varied, and how many times longer each is the second time."""
    sizes = run.sizes()
    if run.device == "meta":
        return sizes, symbols.ratios(sizes)
    quick = sum(op.macs for op in first.ops) < QUICK  # work on CPU grows with the sizes: only the batch is doubled
    return ({"batch": sizes["batch"]} if "batch" in sizes and quick else {}), {"batch": 2}


def _choices(sizes: dict[str, int], device: str) -> Iterator[tuple[list[str], bool]]:
    """Sets of axes to vary, the largest first, each once; whether on doubles, which a batch alone does not need."""
    tried: list[list[str]] = [[]]
    flat = [name for name in sizes if name not in SPATIAL]
    alone = [name for name in flat if name != "batch"]  # inputs of one image fit one row
    for varied in (list(sizes), flat, ["batch"] if "batch" in sizes else [], alone):
        if varied not in tried:
            tried.append(varied)
            yield varied, False
            if device == "meta" and varied != ["batch"]:
                yield varied, True


def _taken(run: Run, factors: dict[str, int]) -> str:
    """The sizes that forward is bound to while the other axes are as they were: seq_len up to 77, height = 224."""
    image = [name for name in factors if name in SPATIAL]
    groups = [group for group in (*[[name] for name in factors if name not in (*image, "batch")], image) if group]
    told, sizes = [], run.sizes()
    for group in groups:
        if len(groups) > 1 and _larger(run, {name: factors[name] for name in group}, on_doubles=False) is not None:
            continue
        shorter = _larger(run, dict.fromkeys(group, 0.5), on_doubles=False)
        told += [f"{name} {'=' if shorter is None else 'up to'} {sizes[name]}" for name in group]
    return ", ".join(told) or "some of these sizes together"


def _larger(run: Run, factors: Mapping[str, float], *, on_doubles: bool) -> Trace | None:
    """A forward at other sizes, or at its own with doubles of those; None if it is refused."""
    larger = run.resized(factors)
    try:
        if on_doubles:
            return one_forward(run, rows=False, beside=larger)[0]
        return one_forward(larger, rows=False)[0]
    except TraceError:
        return None


def _recounted(second: Trace) -> int:
    """All multiply-adds with the shapes that were recorded, which are those of the doubles where there are any."""
    return sum(recounted(op, lambda tensor: second.tensors[tensor].shape) for op in second.ops)
