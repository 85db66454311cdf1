"""Flow -> linear recurrence, state-space scans among them: h = a h + b at every step of a sequence, then read out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from math import prod

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_SHORTEST = 3
_READING = frozenset(("mul", "sum", "matmul", "bmm", "einsum", "stack", "cat", "setitem"))
_PREPARING = frozenset(("mul", "exp", "neg", "einsum", "rsub"))


@dataclass(frozen=True)
class Step:
    """One h = a h + b. `decay` and `drive`: the tensors over all steps that a and b are made from."""

    add: int
    multiply: int
    before: int
    decay: frozenset[int]
    drive: frozenset[int]
    passed: tuple[int, ...]


def scans(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every chain of steps."""
    chains: dict[int, list[Step]] = {}
    for op in flow.ops:
        if op.name == "add" and flow.is_data(op.id) and len(op.inputs) == 2:
            for step in _steps(flow, op):
                chain = chains.pop(step.before, None)
                if chain is not None and (chain[-1].decay, chain[-1].drive) == (step.decay, step.drive):
                    chains[op.id] = [*chain, step]
                    break
                chains.setdefault(op.id, [step])
    for chain in chains.values():
        if len(chain) >= _SHORTEST:
            yield [_pattern(flow, chain)]


def _steps(flow: Flow, add: Op) -> Iterator[Step]:
    """The ways to read an addition as a step; `before` is what made the earlier state."""
    for product, drive in (add.inputs, add.inputs[::-1]):
        multiply = flow.producer(product)
        if multiply is None or multiply.name != "mul" or len(multiply.inputs) != 2:
            continue
        for decay, state in (multiply.inputs, multiply.inputs[::-1]):
            sizes = [flow.tensors[t].size for t in (decay, state, drive)]
            if sizes[0] > sizes[1] or sizes[1] != flow.tensors[add.outputs[0]].size or sizes[2] > sizes[1]:
                continue
            (rates, first), (values, second) = _made_from(flow, decay), _made_from(flow, drive)
            if second:
                before = flow.origin(state)[0].producer
                yield Step(add.id, multiply.id, before, rates, values, (*first, *second))


def _made_from(flow: Flow, tensor: int) -> tuple[frozenset[int], list[int]]:
    """The tensors over all steps that one step's tensor is cut and multiplied from, and the operations between."""
    ends: set[int] = set()
    passed: list[int] = []
    todo = [tensor]
    while todo:
        record, moved = flow.origin(todo.pop())
        passed += moved
        op = flow.producer(record.id)
        if op is not None and op.name in _PREPARING and len(flow.data_users(op)) == 1 and flow.is_data(op.id):
            passed.append(op.id)
            todo.extend(op.inputs)
        else:
            ends.add(record.id)
    return frozenset(ends), passed


def _pattern(flow: Flow, chain: list[Step]) -> Pattern:
    ops = {i for step in chain for i in (step.add, step.multiply, *step.passed)}
    ops |= _forward(flow, ops, {step.add for step in chain})
    ops |= _start(flow, chain[0].before)
    ops |= _backward(flow, [*chain[0].decay, *chain[0].drive], ops)
    ops = _own(flow, {i for i in ops if flow.is_data(i)}, {i for step in chain for i in step.passed})
    state = flow.tensors[flow.ops[chain[-1].add].outputs[0]].shape[1:]
    detail = f"h = a h + b, {' × '.join(map(str, state))} states, {len(chain)} steps"
    if len(state) < 2 or not any(flow.ops[i].name == "exp" for i in ops):
        facts = {"state": prod(state), "steps": len(chain)}
        return Pattern("linear_recurrence", frozenset(ops), "Linear recurrence", "recurrent", detail, facts=facts)
    facts = _facts(flow, ops, state, len(chain))
    return Pattern("scan", frozenset(ops), "State-space scan", "recurrent", detail, facts=facts)


def _own(flow: Flow, ops: set[int], passed: set[int]) -> set[int]:
    """Without the cuts of a tensor of which another part goes elsewhere."""
    kept = set(ops)
    for i in sorted(passed & ops, reverse=True):
        if flow.is_shape(i) and any(user.id not in kept for user in flow.data_users(flow.ops[i])):
            kept.remove(i)
    return kept


def _facts(flow: Flow, ops: set[int], state: tuple[int, ...], steps: int) -> dict[str, int]:
    """The words of a scan with a learned decay for every state of every channel; of others the state alone."""
    learned = {t for i in ops for t in flow.ops[i].inputs if flow.tensors[t].kind == "parameter"}
    params = sum(flow.tensors[t].size for t in learned)
    if len(state) != 2 or (params and params != state[0] * state[1]):
        return {"state": prod(state)}
    found = {"inner": state[0], "states": state[1], "steps": steps, "state": prod(state)}
    return found | {"params": params}


def _forward(flow: Flow, inside: set[int], adds: set[int]) -> set[int]:
    """What reads the states, up to the operation that puts the steps side by side."""
    found: set[int] = set()
    todo = [user for add in adds for user in flow.data_users(flow.ops[add])]
    while todo:
        op = todo.pop()
        if op.id in found or op.id in inside or not (op.name in _READING or flow.is_shape(op.id)):
            continue
        found.add(op.id)
        for tensor in op.inputs:
            found.update(takewhile(lambda i: len(flow.data_users(flow.ops[i])) == 1, flow.origin(tensor)[1]))
        users = flow.data_users(op) if op.name not in ("stack", "cat") else []
        todo.extend(user for user in users if op.name != "setitem" or user.name == "setitem")
    return found


def _backward(flow: Flow, tensors: list[int], inside: set[int]) -> set[int]:
    """The arithmetic that makes decay and drive and nothing else, back to the layers."""
    found: set[int] = set()
    todo = list(tensors)
    while todo:
        op = flow.producer(todo.pop())
        if op is not None and op.id not in found and (op.name in _PREPARING or flow.is_shape(op.id)):
            found.add(op.id)
            todo.extend(op.inputs)
    kept: set[int] = set()
    for index in sorted(found, reverse=True):
        if flow.is_data(index) and all(u.id in kept or u.id in inside for u in flow.data_users(flow.ops[index])):
            kept.add(index)
    return kept


def _start(flow: Flow, op: int) -> set[int]:
    """Zeros of the size of a state, with the cut whose size they take."""
    if op < 0 or not flow.ops[op].name.startswith(("zeros", "new_zeros")):
        return set()
    found = {op, *(i for t in flow.ops[op].inputs for i in flow.origin(t)[1])}
    return {i for i in found if flow.is_data(i)}
