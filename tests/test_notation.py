"""Shapes on a sheet: a name where an axis has that role, its number or law where it has not."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from boardwork.options import Options
from boardwork.pipeline import draw_subject
from boardwork.sheet import Sheet
from boardwork.targets import from_module, load


class Transformer(nn.Module):
    """Layers of width 32 behind a convolution with as many channels, on which their width must not rub off."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 24, 4, 4))
        self.widen = nn.Linear(24, width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, 4, 80, batch_first=True, dropout=0) for _ in range(2)
        )
        self.narrow = nn.Linear(width, 24)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.widen(self.stem(image).flatten(2).transpose(1, 2))
        for layer in self.layers:
            x = layer(x)
        return self.narrow(x)


def sheet_of(model: nn.Module, *args: torch.Tensor) -> Sheet:
    return draw_subject(from_module(model, args), Options())


def shapes(sheet: Sheet) -> set[tuple[str, ...]]:
    return {edge.shape for diagram in (sheet.big_picture, sheet.zoom.diagram) for edge in diagram.edges}


def test_a_width_is_named_where_it_flows_and_nowhere_else() -> None:
    sheet = sheet_of(Transformer(), torch.randn(2, 3, 64, 64))
    every = {axis for shape in shapes(sheet) for axis in shape}
    assert {"d_model", "d_ff", "24"} <= every
    assert not any("d_model" in shape for shape in shapes(sheet) if "height" in shape)
    assert sheet.symbols["d_model"].value == 32


def test_every_name_has_a_row_with_its_value() -> None:
    sheet = sheet_of(Transformer(), torch.randn(2, 3, 64, 64))
    values = {name: symbol.value for name, symbol in sheet.symbols.items()}
    for diagram in (sheet.big_picture, sheet.zoom.diagram):
        for edge in diagram.edges:
            for axis, size in zip(edge.shape, edge.sizes, strict=True):
                formula = axis.replace(")(", ")*(").replace("·", "*")
                assert eval(formula, {}, values) == size


class Towers(nn.Module):
    """Two stacks of different widths."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.TransformerEncoderLayer(64, 4, 96, batch_first=True)
        self.narrow = nn.TransformerEncoderLayer(40, 4, 60, batch_first=True)
        self.between = nn.Linear(64, 40)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.narrow(self.between(self.wide(x)))


def test_two_widths_do_not_share_a_name() -> None:
    sheet = sheet_of(Towers(), torch.randn(2, 7, 64))
    for diagram in (sheet.big_picture, sheet.zoom.diagram):
        widths = {size for e in diagram.edges for axis, size in zip(e.shape, e.sizes, strict=True) if axis == "d_model"}
        assert len(widths) <= 1


class Tokens(nn.Module):
    """A class token before patches; attention joins tokens and images in one axis."""

    def __init__(self) -> None:
        super().__init__()
        self.patch, self.first = nn.Conv2d(3, 32, 8, 8), nn.Parameter(torch.zeros(1, 1, 32))
        self.places = nn.Parameter(torch.zeros(1, 17, 32))
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(32, 4, 80, batch_first=True) for _ in range(2))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.patch(image).flatten(2).transpose(1, 2)
        x = torch.cat([self.first.expand(x.shape[0], -1, -1), x], 1) + self.places
        for layer in self.layers:
            x = layer(x)
        return x[:, 0]


@pytest.mark.parametrize("batch", [1, 2])
def test_tokens_have_their_name_in_a_zoom_also_where_the_images_are_joined(batch: int) -> None:
    sheet = sheet_of(Tokens(), torch.randn(batch, 3, 32, 32))
    lengths = {
        axis: size for edge in sheet.zoom.diagram.edges for axis, size in zip(edge.shape, edge.sizes, strict=True)
    }
    assert lengths["tokens"] == 17
    assert lengths["batch·tokens"] == 17 * batch
    assert not any("height" in axis for axis in lengths)


class Images(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(F.max_pool2d(x, 2))


@pytest.mark.parametrize(("side", "law"), [(64, "height/2"), (65, "⌊height/2⌋")])
def test_strides_are_read_as_at_a_whiteboard(side: int, law: str) -> None:
    sheet = sheet_of(Images(), torch.randn(1, 3, side, 64))
    assert ("batch", "3", law, "width/2") in shapes(sheet)


class Mixer(nn.Module):
    """Feed-forward layers over 16 tokens of width 24, then over features."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 24, 8, 8)
        self.tokens = nn.Sequential(
            nn.LayerNorm(24), _Turned(nn.Sequential(nn.Linear(16, 40), nn.GELU(), nn.Linear(40, 16)))
        )
        self.features = nn.Sequential(nn.LayerNorm(24), nn.Linear(24, 96), nn.GELU(), nn.Linear(96, 24))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.patch(image).flatten(2).transpose(1, 2)
        x = x + self.tokens(x)
        return x + self.features(x)


class _Turned(nn.Module):
    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inside(x.transpose(1, 2)).transpose(1, 2)


def test_the_number_of_tokens_is_no_width() -> None:
    sheet = sheet_of(Mixer(), torch.randn(1, 3, 32, 32))
    for diagram in (sheet.big_picture, sheet.zoom.diagram):
        assert all(
            size != 16 for e in diagram.edges for axis, size in zip(e.shape, e.sizes, strict=True) if axis == "d_model"
        )


@pytest.mark.parametrize(("target", "axis"), [("example:nanogpt", "vocab"), ("example:vae", "n_z")])
def test_roles_of_other_axes(target: str, axis: str) -> None:
    sheet = draw_subject(load(target), Options())
    assert any(axis in shape for shape in shapes(sheet))
    assert axis in sheet.symbols


def test_one_symbol_a_quantity() -> None:
    """The state of an LSTM is H in its equations, so that it is H in the drawings and has one row."""
    sheet = draw_subject(load("torch.nn:LSTM(16, 32)"), Options())
    assert ("seq_len", "batch", "H") in shapes(sheet)
    assert [symbol.value for symbol in sheet.symbols.values()].count(32) == 1


def test_the_width_of_a_mixer_is_that_of_its_channels() -> None:
    sheet = draw_subject(load("timm:mixer_s32_224"), Options())
    assert {name: sheet.symbols[name].value for name in ("d_model", "d_ff", "patches")} == {
        "d_model": 512,
        "d_ff": 2048,
        "patches": 49,
    }
    assert ("batch", "d_model", "256") in shapes(sheet), "the hidden width across positions stays a number"
    assert not any("49" in shape for shape in shapes(sheet))


@pytest.mark.parametrize(("classes", "last"), [(10, "classes"), (24, "24")])
def test_a_head_as_wide_as_its_input_has_no_classes(classes: int, last: str) -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 24, 4, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, classes)
    )
    sheet = sheet_of(model, torch.zeros(1, 3, 32, 32))
    (output,) = [node for node in sheet.big_picture.nodes if node.role == "output"]
    assert output.detail == f"(batch, {last})"


class Patches(Tokens):
    """The same without the class token."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.patch(image).flatten(2).transpose(1, 2) + self.places[:, 1:]
        for layer in self.layers:
            x = layer(x)
        return x.mean(1)


def test_the_table_tells_of_class_tokens_only_where_there_are_any() -> None:
    meanings = [sheet_of(model, torch.zeros(1, 3, 32, 32)).symbols["tokens"].meaning for model in (Tokens(), Patches())]
    assert meanings == [
        "(height/8)(width/8)+1, patches and class tokens of one image",
        "(height/8)(width/8), patches of one image",
    ]
