"""The order of the stages: Subject -> Trace -> Outline -> Facts -> Sheet."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.compose import compose
from boardwork.knowledge import tell
from boardwork.measure import measure
from boardwork.options import Options
from boardwork.outline import outline
from boardwork.outline.views.listing import listing
from boardwork.sheet import Sheet
from boardwork.targets.subject import Subject
from boardwork.trace.records import Trace


def draw_subject(subject: Subject, options: Options) -> Sheet:
    """Everything, from a live module.

    Raises:
        TraceError: forward raised. BoardworkError: no block has the path `options.zoom`.
    """
    from boardwork.trace import trace

    return draw_trace(trace(subject), options)


def draw_trace(trace: Trace, options: Options) -> Sheet:
    """The half that needs no torch."""
    found = outline(trace, options.zoom)
    facts = measure(found)
    return compose(found, facts, tell(facts, options.level, options.questions))


def tree(subject: Subject, options: Options) -> Iterator[str]:
    """The blocks of the model, a line each, with the path that opens it."""
    from boardwork.trace import trace

    yield from listing(outline(trace(subject), options.zoom))


def explain(subject: Subject, options: Options) -> Iterator[str]:
    """What each step did, a line each."""
    from boardwork.trace import trace

    record = trace(subject)
    yield f"trace: {len(record.ops)} operations in {len(record.calls)} module calls, {len(record.weights)} weights"
    yield from (f"guess: {guess}" for guess in record.guesses)
    found = outline(record, options.zoom)
    yield from found.log
    yield from (f"left out: {len(ops)} operations {reason}" for reason, ops in found.hidden.items())
    yield from (f"fact: {word} = {value}" for word, value in sorted(measure(found).items()))
