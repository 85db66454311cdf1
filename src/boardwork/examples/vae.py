"""Image (batch, channels, 32, 32) -> its reconstruction, with the mean and log-variance of the code."""

import torch
from torch import Tensor, nn


class VAE(nn.Module):
    """Two convolutions halve the image to 8 x 8; the code is drawn from the normal distribution they give."""

    def __init__(self, channels: int = 1, width: int = 32, latent: int = 16) -> None:
        super().__init__()
        flat = 2 * width * 8 * 8
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.mean = nn.Linear(flat, latent)
        self.log_variance = nn.Linear(flat, latent)
        self.decoder = nn.Sequential(
            nn.Linear(latent, flat),
            nn.ReLU(),
            nn.Unflatten(1, (2 * width, 8, 8)),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(width, channels, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        features = self.encoder(image)
        mean, log_variance = self.mean(features), self.log_variance(features)
        code = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        return self.decoder(code), mean, log_variance
