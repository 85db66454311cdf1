"""Operations as they come -> an error once there are so many that forward must be looping over its input."""

from __future__ import annotations

from collections import Counter

from boardwork.errors import TraceError
from boardwork.meta.endless import LESS, check_ends

LOOP = 500  # operations of one call's own that make a loop likely
LARGEST = 15_000  # operations of a forward that loops


class LongForwardError(TraceError):
    """More operations than expected: most likely a loop over the sequence."""


class Watch:
    """Counts the operations of each module call.

    Raises LongForwardError when one call has more than LOOP operations of its own, if `stop_at_loops`; if not, only
    when the whole forward then has more than LARGEST. Raises EndlessForwardError as `check_ends` does.
    """

    def __init__(self, *, stop_at_loops: bool) -> None:
        self._stop_at_loops, self._loops = stop_at_loops, False
        self._own: Counter[int] = Counter()

    def count(self, call: int, before: int, path: str) -> None:
        """One more operation of `call`, with `before` operations in the whole forward before it."""
        self._own[call] += 1
        self._loops = self._loops or self._own[call] > LOOP
        if self._loops and (self._stop_at_loops or before >= LARGEST):
            message = f"The forward loops and has more than {LARGEST} operations."
            raise LongForwardError(message, where=path, hint=LESS)
        check_ends(before, path)
