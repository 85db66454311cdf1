"""What comes again with other weights is one function with parameters, where the whole is too long for a board."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from boardwork import check


class Pooled(nn.Module):
    """Queries, keys and values each stand on a grid, are pooled by a convolution of their own and normalised."""

    def __init__(self, strides: tuple[int, int, int]) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(16, 16) for _ in range(3))
        self.pools = nn.ModuleList(nn.Conv2d(8, 8, 3, stride, 1, groups=8) for stride in strides)
        self.norms = nn.ModuleList(nn.LayerNorm(8) for _ in range(3))
        self.out = nn.Linear(16, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = []
        for layer, pool, norm in zip(self.maps, self.pools, self.norms, strict=True):
            heads = layer(x).unflatten(-1, (2, 8)).transpose(1, 2)
            first, rest = heads.split([1, heads.shape[2] - 1], 2)
            grid = pool(rest.reshape(-1, 6, 6, 8).permute(0, 3, 1, 2))
            rest = grid.reshape(len(x), 2, 8, -1).transpose(2, 3)
            parts.append(norm(torch.cat([first, rest], 2)))
        y = F.scaled_dot_product_attention(*parts)
        return self.out(y.transpose(1, 2).flatten(2))


@pytest.mark.parametrize(("strides", "calls"), [((2, 2, 2), 3), ((1, 2, 2), 2)])
def test_paths_that_are_alike_are_calls_of_one_function(strides, calls, monkeypatch):
    monkeypatch.setattr("boardwork.statement._BOARD", 17)
    found = check(Pooled(strides).eval(), (torch.randn(2, 37, 16),))
    assert found.passed, found.code
    assert found.code.count("conv_norm(") == calls + 1, found.code
    assert found.code.count("F.conv2d(") == 4 - calls


def test_what_fits_a_board_is_not_cut(monkeypatch):
    monkeypatch.setattr("boardwork.statement._BOARD", 60)
    assert "conv_norm" not in check(Pooled((2, 2, 2)).eval(), (torch.randn(2, 37, 16),)).code
