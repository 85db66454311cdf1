"""A run -> the same call at smaller sizes, the smallest first: an equation holds at any, and few numbers are quick."""

from __future__ import annotations

import math
from collections.abc import Iterator

from boardwork.trace.run import Run
from boardwork.trace.second_forward import SPATIAL

BATCH = 2
STEPS = 16  # of a sequence
SIDE = 64  # of an image: it may be halved six times


def smaller(run: Run) -> Iterator[Run]:
    """Runs at sizes that the module may refuse, each once: sequences and images, then one of the two."""
    sizes = run.sizes()
    flat = {name: min(size, BATCH if name == "batch" else STEPS) for name, size in sizes.items() if name not in SPATIAL}
    small, medium = (
        {n: _side(n, size, side) for n, size in sizes.items() if n in SPATIAL} for side in (SIDE, 2 * SIDE)
    )
    half = {name: math.ceil(size / 2) for name, size in sizes.items() if name in SPATIAL}
    tried = [sizes]
    for chosen in ({**flat, **small}, {**flat, **medium}, {**flat, **half}, flat, small, half):
        wanted = {**sizes, **chosen}
        if wanted not in tried:
            tried.append(wanted)
            yield run.resized({name: wanted[name] / size for name, size in sizes.items()})


def _side(name: str, size: int, side: int) -> int:
    """Of a sound the samples are many, of a film the frames few."""
    return math.ceil(size / 8) if name == "length" else min(size, STEPS if name == "depth" else side)
