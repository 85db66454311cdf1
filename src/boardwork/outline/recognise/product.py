"""Operation -> the product with weights that it is: a linear layer, a 1 × 1 convolution, a matrix product."""

from __future__ import annotations

from dataclasses import dataclass

from boardwork.outline.flow import Flow
from boardwork.trace.records import Op

_LINEAR = ("linear", "addmm", "matmul", "mm", "bmm", "baddbmm", "einsum", "grouped_mm", "_grouped_mm")
_CONV = ("conv1d", "conv2d", "conv3d")


@dataclass(frozen=True)
class Product:
    """`data` -> `op` -> width `after`. `params`: elements of weight and bias; `bias`: of the bias alone."""

    op: Op
    data: int
    before: int
    after: int
    params: int
    bias: int
    rank: int


def product(flow: Flow, op: Op | None, *, wide: bool = False) -> Product | None:
    """The product that `op` is, None if it is none, has a wider kernel (but if `wide`), or multiplies activations."""
    if op is None or op.name not in (*_LINEAR, *_CONV):
        return None
    given = [t for t in op.inputs if not flow.is_weight(t) and _real(flow, t)]
    data = [t for t in given if not flow.is_constant(t)] or given  # a first state is made of zeros
    learned = [t for t in op.inputs if flow.origin(t)[0].kind == "parameter"]
    matrices = [t for t in learned if len(flow.tensors[t].shape) > 1]
    if len(data) != 1 or len(matrices) != 1:
        return None
    axis = 1 if op.name in _CONV else -1
    weight = flow.tensors[matrices[0]].shape
    kernel = any(n > 1 for n in weight[2:]) and not wide
    if op.name in _CONV and (kernel or int(op.attrs.get("groups") or 1) > 1):
        return None
    before, after = flow.tensors[data[0]].shape[axis], flow.tensors[op.outputs[0]].shape[axis]
    params = sum(flow.tensors[t].size for t in learned)
    return Product(op, data[0], before, after, params, params - flow.tensors[matrices[0]].size, len(weight))


def _real(flow: Flow, tensor: int) -> bool:
    """False for indices and sizes of groups."""
    return "float" in flow.tensors[tensor].dtype


def through(flow: Flow, tensor: int, names: tuple[str, ...] = ()) -> tuple[int, list[int]]:
    """Walk back through shape operations, arithmetic with a number and `names`; the tensor reached, what was passed."""
    passed: list[int] = []
    while True:
        record, moved = flow.origin(tensor)
        passed += moved
        op = flow.producer(record.id)
        number = op is not None and op.name in ("add", "mul", "div", "sub") and len(op.inputs) == 1
        if op is None or not (number or (op.name in names and len(flow.data_inputs(op)) == 1)):
            return record.id, passed
        passed.append(op.id)
        tensor = flow.data_inputs(op)[0] if flow.data_inputs(op) else op.inputs[0]
