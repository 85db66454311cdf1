"""Scores of an attention -> how many keys a query is compared with, where these do not grow with the sequence."""

from __future__ import annotations

from collections.abc import Collection

from boardwork.law_names import names_in
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.softmax import Softmax
from boardwork.outline.recognise.contraction import Contraction


def keys_beside(flow: Flow, shares: Softmax, first: Contraction, key: int, chain: Collection[int]) -> int:
    """Keys beside the query's own group, or scores kept as a band, (positions, distances); 0 for neither.

    `first`: the product of queries with keys; `chain`: what is done to the scores.
    """
    if varies(flow, shares.scores, shares.axis):
        return 0
    keys, k_len = flow.tensors[shares.scores].shape[shares.axis], first.own(key)
    growing = {name for law in flow.tensors[key].symbols for name in names_in(law)} - {"batch"}
    beside = bool(growing) and k_len > first.own(first.left if key == first.right else first.right)
    band = keys != k_len and not any(flow.ops[op].name == "cat" for op in chain)
    return keys if beside or band else 0


def queries_compete(flow: Flow, shares: Softmax, second: Contraction, weights: int) -> bool:
    """True when the softmax runs over the axis of queries, which the values are not summed along.

    `second`: the product of `weights`, what became of the shares, with values.
    """
    scores, used = flow.tensors[shares.scores], flow.tensors[weights]
    over, own, summed = (
        (record.shape[axis], record.symbols[axis] if len(record.symbols) >= -axis else "")
        for record, axis in (
            (scores, shares.axis),
            (used, second.own_axis(weights)),
            (used, second.inner_axis(weights)),
        )
    )
    return over == own != summed


def varies(flow: Flow, tensor: int, axis: int) -> bool:
    """True when the axis grows with the input."""
    symbols = flow.tensors[tensor].symbols
    return len(symbols) >= -axis and not symbols[axis].isdigit()
