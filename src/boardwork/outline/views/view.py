"""Blocks chosen for a drawing -> boxes and the tensors that flow between them, residual branches marked."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from math import inf

from boardwork.outline.blocks import Block, View
from boardwork.outline.flow import Flow
from boardwork.outline.views.links import Links
from boardwork.outline.views.residual import mark
from boardwork.outline.views.second_inputs import named


def view(flow: Flow, block: Block, parts: Sequence[Block | tuple[Block, Sequence[Block]]]) -> View:
    """Draw `parts`, boxes or (frame, its boxes), of `block`."""
    boxes: list[Block] = []
    frames: list[tuple[Block, tuple[int, ...]]] = []
    for part in parts:
        if isinstance(part, Block):
            boxes.append(part)
            continue
        frame, inside = part
        frames.append((frame, tuple(range(len(boxes), len(boxes) + len(inside)))))
        boxes.extend(inside)
    inner = Links(flow, boxes)
    links = inner.collect()
    frames = [(f, (*ix, *(new for new, near in inner.inside.items() if near in ix))) for f, ix in frames]
    links = mark(flow, inner.boxes, links)
    return _in_order(View(block, named(flow, block, inner.boxes), tuple(frames), tuple(links)))


def _in_order(found: View) -> View:
    """Boxes in order of execution: a box without operations stands right before what it feeds, outputs last."""
    place = {i: float(min(box.all())) for i, box in enumerate(found.boxes) if box.ops or box.children}
    place |= _by_letter(found, place)
    for link in found.links:
        if link.source not in place and link.target in place:
            place[link.source] = min(place.get(link.source, place[link.target] - 0.5), place[link.target] - 0.5)
    order = _sorted(found, place)
    new = {old: position for position, old in enumerate(order)}
    return View(
        found.block,
        tuple(found.boxes[i] for i in order),
        tuple((frame, tuple(sorted(new[i] for i in inside))) for frame, inside in found.frames),
        tuple(dataclasses.replace(link, source=new[link.source], target=new[link.target]) for link in found.links),
    )


def _by_letter(found: View, place: dict[int, float]) -> dict[int, float]:
    """Places of the boxes that only make Q, K or V, changed so that Q stands first and V last, as on every board."""
    into, out = Counter(link.target for link in found.links), Counter(link.source for link in found.links)
    feeding = {link.target: link.source for link in found.links}
    chains: dict[int, list[tuple[str, list[int]]]] = {}
    for link in found.links:
        if not link.label or link.label not in "QKV":
            continue
        chain, box = list[int](), link.source
        while out[box] == 1 and box in place:
            chain.append(box)
            if into[box] != 1:
                break
            box = feeding[box]
        chains.setdefault(link.target, []).append((link.label, chain[::-1]))
    moved: dict[int, float] = {}
    for makers in chains.values():
        boxes = [box for _, chain in sorted(makers, key=lambda maker: "QKV".index(maker[0])) for box in chain]
        moved.update(zip(boxes, sorted(place[box] for box in boxes), strict=True))
    return moved


def _sorted(found: View, place: dict[int, float]) -> list[int]:
    """Box numbers, each after those that feed it, otherwise by `place`; outputs last."""
    waiting = [0] * len(found.boxes)
    after: dict[int, list[int]] = {}
    for link in found.links:
        waiting[link.target] += 1
        after.setdefault(link.source, []).append(link.target)
    ready = [(place.get(i, inf), i) for i, count in enumerate(waiting) if not count]
    heapify(ready)
    order: dict[int, None] = {}
    while ready:
        _, box = heappop(ready)
        order[box] = None
        for target in after.get(box, ()):
            waiting[target] -= 1
            if not waiting[target]:
                heappush(ready, (place.get(target, inf), target))
    return [*order, *(i for i in range(len(found.boxes)) if i not in order)]
