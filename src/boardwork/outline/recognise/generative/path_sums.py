"""Flow -> sums over all paths of states, in logarithms: what a linear-chain CRF is normalised by.

Source: Lafferty et al. 2001; a step is a'(j) = logsumexp_i (a(i) + T(i, j)) + e(j), in any order of the sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_MOST = 8  # operations from one step to the next
_FOLDS = {"logsumexp": "Sum over all paths", "max": "Best path", "amax": "Best path"}


@dataclass(frozen=True)
class _Step:
    """One step: the number of states, its operations, and the operations that it goes on from."""

    states: int
    ops: frozenset[int]
    after: frozenset[int]


def path_sums(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for all steps of one way over a sequence; the way back over the same table is another."""
    chains: dict[int, list[_Step]] = {}  # by the last sum or maximum
    for op in flow.ops:
        step = _step(flow, op) if op.name in _FOLDS and flow.is_data(op.id) else None
        if step is not None:
            chains[op.id] = [*next((chains.pop(last) for last in step.after if last in chains), []), step]
    for last, steps in chains.items():
        if len(steps) > 2:
            detail = f"{steps[0].states} states, {len(steps)} steps"
            facts = {"states": steps[0].states, "steps": len(steps)}
            ops = frozenset().union(*(step.ops for step in steps))
            yield [Pattern("path_sum", ops, _FOLDS[flow.ops[last].name], "recurrent", detail, facts=facts)]


def _step(flow: Flow, fold: Op) -> _Step | None:
    """A square table is added to states by sums alone before they are folded."""
    todo, ops, tables, after = [fold.inputs[0]], {fold.id}, set[int](), set[int]()
    while todo:
        tensor = todo.pop()
        source, passed = flow.origin(tensor)
        op = flow.producer(source.id)
        if source.kind == "parameter":
            tables.add(source.id)
            ops |= {i for i in passed if flow.is_data(i)}
        elif op is not None and op.name == "add" and len(ops) < _MOST:
            ops |= {op.id, *passed}
            todo.extend(op.inputs)
        else:  # the step before, or what one position is scored
            after.add(source.producer)
            ops |= {i for i in passed if len(flow.data_users(flow.ops[i])) == 1}
    shapes = (flow.tensors[t].shape for t in tables)
    square = [shape for shape in shapes if len(shape) == 2 and len(set(shape)) == 1]
    return _Step(square[0][0], frozenset(ops), frozenset(after)) if len(square) == 1 and len(ops) > 2 else None
