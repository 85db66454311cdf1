"""Hooks of running modules -> the calls in their order, and which of them are open."""

from __future__ import annotations

from typing import Any

from torch import nn

from boardwork.trace.records import Call


class ModuleCalls:
    """The stack of module calls. `deepest` is the path of the last one entered, for an error to name."""

    def __init__(self, model: nn.Module) -> None:
        self.records: list[Call] = []
        self.deepest = ""
        self.open: list[tuple[int, nn.Module]] = []
        self._paths = {id(module): name.replace("_orig_mod.", "") for name, module in model.named_modules()}

    def enter(self, module: nn.Module, _args: Any) -> None:
        """Global forward pre-hook; a module that is no part of the model runs under its caller's path."""
        path = self._paths.get(id(module))
        if path is None and not self.open:
            return
        parent = self.open[-1][0] if self.open else -1
        path = self.records[parent].path if path is None else path
        self.records.append(Call(len(self.records), parent, path, type(module).__name__, id(module)))
        self.deepest = path
        self.open.append((self.records[-1].id, module))

    def leave(self, module: nn.Module, _args: Any, _out: Any) -> None:
        """Global forward hook; calls that an exception left open are closed with it."""
        while any(module is open_module for _, open_module in self.open):
            _, closed = self.open.pop()
            if closed is module:
                break
        if self.open:
            self.deepest = self.path

    @property
    def path(self) -> str:
        """Path of the module that runs now."""
        return self.records[self.open[-1][0]].path
