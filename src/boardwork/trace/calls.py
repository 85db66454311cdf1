"""A running forward -> its calls of modules and named functions in their order, and which are open."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import FrameType, GeneratorType
from typing import Any

from torch import nn

from boardwork.trace.functions import Helpers
from boardwork.trace.records import Call, Function


@dataclass
class OpenCall:
    """A module call that has not returned. `caller`: the frame that runs its forward; `functions`: those open in it."""

    id: int
    module: nn.Module
    caller: FrameType
    functions: list[tuple[FrameType, int]] = field(default_factory=list)


class Calls:
    """The call stack. `deepest` is the path of the last module entered, for an error to name."""

    def __init__(self, model: nn.Module) -> None:
        self.records: list[Call] = []
        self.functions: list[Function] = []
        self.deepest = ""
        self.open: list[OpenCall] = []
        self._paths = {id(module): name.replace("_orig_mod.", "") for name, module in model.named_modules()}
        self._helpers = Helpers()

    def enter(self, module: nn.Module, _args: Any) -> None:
        """Global forward pre-hook; a module that is no part of the model runs under its caller's path."""
        path = self._paths.get(id(module))
        if path is None and not self.open:
            return
        parent = self.open[-1].id if self.open else -1
        function = self.function() if self.open else -1
        path = self.records[parent].path if path is None else path
        self.records.append(Call(len(self.records), parent, path, type(module).__name__, id(module), function))
        self.deepest = path
        self.open.append(OpenCall(self.records[-1].id, module, sys._getframe(1)))

    def leave(self, module: nn.Module, _args: Any, out: Any) -> Any:
        """Global forward hook; calls that an exception left open are closed with it.

        What a forward yields is asked for while its call is open; the module then gives it as a tuple.
        """
        drained = tuple(out) if isinstance(out, GeneratorType) else None
        while any(module is call.module for call in self.open):
            if self.open.pop().module is module:
                break
        if self.open:
            self.deepest = self.path
        return drained

    @property
    def path(self) -> str:
        """Path of the module that runs now."""
        return self.records[self.open[-1].id].path

    def function(self) -> int:
        """Id of the innermost named function that runs now inside the innermost module call, -1 for none."""
        call = self.open[-1]
        frames = self._helpers.running(call.caller)
        shared = 0
        for (frame, _), (known, _) in zip(frames, call.functions, strict=False):
            if frame is not known:
                break
            shared += 1
        del call.functions[shared:]
        for frame, name in frames[shared:]:
            parent = call.functions[-1][1] if call.functions else -1
            self.functions.append(Function(len(self.functions), parent, call.id, name))
            call.functions.append((frame, self.functions[-1].id))
        return call.functions[-1][1] if call.functions else -1
