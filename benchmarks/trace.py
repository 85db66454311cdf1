"""Names of models, the zoo's slice by default -> the cost of the whole trace in bare meta forwards, and the median.

python -m benchmarks.trace [NAME ...]
The whole trace is data flow, torchinfo and the second size; times are the processor's, the best of some runs.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import process_time

import torch
from tests.zoo.models import SLICE, target_of

from boardwork.meta.duplicate import value_on_meta
from boardwork.targets import load
from boardwork.trace import trace

RUNS = 5


def seconds(run: Callable[[], object]) -> float:
    """What the processor needs for one run."""
    start = process_time()
    run()
    return process_time() - start


def ratio(name: str, folder: Path) -> float | None:
    """None for a model that does not run on bare meta."""
    subject = load(target_of(name, folder))
    args, kwargs = value_on_meta(subject.args), value_on_meta(subject.kwargs)
    bare, whole = [], []
    try:
        with torch.no_grad():
            for _ in range(RUNS):  # in turn, so that a busy machine slows both
                bare.append(seconds(lambda: subject.module(*args, **kwargs)))
                whole.append(seconds(lambda: trace(subject)))
    except RuntimeError:
        return None
    return min(whole) / min(bare)


def main() -> None:
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or SLICE:
            times = ratio(name, Path(folder))
            print(f"{name:44} {'needs numbers' if times is None else f'{times:.2f}'}", flush=True)
            found += [] if times is None else [times]
    print(f"{'median':44} {median(found):.2f} x a bare meta forward")


if __name__ == "__main__":
    main()
