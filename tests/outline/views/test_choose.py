"""Big picture and zoom of models with many parts: few boxes, stages told by what they hold, any path opens."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from boardwork.errors import BoardworkError
from boardwork.outline import outline
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.outline.views.choose import MOST_BOXES, MOST_IN_ZOOM
from boardwork.outline.views.listing import listing
from boardwork.outline.views.paths import known
from boardwork.outline.views.squeeze import count
from boardwork.targets import from_module
from boardwork.trace import trace


def drawn(model: nn.Module, *sizes: int, zoom: str = "") -> Outline:
    return outline(trace(from_module(model.eval(), (torch.empty(*sizes),))), zoom)


def boxes(found: Outline) -> list[str]:
    return [f"{b.label}: {b.detail}" for b in found.big_picture.boxes if b.role not in ("input", "output")]


def plain_chain(*widths: int) -> nn.Module:
    """Two convolutions a width, a pool after each."""
    layers: list[nn.Module] = []
    for before, after in zip((3, *widths), widths, strict=False):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.Conv2d(after, after, 3, padding=1), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(nn.Sequential(*layers), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 5))


class Levels(nn.Module):
    """A U-Net of plain layers."""

    def __init__(self, levels: int = 5) -> None:
        super().__init__()
        self.downs = nn.ModuleList(self.level(2 ** max(n, 0) * 4 if n else 3, 2 ** (n + 1) * 4) for n in range(levels))
        self.pool = nn.MaxPool2d(2)
        ups = range(levels - 1, 0, -1)
        self.lifts = nn.ModuleList(nn.ConvTranspose2d(2 ** (n + 1) * 4, 2**n * 4, 2, 2) for n in ups)
        self.ups = nn.ModuleList(self.level(2 ** (n + 1) * 4, 2**n * 4) for n in ups)

    @staticmethod
    def level(before: int, after: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.Conv2d(after, after, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for n, down in enumerate(self.downs):
            x = down(x if n == 0 else self.pool(x))
            kept.append(x)
        for lift, up, skip in zip(self.lifts, self.ups, reversed(kept[:-1]), strict=True):
            x = up(torch.cat((lift(x), skip), dim=1))
        return x


class Decoding(nn.Module):
    """One layer, then arithmetic by the dozen."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer(x)
        for n in range(2, 32):
            x = torch.sin(x) * n
        return x


def test_a_plain_chain_is_cut_into_stages() -> None:
    found = boxes(drawn(plain_chain(8, 16, 32, 64, 128), 1, 3, 32, 32))
    widths = [3, 8, 16, 32, 64]
    stages = [
        f"Stage {n}: 2 × Conv 3×3, ReLU: {before} → {after}; then Max pool 2×2 /2"
        for n, (before, after) in enumerate(pairwise(widths), 1)
    ]
    assert found[:4] == stages
    assert len(found) == 7


def test_a_short_chain_is_drawn_whole() -> None:
    assert "Conv 3×3, ReLU: 3 → 8" in boxes(drawn(plain_chain(8, 16), 1, 3, 32, 32))


def test_the_levels_of_a_u_net_stay_alike() -> None:
    found = drawn(Levels(), 1, 3, 64, 64)
    assert count(found.big_picture.boxes) - 2 <= MOST_BOXES
    down = [box for box in boxes(found) if "Down" in box or "Bottom" in box]
    up = [box for box in boxes(found) if "Up" in box]
    assert [box.partition(": ")[2].partition(": ")[2] for box in down[1:]] == ["Max pool 2×2 /2, Convolution block"] * 4
    assert all("channels: Transposed conv 2×2 /2, " in box for box in up)
    assert len(up) == 4


def test_arithmetic_after_the_last_weights_is_one_box() -> None:
    found = drawn(Decoding(), 2, 4)
    assert boxes(found)[1:] == ["Post-processing: sin, × 2, × 3 ..."]


def test_the_reason_and_the_scores_are_told() -> None:
    found = drawn(plain_chain(8, 16), 1, 3, 32, 32)
    assert "% of the parameters and" in found.reason
    assert any(line.startswith("zoom score: ") for line in found.log())


def layered() -> nn.Module:
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    return nn.Sequential(
        nn.Linear(16, 16), nn.TransformerEncoder(layer, 4, enable_nested_tensor=False), nn.LayerNorm(16)
    )


def test_every_path_opens() -> None:
    record = trace(from_module(layered(), (torch.empty(2, 5, 16),)))
    paths = known(Flow(record))
    assert "1.layers" in paths
    for path in paths:
        found = outline(record, path)
        assert 0 < count(found.zoom.boxes) - 2 <= MOST_IN_ZOOM
        assert found.reason.endswith(path)


@pytest.mark.parametrize("path", ["1.layers.0", "1.layers.3"])
def test_any_copy_opens(path: str) -> None:
    found = drawn(layered(), 2, 5, 16, zoom=path)
    calls = {found.trace.calls[found.trace.ops[op].call].path for op in found.zoom.block.one()}
    assert all(call.startswith(path) for call in calls)
    assert any(box.label == "LayerNorm" for box in found.zoom.boxes)


def test_a_wrong_path_gets_near_ones() -> None:
    with pytest.raises(BoardworkError, match=r"1\.layers\.3\.linear1"):
        drawn(layered(), 2, 5, 16, zoom="1.layers.3.linear9")


def test_a_module_that_does_not_run_is_told_from_one_that_is_not_there() -> None:
    class Idle(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.idle = nn.Linear(4, 4), nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            return self.used(self.idle(x))

    with pytest.raises(BoardworkError, match="runs nothing"):
        drawn(Idle(), 2, 4, zoom="idle")


def test_the_list_of_paths_marks_what_opens() -> None:
    lines = list(listing(drawn(layered(), 2, 5, 16)))
    (marked,) = [line for line in lines if "opened by default" in line]
    assert "× 4 (1.layers.0 … 3)" in marked
    assert lines[0].split()[0] == "0"


class Lower(nn.Module):
    """One level of a decoder: wider, joined with what was kept, two convolutions."""

    def __init__(self, deep: int, kept: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(deep + kept, kept, 3, padding=1), nn.Conv2d(kept, kept, 3, padding=1)
        self.norm = nn.GroupNorm(4, kept)

    def forward(self, deep: Tensor, kept: Tensor) -> Tensor:
        wide = nn.functional.interpolate(deep, scale_factor=2.0)
        return self.second(self.norm(self.first(torch.cat([wide, kept], 1))).tanh()).relu()


class Joined(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.levels = nn.ModuleList(Lower(2 * width, width) for width in (64, 32, 16, 8))

    def forward(self, *kept: Tensor) -> Tensor:
        deep, *others = reversed(kept)
        for level, other in zip(self.levels, others, strict=True):
            deep = level(deep, other)
        return deep


class EncoderAndDecoder(nn.Module):
    """The skips are handed over in one call."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.downs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(n, 256, 3, 2, 1), nn.ReLU(), nn.Conv2d(256, 2 * n, 3, 1, 1))
            for n in (8, 16, 32, 64)
        )
        self.decoder, self.last = Joined(), nn.Conv2d(8, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        kept = [self.stem(x)]
        for down in self.downs:
            kept.append(down(kept[-1]))
        return self.last(self.decoder(*kept))


def test_what_takes_several_skips_is_opened() -> None:
    labels = boxes(drawn(EncoderAndDecoder(), 1, 3, 64, 64))
    assert sum(label.startswith("Up ") for label in labels) == 4
    assert not any("Joined" in label for label in labels)
