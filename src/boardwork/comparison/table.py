"""Sheets -> the table of facts: a value for each model, a mark where they differ, the ratio of two numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from boardwork.comparison.costs import activations, kept, multiply_adds
from boardwork.comparison.record import Row
from boardwork.comparison.words import entries, ratio, said
from boardwork.knowledge.expressions import evaluate
from boardwork.numbers import count
from boardwork.sheet import Diagram, Sheet

FIRST = ("Parameters", "Active per token")  # what is asked first


def rows(sheets: Sequence[Sheet]) -> tuple[Row, ...]:
    """The lines that at least one model has a value for, in the order in which they are asked for."""
    told = list(_told(sheets))
    first = [row for row in told if row.topic in FIRST]
    found = [*first, *_costs(sheets), *_pictured(sheets), *(row for row in told if row not in first)]
    return tuple(row for row in found if any(row.values))


def _row(topic: str, values: Sequence[str], note: str = "", source: str = "") -> Row:
    return Row(topic, tuple(values), len(set(values)) > 1, note, source)


def _told(sheets: Sequence[Sheet]) -> Iterator[Row]:
    """What rows.toml asks of the facts."""
    for entry in entries("rows.toml", "row"):
        values = [next((w for text in entry["values"] if (w := said(text, s.facts)) is not None), "") for s in sheets]
        numbers = [evaluate(entry["number"], s.facts) for s in sheets] if "number" in entry else []
        yield _row(entry["topic"], values, _compared(numbers) if all(values) else "", entry.get("source", ""))


def _compared(numbers: Sequence[object]) -> str:
    """The ratio of two numbers, "" for more or for other things."""
    real = [float(n) for n in numbers if isinstance(n, int | float) and not isinstance(n, bool)]
    return ratio(*real) if len(numbers) == len(real) == 2 else ""


# -- costs ------------------------------------------------------------------------------------------------------------


def _costs(sheets: Sequence[Sheet]) -> Iterator[Row]:
    at = [_at_the_same_size(sheet, sheets[0]) for sheet in sheets]
    words = [f"{count(macs)} at {where}" if where else count(macs) for macs, where in at]
    alike = len({where for _, where in at}) == 1
    note = _compared([macs for macs, _ in at]) if alike else "inputs differ"
    topic = f"Multiply-adds at {at[0][1]}" if alike and at[0][1] else "Multiply-adds"
    yield _row(topic, [count(macs) for macs, _ in at] if alike else words, note)
    for topic, cost in (
        ("Multiply-adds of an input of any size", multiply_adds),
        ("Activation memory of any size", activations),
        ("Kept of the past, of any length", kept),
    ):
        found = [cost(sheet.facts) for sheet in sheets]
        yield _row(topic, ["" if one is None else one.formula() for one in found])


def _at_the_same_size(sheet: Sheet, first: Sheet) -> tuple[float, str]:
    """Multiply-adds for one input of the first model's size, and that size; at its own where that is not known."""
    own, wanted = sheet.facts, first.facts
    cost, size = multiply_adds(own), wanted.get("growth.size")
    batch = own.get("input.batch", 1)
    if cost is None or own.get("growth.axis") != wanted.get("growth.axis") or batch != wanted.get("input.batch", 1):
        return sheet.summary["macs"], _input(sheet)
    if own.get("growth.size") == size:
        return sheet.summary["macs"], _input(first)
    return cost.at(float(size or 0)), _input(first)


def _input(sheet: Sheet) -> str:
    """Sizes of the first input, as a model's user would say them."""
    facts = sheet.facts
    if facts.get("growth.axis") == "pixels":
        return f"{facts['input.height']} × {facts['input.width']}"
    if facts.get("growth.axis") == "seq_len":
        return f"{facts['growth.size']} tokens"
    return str(sheet.subject.inputs[0].sizes) if sheet.subject.inputs else ""


# -- what the pictures show -------------------------------------------------------------------------------------------


def _pictured(sheets: Sequence[Sheet]) -> Iterator[Row]:
    topics: tuple[tuple[str, Callable[[Diagram], str]], ...] = (("Depth", depth), ("Channels and map", stages))
    for topic, tell in topics:
        yield _row(topic, [tell(sheet.big_picture) for sheet in sheets])


def depth(picture: Diagram) -> str:
    """How many blocks: `12 × Decoder layer`, or `3 + 4 + 6 + 3 blocks`."""
    repeated = [node for node in picture.nodes if node.repeat > 1]
    if not repeated:
        return ""
    if len(repeated) == 1:
        return f"{repeated[0].repeat} × {repeated[0].label}"
    names = {re.sub(r"^Stage \d+: ", "", node.label) for node in repeated}
    name = names.pop() if len(names) == 1 else "blocks"
    return f"{' + '.join(str(node.repeat) for node in repeated)} = {sum(n.repeat for n in repeated)} × {name}"


def stages(picture: Diagram) -> str:
    """Channels and side of each map that the picture shows: `64 · 56², 128 · 28²`."""
    maps = [found for edge in picture.edges if (found := _map(edge.shape, edge.sizes))]
    shown = [maps[0]] if maps else []
    shown += [new for old, new in pairwise(maps) if new != old and new not in shown]
    inside = shown[1:] if len(shown) > 1 else []  # the first is the image
    return ", ".join(inside)


def _map(shape: Sequence[str], sizes: Sequence[int]) -> str:
    """Channels and size of a map in either order of axes, "" for anything else."""
    high = next((i for i, axis in enumerate(shape) if axis.partition("/")[0] == "height"), 0)
    if len(shape) != 4 or high not in (1, 2) or high + 1 >= len(sizes):
        return ""
    channels = sizes[1] if high == 2 else sizes[3]
    side = f"{sizes[high]}²" if sizes[high] == sizes[high + 1] else f"{sizes[high]} × {sizes[high + 1]}"
    return f"{channels} · {side}"
