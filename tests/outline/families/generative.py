"""Generative and contrastive models as people write them, each with its call."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Pair(nn.Module):
    """Generator and discriminator in one module."""

    def __init__(self, code: int = 16) -> None:
        super().__init__()
        self.maker = nn.Sequential(
            nn.ConvTranspose2d(code, 32, 4, 1, 0), nn.BatchNorm2d(32), nn.ReLU(),
            nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.BatchNorm2d(16), nn.ReLU(),
            nn.ConvTranspose2d(16, 3, 4, 2, 1), nn.Tanh(),
        )  # fmt: skip
        self.judge = nn.Sequential(
            nn.Conv2d(3, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(32, 1, 4), nn.Flatten(),
        )  # fmt: skip

    def forward(self, code: Tensor) -> Tensor:
        return self.judge(self.maker(code))


class TimeAddedBlock(nn.Module):
    """DDPM: norm, SiLU, convolution, the time added a channel, and again; a 1 x 1 skip."""

    def __init__(self, arriving: int, leaving: int, condition: int) -> None:
        super().__init__()
        self.norm_one, self.conv_one = (
            nn.GroupNorm(4, arriving),
            nn.Conv2d(arriving, leaving, 3, padding=1),
        )
        self.time_linear = nn.Linear(condition, leaving)
        self.norm_two, self.conv_two = (
            nn.GroupNorm(4, leaving),
            nn.Conv2d(leaving, leaving, 3, padding=1),
        )
        self.side_path = nn.Conv2d(arriving, leaving, 1) if arriving != leaving else nn.Identity()

    def forward(self, image: Tensor, condition: Tensor) -> Tensor:
        y = self.conv_one(F.silu(self.norm_one(image)))
        y = y + self.time_linear(F.silu(condition))[:, :, None, None]
        return self.conv_two(F.silu(self.norm_two(y))) + self.side_path(image)


class DenoisingUNet(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.base_width = width
        self.time_mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, 4 * width))
        self.first_conv = nn.Conv2d(3, width, 3, padding=1)
        self.down_one = TimeAddedBlock(width, width, 4 * width)
        self.shrink = nn.Conv2d(width, width, 3, 2, 1)
        self.middle = TimeAddedBlock(width, 2 * width, 4 * width)
        self.grow_conv = nn.Conv2d(2 * width, width, 3, padding=1)
        self.up_one = TimeAddedBlock(2 * width, width, 4 * width)
        self.last_conv = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, noisy: Tensor, moment: Tensor) -> Tensor:
        half = self.base_width // 2
        rates = torch.exp(torch.arange(half) * -(math.log(10000) / (half - 1)))
        angles = moment[:, None] * rates[None]
        condition = self.time_mlp(torch.cat([angles.sin(), angles.cos()], dim=-1))
        one = self.down_one(self.first_conv(noisy), condition)
        y = self.middle(self.shrink(one), condition)
        y = self.grow_conv(F.interpolate(y, scale_factor=2, mode="nearest"))
        return self.last_conv(self.up_one(torch.cat([y, one], dim=1), condition))


class ReadsText(nn.Module):
    """Positions of a map look words up."""

    def __init__(self, width: int, words: int) -> None:
        super().__init__()
        self.before = nn.GroupNorm(4, width)
        self.lookup = nn.MultiheadAttention(width, 4, kdim=words, vdim=words, batch_first=True)

    def forward(self, image: Tensor, caption: Tensor) -> Tensor:
        rows = self.before(image).flatten(2).transpose(1, 2)
        found = self.lookup(rows, caption, caption)[0]
        return image + found.transpose(1, 2).reshape(image.shape)


class TextToImage(nn.Module):
    """Every block hands its map on; the lowest resolution does so as well, and reads no words."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 32), words: int = 24) -> None:
        super().__init__()
        self.clock = nn.Sequential(nn.Linear(8, 64), nn.SiLU(), nn.Linear(64, 64))
        self.entry_conv, now = nn.Conv2d(4, widths[0], 3, padding=1), [widths[0]]
        self.falling, self.rising = nn.ModuleList(), nn.ModuleList()
        for place, width in enumerate(widths):
            for before in (now[-1], width):
                self.falling.append(TimeAddedBlock(before, width, 64))
                self.falling.append(ReadsText(width, words) if place < len(widths) - 1 else nn.Identity())
                now.append(width)
            if place < len(widths) - 1:
                self.falling.append(nn.Conv2d(width, width, 3, 2, 1))
                now.append(width)
        self.centre_one, self.centre_text = TimeAddedBlock(width, width, 64), ReadsText(width, words)
        for place, width in reversed(list(enumerate(widths))):
            before = now[-1] if place == len(widths) - 1 else widths[place + 1]
            for _ in range(3):
                self.rising.append(TimeAddedBlock(before + now.pop(), width, 64))
                before = width
            if place:
                self.rising.append(nn.Conv2d(width, width, 3, padding=1))
        self.exit_conv = nn.Sequential(nn.GroupNorm(4, widths[0]), nn.SiLU(), nn.Conv2d(widths[0], 4, 3, padding=1))

    def forward(self, noisy: Tensor, moment: Tensor, caption: Tensor) -> Tensor:
        angles = moment[:, None] * torch.exp(-torch.arange(4.0))
        condition = self.clock(torch.cat([angles.cos(), angles.sin()], dim=-1))
        y = self.entry_conv(noisy)
        kept = [y]
        for part in self.falling:
            if isinstance(part, ReadsText):
                y = part(y, caption)
            else:
                y = part(y, condition) if isinstance(part, TimeAddedBlock) else part(y)
            if not isinstance(part, TimeAddedBlock):
                kept.append(y)
        y = self.centre_text(self.centre_one(y, condition), caption)
        for part in self.rising:
            if isinstance(part, TimeAddedBlock):
                y = part(torch.cat([y, kept.pop()], 1), condition)
            else:
                y = part(F.interpolate(y, scale_factor=2.0))
        return self.exit_conv(y)


class Codebook(nn.Module):
    """VQ-VAE: the nearest of the codes, with the gradient passed straight through."""

    def __init__(self, codes: int = 64, width: int = 16) -> None:
        super().__init__()
        self.code_table = nn.Embedding(codes, width)

    def forward(self, features: Tensor) -> Tensor:
        flat = features.permute(0, 2, 3, 1).reshape(-1, features.shape[1])
        table = self.code_table.weight
        distances = (flat**2).sum(1, keepdim=True) - 2 * flat @ table.t() + (table**2).sum(1)
        nearest = self.code_table(distances.argmin(dim=1))
        b, c, h, w = features.shape
        nearest = nearest.view(b, h, w, c).permute(0, 3, 1, 2)
        return features + (nearest - features).detach()


class QuantisedAutoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down_path = nn.Sequential(nn.Conv2d(3, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 16, 4, 2, 1))
        self.own_codes = Codebook()
        self.up_path = nn.Sequential(
            nn.ConvTranspose2d(16, 16, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 3, 4, 2, 1),
        )

    def forward(self, image: Tensor) -> Tensor:
        return self.up_path(self.own_codes(self.down_path(image)))


class Coupling(nn.Module):
    """RealNVP: one half scaled and shifted by a network of the other."""

    def __init__(self, width: int = 8, inner: int = 32) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(width // 2, inner), nn.ReLU(), nn.Linear(inner, width))

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        kept, changed = vectors.chunk(2, dim=-1)
        logarithm, shift = self.network(kept).chunk(2, dim=-1)
        logarithm = torch.tanh(logarithm)
        changed = changed * torch.exp(logarithm) + shift
        return torch.cat([kept, changed], dim=-1), logarithm.sum(-1)


class CouplingStack(nn.Module):
    """Couplings whose halves change places; the log-determinants are added up."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.all_parts = nn.ModuleList(Coupling(width) for _ in range(4))

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        total = torch.zeros(vectors.shape[0])
        for part in self.all_parts:
            vectors, more = part(vectors)
            vectors, total = vectors.flip(-1), total + more
        return vectors, total


class MaskedCoupling(nn.Module):
    """RealNVP on a checkerboard: the mask says which stay."""

    def __init__(self, width: int = 6) -> None:
        super().__init__()
        self.register_buffer("which_stay", torch.arange(width).remainder(2).float())
        self.stretch_net = nn.Sequential(nn.Linear(width, 16), nn.ReLU(), nn.Linear(16, width), nn.Tanh())
        self.move_net = nn.Sequential(nn.Linear(width, 16), nn.ReLU(), nn.Linear(16, width))

    def forward(self, vectors: Tensor) -> Tensor:
        seen = vectors * self.which_stay
        stretch, move = self.stretch_net(seen), self.move_net(seen)
        return seen + (1 - self.which_stay) * (vectors * torch.exp(stretch) + move)


class FlowStep(nn.Module):
    """Glow: channels mixed by a square matrix, then an affine coupling by a sigmoid."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.square_matrix = nn.Parameter(torch.eye(width))
        self.network = nn.Sequential(nn.Conv2d(width // 2, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, width, 1))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        image = F.conv2d(image, self.square_matrix[:, :, None, None])
        volume = image.shape[2] * image.shape[3] * torch.linalg.slogdet(self.square_matrix)[1]
        kept, changed = image.chunk(2, 1)
        shift, logit = self.network(kept).chunk(2, 1)
        scale = torch.sigmoid(logit + 2)
        return torch.cat([kept, (changed + shift) * scale], 1), volume + scale.log().sum((1, 2, 3))


class AdditiveCoupling(Coupling):
    """NICE: a shift alone."""

    def forward(self, vectors: Tensor) -> Tensor:
        kept, changed = vectors.chunk(2, dim=-1)
        return torch.cat([kept, changed + self.network(kept)[..., : changed.shape[-1]]], dim=-1)


class TwoTowers(nn.Module):
    """CLIP: cosines of all pairs times a learned temperature."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.image_net = nn.Sequential(nn.Linear(48, 32), nn.ReLU(), nn.Linear(32, width))
        self.text_net = nn.Sequential(nn.Linear(24, 32), nn.ReLU(), nn.Linear(32, width))
        self.log_temperature = nn.Parameter(torch.tensor(2.66))

    def forward(self, image: Tensor, caption: Tensor) -> Tensor:
        one, two = (
            F.normalize(self.image_net(image), dim=-1),
            F.normalize(self.text_net(caption), dim=-1),
        )
        return self.log_temperature.exp() * one @ two.t()


class WrittenTowers(TwoTowers):
    """The lengths as arithmetic, the temperature after the product, and SigLIP's shift."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.tensor(-10.0))

    @staticmethod
    def shortened(x: Tensor) -> Tensor:
        return x / torch.pow(torch.sum(torch.pow(x, 2), dim=-1, keepdim=True), 0.5)

    def forward(self, image: Tensor, caption: Tensor) -> Tensor:
        one, two = self.shortened(self.image_net(image)), self.shortened(self.text_net(caption))
        return (two @ one.t()) * self.log_temperature.exp() + self.shift


class RadianceField(nn.Module):
    """NeRF: sines and cosines of the coordinates at doubling frequencies."""

    def __init__(self, frequencies: int = 6) -> None:
        super().__init__()
        self.register_buffer("frequency_bands", 2.0 ** torch.arange(frequencies))
        self.network = nn.Sequential(
            nn.Linear(3 + 6 * frequencies, 64),
            nn.ReLU(),
            nn.Linear(64, 64),
            nn.ReLU(),
            nn.Linear(64, 4),
        )

    def forward(self, points: Tensor) -> Tensor:
        angles = (points[..., None] * self.frequency_bands).flatten(-2)
        return self.network(torch.cat([points, angles.sin(), angles.cos()], dim=-1))


EXAMPLES: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "pair": (Pair, (torch.zeros(2, 16, 1, 1),)),
    "denoising_unet": (
        DenoisingUNet,
        (torch.zeros(2, 3, 32, 32), torch.zeros(2, dtype=torch.long)),
    ),
    "text_to_image": (
        TextToImage,
        (torch.zeros(1, 4, 16, 16), torch.zeros(1), torch.zeros(1, 7, 24)),
    ),
    "quantised": (QuantisedAutoencoder, (torch.zeros(2, 3, 32, 32),)),
    "coupling": (Coupling, (torch.zeros(4, 8),)),
    "coupling_stack": (CouplingStack, (torch.zeros(4, 8),)),
    "masked_coupling": (MaskedCoupling, (torch.zeros(4, 6),)),
    "flow_step": (FlowStep, (torch.zeros(2, 8, 6, 6),)),
    "additive_coupling": (AdditiveCoupling, (torch.zeros(4, 8),)),
    "two_towers": (TwoTowers, (torch.zeros(4, 48), torch.zeros(4, 24))),
    "written_towers": (WrittenTowers, (torch.zeros(4, 48), torch.zeros(4, 24))),
    "radiance_field": (RadianceField, (torch.zeros(8, 3),)),
}
