"""Outline -> the facts of the activations: which one is the most frequent."""

from __future__ import annotations

from collections import Counter
from typing import Any

from boardwork.measure.examples import everything
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import ACTIVATIONS

_GATES = frozenset(("sigmoid", "tanh", "softmax", "log_softmax", "hardsigmoid", "softplus", "glu", "logsigmoid"))


def activations(flow: Flow, outline: Outline) -> dict[str, Any]:
    """Gates and softmaxes are none of them; of two that are as frequent, the one that comes first."""
    counts = Counter(b.label for b in everything(outline.root) if b.kind == "activation")
    for index in sorted(outline.root.all()):
        name = flow.ops[index].name
        if name in ACTIVATIONS and name not in _GATES:
            counts[ACTIVATIONS[name]] += 1
    return {"activation.kind": counts.most_common(1)[0][0]} if counts else {}
