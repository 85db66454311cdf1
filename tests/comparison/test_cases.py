"""Golden texts: pairs of models and the comparison that they must give. `pytest tests/comparison --accept` writes them.

An accepted text still has to keep the laws: no line too long, no number of a model that its facts do not hold.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from tests.comparison.sheets import sheet_of

from boardwork.comparison.record import Comparison
from boardwork.options import Options
from boardwork.pipeline import compare
from boardwork.render.comparison import render
from boardwork.targets import load

FOLDER = Path(__file__).parents[1] / "cases" / "comparison"
WIDTH = 100
LAYER = "torch.nn:TransformerEncoderLayer(d_model=512, nhead=8, batch_first=True{})"
GROUPED = "example:grouped-attention(kv_heads={})"
X = ("x:1,128,1024",)
CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # name -> targets, inputs of each
    "gpt2-llama3": (("hf:tests/data/gpt2", "hf:tests/data/llama-3-8b"), ()),
    "bert-gpt2": (("hf:tests/data/bert-base", "hf:tests/data/gpt2"), ()),
    "resnet50-vit": (("torchvision:resnet50", "torchvision:vit_b_16"), ()),
    "pre-norm-post-norm": ((LAYER.format(", norm_first=True"), LAYER.format("")), ()),
    "mha-gqa-mqa": (tuple(GROUPED.format(heads) for heads in (16, 4, 1)), X),
    "vgg16-resnet18": (("torchvision:vgg16", "torchvision:resnet18"), ()),
    "convnext-resnet50": (("torchvision:convnext_tiny", "torchvision:resnet50"), ()),
    "mixtral-mistral": (("hf:tests/data/mixtral-8x7b", "hf:tests/data/mistral-7b"), ()),
    "lstm-transformer": (("example:lstm-classifier", "example:nanogpt"), ()),
    "vit-b-vit-l": (("torchvision:vit_b_16", "torchvision:vit_l_16"), ()),
    "mobilenet-resnet50": (("torchvision:mobilenet_v2", "torchvision:resnet50"), ()),
    "lstm-gru": (("torch.nn:LSTM(64, 128)", "torch.nn:GRU(64, 128)"), ()),
}


@cache
def compared(case: str) -> Comparison:
    targets, inputs = CASES[case]
    return compare([load(target, inputs) for target in targets], Options())


@pytest.mark.parametrize("case", CASES)
def test_case(case: str, request: pytest.FixtureRequest) -> None:
    path = FOLDER / f"{case}.txt"
    drawn = render(compared(case), "text", Options(width=WIDTH)).decode()
    assert max(map(len, drawn.splitlines())) <= WIDTH
    if request.config.getoption("--accept"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    else:
        assert drawn == path.read_text(encoding="utf-8"), "pytest tests/comparison --accept, then read the change"


@pytest.mark.parametrize("case", CASES)
def test_a_page_of_each_holds_the_table(case: str) -> None:
    from boardwork.render.comparison.page import page
    from boardwork.render.drawing.marks import Label

    found = compared(case)
    said = {mark.string for mark in page(found, "a4").marks if isinstance(mark, Label)}
    assert {"Facts", "Big pictures"} <= said


def test_no_case_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(CASES)


def test_the_zooms_of_a_comparison_are_blocks_beside_each_other() -> None:
    convnext, resnet = compared("convnext-resnet50").zooms
    assert convnext.path == "features.5.0"
    assert resnet.path == "layer3.0" != sheet_of("torchvision:resnet50").zoom.path
