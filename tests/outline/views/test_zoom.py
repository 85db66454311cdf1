"""Which copy of a block is opened, and in what order its boxes stand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from boardwork.options import Options
from boardwork.outline import outline
from boardwork.pipeline import draw_trace
from boardwork.targets import from_module
from boardwork.trace import trace


class Asking(nn.Module):
    """A block that reads what it is given and a memory."""

    def __init__(self) -> None:
        super().__init__()
        self.keys, self.values, self.queries = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: Tensor, memory: Tensor, table: Tensor | None = None) -> Tensor:
        asked = x if table is None else x + table
        keys, values, queries = self.keys(memory), self.values(memory), self.queries(asked)
        return x + (queries @ keys.transpose(1, 2) / 8**0.5).softmax(-1) @ values


class Decoder(nn.Module):
    """Blocks over a memory; the stream starts with zeros, or with the memory itself."""

    def __init__(self, from_zeros: bool) -> None:
        super().__init__()
        self.from_zeros = from_zeros
        self.embed = nn.Linear(8, 8)
        self.blocks = nn.ModuleList(Asking() for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        memory = self.embed(x)
        x = torch.zeros(1, 5, 8, device=x.device) if self.from_zeros else self.embed(memory)
        for block in self.blocks:
            x = block(x, memory)
        return x


def opened(model: nn.Module) -> tuple[str, list[str]]:
    zoom = outline(trace(from_module(model.eval(), (torch.empty(1, 6, 8),)))).zoom
    return zoom.block.path, [box.label for box in zoom.boxes]


def test_a_block_that_starts_from_zeros_is_not_the_one_to_open() -> None:
    assert opened(Decoder(from_zeros=True))[0] == "blocks.1"
    assert opened(Decoder(from_zeros=False))[0] == "blocks.0"


def test_q_stands_before_k_and_v_whatever_runs_first() -> None:
    labels = opened(Decoder(from_zeros=False))[1]
    places = [labels.index(f"Linear W_{letter}") for letter in "QKV"]
    assert places == sorted(places)


class Twice(nn.Module):
    """A learned table that meets the stream in two places."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(6, 8))
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x + self.table) + self.table)


def test_what_is_added_twice_stands_beside_both_and_is_counted_once() -> None:
    sheet = draw_trace(trace(from_module(Twice(), (torch.empty(1, 6, 8),))), Options())
    tables = [node for node in sheet.big_picture.nodes if node.label == "Position embedding"]
    assert [node.params for node in tables] == [48, 0]
    assert tables[1].detail == "6 × 8, same weights again"


class Objects(Decoder):
    """As a detector asks its image: each block adds the same learned table to what it has found so far."""

    def __init__(self, from_zeros: bool) -> None:
        super().__init__(from_zeros)
        self.asked = nn.Parameter(torch.zeros(1, 6, 8))

    def forward(self, x: Tensor) -> Tensor:
        memory = self.embed(x)
        x = torch.zeros(1, 6, 8, device=x.device) if self.from_zeros else self.embed(memory)
        for block in self.blocks:
            x = block(x, memory, self.asked)
        return x


@pytest.mark.parametrize(("from_zeros", "label"), [(True, "Learned queries"), (False, "Position embedding")])
def test_a_table_that_every_layer_adds_stands_beside_the_stack(from_zeros: bool, label: str) -> None:
    found = outline(trace(from_module(Objects(from_zeros), (torch.empty(1, 6, 8),))))
    assert label in [box.label for box in found.big_picture.boxes]


class Near(nn.Module):
    """Scores with a learned bias for each distance, picked from a table."""

    places: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.three, self.back = nn.Linear(8, 24), nn.Linear(8, 8)
        self.table = nn.Parameter(torch.zeros(11, 2))
        self.register_buffer("places", (torch.arange(6)[:, None] - torch.arange(6) + 5).flatten())

    def forward(self, x: Tensor) -> Tensor:
        asked, known, told = self.three(x).unflatten(-1, (3, 2, 4)).permute(2, 0, 3, 1, 4)
        bias = self.table[self.places].view(6, 6, 2).permute(2, 0, 1)
        mixed = ((asked @ known.transpose(-2, -1)) / 2 + bias).softmax(-1) @ told
        return self.back(mixed.transpose(1, 2).flatten(2))


def test_a_bias_that_is_picked_from_a_table_meets_the_scores() -> None:
    zoom = outline(trace(from_module(Near(), (torch.empty(1, 6, 8),)))).zoom
    links = {(zoom.boxes[link.source].label, zoom.boxes[link.target].label) for link in zoom.links}
    assert ("Relative position bias", "Scaled dot-product attention") in links


class Refining(nn.Module):
    """Layers that do not fold: each tells where to look next and what is there, and what is there goes out only."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.TransformerDecoderLayer(8, 2, 16, dropout=0.0, batch_first=True) for _ in range(4)
        )
        self.place, self.look, self.sort = nn.Linear(8, 2), nn.Linear(2, 8), nn.Linear(8, 3)

    def forward(self, x: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        place, sorts = self.place(x).sigmoid(), []
        for layer in self.layers:
            x = layer(x + self.look(place), memory)
            place = (self.place(x) + place).sigmoid()
            sorts.append(self.sort(x))
        return place, torch.stack(sorts)


class Detector(nn.Module):
    """An encoder, and a decoder that refines where it looks."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Linear(8, 8), Refining()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        found: tuple[Tensor, Tensor] = self.decoder(x, self.encoder(x))
        return found


def test_of_layers_that_stand_apart_one_is_opened() -> None:
    assert opened(Detector())[0] == "decoder.layers.0"


class Beside(nn.Module):
    """Two layers of one sort that read the same stream."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = (nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.one(x) + self.two(x)
        return added


def test_layers_beside_one_another_are_no_row() -> None:
    assert "one of 2" not in outline(trace(from_module(Beside().eval(), (torch.empty(1, 6, 8),)))).reason
