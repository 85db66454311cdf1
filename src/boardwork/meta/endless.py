"""Operations so far -> an error once there are more than any model has: forward may not end."""

from __future__ import annotations

from boardwork.errors import TraceError

ENDLESS = 300_000  # the largest models, with a loop over their experts, have half of that
LESS = "give a shorter input with --input, or the model fewer layers"


class EndlessForwardError(TraceError):
    """More operations than any model has: no other try of the same forward ends sooner."""


def check_ends(operations: int, path: str = "") -> None:
    """Raise EndlessForwardError for ENDLESS `operations` of one forward, of which the module at `path` runs."""
    if operations >= ENDLESS:
        message = f"The forward has more than {ENDLESS:,} operations: it may not end."
        raise EndlessForwardError(message, where=path, hint=LESS)
