"""Flow -> sums over all paths of states, in logarithms: what a linear-chain CRF is normalised by.

Source: Lafferty et al. 2001; a step is a'(j) = logsumexp_i (a(i) + T(i, j)) + e(j), in any order of the sums.
"""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_MOST = 8  # operations from one step to the next
_FOLDS = {"logsumexp": "Sum over all paths", "max": "Best path", "amax": "Best path"}


def path_sums(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for all steps over a sequence that use the same table of transitions."""
    chains: dict[tuple[str, int], list[frozenset[int]]] = {}
    for op in flow.ops:
        step = _step(flow, op) if op.name in _FOLDS and flow.is_data(op.id) else None
        if step is not None:
            chains.setdefault((_FOLDS[op.name], step[0]), []).append(step[1])
    for (label, table), steps in chains.items():
        if len(steps) > 2:
            states = flow.tensors[table].shape[-1]
            detail = f"{states} states, {len(steps)} steps"
            facts = {"states": states, "steps": len(steps)}
            yield [Pattern("path_sum", frozenset().union(*steps), label, "recurrent", detail, facts=facts)]


def _step(flow: Flow, fold: Op) -> tuple[int, frozenset[int]] | None:
    """The square table that is added to states by sums alone before they are folded."""
    todo, ops, tables = [fold.inputs[0]], {fold.id}, set[int]()
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
            ops |= {i for i in passed if len(flow.data_users(flow.ops[i])) == 1}
    square = [t for t in tables if len(flow.tensors[t].shape) == 2 and len(set(flow.tensors[t].shape)) == 1]
    return (square[0], frozenset(ops)) if len(square) == 1 and len(ops) > 2 else None
