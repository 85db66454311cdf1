"""A block of foreign code -> the same block with the process's global state put back afterwards."""

from __future__ import annotations

import logging
import random
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

QUIET = ("transformers", "timm", "torchvision", "huggingface_hub")


@contextmanager
def global_state_kept() -> Iterator[None]:
    """Random states, default dtype, grad mode, warning filters and log levels are as before when the block ends."""
    dtype, python_random = torch.get_default_dtype(), random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_random = numpy.random.get_state() if numpy else None
    with (
        libraries_quiet(),
        warnings.catch_warnings(),
        torch.random.fork_rng(devices=[]),
        torch.set_grad_enabled(torch.is_grad_enabled()),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            torch.set_default_dtype(dtype)
            random.setstate(python_random)
            if numpy and numpy_random is not None:
                numpy.random.set_state(numpy_random)


@contextmanager
def libraries_quiet() -> Iterator[None]:
    """What model libraries log below an error is kept from the terminal."""
    levels = {name: logging.getLogger(name).level for name in QUIET}
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        for name, level in levels.items():
            if logging.getLogger(name).level == logging.ERROR:  # else the library set it, on its first import
                logging.getLogger(name).setLevel(level)
