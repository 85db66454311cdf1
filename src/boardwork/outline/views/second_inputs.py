"""Boxes of a view -> the same boxes, where a second input without a name has the name of the part it comes from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import zip_longest

from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow

UNNAMED = "x"


def named(flow: Flow, block: Block, boxes: Sequence[Block]) -> tuple[Block, ...]:
    """What was made last runs through `block`, if no input of the model does; others come from a part beside it."""
    inputs = [i for i, box in enumerate(boxes) if box.role == "input" and box.kind != "mask"]
    unnamed = sorted((i for i in inputs if boxes[i].label == UNNAMED), key=lambda i: int(boxes[i].facts["tensor"]))
    found = list(boxes)
    for i in unnamed if len(unnamed) < len(inputs) else unnamed[:-1]:
        label = _part(flow, block, boxes[i].facts["tensor"])
        found[i] = dataclasses.replace(boxes[i], label=label or UNNAMED)
    return tuple(found)


def _part(flow: Flow, block: Block, tensor: int) -> str:
    """Where the path of what made the tensor leaves the path of the block: encoder beside decoder.layers.0."""
    maker = flow.producer(tensor)
    path = flow.trace.calls[maker.call].path if maker is not None else ""
    for mine, other in zip_longest(block.path.split("."), path.split(".")):
        if mine != other:
            return "" if other is None or other.isdigit() else str(other)
    return ""
