"""Numbers of blocks -> microseconds an operation for each stage, for a plain transformer: flat lines are linear work.

python -m benchmarks.growth [BLOCKS ...]
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from time import process_time
from typing import Any

import torch
from torch import nn

from boardwork.compose import compose
from boardwork.knowledge import tell
from boardwork.measure import measure
from boardwork.options import Options
from boardwork.outline import outline
from boardwork.render.text.sheet import text
from boardwork.targets import from_module
from boardwork.trace import trace

BLOCKS = (10, 30, 100, 300, 1000)


def plain_transformer(blocks: int) -> nn.Module:
    """An encoder on meta with embeddings and a head."""
    with torch.device("meta"):
        layers = [nn.TransformerEncoderLayer(64, 4, 128, batch_first=True) for _ in range(blocks)]
        return nn.Sequential(nn.Embedding(100, 64), nn.Sequential(*layers), nn.Linear(64, 100))


def times(blocks: int) -> tuple[dict[str, float], int]:
    """Seconds of the processor for each stage, and the number of operations."""
    taken: dict[str, float] = {}

    def timed(stage: str, run: Callable[[], Any]) -> Any:
        start = process_time()
        made = run()
        taken[stage] = process_time() - start
        return made

    subject = from_module(plain_transformer(blocks), (torch.zeros(1, 16, dtype=torch.int64),))
    record = timed("trace", lambda: trace(subject))
    found = timed("outline", lambda: outline(record))
    facts = timed("measure", lambda: measure(found))
    sheet = timed("compose", lambda: compose(found, facts, tell(facts)))
    timed("text", lambda: text(sheet, Options()))
    return taken, len(record.ops)


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    times(2)  # imports
    for blocks in map(int, sys.argv[1:] or BLOCKS):
        taken, operations = times(blocks)
        stages = "  ".join(f"{stage} {1e6 * seconds / operations:7.1f}" for stage, seconds in taken.items())
        print(f"{blocks:5} blocks {operations:6} operations  us each: {stages}", flush=True)


if __name__ == "__main__":
    main()
