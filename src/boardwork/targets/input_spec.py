"""`--input tokens:1,128:int64` -> name, shape and dtype of one tensor argument."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch

from boardwork.errors import TargetError

ALIASES = {
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fp32": torch.float32,
    "fp64": torch.float64,
    "i32": torch.int32,
    "i64": torch.int64,
}
_NAME = re.compile(r"[^\W\d]\w*(\.\w+)*")
_SHAPE = re.compile(r"\d+(\s*,\s*\d+)*,?")
_HINT = "write SHAPE, NAME:SHAPE, SHAPE:DTYPE or NAME:SHAPE:DTYPE, as in 1,3,224,224 or tokens:1,128:int64"


@dataclass(frozen=True)
class InputSpec:
    """`name` "" means by position, `batch.image` an entry or field, `pair.0` a place.

    `dtype` None means that of the known input, else of the model's weights.
    """

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype | None = None


def parse_input(text: str) -> InputSpec:
    """Read one input.

    Raises:
        TargetError: no shape, a size below 1, or an unknown dtype.
    """
    parts = [part.strip() for part in text.split(":")]
    name = parts.pop(0) if len(parts) > 1 and _NAME.fullmatch(parts[0]) else ""
    dtype = parse_dtype(parts.pop()) if len(parts) == 2 else None
    shape = parts[0].strip("()[] ") if len(parts) == 1 else ""
    if not _SHAPE.fullmatch(shape):
        raise TargetError(f"Cannot read the input {text!r}.", hint=_HINT)
    sizes = tuple(int(size) for size in shape.rstrip(",").split(","))
    if min(sizes) < 1:
        raise TargetError(f"Cannot read the input {text!r}: sizes start at 1.", hint=_HINT)
    return InputSpec(name, sizes, dtype)


def parse_dtype(name: str) -> torch.dtype:
    """`int64`, `long`, `bfloat16`, `bf16`, `bool` ... -> the dtype.

    Raises:
        TargetError: torch has no such dtype.
    """
    dtype = ALIASES.get(name, getattr(torch, name, None))
    if not isinstance(dtype, torch.dtype):
        raise TargetError(f"Unknown dtype {name!r}.", hint="float32, float16, bfloat16, int64, int32 or bool")
    return dtype
