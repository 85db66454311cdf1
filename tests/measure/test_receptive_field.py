"""The receptive field of plain convolution nets: as wide as what one position of the last map really reads."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module, load
from boardwork.targets.build import library
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
    "upsampled in the end": Written(conv(3, stride=2), work=lambda m, x: F.interpolate(m[0](x), scale_factor=2)),
}
HEADS = {
    "pooled to a fixed size": lambda x: F.adaptive_avg_pool2d(x, 7),
    "flattened": lambda x: x.flatten(1) @ torch.ones(3 * 32 * 32, 10),
    "global mean": lambda x: x.mean((2, 3)),
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
    "tokens mixed after it": Written(
        conv(4, padding=0, stride=4), nn.Linear(256, 256), work=lambda m, x: m[1](m[0](x).flatten(2))
    ),
    "no convolution": Written(nn.ReLU()),
}
# The last map of each, as computed at https://distill.pub/2019/computing-receptive-fields/ (VGG-16, AlexNet, Inception
# v3); torchvision's ResNet-50 has its strides in the 3 x 3 convolutions: 483 - 8 - 16 - 32.
PUBLISHED = {"vgg16": 212, "alexnet": 195, "resnet50": 427, "inception_v3": 1311}


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


@pytest.mark.parametrize("head", HEADS)
def test_up_to_the_head(head: str) -> None:
    module = Written(conv(3), conv(5, stride=2), work=lambda m, x: HEADS[head](m[1](m[0](x))))
    assert facts(module) == {"receptive_field.formula": 7, "receptive_field.measured": 7}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_fields(name: str) -> None:
    found = measure(outline(trace(load(f"torchvision:{name}"))))
    assert found["receptive_field.formula"] == found["receptive_field.measured"] == PUBLISHED[name]


@pytest.mark.parametrize("name", ["vgg11", "alexnet", "resnet18"])
def test_as_wide_as_the_gradient(name: str) -> None:
    """The rows of the input that have a gradient from one position, where every layer passes something on."""
    found = measure(outline(trace(load(f"torchvision:{name}"))))
    model = library("torchvision").models.get_model(name).eval()
    layers = getattr(model, "features", None) or nn.Sequential(*list(model.children())[:-2])
    for layer in layers.modules():
        for key, pool in getattr(layer, "_modules", {}).items():
            if isinstance(pool, nn.MaxPool2d):  # the largest alone would have a gradient
                layer._modules[key] = nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding)
    x = torch.zeros(1, 3, 480, 480, requires_grad=True)
    for weight in layers.parameters():
        nn.init.constant_(weight, 1 / max(1, weight[0].numel()) if weight.dim() > 1 else 1)
    out = layers(x)
    out[0, :, out.shape[2] // 2, out.shape[3] // 2].sum().backward()
    rows = x.grad.abs().sum((0, 1, 3)).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == found["receptive_field.measured"]


@pytest.mark.parametrize("case", UNDEFINED)
def test_silent_where_there_is_no_fixed_window(case: str) -> None:
    assert facts(UNDEFINED[case]) == {}
