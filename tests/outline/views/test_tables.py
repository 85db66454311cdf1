"""What is made of learned tables alone is one box, which stands beside the stream that it meets."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class Resized(nn.Module):
    """A coarse table stretched to the image and a small one laid side by side, added to patches."""

    def __init__(self, learned: bool = True) -> None:
        super().__init__()
        self.patches, self.last = nn.Conv2d(3, 8, 4, 4), nn.Conv2d(8, 2, 1)
        self.coarse = nn.Parameter(torch.zeros(1, 8, 7, 7))
        self.near = nn.Parameter(torch.zeros(1, 8, 4, 4))
        self.learned = learned

    def forward(self, x: Tensor) -> Tensor:
        cut = self.patches(x)
        coarse = self.coarse if self.learned else cut[..., :7, :7]
        table = functional.interpolate(coarse, size=cut.shape[-2:], mode="bicubic")
        placed = cut + (table + self.near.tile(1, 1, cut.shape[-2] // 4, cut.shape[-1] // 4))
        return self.last(placed.relu())


def told(model: nn.Module) -> list[tuple[str, str]]:
    boxes = outline(trace(from_module(model.eval(), (torch.empty(1, 3, 64, 64),)))).big_picture.boxes
    return [(box.label, box.detail) for box in boxes]


def test_tables_that_meet_before_the_stream_does_are_one_embedding() -> None:
    boxes = told(Resized())
    assert ("Position embedding", "learned, resize, tile") in boxes
    assert not {"Resize", "tile"} & {label for label, _ in boxes}


def test_what_the_input_has_a_part_in_is_no_table() -> None:
    assert "Resize" in [label for label, _ in told(Resized(learned=False))]
