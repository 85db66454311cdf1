"""Multiply-adds of single operations: equal to torch's own counter where that sees them, to a closed form elsewhere."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from boardwork.targets import from_module
from boardwork.trace import trace


class Written(nn.Module):
    """`work` on tensors, as a module."""

    def __init__(self, work) -> None:
        super().__init__()
        self.work = work

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        return self.work(*tensors)


def counted(module: nn.Module, shapes: tuple[tuple[int, ...], ...]) -> int:
    subject = from_module(module, tuple(torch.empty(shape, device="meta") for shape in shapes))
    return sum(op.macs for op in trace(subject).ops)


def counted_by_torch(module: nn.Module, shapes: tuple[tuple[int, ...], ...]) -> int:
    """On meta, where torch takes fused attention and recurrences apart."""
    counter = FlopCounterMode(display=False)
    with counter:
        module.to("meta")(*(torch.empty(shape, device="meta") for shape in shapes))
    return counter.get_total_flops() // 2


SEEN = {
    "linear": (F.linear, (2, 3, 4), (5, 4)),
    "vector times matrix": (torch.matmul, (4,), (4, 3)),
    "matrix product with broadcasting": (torch.matmul, (2, 1, 3, 4), (5, 4, 6)),
    "operator": (lambda a, b: a @ b.mT, (2, 3, 4), (5, 4)),
    "bmm": (torch.bmm, (2, 3, 4), (2, 4, 5)),
    "addmm": (torch.addmm, (3, 5), (3, 4), (4, 5)),
    "addmm by name": (lambda c, a, b: torch.addmm(c, mat1=a, mat2=b), (3, 5), (3, 4), (4, 5)),
    "baddbmm": (torch.baddbmm, (2, 3, 5), (2, 3, 4), (2, 4, 5)),
    "tensordot": (lambda a, b: torch.tensordot(a, b, dims=([1, 2], [0, 1])), (2, 3, 4), (3, 4, 5)),
    "inner": (torch.inner, (2, 3, 4), (5, 4)),
    "einsum, batched": (lambda a, b: torch.einsum("bhqd,bhkd->bhqk", a, b), (2, 3, 4, 5), (2, 3, 6, 5)),
    "einsum, ellipsis": (lambda a, b: torch.einsum("...ij,jk->...ik", a, b), (2, 6, 3, 4), (4, 5)),
    "einsum, ellipses of two lengths": (lambda a, b: torch.einsum("...ij,...jk", a, b), (7, 2, 3, 4), (2, 4, 5)),
    "einsum, no result named": (lambda a, b: torch.einsum("ij,jk", a, b), (3, 4), (4, 5)),
    "einsum, sum before the product": (lambda a, b: torch.einsum("bij,bk->k", a, b), (2, 3, 4), (2, 5)),
    "einsum, three factors": (lambda a, b, c: torch.einsum("bi,bij,bj->b", a, b, c), (3, 4), (3, 4, 5), (3, 5)),
    "einsum, one axis of length one": (lambda a, b: torch.einsum("bi,ci->bc", a, b), (3, 4), (1, 4)),
    "einsum, of elements": (lambda a, b: torch.einsum("bi,bi->bi", a, b), (3, 4), (3, 4)),
    "einsum, outer": (lambda a, b: torch.einsum("bi,bj->bij", a, b), (3, 4), (3, 5)),
    "einsum, of one tensor": (lambda a: torch.einsum("bi->b", a), (3, 4)),
    "attention": (F.scaled_dot_product_attention, (2, 4, 5, 8), (2, 4, 7, 8), (2, 4, 7, 6)),
    "attention, causal": (lambda q: F.scaled_dot_product_attention(q, q, q, is_causal=True), (2, 4, 5, 8)),
    "attention, grouped queries": (
        lambda q, k: F.scaled_dot_product_attention(q, k, k, enable_gqa=True),
        (2, 4, 5, 8),
        (2, 2, 7, 8),
    ),
    "attention, one query for all": (F.scaled_dot_product_attention, (1, 4, 5, 8), (2, 4, 7, 8), (2, 4, 7, 8)),
    "conv1d": (nn.Conv1d(4, 6, 3, stride=2), (2, 4, 9)),
    "conv2d, groups and dilation": (nn.Conv2d(4, 6, 3, groups=2, dilation=2), (2, 4, 9, 8)),
    "conv2d, one image": (nn.Conv2d(4, 6, 3), (4, 9, 8)),
    "conv3d": (nn.Conv3d(4, 6, (1, 3, 2)), (2, 4, 5, 6, 7)),
    "conv_transpose1d": (nn.ConvTranspose1d(4, 6, 3, stride=2), (2, 4, 9)),
    "conv_transpose2d, groups": (nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2, output_padding=1), (2, 4, 5, 6)),
    "rnn": (nn.RNN(4, 6, nonlinearity="relu"), (5, 2, 4)),
    "gru, bidirectional, stacked": (nn.GRU(4, 6, num_layers=3, bidirectional=True, batch_first=True), (2, 5, 4)),
    "lstm with projection": (nn.LSTM(4, 6, num_layers=2, bidirectional=True, proj_size=3), (5, 2, 4)),
    "lstm, one sequence": (nn.LSTM(4, 6), (5, 4)),
    "lstm cell": (nn.LSTMCell(4, 6), (2, 4)),
    "gru cell, one vector": (nn.GRUCell(4, 6), (4,)),
    "multi-head attention": (nn.MultiheadAttention(8, 2, kdim=6, vdim=5), (4, 2, 8), (7, 2, 6), (7, 2, 5)),
    "linear and log-softmax": (lambda x, w: F.log_softmax(F.linear(x, w), dim=-1), (2, 4), (5, 4)),
}

CLOSED = {
    "matrix times vector": (torch.mv, 3 * 4, (3, 4), (4,)),
    "dot": (torch.dot, 4, (4,), (4,)),
    "linear to a number": (F.linear, 2 * 3 * 4, (2, 3, 4), (4,)),
    "addbmm": (torch.addbmm, 2 * 3 * 4 * 5, (3, 5), (2, 3, 4), (2, 4, 5)),
    "bilinear": (nn.Bilinear(4, 5, 6), 3 * 6 * 4 * 5, (3, 4), (3, 5)),
    "distances": (torch.cdist, 2 * 30 * 40 * 4, (2, 30, 4), (2, 40, 4)),
    "sums of absolute differences": (lambda a, b: torch.cdist(a, b, p=1), 0, (2, 30, 4), (2, 40, 4)),
    "result given": (lambda a, b: torch.mm(a, b, out=a.new_empty(3, 5)), 3 * 4 * 5, (3, 4), (4, 5)),
    "grouped product of rows": (torch.nn.functional.grouped_mm, 2 * 3 * 16 * 8, (2, 3, 16), (2, 16, 8)),
    "fft": (torch.fft.fft, 0, (2, 8)),
    "sum of bags": (lambda w: F.embedding_bag(torch.zeros(2, 3, dtype=torch.long, device="meta"), w), 0, (7, 4)),
}


@pytest.mark.parametrize("case", SEEN)
def test_as_torch_counts(case: str) -> None:
    work, *shapes = SEEN[case]
    module = work if isinstance(work, nn.Module) else Written(work)
    assert counted(module, tuple(shapes)) == counted_by_torch(module, tuple(shapes))


@pytest.mark.parametrize("case", CLOSED)
def test_as_the_closed_form_says(case: str) -> None:
    work, macs, *shapes = CLOSED[case]
    assert counted(work if isinstance(work, nn.Module) else Written(work), tuple(shapes)) == macs


@pytest.mark.parametrize(
    ("left", "right", "macs"),
    [
        ((8, 16), (2, 16, 24), 8 * 16 * 24),  # rows sorted by expert
        ((16, 8), (8, 24), 16 * 8 * 24),  # columns sorted by expert, as in the gradient of a weight
    ],
)
def test_grouped_products_count_every_row_once(left: tuple[int, ...], right: tuple[int, ...], macs: int) -> None:
    ends = torch.tensor([4, 8], dtype=torch.int32)
    assert counted(Written(lambda a, b: F.grouped_mm(a, b, offs=ends.to(a.device))), (left, right)) == macs


def test_a_packed_sequence_counts_its_steps_only() -> None:
    module, lengths = nn.LSTM(4, 6, bidirectional=True), torch.tensor([5, 2])

    class Packed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = module

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths)
            return self.lstm(packed)[0].data

    record = trace(from_module(Packed(), (torch.empty(5, 2, 4),)))
    assert record.tensors[record.outputs[0][1]].shape == (7, 2 * 6)
    assert sum(op.macs for op in record.ops) == 7 * sum(w.numel() for w in module.parameters() if w.dim() == 2)
