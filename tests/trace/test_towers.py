"""A forward without the image or sound that it takes -> one footnote that names the tower that did not run."""

from __future__ import annotations

import torch
from torch import nn

from boardwork.targets import from_module
from boardwork.trace import trace


class Reader(nn.Module):
    """Text, an image and a sound, each with its tower; a head that only training uses."""

    def __init__(self):
        super().__init__()
        self.text = nn.Embedding(10, 4)
        self.tower = nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 4))
        self.ear = nn.Linear(6, 4)
        self.head = nn.Linear(4, 2)

    def forward(self, tokens, pixel_values=None, audio=None):
        out = self.text(tokens)
        out = out if pixel_values is None else out + self.tower(pixel_values)
        return out if audio is None else out + self.ear(audio)


TOKENS = torch.zeros(1, 5, dtype=torch.int64)


def notes(*args) -> tuple[str, ...]:
    return trace(from_module(Reader(), args)).guesses


def test_towers_without_input_are_named() -> None:
    (note,) = notes(TOKENS)
    assert note == "Forward was given no images and no sound: tower, ear, head did not run. Give --input to set them."


def test_a_medium_that_is_given_is_not_missed() -> None:
    (note,) = notes(TOKENS, torch.ones(1, 5, 8))
    assert note.startswith("Forward was given no sound: ear, head did not run")


def test_what_is_idle_for_another_reason_is_no_tower() -> None:
    assert notes(TOKENS, torch.ones(1, 5, 8), torch.ones(1, 5, 6)) == ()
