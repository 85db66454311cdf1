"""Arguments of a forward that may be a graph, and where it stopped -> the list of edges, and what each edge has."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import torch

from boardwork.targets.input_axes import agreed
from boardwork.targets.layers import TOKENS, Argument, argument, resized
from boardwork.targets.trial import Given, Refusal

_PAIRS = ("", "n_rows")
_NODES = 32
_HAS_ROWS = r"size '(\d+)' in the first dimension"
_UNLIKE = r"Expected (\d+) in dimension 0 but got (\d+)"


def pairs(name: str, rows: int, dtype: torch.dtype) -> Argument:
    """An argument that may be a list of edges: from and to, or more rows."""
    return argument(name, (rows, TOKENS), _PAIRS, dtype)


def edges(state: Mapping[str, Argument], refusal: Refusal, free: Collection[str]) -> Argument | None:
    """A list of edges with as many rows as it should have, or a row for each edge of something else."""
    text = str(refusal.error)
    told, unlike = re.search(_HAS_ROWS, text), re.search(_UNLIKE, text)
    asked = sorted(refusal.asked.intersection(free))
    if told is not None and asked:
        return pairs(asked[-1], int(told[1]), state[asked[-1]].tensor.dtype)
    owned = [(given, name) for given in refusal.given for name in sorted(given.names.intersection(free))]
    if unlike is not None:  # the edges are put beside an edge of each node to itself
        rows = {int(number) for number in unlike.groups()}
        beside = _beside_edges(state, rows, owned)
        if beside is not None:
            return beside
        listed = ((g, n) for g, n in owned if tuple(state[n].tensor.shape) == g.shape and len(g.shape) == len(_PAIRS))
        return next((pairs(n, min(rows - {g.shape[0]}), state[n].tensor.dtype) for g, n in listed), None)
    numbers = (state[n] for g, n in owned if g.shape == () and not g.floating and state[n].axes == ("batch",))
    if (number := next(numbers, None)) is not None:  # one of two, where many are wanted
        return pairs(number.name, len(_PAIRS), number.tensor.dtype)
    return _of_each_edge(state, refusal, owned)


def _beside_edges(
    state: Mapping[str, Argument], rows: set[int], owned: Collection[tuple[Given, str]]
) -> Argument | None:
    """Features that are put beside what was gathered along the edges, with one of these numbers of `rows`."""
    wanted = rows & _lengths(state)
    names = (name for given, name in owned if given.floating and given.shape[0] in rows - wanted)
    found = (state[name] for name in names if state[name].axes[:1] == ("batch",))
    return next((_one_each(now, min(wanted)) for now in found if wanted), None)


def _lengths(state: Mapping[str, Argument]) -> set[int]:
    """Numbers of edges."""
    return {item.tensor.shape[1] for item in state.values() if item.axes == _PAIRS}


def _one_each(now: Argument, edges: int) -> Argument:
    """The same features with a row for each edge."""
    return argument(now.name, (edges, *now.tensor.shape[1:]), ("n_rows", *now.axes[1:]), now.tensor.dtype)


def _of_each_edge(
    state: Mapping[str, Argument], refusal: Refusal, owned: Collection[tuple[Given, str]]
) -> Argument | None:
    """Features that meet what was gathered along the edges."""
    lengths = _lengths(state)
    for given, name in owned:
        now, features = state[name], given.shape[1:]
        rows = {other.shape[0] for other in refusal.given if features and other.shape[1:] == features}
        if rows and now.axes[:1] == ("batch",) and (longer := rows & lengths - {given.shape[0]}):
            return _one_each(now, min(longer))
    return None


def is_graph(found: Mapping[str, Argument]) -> bool:
    """True where whole numbers, two and two, choose rows."""
    return any(item.axes == _PAIRS and not item.tensor.is_floating_point() for item in found.values())


def graph(found: Mapping[str, Argument]) -> list[Argument]:
    """The same with several nodes: their features are no batch of one."""
    sizes = {name: {i: _NODES for i, axis in enumerate(item.axes) if axis == "batch"} for name, item in found.items()}
    nodes = {name: resized(item, sizes[name]) for name, item in found.items()}
    tensors = {name: item.tensor for name, item in nodes.items()}
    rows = {_PAIRS: ("batch", "seq_len"), _PAIRS[1:]: ("batch",), (*_PAIRS[1:], ""): ("batch", "")}
    axes = {name: rows.get(item.axes, item.axes) for name, item in nodes.items()}
    return [Argument(name, tensors[name], own) for name, own in agreed(axes, tensors).items()]
