"""Dropouts inside of calls are counted in evaluation too."""

import torch
from torch import nn

from boardwork.targets import from_module
from boardwork.trace import trace


def test_between_recurrent_layers():
    layer = nn.LSTM(4, 6, num_layers=3, dropout=0.2)
    assert trace(from_module(layer, (torch.zeros(5, 2, 4),))).dropouts == (0.2, 0.2)
    assert trace(from_module(nn.GRU(4, 6), (torch.zeros(5, 2, 4),))).dropouts == ()


def test_on_the_weights_of_attention():
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
    assert trace(from_module(layer, (torch.zeros(2, 5, 8),))).dropouts == (0.1,) * 4
