"""What a command is at -> a line on the terminal while it takes long, erased when it is done; nothing in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TextIO

PATIENCE = 2.0  # seconds that pass before anything is said
PACE = 0.5  # between two looks at the clock


@contextmanager
def working(at: str, *, stream: TextIO | None = None, patience: float | None = None) -> Iterator[None]:
    """Say `at` and the seconds that have passed on standard error, if it is a terminal, until the context ends."""
    out = sys.stderr if stream is None else stream
    if not out.isatty():
        yield
        return
    done = Event()
    teller = Thread(target=_tell, args=(at, out, done, PATIENCE if patience is None else patience), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def each(found: Iterator[str], at: str) -> Iterator[str]:
    """Lines as they are found; while the next one takes long it says `at`, which is erased before the line is told."""
    while True:
        with working(at):
            line = next(found, None)
        if line is None:
            return
        yield line


def _tell(at: str, out: TextIO, done: Event, patience: float) -> None:
    began, longest = time.monotonic(), 0
    wait = patience
    while not done.wait(wait):
        said = f"{at} … {time.monotonic() - began:.0f} s"
        out.write(f"\r{said}")
        out.flush()
        longest, wait = max(longest, len(said)), PACE
    if longest:
        out.write("\r" + " " * longest + "\r")
        out.flush()
