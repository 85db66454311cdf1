"""The frames of a running forward -> the named functions among them, helpers of the model's or a library's code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import CodeType, FrameType

import torch

_INTERNAL = tuple(f"{Path(file).parent}{os.sep}" for file in (torch.__file__, __file__))


class Helpers:
    """Which frames are helpers; remembers the answer for every code object, which it keeps alive."""

    def __init__(self) -> None:
        self._names: dict[int, tuple[CodeType, str | None]] = {}

    def running(self, within: FrameType) -> list[tuple[FrameType, str]]:
        """Frames and names of the functions that forward called, the outermost first; `within` is forward's caller."""
        found: list[tuple[FrameType, str]] = []
        frame: FrameType | None = sys._getframe(1)
        while frame is not within:
            if frame is None:  # forward does not run below `within`
                return []
            name = self._name(frame.f_code)
            if name is not None:
                found.append((frame, name))
            frame = frame.f_back
        return [pair for pair in found[-2::-1] if pair[1]]  # the outermost is forward itself

    def _name(self, code: CodeType) -> str | None:
        known = self._names.get(id(code))
        if known is None:
            known = self._names[id(code)] = (code, helper_name(code))
        return known[1]


def helper_name(code: CodeType) -> str | None:
    """Name of a helper, "" for code of torch, of the tracer, of a forward, None for what only wraps or has no name."""
    parents = code.co_qualname.split(".")
    wraps = parents[-2:-1] == ["<locals>"] and bool(code.co_freevars)  # a decorator's inner function
    if wraps or code.co_name.startswith(("<", "__")):
        return None
    return "" if code.co_filename.startswith(_INTERNAL) or code.co_name == "forward" else code.co_name
