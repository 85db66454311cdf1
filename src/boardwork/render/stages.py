"""Diagram -> the table of its stages: what each gives, how often its block repeats, what it holds; "" where none is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import prod

from boardwork.numbers import count
from boardwork.sheet import CIRCLES, Diagram, Edge, Node

HEADINGS = ("Stage", "Output", "Channels", "Blocks", "Parameters")
LEAST = 4  # fewer stages, or resolutions, are seen at once in the flow
RESOLUTIONS = 3
_COUNTED = re.compile(r"(Stage \d+: )(\d+) × (.+)")
STEP = 1.8  # from one resolution to the next, in positions; what differs by less is no row of stages


@dataclass(frozen=True)
class Stage:
    """Neighbours that give one shape: the name of the largest, and what all of them hold."""

    name: str
    resolution: tuple[int, ...]
    channels: int
    blocks: int
    params: int
    largest: int

    def row(self) -> tuple[str, ...]:
        """One text a column of HEADINGS."""
        sizes = " × ".join(map(str, self.resolution))
        return self.name, sizes, str(self.channels), str(self.blocks), count(self.params)


def stages(diagram: Diagram) -> tuple[Stage, ...]:
    """From the first to the last box that gives channels on a grid, () if that is no row of stages.

    The grid is told by the names of the input's axes: `height/4` is rows, what is left beside the batch are channels.
    """
    found: list[Stage] = []
    for node, edge in _leaving(diagram):
        measured = _measured(edge, _grid(diagram))
        if measured is None:
            continue
        resolution, channels = measured
        if node.role in CIRCLES:
            found[-1:] = [replace(stage, channels=channels) for stage in found[-1:]]
        elif node.params:
            name, blocks = _counted(node.label)
            stage = Stage(name, resolution, channels, blocks * node.repeat, node.params, node.params)
            _add(found, stage, whole=node.role == "stage")
    return tuple(found) if _is_row([prod(stage.resolution) for stage in found]) else ()


def table_rows(stages: Sequence[Stage]) -> list[tuple[str, ...]]:
    """The headings and a row a stage, none where there are no stages; that no stage repeats its block is not said."""
    rows = [HEADINGS, *(stage.row() for stage in stages)] if stages else []
    left_out = HEADINGS.index("Blocks") if all(stage.blocks == 1 for stage in stages) else len(HEADINGS)
    return [(*row[:left_out], *row[left_out + 1 :]) for row in rows]


def _is_row(positions: Sequence[int]) -> bool:
    steps = [max(pair) / min(pair) for pair in pairwise(positions) if pair[0] != pair[1]]
    return len(positions) >= LEAST and len(set(positions)) >= RESOLUTIONS and min(steps) >= STEP


def _counted(label: str) -> tuple[str, int]:
    """`Stage 1: 3 × Bottleneck block` without its count, which has a column of its own, and the count."""
    found = _COUNTED.fullmatch(label)
    return (found[1] + found[3], int(found[2])) if found else (label, 1)


def _add(found: list[Stage], stage: Stage, *, whole: bool) -> None:
    """What gives the same shape as what is above is of the same stage; of two counts the larger is that of blocks.

    `whole`: the box is a stage already.
    """
    last = found[-1] if found else None
    if last is None or whole or (prod(last.resolution), last.channels) != (prod(stage.resolution), stage.channels):
        found.append(stage)
        return
    name = stage.name if stage.params > last.largest else last.name
    params, largest = last.params + stage.params, max(last.largest, stage.params)
    sizes = max(last.resolution, stage.resolution, key=len)
    found[-1] = Stage(name, sizes, stage.channels, _blocks(last.blocks, stage.blocks), params, largest)


def _blocks(above: int, below: int) -> int:
    """Single boxes beside repeated ones are how a stage begins or ends, no blocks of their own."""
    return above + below if (above > 1) == (below > 1) else max(above, below)


def _leaving(diagram: Diagram) -> Iterator[tuple[Node, Edge]]:
    """Each box with an edge that leaves it."""
    first = {edge.source: edge for edge in reversed(diagram.edges)}
    return ((node, first[node.id]) for node in diagram.nodes if node.id in first and node.role != "input")


def _grid(diagram: Diagram) -> set[str]:
    """Names of the axes of the inputs besides the batch."""
    inputs = {node.id for node in diagram.nodes if node.role == "input"}
    shapes: Sequence[tuple[str, ...]] = [edge.shape for edge in diagram.edges if edge.source in inputs]
    return {axis for shape in shapes for axis in shape[1:] if axis.isidentifier()}


def _measured(edge: Edge, grid: set[str]) -> tuple[tuple[int, ...], int] | None:
    """Sizes of the grid and the number of channels, None for anything else."""
    if len(edge.sizes) != len(edge.shape) or len(edge.shape) < 3:
        return None
    on_grid = [bool(grid & set(re.findall(r"[A-Za-z_]\w*", axis))) for axis in edge.shape]
    sizes = tuple(size for size, spread in zip(edge.sizes, on_grid, strict=True) if spread)
    channels = [size for size, spread in list(zip(edge.sizes, on_grid, strict=True))[1:] if not spread]
    return (sizes, channels[0]) if sizes and len(channels) == 1 and not on_grid[0] else None
