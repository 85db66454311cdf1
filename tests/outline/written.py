"""A file of hand-written models -> the file as a module, and the trace of one of its EXAMPLES."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

from boardwork.targets import from_module
from boardwork.trace import trace
from boardwork.trace.records import Trace


@cache
def models(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"written_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def traced(path: Path, name: str) -> Trace:
    build, args = models(path).EXAMPLES[name]
    return trace(from_module(build().eval(), args))
