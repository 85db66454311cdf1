"""The laws hold on every model of the gallery, not on random ones alone."""

import json
import re
import tomllib
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest
import torch

from boardwork.compose import compose
from boardwork.knowledge import tell
from boardwork.measure import measure, summands
from boardwork.options import Options
from boardwork.outline import outline
from boardwork.render import render
from boardwork.sheet import Sheet
from boardwork.targets import load
from boardwork.trace import trace

GALLERY = Path(__file__).parents[1] / "diagrams" / "gallery.toml"
TARGETS = re.findall(r'^target = ["\'](.+)["\']$', GALLERY.read_text(encoding="utf-8"), re.MULTILINE)


@cache
def drawn(target):
    found = outline(trace(load(target)))
    facts = measure(found)
    return found, compose(found, facts, tell(facts, summands(found)))


def leaves(block):
    yield from (block,) if not block.children else (leaf for child in block.children for leaf in leaves(child))
    yield from (leaf for other in (*block.copies, *block.again) for leaf in leaves(other))


def test_the_gallery_was_read():
    assert len(TARGETS) == str(tomllib.loads(GALLERY.read_text(encoding="utf-8"))).count("'target'")


@pytest.mark.parametrize("target", TARGETS)
def test_every_operation_is_in_one_box_or_a_footnote(target):
    found, _ = drawn(target)
    hidden = [op for ops in found.hidden.values() for op in ops]
    everything = [op.id for op in found.trace.ops]
    assert sorted([op for leaf in leaves(found.root) for op in leaf.ops] + hidden) == everything
    assert sorted([op for box in found.big_picture.boxes for op in box.all()] + hidden) == everything


@pytest.mark.parametrize("target", TARGETS)
def test_boxes_add_up(target):
    _, sheet = drawn(target)
    assert sum(node.params for node in sheet.big_picture.nodes) == sheet.summary["params_total"]
    assert sum(node.flops for node in sheet.big_picture.nodes) == sheet.summary["flops"]


@pytest.mark.parametrize("target", TARGETS)
def test_copies_are_distinct(target):
    found, _ = drawn(target)
    for block in found.root.walk():
        assert len({block.module, *(copy.module for copy in block.copies)}) == block.repeat


@pytest.mark.parametrize("target", TARGETS)
def test_every_number_was_compared(target):
    _, sheet = drawn(target)
    checks = [check for equation in sheet.equations for check in equation.checks]
    assert checks
    assert all(check.ok for check in checks)
    assert sheet.summary["params_total"] in {check.measured for check in checks}
    assert [note for note in sheet.footnotes if "not printed" in note] == []


@pytest.mark.parametrize("target", TARGETS)
def test_the_model_and_the_random_state_stay_as_they_were(target):
    subject, state = load(target), torch.get_rng_state()
    tensors = {n: id(t) for n, t in (*subject.module.named_parameters(), *subject.module.named_buffers())}
    modes = [module.training for module in subject.module.modules()]
    trace(subject)
    assert tensors == {n: id(t) for n, t in (*subject.module.named_parameters(), *subject.module.named_buffers())}
    assert modes == [module.training for module in subject.module.modules()]
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("target", TARGETS)
def test_every_format_tells_the_same_story(target):
    _, sheet = drawn(target)
    assert Sheet.from_dict(json.loads(sheet.to_json())) == Sheet.from_json(sheet.to_json())
    picture = ET.fromstring(render(sheet, "svg"))
    texts = {element.tag.rpartition("}")[2]: element.text for element in picture if element.text}
    assert texts["title"] == sheet.subject.title
    assert texts["desc"].split() == render(sheet, "text", Options()).decode().split()
