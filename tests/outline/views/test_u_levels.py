"""U-Nets of any habit: a box a level and side, how many maps go across, and no U where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tests.outline import written
from torch import Tensor, nn

from boardwork.figure.nested import nested
from boardwork.options import Options
from boardwork.outline import outline
from boardwork.outline.blocks import Outline, View
from boardwork.outline.flow import Flow
from boardwork.outline.views.skips import Skips
from boardwork.pipeline import draw_trace
from boardwork.render import render
from boardwork.targets import from_module
from boardwork.trace import trace

FAMILIES = Path(__file__).parents[1] / "families"


def drawn(model: nn.Module, *sizes: int) -> Outline:
    return outline(trace(from_module(model.eval(), (torch.empty(*sizes),))))


def labels(found: Outline) -> list[str]:
    return [box.label for box in found.big_picture.boxes if box.kind == "level"]


def across(view: View) -> list[tuple[str, str, str]]:
    names = [box.label.partition(":")[0] for box in view.boxes]
    return [(names[link.source], names[link.target], link.label) for link in view.links if link.kind == "branch"]


def test_every_level_is_a_box_and_maps_that_go_across_are_counted() -> None:
    found = outline(written.traced(FAMILIES / "generative.py", "text_to_image"))
    widths = (16, 32, 32)
    down = [f"Down {n}: {width} channels" for n, width in enumerate(widths, 1)]
    up = [f"Up {n}: {width} channels" for n, width in enumerate(widths, 1)]
    assert labels(found) == [*down, "Bottom: 32 channels", *reversed(up)]
    # The lowest resolution hands its last map across and down: the bottom takes it from its neighbour.
    assert across(found.big_picture) == [(f"Down {n}", f"Up {n}", "concatenate × 3") for n in (3, 2, 1)]
    beside = [box.label for box in found.big_picture.boxes if box.kind in ("sinusoid", "mlp")]
    assert beside == ["Sinusoidal embedding", "MLP"]
    (first,) = [box for box in found.big_picture.boxes if box.label.startswith("Down 1")]
    assert first.detail.startswith("Conv 3×3, 2 × Residual block, 2 × ")


class Gated(nn.Module):
    """Attention U-Net: what comes from below weighs the skip."""

    def __init__(self, width: int = 8, levels: int = 3, *, added: bool = False, gated: bool = True) -> None:
        super().__init__()
        self.added, self.gated = added, gated
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.downs = nn.ModuleList(nn.Conv2d(width, width, 3, 2, 1) for _ in range(levels))
        self.gates = nn.ModuleList(nn.Conv2d(2 * width, 1, 1) for _ in range(levels))
        self.lifts = nn.ModuleList(nn.ConvTranspose2d(width, width, 2, 2) for _ in range(levels))
        self.ups = nn.ModuleList(nn.Conv2d(width if added else 2 * width, width, 3, padding=1) for _ in range(levels))
        self.head = nn.Conv2d(width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept = [self.stem(x)]
        for down in self.downs:
            kept.append(down(kept[-1]).relu())
        x = kept.pop()
        for gate, lift, up in zip(self.gates, self.lifts, self.ups, strict=True):
            x, skip = lift(x), kept.pop()
            if self.gated:
                skip = skip * gate(torch.cat([x, skip], 1)).sigmoid()
            x = up(x + skip if self.added else torch.cat([x, skip], 1)).relu()
        return self.head(x)


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("added", [True, False])
def test_skips_through_gates_and_sums_are_skips(added: bool, gated: bool) -> None:
    found = drawn(Gated(added=added, gated=gated), 1, 3, 32, 32)
    assert len(Skips(Flow(found.trace)).all) == 3
    assert [label.partition(":")[0] for label in labels(found)] == [
        *(f"Down {n}" for n in (1, 2, 3)),
        "Bottom",
        *(f"Up {n}" for n in (3, 2, 1)),
    ]


def test_a_deep_u_keeps_to_the_boxes_there_are() -> None:
    found = drawn(Gated(levels=7), 1, 3, 256, 256)
    assert len(labels(found)) == 11
    assert labels(found)[5].startswith("Bottom")


class Supervised(Gated):
    """Every level but the last is given too, through a head of its own."""

    def __init__(self) -> None:
        super().__init__(gated=False)
        self.heads = nn.ModuleList(nn.Conv2d(8, 2, 1) for _ in self.ups)

    def forward(self, x: Tensor) -> list[Tensor]:
        kept = [self.stem(x)]
        for down in self.downs:
            kept.append(down(kept[-1]).relu())
        x, given = kept.pop(), []
        for lift, up, head in zip(self.lifts, self.ups, self.heads, strict=True):
            x = up(torch.cat([lift(x), kept.pop()], 1)).relu()
            given.append(head(x))
        return given[::-1]


def test_heads_of_the_levels_are_no_channels_of_theirs_and_leave_it_a_u() -> None:
    found = drawn(Supervised(), 1, 3, 32, 32)
    assert labels(found) == [
        *(f"Down {n}: 8 channels" for n in (1, 2, 3)),
        "Bottom: 8 channels",
        *(f"Up {n}: 8 channels" for n in (3, 2, 1)),
    ]
    sheet = draw_trace(found.trace, Options())
    u = nested(sheet.big_picture)
    assert u is not None
    assert [u.path[number].label.partition(":")[0] for number, _ in u.given] == ["Up 3", "Up 2"]
    text = render(sheet, "text").decode()
    assert all(f"output {n}" in text for n in range(3))


class Sides(nn.Module):
    """The way down and the way up are modules of their own."""

    class Down(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.levels = nn.ModuleList(nn.Sequential(nn.Conv2d(8, 8, 3, 2, 1), nn.ReLU()) for _ in range(3))

        def forward(self, x: Tensor) -> list[Tensor]:
            kept = [x]
            for level in self.levels:
                kept.append(level(kept[-1]))
            return kept

    class Up(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.levels = nn.ModuleList(nn.Sequential(nn.Conv2d(16, 8, 3, padding=1), nn.ReLU()) for _ in range(3))

        def forward(self, kept: list[Tensor]) -> Tensor:
            x = kept.pop()
            for level in self.levels:
                x = level(torch.cat([nn.functional.interpolate(x, scale_factor=2), kept.pop()], 1))
            return x

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = self.Down(), self.Up()
        self.middle = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        *kept, x = self.down(x)
        return self.up([*kept, self.middle(x)])


def test_a_block_of_several_levels_is_not_opened() -> None:
    assert drawn(Sides(), 1, 8, 32, 32).zoom.block.path == "middle"


class Pyramid(nn.Module):
    """DeepLab: one map is handed across, and what is pooled below is put beside what it was pooled from."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.down = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, 2, 1)
        self.wide, self.mixed, self.head = nn.Conv2d(8, 8, 3, 1, 2, 2), nn.Conv2d(24, 8, 1), nn.Conv2d(16, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        early = self.stem(x)
        deep = self.down(early)
        pooled = nn.functional.adaptive_avg_pool2d(deep, 1).expand_as(deep)
        deep = self.mixed(torch.cat([deep, self.wide(deep), pooled], 1))
        return self.head(torch.cat([early, nn.functional.interpolate(deep, scale_factor=2)], 1))


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(x + self.one(x).relu())


def test_residual_blocks_and_pyramids_are_no_u() -> None:
    stack = drawn(nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), *(Residual() for _ in range(3))), 1, 3, 32, 32)
    assert labels(stack) == []
    assert labels(drawn(Pyramid(), 1, 3, 32, 32)) == []
