"""The order of the stages: Subject -> Trace -> Outline -> Facts -> Sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from boardwork.comparison import compared
from boardwork.comparison.record import Comparison
from boardwork.comparison.zooms import matched
from boardwork.compose import compose
from boardwork.errors import FormatError, TargetError
from boardwork.knowledge import tell
from boardwork.measure import measure, summands
from boardwork.options import Options
from boardwork.outline import outline
from boardwork.outline.blocks import Outline
from boardwork.outline.views.listing import listing
from boardwork.sheet import Sheet
from boardwork.targets.subject import Subject
from boardwork.trace.records import Trace

if TYPE_CHECKING:
    from boardwork.verify import Checked


def draw_subject(subject: Subject, options: Options) -> Sheet:
    """Everything, from a live module.

    Raises:
        TraceError: forward raised. BoardworkError: no block has the path `options.zoom`.
    """
    return _with_code(subject, options) if "code" in options.panels else draw_trace(_traced(subject), options)


def _with_code(subject: Subject, options: Options) -> Sheet:
    """With the statement of the zoomed block, which is run before it is said."""
    from boardwork.trace.forward import rehearsed
    from boardwork.verify import stated

    record, run = rehearsed(subject)
    return replace(draw_trace(record, options), code=stated(record, run, options.zoom))


def check_subject(subject: Subject, options: Options, *, given: bool = False) -> Checked:
    """Run the statement of the zoomed block and the block itself; with the module's own weights if `given`.

    Raises:
        CheckError: the block has no statement, or cannot be run.
    """
    from boardwork.trace.forward import rehearsed
    from boardwork.verify import check

    record, run = rehearsed(subject)
    return check(record, run, options.zoom, own=subject.module if given else None)


def draw_trace(trace: Trace, options: Options) -> Sheet:
    """The half that needs no torch."""
    return draw_outline(outline(trace, options.zoom), options)


def draw_outline(found: Outline, options: Options) -> Sheet:
    """The same from what was outlined."""
    facts = measure(found)
    story = tell(facts, summands(found), level=options.level, questions=options.questions)
    return compose(found, facts, story)


def compare(items: Sequence[Subject | Sheet], options: Options, zooms: Sequence[str] = ()) -> Comparison:
    """Two models or sheets, or more, side by side; `zooms`: the path to open in each, matched blocks if empty.

    Raises:
        TargetError: fewer or more are given, or more zooms. FormatError: a zoom of a saved sheet.
        TraceError, BoardworkError: as `draw_subject`.
    """
    if len(zooms) > len(items):
        raise TargetError(f"{len(zooms)} zooms are given for {len(items)} models.", hint="--zoom once for each TARGET")
    wanted = [*zooms, *[""] * (len(items) - len(zooms))]
    drawn = [item if isinstance(item, Sheet) else _traced(item) for item in items]
    sheets = [_opened(one, options, zoom) for one, zoom in zip(drawn, wanted, strict=True)]
    if not zooms:
        paths = matched(sheets)
        places = [i for i, one in enumerate(drawn) if isinstance(one, Trace) and paths[i] != sheets[i].zoom.path]
        for place in places:
            sheets[place] = _opened(drawn[place], options, paths[place])
    return compared(sheets)


def _opened(drawn: Trace | Sheet, options: Options, zoom: str) -> Sheet:
    if isinstance(drawn, Trace):
        return draw_trace(drawn, replace(options, zoom=zoom))
    if zoom and zoom != drawn.zoom.path:
        raise FormatError(
            f"The sheet of {drawn.subject.title} was drawn with {drawn.zoom.path} opened, not {zoom}.",
            hint="name the model itself, or draw the sheet again with --zoom",
        )
    return drawn


def _traced(subject: Subject) -> Trace:
    from boardwork.trace import trace

    return trace(subject)


def tree(subject: Subject, options: Options) -> Iterator[str]:
    """The blocks of the model, a line each, with the path that opens it."""
    yield from listing(outline(_traced(subject), options.zoom))


def explain(subject: Subject, options: Options) -> Iterator[str]:
    """What each step did, a line each."""
    record = _traced(subject)
    yield f"trace: {len(record.ops)} operations in {len(record.calls)} module calls, {len(record.weights)} weights"
    yield from (f"guess: {guess}" for guess in record.guesses)
    found = outline(record, options.zoom)
    yield from found.log()
    yield from (f"left out: {len(ops)} operations {reason}" for reason, ops in found.hidden.items())
    yield from (f"fact: {word} = {value}" for word, value in sorted(measure(found).items()))
