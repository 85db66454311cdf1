"""The receptive field of plain convolution nets: as wide as what one position of the last map really reads."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class Written(nn.Module):
    def __init__(self, *layers: nn.Module, work=None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.work = work or (lambda layers, x: nn.Sequential(*layers)(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.work(self.layers, x)


def conv(kernel: int, **other) -> nn.Conv2d:
    return nn.Conv2d(3, 3, kernel, **{"padding": kernel // 2, **other})


DEFINED = {
    "one layer": Written(conv(3)),
    "three of 3 x 3": Written(conv(3), nn.ReLU(), conv(3), nn.ReLU(), conv(3)),
    "strides": Written(conv(7, stride=2), nn.BatchNorm2d(3), conv(3), conv(3, stride=2), conv(1)),
    "dilation": Written(conv(3, dilation=2, padding=2), conv(3, dilation=4, padding=4)),
    "max pooling": Written(conv(3), nn.MaxPool2d(2), conv(3), nn.MaxPool2d(3, 2, 1), conv(3)),
    "mean pooling": Written(conv(3), nn.AvgPool2d(2), conv(3)),
    "even kernel": Written(conv(4, padding=1), conv(2, stride=2, padding=0)),
    "groups": Written(conv(5, groups=3), conv(1)),
    "same padding by name": Written(conv(3, padding="same"), conv(5, padding="same")),
    "skip": Written(conv(3), conv(3), work=lambda m, x: x + m[1](m[0](x).relu())),
    "branches": Written(conv(1), conv(3), conv(5), work=lambda m, x: torch.cat([layer(x) for layer in m], 1)),
}
UNDEFINED = {
    "transposed convolution": Written(conv(3), nn.ConvTranspose2d(3, 3, 3, 2, 1), conv(3)),
    "upsampling": Written(conv(3), nn.Upsample(scale_factor=2), conv(3)),
    "scaled by a global mean": Written(conv(3), conv(3), work=lambda m, x: m[1](x * m[0](x).mean((2, 3), True))),
    "attention over positions": Written(
        conv(3),
        conv(3),
        work=lambda m, x: m[1](F.scaled_dot_product_attention(m[0](x), x, x)),
    ),
    "no convolution": Written(nn.ReLU()),
}


def facts(module: nn.Module) -> dict[str, object]:
    found = measure(outline(trace(from_module(module, (torch.randn(1, 3, 64, 64),)))))
    return {key: value for key, value in found.items() if key.startswith("receptive_field")}


def read(module: nn.Module) -> int:
    """Rows of the input that reach the middle of the last map: those where a NaN gets there."""
    reached = []
    for row in range(64):
        x = torch.zeros(1, 3, 64, 64)
        x[:, :, row] = torch.nan
        out = module.eval()(x)
        if out[:, :, out.shape[2] // 2].isnan().any():
            reached.append(row)
    return reached[-1] - reached[0] + 1


@pytest.mark.parametrize("case", DEFINED)
def test_as_wide_as_what_is_read(case: str) -> None:
    width = read(DEFINED[case])
    assert facts(DEFINED[case]) == {"receptive_field.formula": width, "receptive_field.measured": width}


@pytest.mark.parametrize("case", UNDEFINED)
def test_silent_where_there_is_no_fixed_window(case: str) -> None:
    assert facts(UNDEFINED[case]) == {}
