"""Equations of single layers and blocks of convolutions, against another way to the same numbers."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from tests.knowledge.written_mixers import Sides, define
from torch import Tensor, nn


@define("separable")
def separable() -> Sides:
    """Each kernel on its channel, then all mixed, is one full convolution of their products."""
    x, each, mix = torch.randn(1, 4, 6, 6), torch.randn(4, 1, 3, 3), torch.randn(5, 4)
    whole = torch.einsum("oc,cuij->ocij", mix, each)
    return F.conv2d(F.conv2d(x, each, groups=4), mix[:, :, None, None]), F.conv2d(x, whole)


@define("point_convolution")
def point_convolution() -> Sides:
    x, weight, bias = torch.randn(2, 3, 4, 5), torch.randn(6, 3), torch.randn(6)
    written = torch.einsum("oc,bchw->bohw", weight, x) + bias.view(6, 1, 1)
    return written, F.conv2d(x, weight[:, :, None, None], bias)


@define("resolution_exchange")
def resolution_exchange() -> Sides:
    """Of a fine and a coarse row: the sums, and one matrix on both rows side by side."""
    fine, coarse, kernel, gain = torch.randn(6), torch.randn(3), torch.randn(1, 1, 2), torch.tensor(0.7)
    down = F.conv1d(fine[None, None], kernel, stride=2).flatten()
    up = F.interpolate(gain * coarse[None, None], scale_factor=2.0).flatten()
    raised = torch.eye(3).repeat_interleave(2, 0)
    lowered = torch.zeros(3, 6)
    for row in range(3):
        lowered[row, 2 * row : 2 * row + 2] = kernel.flatten()
    whole = torch.cat([torch.cat([torch.eye(6), gain * raised], 1), torch.cat([lowered, torch.eye(3)], 1)])
    return torch.cat([fine + up, coarse + down]), whole @ torch.cat([fine, coarse])


@define("fused_inverted")
def fused_inverted() -> Sides:
    layers = nn.Sequential(nn.Conv2d(6, 24, 3, bias=False), nn.Conv2d(24, 8, 1, bias=False))
    return torch.tensor(3**2 * 6 * 24 + 24 * 8), torch.tensor(sum(p.numel() for p in layers.parameters()))


@define("gated_convolution")
def gated_convolution() -> Sides:
    """Which half opens the other is a matter of order alone."""
    x, both, last = torch.randn(2, 9, 4), torch.randn(12, 4), torch.randn(4, 6)
    gate, value = (x @ both.T).chunk(2, -1)
    swapped = x @ torch.cat([both[6:], both[:6]]).T
    return (torch.sigmoid(gate) * value) @ last.T, F.linear(F.glu(swapped, -1), last)


@define("aggregation")
def aggregation() -> Sides:
    """A matrix on maps side by side is a sum of matrices, one a map."""
    maps, matrix = [torch.randn(2, width, 3, 3) for width in (5, 4, 4)], torch.randn(6, 13)
    parts = (torch.einsum("oc,bchw->bohw", part, x) for part, x in zip(matrix.split([5, 4, 4], 1), maps, strict=True))
    return F.conv2d(torch.cat(maps, 1), matrix[:, :, None, None]), sum(parts, start=torch.zeros(1))


@define("inception")
def inception() -> Sides:
    """A 1 x 1 and a 3 x 3 kernel side by side are one 3 x 3 convolution, whose first kernels are 0 round the centre."""
    x, small, large = torch.randn(1, 3, 5, 5), torch.randn(2, 3, 1, 1), torch.randn(4, 3, 3, 3)
    together = torch.cat([F.pad(small, (1, 1, 1, 1)), large])
    return torch.cat([F.conv2d(x, small), F.conv2d(x, large, padding=1)], 1), F.conv2d(x, together, padding=1)


@define("response_norm")
def response_norm() -> Sides:
    x, gain, bias = torch.randn(1, 4, 3, 3), torch.randn(4), torch.randn(4)
    lengths = [x[0, c].square().sum() ** 0.5 for c in range(4)]
    written = [gain[c] * x[0, c] * lengths[c] / (sum(lengths) / 4) + bias[c] + x[0, c] for c in range(4)]
    length = torch.linalg.vector_norm(x, dim=(2, 3), keepdim=True)
    scaled = x * (length / length.mean(1, keepdim=True))
    return torch.stack(written)[None], torch.addcmul(bias.view(1, 4, 1, 1), gain.view(1, 4, 1, 1), scaled) + x


@define("unit_length")
def unit_length() -> Sides:
    x, y = torch.randn(5, 8), torch.randn(5, 8)
    one, other = (v / v.square().sum(-1, keepdim=True) ** 0.5 for v in (x, y))
    written = torch.cat([one, (one * other).sum(-1, keepdim=True)], -1)
    return written, torch.cat([F.normalize(x, dim=-1), F.cosine_similarity(x, y)[:, None]], -1)


@define("dot_product")
def dot_product() -> Sides:
    """Of all pairs, those of equal number stand on the diagonal of the matrix product."""
    u, v = torch.randn(5, 8), torch.randn(5, 8)
    return torch.stack([sum(u[n, i] * v[n, i] for i in range(8)) for n in range(5)]), (u @ v.T).diagonal()


@define("embedding_bag")
def embedding_bag() -> Sides:
    table, bags = torch.randn(9, 4), torch.randint(9, (3, 5))
    written = [
        torch.stack([sum(table[i] for i in bag) / 5 for bag in bags]),
        torch.stack([sum(table[i] for i in bag) for bag in bags]),
        torch.stack([torch.stack([max(table[i, j] for i in bag) for j in range(4)]) for bag in bags]),
    ]
    return torch.cat(written), torch.cat([F.embedding_bag(bags, table, mode=mode) for mode in ("mean", "sum", "max")])


@define("frozen_norm")
def frozen_norm() -> Sides:
    x, gain, bias, mean, spread = torch.randn(2, 5, 3, 3), *torch.randn(3, 5), torch.rand(5) + 0.5
    weight = gain / (spread + 1e-5) ** 0.5
    shift = bias - weight * mean
    return weight.view(5, 1, 1) * x + shift.view(5, 1, 1), F.batch_norm(x, mean, spread, gain, bias)


@define("token_shift")
def token_shift() -> Sides:
    """A depthwise convolution over this step and the one before it."""
    x, share = torch.randn(1, 7, 4), torch.rand(4)
    before = F.pad(x, (0, 0, 1, 0))[:, :-1]
    kernel = torch.stack([1 - share, share], -1)[:, None]
    return share * x + (1 - share) * before, F.conv1d(F.pad(x.mT, (1, 0)), kernel, groups=4).mT


@define("dynamic_convolution")
def dynamic_convolution() -> Sides:
    """Sample by sample, and all at once in groups."""
    x, kernels = torch.randn(3, 2, 5, 5), torch.randn(3, 4, 2, 3, 3)
    each = torch.cat([F.conv2d(one[None], kernel) for one, kernel in zip(x, kernels, strict=True)])
    return each, F.conv2d(x.flatten(0, 1)[None], kernels.flatten(0, 1), groups=3).view(3, 4, 3, 3)


@define("residual_codes")
def residual_codes() -> Sides:
    """Tables of ± 1/2, ± 1/4 ... write a number in binary: of Q bits nothing is left over."""
    whole = torch.tensor([-0.875, -0.125, 0.375, 0.625])
    rest, found = whole, torch.zeros(4)
    for q in (1, 2, 3):
        table = torch.tensor([-(2.0**-q), 2.0**-q])
        code = table[(rest[:, None] - table).abs().argmin(-1)]
        rest, found = rest - code, found + code
    return found, whole


@define("map_recurrence")
def map_recurrence() -> Sides:
    """On maps of one place it is an LSTM cell, whose gates come in another order."""
    cell, x, h, c = nn.LSTMCell(3, 4), torch.randn(2, 3), torch.randn(2, 4), torch.randn(2, 4)
    i, f, g, o = torch.cat([cell.weight_ih, cell.weight_hh], 1).chunk(4)
    weight, together = torch.cat([i, f, o, g])[:, :, None, None], torch.cat([x, h], 1)[:, :, None, None]
    i_b, f_b, g_b, o_b = (cell.bias_ih + cell.bias_hh).chunk(4)
    made = F.conv2d(together, weight, torch.cat([i_b, f_b, o_b, g_b])).flatten(1)
    i, f, o, g = made.chunk(4, 1)
    state = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(state), cell(x, (h, c))[0]


@define("perceptron")
def perceptron() -> Sides:
    layers, x = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 4), nn.Tanh()), torch.randn(7, 3)
    h = x.T
    for layer in (layers[0], layers[2]):
        h = torch.tanh(layer.weight @ h + layer.bias[:, None])
    return h.T, layers(x)


@define("classifier")
def classifier() -> Sides:
    h, layer = torch.randn(6, 5), nn.Linear(5, 3)
    return h @ layer.weight.T + layer.bias, layer(h)


@define("activation_functions")
def activation_functions() -> Sides:
    x, zero = torch.linspace(-4, 4, 33), torch.zeros(33)
    e, log_1_e = x.exp(), (1 + x.exp()).log()
    above, below = torch.maximum(x, zero), torch.minimum(x, zero)
    written: list[Tensor] = [
        above, above + 0.01 * below, above.clamp(max=6), x / (1 + 1 / e), x / 2 * (1 + torch.erf(x / 2**0.5)),
        x / 6 * (x + 3).clamp(0, 6), 1 / (1 + 1 / e), (e - 1 / e) / (e + 1 / e), above + torch.minimum(zero, e - 1),
        x * torch.tanh(log_1_e), log_1_e, x / 2 * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3))),
    ]  # fmt: skip
    called = (
        F.relu, F.leaky_relu, F.relu6, F.silu, F.gelu, F.hardswish, torch.sigmoid, torch.tanh, F.elu, F.mish,
        F.softplus, lambda x: F.gelu(x, approximate="tanh"),
    )  # fmt: skip
    return torch.stack(written), torch.stack([function(x) for function in called])
