"""An encoder of one fixed length beside a decoder, queries that are weights -> `batch` in all that follows an input."""

from __future__ import annotations

import torch
from torch import nn

from boardwork.targets import from_module
from boardwork.trace import trace
from boardwork.trace.laws import evaluated
from boardwork.trace.records import Trace

WIDTH, HEADS, FRAMES, QUERIES = 8, 2, 12, 5


class Attend(nn.Module):
    """Attention with the heads split by numbers and by -1, as the models of transformers write it."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        q, k, v = (
            layer(z).view(z.shape[0], -1, HEADS, WIDTH // HEADS).transpose(1, 2)
            for layer, z in ((self.query, x), (self.key, y), (self.value, y))
        )
        mixed = (q @ k.transpose(2, 3)).softmax(-1) @ v
        return x + self.out(mixed.transpose(1, 2).reshape(*x.shape[:-1], -1).contiguous())


class Speech(nn.Module):
    """Frames of one length only, tokens of any; two equal layers a side."""

    def __init__(self) -> None:
        super().__init__()
        self.places = nn.Embedding(FRAMES, WIDTH)
        self.words = nn.Embedding(30, WIDTH)
        self.listen = nn.ModuleList(Attend() for _ in range(2))
        self.write = nn.ModuleList(Attend() for _ in range(2))

    def forward(self, input_features: torch.Tensor, decoder_input_ids: torch.Tensor) -> torch.Tensor:
        if input_features.shape[1] != FRAMES:
            raise ValueError("frames")
        heard = input_features + self.places(torch.arange(FRAMES))
        for layer in self.listen:
            heard = layer(heard, heard)
        said = self.words(decoder_input_ids)
        for layer in self.write:
            said = layer(said, heard)
        return said @ self.words.weight.t()


class Objects(nn.Module):
    """Queries that are weights, repeated for every image, look at its patches."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, WIDTH, 8, 8)
        self.queries = nn.Embedding(QUERIES, WIDTH)
        self.look = nn.ModuleList(Attend() for _ in range(2))

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        seen = self.patch(pixel_values).flatten(2).permute(0, 2, 1)
        found = torch.zeros_like(self.queries.weight.unsqueeze(0).repeat(seen.shape[0], 1, 1))
        for layer in self.look:
            found = layer(found, seen)
        return found


def without_batch(record: Trace) -> list[str]:
    """Operations whose result follows from an input and has no axis of the batch."""
    follows = {tensor for _, tensor in record.inputs}
    found = []
    for op in record.ops:
        if follows.intersection(op.inputs):
            follows.update(op.outputs)
            found += [op.name for t in op.outputs if not any("batch" in law for law in record.tensors[t].symbols)]
    return found


def test_a_decoder_beside_an_encoder_of_one_length() -> None:
    record = trace(from_module(Speech(), (torch.randn(1, FRAMES, WIDTH), torch.zeros(1, 7, dtype=torch.int64))))
    assert without_batch(record) == []
    assert record.tensors[record.outputs[0][1]].symbols[0] == "batch"


def test_queries_that_are_weights() -> None:
    record = trace(from_module(Objects(), (torch.randn(1, 3, 32, 32),)))
    assert without_batch(record) == []
    assert record.tensors[record.outputs[0][1]].symbols == ("batch", str(QUERIES), str(WIDTH))


def test_windows_without_padding_round_as_they_do_at_every_size():
    stem = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.Conv2d(4, 4, 3), nn.MaxPool2d(3, 2), nn.Conv2d(4, 4, 3, 2, 1))
    record = trace(from_module(stem, (torch.zeros(1, 3, 299, 299),)))
    laws = [record.tensors[op.outputs[0]].symbols[2] for op in record.ops]
    for side in (299, 300, 301, 450):
        x, sizes = torch.zeros(1, 3, side, side, device="meta"), {"height": side}
        for layer, law in zip(stem.to("meta"), laws, strict=True):
            x = layer(x)
            assert evaluated(law, sizes) == x.shape[2], (law, side)
