"""An installed torchvision whose compiled operators do not load -> one that imports all the same."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

# What `import torchvision` asks for by name. Nothing runs them: they have a schema and no kernel.
SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "roi_align(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, "
    "int sampling_ratio, bool aligned) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_kept: list[Any] = []  # a torch.library.Library takes its definitions with it when it is freed


def prepare() -> None:
    """Make `import torchvision` work where it was built for another torch; does nothing where it is sound or absent."""
    spec = importlib.util.find_spec("torchvision") if not _kept and "torchvision" not in sys.modules else None
    if spec is None or _operators_load(spec.submodule_search_locations or ()):
        return
    # A first import that failed leaves parts behind, and Python would not run them again.
    for name in [name for name in sys.modules if name.startswith("torchvision.")]:
        del sys.modules[name]
    placeholders = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    _kept.append(placeholders)
    for schema in SCHEMAS:
        if not hasattr(torch.ops.torchvision, schema.partition("(")[0]):
            placeholders.define(schema)  # type: ignore[no-untyped-call]


def _operators_load(folders: Iterable[str]) -> bool:
    for folder in folders:
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            path = Path(folder) / f"_C{suffix}"
            if path.exists():
                return _loads(path)
    return False


def _loads(path: Path) -> bool:
    try:
        torch.ops.load_library(path)  # type: ignore[no-untyped-call]
    except (ImportError, OSError):
        return False
    return hasattr(torch.ops.torchvision, "nms")


@contextmanager
def admitted() -> Iterator[None]:
    """Meanwhile torchvision's check that its operators are compiled passes, as tracing stands in for them."""
    extension: Any = sys.modules.get("torchvision.extension")
    if not _kept or extension is None:
        yield
        return
    has_operators = extension._has_ops
    extension._has_ops = lambda: True
    try:
        yield
    finally:
        extension._has_ops = has_operators
