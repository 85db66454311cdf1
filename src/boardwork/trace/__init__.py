"""Subject -> Trace. The last stage that imports torch, and only when it is called; the records need none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boardwork.targets.subject import Subject
    from boardwork.trace.records import Trace


def trace(subject: Subject) -> Trace:
    """Run the subject's forward once on a meta copy and record it.

    Raises:
        TraceError: forward raised; says in which module.
    """
    from boardwork.trace.forward import traced

    return traced(subject)
