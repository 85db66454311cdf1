"""The equations of the topics, written out, against torch's own implementation or another way to the same numbers."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from tests.knowledge import written_attention, written_blocks, written_layers, written_training  # noqa: F401
from tests.knowledge.written_mixers import DEFINED, Sides, define
from torch import Tensor, nn

from boardwork.knowledge.topics import topics

BY_HAND = {  # in test_torch.py
    "attention", "heads", "gqa", "rope", "layer_norm", "rms_norm", "batch_norm", "convolution", "bottleneck", "lstm",
    "patch_embedding", "feed_forward", "gru",
}  # fmt: skip
COUNTS = {  # an equation that is a count, held against the trace at two sizes in test_sizes.py
    "cost_growth", "decoding", "detection_grids", "embeddings", "fixed_sound_window", "inverted_residual", "kv_cache",
    "pooled_head", "receptive_field", "source_cache", "channel_shuffle", "convnext",
}  # fmt: skip


@define("coupling")
def coupling() -> Sides:
    """The Jacobian of y_a = x_a, y_b = exp(s) x_b + t has the sum of s for the logarithm of its determinant."""
    net, x = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 6)), torch.randn(6)

    def layer(x: Tensor) -> Tensor:
        scale, shift = net(x[:3]).chunk(2)
        return torch.cat([x[:3], scale.exp() * x[3:] + shift])

    return net(x[:3])[:3].sum(), torch.func.jacrev(layer)(x).slogdet().logabsdet


@define("invertible_convolution")
def invertible_convolution() -> Sides:
    weight, x = torch.randn(4, 4), torch.randn(1, 4, 2, 3)
    jacobian = torch.func.jacrev(lambda x: F.conv2d(x, weight[:, :, None, None]).flatten())(x).reshape(24, 24)
    return 2 * 3 * weight.slogdet().logabsdet, jacobian.slogdet().logabsdet


@define("other_convolution")
def other_convolution() -> Sides:
    """Position by position, the kernel as one row: its weights work once at each."""
    x, weight = torch.randn(1, 3, 7, 6, 5), torch.randn(4, 3, 3, 2, 2)
    pieces = x.unfold(2, 3, 1).unfold(3, 2, 1).unfold(4, 2, 1)  # channels, positions, kernel
    return torch.einsum("bcthwijk,ocijk->bothw", pieces, weight), F.conv3d(x, weight)


@define("dropout")
def dropout() -> Sides:
    x = 1 + torch.rand(50)
    dropped = F.dropout(x, 0.3, training=True)
    return (dropped != 0) * x / (1 - 0.3), dropped


@define("group_norm")
def group_norm() -> Sides:
    x, gain, bias = torch.randn(2, 6, 4, 4), torch.randn(6), torch.randn(6)
    grouped = x.view(2, 3, -1)
    mean, variance = grouped.mean(-1, keepdim=True), grouped.var(-1, keepdim=True, correction=0)
    normed = ((grouped - mean) / torch.sqrt(variance + 1e-5)).view_as(x)
    return gain[:, None, None] * normed + bias[:, None, None], F.group_norm(x, 3, gain, bias)


@define("initialisation")
def initialisation() -> Sides:
    weight = torch.empty(400, 600)
    kaiming, glorot = (f(weight).std() for f in (nn.init.kaiming_normal_, nn.init.xavier_normal_))
    return torch.tensor([(2 / 600) ** 0.5, (2 / 1000) ** 0.5]), torch.stack([kaiming, glorot])


@define("max_pool")
def max_pool() -> Sides:
    x = torch.randn(1, 1, 7, 7)
    written = torch.stack([x[0, 0, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3].max() for i in range(3) for j in range(3)])
    return written.view(1, 1, 3, 3), F.max_pool2d(x, 3, 2)


@define("patch_merging")
def patch_merging() -> Sides:
    """Neighbours side by side and a matrix are a convolution of that stride."""
    x, weight = torch.randn(1, 3, 4, 6), torch.randn(5, 12)
    written = torch.einsum("oi,bihw->bohw", weight, F.pixel_unshuffle(x, 2))
    return written, F.conv2d(x, weight.view(5, 3, 2, 2), stride=2)


@define("smooth_activation")
def smooth_activation() -> Sides:
    x = torch.randn(20)
    gelu = x * 0.5 * (1 + torch.erf(x / 2**0.5))
    near = x / 2 * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))
    called = torch.stack([F.gelu(x), F.gelu(x, approximate="tanh"), F.silu(x)])
    return torch.stack([gelu, near, x * torch.sigmoid(x)]), called


@define("siamese")
def siamese() -> Sides:
    a, b, equal = torch.randn(4, 6), torch.randn(4, 6), torch.tensor([1.0, 0, 1, 0])
    distance = (a - b).square().sum(-1).sqrt()
    library = F.pairwise_distance(a, b, eps=0)
    hinge = F.hinge_embedding_loss(library, 2 * equal - 1, margin=5.0, reduction="none")
    written = equal * distance**2 + (1 - equal) * (5 - distance).clamp(min=0) ** 2
    return written, hinge**2


@define("spatial_transformer")
def spatial_transformer() -> Sides:
    pose = torch.tensor([[[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]]])
    x = torch.randn(1, 1, 5, 5)
    read = F.grid_sample(x, F.affine_grid(pose, [1, 1, 5, 5], align_corners=False), align_corners=False)
    return x.rot90(1, (2, 3)), read


@define("transposed_convolution")
def transposed_convolution() -> Sides:
    sizes = [(5, 4, 2, 1, 0), (7, 3, 2, 1, 1), (6, 5, 3, 0, 0)]
    written = [(h - 1) * s - 2 * p + k + more for h, k, s, p, more in sizes]
    made = [
        F.conv_transpose2d(torch.zeros(1, 1, h, h), torch.zeros(1, 1, k, k), None, s, p, more).shape[-1]
        for h, k, s, p, more in sizes
    ]
    return torch.tensor(written), torch.tensor(made)


@define("feature_crosses")
def feature_crosses() -> Sides:
    """One layer on one feature is w x^2 + x, two are a polynomial of degree 3."""
    x, w, u = torch.randn(5), torch.tensor(0.3), torch.tensor(-0.8)
    first = x * (w * x) + x
    return x * (u * first) + first, u * w * x**3 + (u + w) * x**2 + x


@define("factorisation_machine")
def factorisation_machine() -> Sides:
    v = torch.randn(5, 4)
    return 0.5 * (v.sum(0) ** 2 - (v**2).sum(0)).sum(), (v @ v.T).triu(1).sum()


@define("two_towers")
def two_towers() -> Sides:
    u, v = (F.normalize(torch.randn(5, 8), dim=-1) for _ in range(2))
    s = 7 * u @ v.T
    written = -((s.diag() - s.logsumexp(1)) + (s.diag() - s.logsumexp(0))).mean() / 2
    right = torch.arange(5)
    return written, (F.cross_entropy(s, right) + F.cross_entropy(s.T, right)) / 2


@define("vae")
def vae() -> Sides:
    mean, spread = torch.randn(6), torch.rand(6) + 0.5
    written = -0.5 * (1 + spread.square().log() - mean**2 - spread**2).sum()
    normal = torch.distributions.Normal
    return written, torch.distributions.kl_divergence(normal(mean, spread), normal(0.0, 1.0)).sum()


@define("class_imbalance")
def class_imbalance() -> Sides:
    return torch.tensor(math.log(10)), F.cross_entropy(torch.zeros(3, 10), torch.tensor([1, 4, 9]))


@define("decoder_only")
def decoder_only() -> Sides:
    logits, tokens = torch.randn(6, 20), torch.randint(20, (6,))
    chances = logits.softmax(-1)[torch.arange(6), tokens]
    return -chances.log().mean(), F.cross_entropy(logits, tokens)


@define("binary_head")
def binary_head() -> Sides:
    p, y = torch.tensor([0.5, 0.2, 0.9]), torch.tensor([1.0, 0.0, 1.0])
    return -(y * p.log() + (1 - y) * (1 - p).log()), F.binary_cross_entropy(p, y, reduction="none")


@pytest.mark.parametrize("topic", DEFINED)
def test_the_equation_is_what_the_library_computes(topic: str) -> None:
    torch.manual_seed(0)
    written, computed = DEFINED[topic]()
    tolerance = 0.02 if topic == "initialisation" else 1e-4  # of 240,000 draws
    torch.testing.assert_close(written, computed, rtol=tolerance, atol=tolerance)


def test_every_equation_has_its_test() -> None:
    told = {topic.name for topic in topics() if topic.equations}
    groups = (set(DEFINED), BY_HAND, COUNTS)
    assert set().union(*groups) == told
    assert sum(map(len, groups)) == len(told)
