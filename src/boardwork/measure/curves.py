"""Flow -> facts of activations: which is used most, called or written as arithmetic, and which form GELU has."""

from __future__ import annotations

from collections import Counter
from typing import Any

from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import activations
from boardwork.trace.records import Op

_CALLED = (
    "relu", "gelu", "silu", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "relu6", "hardswish", "mish", "softplus",
    "prelu", "hardtanh",
)  # fmt: skip
_WRITTEN = {"GELU": "gelu", "SiLU": "silu", "Hard-swish": "hardswish", "Mish": "mish"}


def curves(flow: Flow, outline: Outline) -> dict[str, Any]:
    """The activation used most, how often, and in a row; the form of GELU used most. arXiv:1606.08415 section 2"""
    working = flow.live - flow.prepared  # what bends a weight is no activation
    written = [pattern for pattern in activations(flow) if not pattern.ops.isdisjoint(working)]
    inside = {op for pattern in written for op in pattern.ops}
    called = [op for op in flow.ops if op.name in _CALLED and op.id in working - inside]
    kinds = Counter([*(op.name for op in called), *(_WRITTEN.get(pattern.label, "") for pattern in written)])
    del kinds[""]
    if not kinds:
        return {}
    kind, times = kinds.most_common(1)[0]
    ends = {op.id for op in called if op.name == kind}
    ends |= {max(pattern.ops) for pattern in written if _WRITTEN.get(pattern.label) == kind}
    forms = [_form(op) for op in called if op.name == "gelu"]
    forms += [_form(*(flow.ops[op] for op in pattern.ops)) for pattern in written if pattern.label == "GELU"]
    form = {"gelu.form": Counter(forms).most_common(1)[0][0]} if forms else {}
    return {"activation.kind": kind, "activation.count": times, "activation.in_a_row": _in_a_row(flow, ends), **form}


def _in_a_row(flow: Flow, wanted: set[int]) -> int:
    """The most of these operations behind each other on one path."""
    passed: dict[int, int] = {}
    for op in flow.ops:
        before = max((passed.get(tensor, 0) for tensor in op.inputs), default=0)
        passed |= dict.fromkeys(op.outputs, before + (op.id in wanted))
    return max(passed.values(), default=0)


def _form(*ops: Op) -> str:
    return "tanh" if any(op.name == "tanh" or op.attrs.get("approximate") == "tanh" for op in ops) else "erf"
