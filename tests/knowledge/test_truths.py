"""Facts -> what a topic says of them, where a word more or less would make it false of the model."""

from __future__ import annotations

import pytest
from tests.knowledge.test_topics import facts

from boardwork.knowledge import story as telling
from boardwork.knowledge import tell

SAID = {  # set of facts: what is said of it, and what is said of others only
    "norm_first": ("59 of the 121 fold", "all of the 121"),
    "resnet": ("all of the 53 fold", "of the 121"),
    "norm_unfolded": ("0 of the 4 fold", "BatchNorm folds into the convolution"),
    "gainless": ("no weight follows", "parameters instead of"),
    "leaky": ("none of the units", "Why ReLU and not sigmoid?"),
    "sparse_scores": ("Attention without softmax, masked", "the order of the products is free"),
    "group_norm": ("channels of a group and all positions", "LayerNorm."),
    "group_norm_weightless": ("channels of a group: the same", "positions"),
    "perceptron": ("Why ReLU and not sigmoid?", "Leaky ReLU vs ReLU"),
    "fields": ("Hashing values", "pieces of words"),
    "untied": ("tokens keep sequences short", "Hashing values"),
    "wide_field": ("each sees all of it", "larger than the field"),
    "small_field": ("larger than the field", "each sees all of it"),
    "skips_below": ("a side that 32 does not divide", "a side that 4 does"),
    "unet": ("a side that 16 does not divide", "a side that 32"),
    "any_pixels": ("behind a pool to a fixed grid", "fixes the input size"),
    "vgg": ("fixes the input size", "behind a pool"),
    "fixed_pixels": ("does not take such an image", "parameters stay"),
    "fixed_length": ("MACs(n)", "whole model cost at 8 times"),
    "few_positions": ("MACs(n)", "whole model cost at 8 times"),
    "two_lengths": ("MACs(n)", "From which length on"),
    "lstm": ("both directions together", "can run for ever"),
    "refining": ("Steps that refine one state", "Recurrence vs Transformer"),
    "peeping": ("peepholes", "Steps that refine"),
    "one_direction": ("can run for ever", "both directions together"),
    "hybrid": ("Multi-head", "can run for ever"),
    "resnet_trained": ("a few activations", "what it caches"),
    "stacked_decoder": ("what it caches", "a few activations"),
    "swin": ("49 × 49", "seq_len × seq_len score"),
}


def text(name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """All that is told of a set of facts."""
    for limit in ("MOST_EQUATIONS", "MOST_TRADEOFFS", "MOST_QUESTIONS"):
        monkeypatch.setattr(telling, limit, 99)
    told = tell(facts(name), questions=True)
    equations = [f"{e.name} {e.text}" for e in told.equations]
    notes = [f"{t.topic} {t.why} {t.alternative} {t.fails_when}" for t in told.tradeoffs]
    return "\n".join(equations + notes + [q.ask + q.answer for q in told.questions])


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_is_true_of_the_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said, unsaid = SAID[name]
    told = text(name, monkeypatch)
    assert said in told
    assert unsaid not in told
