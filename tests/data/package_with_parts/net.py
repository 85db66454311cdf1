"""A module of a package that imports what lies beside it, both ways."""

from torch import nn

from .sizes import WIDTH  # noqa: TID252 (what the test is about)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(WIDTH, 2)

    def forward(self, x):
        return self.layer(x)
