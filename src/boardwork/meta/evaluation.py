"""A call of the Python API on meta -> its result, from values where they are known, else from a stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from boardwork.meta.choices import ALIKE, CHOOSING, EVENLY, choice, masks_in
from boardwork.meta.nesting import tensors_in
from boardwork.meta.repeats import Repeats
from boardwork.meta.spelling import target_of_write
from boardwork.meta.standin import NEEDS_VALUES, full_masks, moved, repeated, stand_in, without_values
from boardwork.meta.values import Values


class Evaluation:
    """Runs calls and remembers what was guessed. `values`: what is known of tensors on meta.

    `every_call`: torch sees every call, for a mode beneath that follows them; else a call like one before is skipped.
    `alike`: choices by unknown scores fall on the first alternatives every time, not evenly on all.
    """

    def __init__(self, *, every_call: bool = False, alike: bool = False) -> None:
        self.values = Values(filled_later=True)
        self._alike, self._assumed = alike, ALIKE if alike else EVENLY
        self._call = _plainly if every_call else Repeats().run
        self.guesses: dict[str, None] = {}
        self._alive: list[torch.Tensor] = []
        self._guessed: set[int] = set()

    def run(self, raw: str, func: Callable[..., Any], args: Any, kwargs: Any, where: str) -> Any:
        """What `func` gives. `where` is the path of the running module, for the guesses."""
        if raw in NEEDS_VALUES and self.values.known(args, kwargs):
            real, assumed = self.values.run(func, args, kwargs), self.values.assumed((args, kwargs))
            if real is not None:
                self._tell(raw, self._assumed if assumed else "", where)
                return self._twins(real, assumed)
        out, guess = self._on_meta(raw, func, args, kwargs)
        self._tell(raw, guess, where)
        if raw in CHOOSING and (taken := choice(raw, args, kwargs, out, alike=self._alike)) is not None:
            self.values.give(*taken, assumed=True)
        if guess or self._guessed:
            self._mark(guess, args, kwargs, out)
        written = target_of_write(raw, args, kwargs)
        if written is None:
            self.values.follow(raw, func, args, kwargs, out)
        elif not (self.values.known(args, kwargs) and self.values.wrote(func, args, kwargs)):
            self.values.forget(written)
        return out

    def _tell(self, raw: str, guess: str, where: str) -> None:
        if guess:
            told = f"{where or 'the model'}: {guess} ({raw.strip('_')} needs numbers that a meta tensor has not)."
            self.guesses.setdefault(told)

    def _on_meta(self, raw: str, func: Callable[..., Any], args: Any, kwargs: Any) -> tuple[Any, str]:
        replaced, guess = stand_in(raw, args, kwargs), ""
        if raw == "repeat_interleave" and replaced is None:
            replaced = repeated(args, kwargs, self.values.of)
        if replaced is not None:
            return replaced
        if raw in ("__getitem__", "__setitem__") and args[0].is_meta and not isinstance(args[1], int | str):
            index, guess = full_masks(args[1], self.values.of)
            guess = guess or (self._assumed if self.values.assumed(masks_in(args[1])) else "")
            args = (args[0], index, *args[2:])
        try:
            return self._call(func, args, kwargs), guess
        except (RuntimeError, NotImplementedError, TypeError) as error:
            if raw == "__setitem__" and (guess or self._is_guessed(args)):
                return None, "a write was taken to fit"
            out, second = without_values(raw, func, args, kwargs, self.values.of, error)
            return out, guess or second

    def _mark(self, guess: str, args: Any, kwargs: Any, out: Any) -> None:
        """A result whose number of rows was guessed, and all that is made from it: such shapes may not fit."""
        if guess or self._is_guessed((args, kwargs)):
            for tensor in tensors_in(out):
                self._alive.append(tensor)
                self._guessed.add(id(tensor))

    def _is_guessed(self, value: Any) -> bool:
        return any(id(tensor) in self._guessed for tensor in tensors_in(value))

    def _twins(self, real: Any, assumed: bool) -> Any:
        """Values as tensors on meta that remember them; what is no tensor stays as it is."""
        if isinstance(real, torch.Tensor):
            twin: torch.Tensor = moved(real)
            self._alive.append(twin)
            self.values.give(twin, real, assumed=assumed)
            return twin
        if isinstance(real, tuple) and any(isinstance(item, torch.Tensor) for item in real):
            return tuple(self._twins(item, assumed) for item in real)
        return real


def _plainly(func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    return func(*args, **kwargs)
