"""Facts of plain layers, joins and purposes: told by data flow and shapes, silent where they do not hold."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from tests.outline.families.generative import EXAMPLES
from torch import Tensor, nn

from boardwork.facts import Facts
from boardwork.measure import measure
from boardwork.outline import outline
from boardwork.targets import from_module, load
from boardwork.trace import trace


def facts(model: nn.Module, *args: Tensor) -> Facts:
    return measure(outline(trace(from_module(model, args))))


def group(found: Facts, name: str) -> dict[str, Any]:
    return {key.partition(".")[2]: value for key, value in found.items() if key.startswith(f"{name}.")}


class Hourglass(nn.Module):
    """Two levels; `join` is how the upper map meets what comes up."""

    def __init__(self, join: str, deep: bool = True) -> None:
        super().__init__()
        self.join = join
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.below = nn.Conv2d(8, 8, 3 if deep else 1, padding=1 if deep else 0)
        self.last = nn.Conv2d(16 if join == "cat" else 8, 2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        above = self.first(x).relu()
        risen = F.interpolate(self.below(F.max_pool2d(above, 2)), scale_factor=2)
        return self.last(torch.cat([above, risen], 1) if self.join == "cat" else above + risen)


class Generator(nn.Module):
    def __init__(self, last: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(16, 8, 4), nn.ReLU(), nn.ConvTranspose2d(8, 3, 3, 2, 1, output_padding=1), last
        )

    def forward(self, code: Tensor) -> Tensor:
        return self.layers(code)


def test_skips_are_concatenated() -> None:
    image = torch.zeros(2, 3, 16, 16)
    joined, added = facts(Hourglass("cat"), image), facts(Hourglass("add"), image)
    assert group(joined, "skips") == {"count": 1, "levels": 1, "stride": 1, "width": 8, "bytes": 2 * 8 * 16 * 16 * 4}
    assert group(joined, "max_pool") == {"count": 1, "kernel": 2, "stride": 2}
    assert group(joined, "pyramid") == group(added, "skips") == {}
    assert group(facts(Hourglass("cat", deep=False), image), "skips") == {}  # a pooled branch, no level


def test_a_generator_ends_in_a_bounded_image() -> None:
    code = torch.zeros(2, 16, 1, 1)
    found = facts(Generator(nn.Tanh()), code)
    assert group(found, "generator") == {"code": 16, "values": 3 * 8 * 8}
    assert group(facts(Generator(nn.ReLU()), code), "generator") == {}
    transposed = group(found, "transposed")
    assert (transposed["kernel"], transposed["stride"], transposed["h_in"], transposed["h_out"]) == (3, 2, 4, 8)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_a_generative_model_is_for(name: str) -> None:
    make, args = EXAMPLES[name]
    found = facts(make(), *args)
    values = {"denoising_unet": 3 * 32 * 32, "text_to_image": 4 * 16 * 16}
    assert group(found, "denoiser") == ({"values": values[name]} if name in values else {})
    assert group(found, "towers") == ({"width": 16} if name.endswith("towers") else {})


def test_dropout_activation_and_the_largest_linear_layer() -> None:
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 2))
    found = facts(model, torch.zeros(4, 8))
    assert group(found, "dropout") == {"count": 1, "p": 0.5}
    assert group(found, "linear") == {"count": 2, "fan_in": 8, "fan_out": 32}
    assert group(found, "activation") == {"kind": "relu", "count": 1, "in_a_row": 1}


def test_how_attention_layers_are_used() -> None:
    both = load("torch.nn:Transformer(d_model=32, nhead=2, num_encoder_layers=2, num_decoder_layers=1)")
    found = measure(outline(trace(both)))
    assert (found["stack.encoding"], found["stack.crossing"]) == (3, 1)
    assert found["attention.fused"] is True
    assert "queries.learned" not in found


class Resampler(nn.Module):
    """A few vectors of its own ask the input."""

    def __init__(self) -> None:
        super().__init__()
        self.own = nn.Parameter(torch.zeros(1, 5, 32))
        self.attend = nn.MultiheadAttention(32, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.attend(self.own.expand(x.shape[0], -1, -1), x, x)[0]


def test_learned_queries() -> None:
    found = facts(Resampler(), torch.zeros(2, 9, 32))
    assert (found["queries.learned"], found["stack.crossing"]) == (5, 1)


class Listener(nn.Module):
    """Sound is shortened and gets a row of a table a position; `rows` more than it needs leaves it free in length."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows
        self.conv = nn.Conv1d(4, 8, 3, 2, 1)
        self.places = nn.Parameter(torch.zeros(rows, 8))

    def forward(self, sound: Tensor) -> Tensor:
        y = self.conv(sound).transpose(1, 2)
        return y + self.places[: y.shape[1]]


def test_sound_of_a_fixed_length() -> None:
    sound = torch.zeros(2, 4, 40)
    assert group(facts(Listener(20), sound), "sound") == {"frames": 40, "positions": 20}
    assert group(facts(Listener(30), sound), "sound") == {}


def test_the_head_is_all_layers_on_one_vector_a_sample() -> None:
    layers = (
        nn.Linear(4, 4),
        nn.Unflatten(1, (1, 2, 2)),
        nn.Conv2d(1, 2, 1),
        nn.Flatten(),
        nn.Linear(8, 6),
        nn.Linear(6, 3),
    )
    found = facts(nn.Sequential(*layers), torch.zeros(2, 4))
    assert (found["classifier.head_params"], found["classifier.params"]) == (8 * 6 + 6 + 6 * 3 + 3, 6 * 3 + 3)
    vit = measure(outline(trace(load("torchvision:vit_b_32"))))
    assert vit["classifier.head_params"] == vit["classifier.params"]


@pytest.mark.parametrize(
    ("biases", "lacking"), [((True, True), None), ((False, False), "all"), ((True, False), "some")]
)
def test_layers_without_a_bias_are_told(biases: tuple[bool, ...], lacking: str | None) -> None:
    first, second = biases
    model = nn.Sequential(nn.Linear(4, 8, bias=first), nn.ReLU(), nn.Linear(8, 4, bias=second))
    assert measure(outline(trace(from_module(model, (torch.empty(2, 4),))))).get("linear.unbiased") == lacking
    points = nn.Sequential(nn.Conv1d(4, 8, 1, bias=first), nn.ReLU(), nn.Conv1d(8, 4, 1, bias=second))
    assert measure(outline(trace(from_module(points, (torch.empty(2, 4, 9),))))).get("conv.unbiased") == lacking
