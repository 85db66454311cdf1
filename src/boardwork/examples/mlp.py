"""Features (batch, inputs) -> one score a class, through two hidden layers."""

from torch import Tensor, nn


class MLP(nn.Module):
    def __init__(self, inputs: int = 784, hidden: int = 256, classes: int = 10) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, classes),
        )

    def forward(self, features: Tensor) -> Tensor:
        scores: Tensor = self.layers(features)
        return scores
