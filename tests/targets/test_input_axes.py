"""What the axes of inputs are called: rows of different inputs are one batch only where there are as many."""

import pytest
import torch

from boardwork.targets.input_axes import agreed, axes_of

CASES = {
    "one batch": (
        {"image": (2, 3, 8, 8), "text": (2, 7)},
        {"image": ("batch", "", "height", "width"), "text": ("batch", "seq_len")},
    ),
    "tokens and a mask of fractions": (
        {"text": (2, 7), "mask": (2, 7), "features": (2, 9)},
        {"text": ("batch", "seq_len"), "mask": ("batch", "seq_len"), "features": ("batch", "")},
    ),
    "a graph": (
        {"x": (20, 16), "edges": (2, 60), "lengths": (60, 1)},
        {"x": ("n_rows", ""), "edges": ("", "m_rows"), "lengths": ("m_rows", "")},
    ),
    "prompts of an image": (
        {"image": (1, 3, 8, 8), "text": (80, 7)},
        {"image": ("batch", "", "height", "width"), "text": ("n_rows", "seq_len")},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_axes(case):
    shapes, expected = CASES[case]
    whole = {"text", "edges"}
    tensors = {name: torch.zeros(shape, dtype=torch.int64 if name in whole else None) for name, shape in shapes.items()}
    assert agreed({name: axes_of(tensor) for name, tensor in tensors.items()}, tensors) == expected
