"""Modules whose forward is hard to guess: for the tests of inputs."""

import torch
from torch import nn


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Linear(8, 4)
        self.right = nn.Linear(6, 4)

    def forward(self, a, b, scale=None):
        return self.left(a) + self.right(b)


class HeadFirst(nn.Module):
    """The head is registered first and used last."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(16, 3)
        self.body = nn.Sequential(nn.ReLU(), nn.Conv2d(3, 16, 3, padding=1), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, x):
        return self.head(self.body(x))


class LeNet(nn.Module):
    """Takes 28 x 28 images only: the linear layer knows the number of pixels."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 5)
        self.linear = nn.Linear(8 * 24 * 24, 10)

    def forward(self, image):
        return self.linear(self.conv(image).flatten(1))


class NeedsValues(nn.Module):
    """Cannot be built on meta."""

    def __init__(self):
        super().__init__()
        rates = [rate.item() for rate in torch.rand(3)]
        self.layers = nn.ModuleList(nn.Sequential(nn.Linear(4, 4), nn.Dropout(rate)) for rate in rates)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Random(nn.Module):
    """Changes what is global while it is built."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        torch.set_default_dtype(torch.float64)
        self.layer = nn.Linear(2, 2)
        print("this model prints")
        self.noise = float(torch.rand((), device="cpu"))

    def forward(self, *inputs):
        return self.layer(inputs[0])


class Raises(nn.Module):
    def __init__(self, size=3):
        super().__init__()
        raise ValueError(f"size {size} is odd")


class ForwardRaises(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 3)

    def forward(self, x):
        raise RuntimeError("this forward never works")


def factory(width=5):
    return nn.Sequential(nn.Linear(width, 2))


def no_module():
    return 3


instance = nn.Linear(7, 2)


class TakesAPath(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x, path):
        return self.linear(x) * len(path.read_text())


class TakesADict(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, batch):
        return self.layer(batch.get("x"))


def parallel():
    return nn.DataParallel(nn.Sequential(nn.Linear(8, 4)))


def compiled():
    return torch.compile(nn.Sequential(nn.Linear(8, 4)))


class EdgeFeaturesFirst(nn.Module):
    """Messages made of both nodes and of what their edge has, which comes before the list of edges."""

    def __init__(self):
        super().__init__()
        self.node, self.message, self.mend = nn.Linear(11, 16), nn.Linear(39, 16), nn.GRUCell(16, 16)

    def forward(self, x, edge_attr, edge_index):
        nodes = self.node(x)
        start, end = edge_index
        messages = self.message(torch.cat([nodes[start], nodes[end], edge_attr], -1))
        return self.mend(torch.zeros_like(nodes).index_add(0, end, messages), nodes)
