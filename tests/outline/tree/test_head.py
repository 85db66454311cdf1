"""What the last linear layer is called: words at every position, or classes of the whole text."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from boardwork.measure.examples import everything
from boardwork.outline import outline
from boardwork.targets import from_module
from boardwork.trace import trace


class Text(nn.Module):
    """995 answers over a table of 1000 words, after each word or after the last."""

    def __init__(self, last: bool) -> None:
        super().__init__()
        self.table, self.reader, self.answer = nn.Embedding(1000, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 995)
        self.last = last

    def forward(self, words: Tensor) -> Tensor:
        states = self.reader(self.table(words))[0]
        return self.answer(states[:, -1] if self.last else states)


@pytest.mark.parametrize(("last", "words"), [(True, False), (False, True)])
def test_nearly_as_many_classes_as_words_are_no_words(last: bool, words: bool) -> None:
    found = outline(trace(from_module(Text(last), (torch.zeros(2, 7, dtype=torch.long),))))
    assert ("LM head" in {block.label for block in everything(found.root)}) is words
