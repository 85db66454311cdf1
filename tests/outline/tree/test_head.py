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
    """Answers over a table of 1000 words, after each word or after the last; `tied`: by the rows of the table."""

    def __init__(self, answers: int, last: bool, tied: bool = False) -> None:
        super().__init__()
        self.table, self.reader = nn.Embedding(1000, 8), nn.GRU(8, 8, batch_first=True)
        self.answer, self.last = nn.Linear(8, answers, bias=False), last
        if tied:
            self.answer.weight = self.table.weight

    def forward(self, words: Tensor) -> Tensor:
        states = self.reader(self.table(words))[0]
        return self.answer(states[:, -1] if self.last else states)


@pytest.mark.parametrize("answers", [995, 1000])
@pytest.mark.parametrize(("last", "words"), [(True, False), (False, True)])
def test_as_many_classes_as_words_are_no_words(answers: int, last: bool, words: bool) -> None:
    assert_words(Text(answers, last), words)


def test_rows_of_the_table_are_words_after_the_last_alone_too() -> None:
    assert_words(Text(1000, last=True, tied=True), True)


def assert_words(model: nn.Module, words: bool) -> None:
    found = outline(trace(from_module(model, (torch.zeros(2, 7, dtype=torch.long),))))
    assert ("LM head" in {block.label for block in everything(found.root)}) is words
