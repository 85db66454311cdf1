"""A call of torch -> the probabilities of the dropouts that it holds: in evaluation most of them are no operations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

_RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu")
_LAYERS, _PROBABILITY = 4, 5  # places among the arguments of a recurrent layer


def of_recurrence(name: str, args: Any) -> list[float]:
    """Between the layers of a recurrent call."""
    if name not in _RECURRENT or len(args) <= _PROBABILITY or isinstance(args[_LAYERS], bool):
        return []
    layers, probability = args[_LAYERS], args[_PROBABILITY]
    fits = isinstance(layers, int) and isinstance(probability, float) and probability > 0
    return [probability] * (layers - 1) if fits else []


def of_attention(function: Callable[..., Any], args: Any, kwargs: Any) -> list[float]:
    """On the weights of `function`, which takes `dropout_p`, in training."""
    probability = inspect.signature(function).bind_partial(*args, **kwargs).arguments.get("dropout_p", 0.0)
    return [float(probability)] if probability else []
