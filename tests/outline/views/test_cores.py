"""Windows that attend one by one with the same Q, K and V are one core with copies."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from boardwork.options import Options
from boardwork.outline import outline
from boardwork.pipeline import draw_trace
from boardwork.targets import from_module
from boardwork.trace import trace


class Cut(nn.Module):
    """A layer whose positions are cut into windows, which attend in a loop."""

    def __init__(self, windows: int = 4) -> None:
        super().__init__()
        self.level, self.three, self.back = nn.LayerNorm(16), nn.Linear(16, 48), nn.Linear(16, 16)
        self.windows = windows

    def forward(self, x: Tensor) -> Tensor:
        cut = self.three(self.level(x)).unflatten(-1, (3, 2, 8)).permute(2, 0, 3, 1, 4)
        parts = (one.chunk(self.windows, dim=2) for one in cut)
        mixed = [functional.scaled_dot_product_attention(q, k, v) for q, k, v in zip(*parts, strict=True)]
        return x + self.back(torch.cat(mixed, dim=2).transpose(1, 2).flatten(2))


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(16, 16), Cut(), nn.Linear(16, 16)).eval()


def test_windows_are_copies_of_one_core_with_three_wires() -> None:
    zoom = outline(trace(from_module(model(), (torch.empty(1, 8, 16),)))).zoom
    cores = [place for place, box in enumerate(zoom.boxes) if box.kind == "attention_core"]
    assert [zoom.boxes[place].repeat for place in cores] == [4]
    assert sorted(link.label for link in zoom.links if link.target in cores) == ["K", "Q", "V"]
    assert any(set(cores) <= set(inside) for _, inside in zoom.frames)


def test_their_operations_are_counted_once() -> None:
    sheet = draw_trace(trace(from_module(model(), (torch.empty(1, 8, 16),))), Options())
    (core,) = (node for node in sheet.zoom.diagram.nodes if node.repeat == 4)
    assert core.flops == 2 * 2 * 8 * 2 * 16  # two products of 8 positions with windows of 2, 16 features wide
