"""Class names as words: acronyms and sizes stay together."""

import pytest

from boardwork.outline.tree.grow import words

CASES = {
    "LlamaDecoderLayer": "Llama decoder layer",
    "BertLMHead": "Bert LM head",
    "RoIHeads": "RoI heads",
    "CNBlock": "CN block",
    "GPT2MLP": "GPT2 MLP",
    "UNetMidBlock2DCrossAttn": "UNet mid block 2D cross attn",
    "ResnetBlock2D": "Resnet block 2D",
    "masked_fill": "masked fill",
}


@pytest.mark.parametrize("name", CASES)
def test_words(name):
    assert words(name) == CASES[name]
