"""Tree -> which blocks the big picture shows, and which one block is opened and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from boardwork.errors import BoardworkError
from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow
from boardwork.outline.squeeze import squeeze

MOST_BOXES = 12  # containers are opened up to here
MOST_DRAWN = 20  # what a model calls one after the other is drawn up to here, a U-Net whole
_TELLING = 0.08  # a repeated block with less of the model does not stand for it
_CIRCLES = ("add", "multiply", "subtract", "concat")
_OPENED = ("attention", "feed_forward", "moe", "excitation", "low_rank")
_ZOOMED = (
    ("attention", "the part that mixes positions"),
    ("moe", "the part that chooses experts"),
    ("feed_forward", "the largest block"),
)
_STEM = ("conv", "norm", "activation", "pool")


def big_picture(flow: Flow, root: Block) -> list[Block]:
    """At most MOST_BOXES boxes: open the largest container while there is room and it hides something repeated."""
    boxes = list(root.children)
    while True:
        open_to = [i for i, box in enumerate(boxes) if _may_open(flow, root, boxes, box)]
        fitting = [i for i in open_to if _count(boxes) - 1 + _count(boxes[i].children) <= MOST_BOXES]
        if not fitting:
            break
        largest = max(fitting, key=lambda i: _share(flow, root, boxes[i]))
        boxes[largest : largest + 1] = boxes[largest].children
    return squeeze(_with_stem(boxes), MOST_DRAWN, lambda box: _share(flow, root, box))


def _count(boxes: Sequence[Block]) -> int:
    return sum(box.role not in _CIRCLES for box in boxes)


def _may_open(flow: Flow, root: Block, boxes: Sequence[Block], box: Block) -> bool:
    if not box.children or box.repeat > 1 or box.again:
        return False
    if box.kind:
        return _count(boxes) < 2
    if _count(boxes) < 4 or any(part.repeat > 1 for part in box.walk()):
        return True
    return _share(flow, root, box) > 0.5


def _share(flow: Flow, root: Block, block: Block) -> float:
    """Mean of the shares of parameters and of operations."""
    inside, everything = block.all(), root.all()
    params = flow.parameters(inside) / max(1, flow.parameters(everything))
    return (params + len(inside) / max(1, len(everything))) / 2


def _with_stem(boxes: list[Block]) -> list[Block]:
    """The layers before the first repeated block become one box, the stem."""
    first = next((i for i, box in enumerate(boxes) if box.children or box.repeat > 1), 0)
    if first < 2 or any(box.kind not in _STEM and box.role not in _STEM for box in boxes[:first]):
        return boxes
    words = "; ".join(box.label for box in boxes[:first])
    stem = Block("Stem", "stem", detail=words, path=boxes[0].path, children=tuple(boxes[:first]))
    return [stem, *boxes[first:]]


def zoom(flow: Flow, root: Block, wanted: str) -> tuple[Block, str]:
    """The block to open: the one at path `wanted`, else the one that holds most of the model; with the reason.

    Raises:
        BoardworkError: no block has that path.
    """
    if wanted:
        return at_path(root, wanted), f"opened because --zoom asks for {wanted}"
    repeated = [b for b in root.walk() if (b.repeat > 1 or b.again) and b.children]
    block = max(repeated, key=lambda b: (len(b.children) > 1) * _share(flow, root, b), default=None)
    if block is not None and _share(flow, root, block) > _TELLING:
        count = f"one of {block.repeat} blocks that hold" if block.repeat > 1 else f"run {block.runs} times, it holds"
        return _inner(block), f"{count} {_percent(flow, root, block)}"
    for kind, words in _ZOOMED:
        found = [b for b in root.walk() if b.kind == kind]
        if found:
            block = max(found, key=lambda b: _share(flow, root, b))
            return block, f"{words}, with {_percent(flow, root, block)}"
    containers = [b for b in root.walk() if b is not root and len(b.children) > 1]
    if containers:
        return max(containers, key=lambda b: _share(flow, root, b)), "the block with most parameters and operations"
    return root, "the model has one level, shown whole"


def _percent(flow: Flow, root: Block, block: Block) -> str:
    whole = flow.parameters(root.all())
    return f"{round(100 * flow.parameters(block.all()) / whole) if whole else 0} % of the parameters"


def _inner(block: Block) -> Block:
    while len(block.children) == 1 and block.children[0].children:
        block = block.children[0]
    return dataclasses.replace(block, copies=(), again=())


def at_path(root: Block, path: str) -> Block:
    """The block whose module path is `path`; a folded copy answers too."""
    seen: list[str] = []

    def search(block: Block) -> Block | None:
        seen.append(block.path)
        if block.path == path and block.children:
            return dataclasses.replace(block, copies=(), again=())
        for part in (*block.children, *block.copies):
            found = search(part)
            if found is not None:
                return found
        return None

    found = search(root)
    if found is None:
        known = sorted({p for p in seen if p})
        raise BoardworkError(
            f"No block of several parts has the path {path!r}.", hint="one of: " + ", ".join(known[:12])
        )
    return found


def parts(block: Block) -> list[Block | tuple[Block, Sequence[Block]]]:
    """What the zoom draws of a block: attention and the like as open frames, other containers while there is room."""
    if block.kind in _OPENED or not block.children:
        return list(block.children or [block])
    boxes = list(block.children)
    while True:
        closed = [i for i, b in enumerate(boxes) if _is_plain_container(b)]
        fitting = [i for i in closed if _count(boxes) - 1 + _count(boxes[i].children) <= MOST_BOXES]
        if not fitting:
            return [(b, b.children) if _is_frame(b) else b for b in boxes]
        largest = max(fitting, key=lambda i: len(boxes[i].one()))
        boxes[largest : largest + 1] = boxes[largest].children


def _is_frame(block: Block) -> bool:
    return block.kind in _OPENED and bool(block.children) and block.repeat == 1 and not block.again


def _is_plain_container(block: Block) -> bool:
    return bool(block.children) and block.kind in ("", "conv_block") and block.repeat == 1 and not block.again
