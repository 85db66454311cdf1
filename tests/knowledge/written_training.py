"""Equations of losses, of training's memory and compute, written out beside what torch computes, keeps or counts."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from tests.knowledge.written_mixers import Sides, define
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


@define("denoiser")
def denoiser() -> Sides:
    """The factor of x_0 and the variance of the noise after 40 steps, one step after another and at once."""
    beta = torch.linspace(1e-4, 0.02, 40)
    kept, variance = torch.ones(()), torch.zeros(())
    for b in beta:
        kept, variance = torch.sqrt(1 - b) * kept, (1 - b) * variance + b
    total = (1 - beta).prod()
    return torch.stack([total.sqrt(), (1 - total).sqrt()]), torch.stack([kept, variance.sqrt()])


@define("generator")
def generator() -> Sides:
    real, fake = torch.randn(6), torch.randn(6)
    value = torch.sigmoid(real).log().mean() + (1 - torch.sigmoid(fake)).log().mean()
    loss = F.binary_cross_entropy_with_logits
    return value, -loss(real, torch.ones(6)) - loss(fake, torch.zeros(6))


@define("policy_value")
def policy_value() -> Sides:
    logits, action, gain, value = torch.randn(5), torch.tensor(3), torch.tensor(1.7), torch.tensor(0.4)
    policy = logits.softmax(-1)
    entropy = -(policy * policy.log()).sum()
    written = -policy[action].log() * (gain - value) + 0.5 * (gain - value) ** 2 - 0.01 * entropy
    chances = torch.distributions.Categorical(logits=logits)
    by_torch = 0.5 * F.mse_loss(value, gain) - chances.log_prob(action) * (gain - value) - 0.01 * chances.entropy()
    return written, by_torch


@define("scaling")
def scaling() -> Sides:
    """FLOPs that torch counts in a forward and a backward of N weights on D tokens, at two sizes."""
    sizes, counted = [(32, 10), (48, 25)], []
    for width, tokens in sizes:
        model = nn.Sequential(
            nn.Linear(width, 4 * width, bias=False), nn.ReLU(), nn.Linear(4 * width, width, bias=False)
        )
        x = torch.randn(tokens, width, requires_grad=True)
        with FlopCounterMode(display=False) as counter:
            model(x).sum().backward()
        counted.append(counter.get_total_flops())
    return torch.tensor([6 * 8 * width**2 * tokens for width, tokens in sizes]), torch.tensor(counted)


@define("training_memory")
def training_memory() -> Sides:
    """Weights and gradients of two bytes, a copy of the weights in four and the two moments of Adam, at two sizes."""
    sizes, held = [(8, 6), (20, 12)], []
    for arriving, leaving in sizes:
        model = nn.Linear(arriving, leaving, dtype=torch.bfloat16)
        model(torch.ones(arriving, dtype=torch.bfloat16)).sum().backward()
        masters = [parameter.detach().float().requires_grad_() for parameter in model.parameters()]
        for master, parameter in zip(masters, model.parameters(), strict=True):
            master.grad = parameter.grad.float()
        adam = torch.optim.Adam(masters)
        adam.step()
        moments = [state[name] for state in adam.state.values() for name in ("exp_avg", "exp_avg_sq")]
        gradients = [parameter.grad for parameter in model.parameters()]
        held.append(sum(tensor.nbytes for tensor in (*model.parameters(), *gradients, *masters, *moments)))
    return torch.tensor([16 * (i * o + o) for i, o in sizes]), torch.tensor(held)


def _kept(layer: nn.Module, x: Tensor) -> int:
    """Bytes of what torch keeps for the backward pass, parameters not counted."""
    own, kept = {parameter.untyped_storage().data_ptr() for parameter in layer.parameters()}, {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = tensor.numel() * tensor.element_size(), tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        layer(x).sum().backward()
    return sum(size for size, _ in kept.values())


class PlainLayer(nn.Module):
    """A pre-norm layer as the count of activations has it: dropout with masks of a byte, no fused attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.one, self.two = nn.LayerNorm(width), nn.LayerNorm(width)
        self.three, self.back = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        def drop(x: Tensor) -> Tensor:
            return torch.native_dropout(x, 0.1, True)[0]

        q, k, v = (y.unflatten(-1, (self.heads, -1)).transpose(1, 2) for y in self.three(self.one(x)).chunk(3, -1))
        shares = drop((q @ k.mT * q.shape[-1] ** -0.5).softmax(-1))
        x = x + drop(self.back((shares @ v).transpose(1, 2).flatten(2)))
        return x + drop(self.down(F.gelu(self.up(self.two(x)))))


@define("activation_memory")
def activation_memory() -> Sides:
    """The source leaves out what is small: means and deviations of both norms, two bytes each."""
    sizes, kept = [(64, 2, 128, 4), (48, 3, 64, 2)], []
    for s, b, h, a in sizes:
        layer = PlainLayer(h, a).bfloat16()
        kept.append(_kept(layer, torch.randn(b, s, h, dtype=torch.bfloat16, requires_grad=True)))
    written = [s * b * h * (34 + 5 * a * s / h) + 8 * s * b for s, b, h, a in sizes]
    return torch.tensor(written), torch.tensor(kept).float()
