"""Tree -> which blocks the big picture shows, and what the zoom shows of the block that it opens."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from boardwork.outline.blocks import ATTENTION, Block
from boardwork.outline.flow import Flow
from boardwork.outline.views.cores import with_cores
from boardwork.outline.views.share import Share
from boardwork.outline.views.side_by_side import side_by_side
from boardwork.outline.views.squeeze import SIGNS, Squeeze, count, list_of
from boardwork.outline.views.tables import with_tables
from boardwork.outline.views.u_levels import u_levels

MOST_BOXES = 12  # of the big picture
MOST_IN_ZOOM = 40
_COMFORTABLE = 8
_JOINABLE = 3  # so many boxes too many are joined without loss: a position that is taken with the layer after it
_MUCH = 24  # of a zoom: beyond it arithmetic is told in fewer boxes
_FEW = 4  # a picture with fewer boxes hides too much
_MOST = 0.5  # of the model
_OPENED = (*ATTENTION, "delta_net", "feed_forward", "moe", "soft_moe", "excitation", "low_rank")
_PLAIN = ("", "conv_block")
_STEM_HOLDS = 0.3  # more of the model is no stem
_STAGES = 3
_SKIPS = 3
_COUNTED = re.compile(r"^\d+ × ")
_STEM = ("conv", "norm", "activation", "pool")


def big_picture(flow: Flow, root: Block) -> list[Block]:
    """At most MOST_BOXES boxes: containers open, the largest first, while there is room or they hide too much."""
    share = Share(flow, root)
    squeeze = Squeeze(flow, share, whole=True)
    if (levels := u_levels(flow, root, squeeze, MOST_BOXES)) is not None:
        return levels
    boxes = squeeze.arithmetic(root.children, MOST_BOXES)
    while True:
        groups = {
            box.cls: [other for other in boxes if _may_open(boxes, other) and other.cls == box.cls] for box in boxes
        }
        opened = [
            (group, squeeze.arithmetic(_with_open(boxes, group), MOST_BOXES)) for group in groups.values() if group
        ]
        owner = {op: place for place, box in enumerate(boxes) for op in box.all()}
        wanted = [
            (sum(map(share, group)), after)
            for group, after in opened
            if _worth(flow, boxes, owner, group, after, share)
        ]
        if not wanted:
            folded = _with_branches(flow, squeeze, boxes)
            if len(folded) == len(boxes):
                rows = squeeze.rows(_with_stem(with_tables(flow, boxes), share))
                return _numbered(squeeze(rows, MOST_BOXES))
            boxes = folded
        else:
            boxes = max(wanted, key=lambda pair: pair[0])[1]


def _with_branches(flow: Flow, squeeze: Squeeze, boxes: list[Block]) -> list[Block]:
    """Where there are many boxes, branches that are alike are one, unless they are all that there is."""
    folded = side_by_side(flow, squeeze, boxes) if count(boxes) > _COMFORTABLE else boxes
    return folded if count(folded) > 1 else boxes


def _may_open(boxes: list[Block], box: Block) -> bool:
    closed = box.repeat > 1 or box.again or box.kind == "joined" or _runs_elsewhere(boxes, box)
    most = {"": MOST_BOXES, "conv_block": _FEW - 1}.get(box.kind, 1)
    return bool(box.children) and not closed and count(boxes) <= most


def _runs_elsewhere(boxes: list[Block], box: Block) -> bool:
    """True for one of two runs of the same module, whose layers would be drawn twice."""
    others = (other for other in boxes if other is not box)
    return bool(box.path) and any((other.module, other.path) == (box.module, box.path) for other in others)


def _with_open(boxes: list[Block], group: list[Block]) -> list[Block]:
    """Boxes of one class open together, so that stages stay alike."""
    return [part for box in boxes for part in (box.children if any(box is other for other in group) else (box,))]


def _worth(
    flow: Flow, boxes: list[Block], owner: dict[int, int], group: list[Block], after: list[Block], share: Share
) -> bool:
    """True where the group hides too much, or there is room and it holds repeats, or the picture stays small."""
    if count(boxes) < _FEW:
        return True
    if sum(map(share, group)) > _MOST and (len(group) == 1 or count(after) <= MOST_BOXES + _JOINABLE):
        return True
    known = all(part.kind or part.children or part.role in SIGNS for box in group for part in box.children)
    if count(after) <= _COMFORTABLE and known:
        return True
    if count(after) <= MOST_BOXES and any(_takes(flow, owner, box) >= _SKIPS for box in group):
        return True
    return count(after) <= MOST_BOXES + _JOINABLE and any(part.repeat > 1 for box in group for part in box.walk())


def _takes(flow: Flow, owner: dict[int, int], box: Block) -> int:
    """From how many other boxes a box takes something: which of its parts takes which is the picture then.

    `owner`: the box that each operation is in.
    """
    own = frozenset(box.all())
    makers = {flow.tensors[tensor].producer for op in own for tensor in flow.ops[op].inputs} - own
    return len({owner[maker] for maker in makers if maker in owner})


def _numbered(boxes: list[Block]) -> list[Block]:
    """Three or more boxes of copies with one name are the stages of the model; the levels of a U-Net are none."""
    if any(box.role == "concat" for box in boxes):
        return boxes
    repeats = [box.kind == "joined" or (box.repeat > 1 and box.kind != "in_parallel") for box in boxes]
    names = [_COUNTED.sub("", box.label) if told else "" for box, told in zip(boxes, repeats, strict=True)]
    stages = [place for place, name in enumerate(names) if name and names.count(name) >= _STAGES]
    if len({names[place] for place in stages}) > 1:  # two towers, or layers of two sorts by turns
        return boxes
    numbers = {place: number for number, place in enumerate(stages, 1)}
    return [
        dataclasses.replace(box, label=f"Stage {numbers[place]}: {box.label}") if place in numbers else box
        for place, box in enumerate(boxes)
    ]


def _with_stem(boxes: list[Block], share: Share) -> list[Block]:
    """The layers before the first repeated block become one box, the stem."""
    first = next((i for i, box in enumerate(boxes) if box.children or box.repeat > 1), 0)
    if first < 2 or any(box.kind not in _STEM and box.role not in _STEM for box in boxes[:first]):
        return boxes
    if sum(map(share, boxes[:first])) > _STEM_HOLDS:
        return boxes
    words = list_of([box.label for box in boxes[:first]])
    stem = Block("Stem", "stem", detail=words, path=boxes[0].path, children=tuple(boxes[:first]))
    return [stem, *boxes[first:]]


def parts(flow: Flow, root: Block, block: Block) -> list[Block | tuple[Block, Sequence[Block]]]:
    """What the zoom draws of a block: attention and the like as open frames, other containers while there is room."""
    if block.kind in _OPENED or not block.children:
        return list(block.children or [block])
    share = Share(flow, root)
    squeeze = Squeeze(flow, share, whole=False)
    boxes = squeeze.arithmetic(block.children, _MUCH)
    while True:
        closed = [i for i, b in enumerate(boxes) if _is_plain_container(b)]
        fitting = [i for i in closed if count(boxes) - 1 + count(list(boxes[i].children)) <= MOST_BOXES]
        if not fitting:
            break
        largest = max(fitting, key=lambda i: len(boxes[i].one()))
        boxes[largest : largest + 1] = boxes[largest].children
    return _framed(squeeze(with_cores(flow, boxes), MOST_IN_ZOOM), _MOST * share(block), share)


def _framed(boxes: list[Block], much: float, share: Share) -> list[Block | tuple[Block, Sequence[Block]]]:
    """Open frames, round attention and the like and round what holds `much`; the largest closed while too many."""
    frames = [box for box in boxes if _may_frame(box) and (box.kind in _OPENED or share(box) > much)]
    while count(boxes) + sum(count(list(f.children)) - 1 for f in frames) > MOST_IN_ZOOM:
        frames.remove(max(frames, key=lambda frame: count(list(frame.children))))
    return [(box, box.children) if any(box is frame for frame in frames) else box for box in boxes]


def _may_frame(block: Block) -> bool:
    return bool(block.children) and block.repeat == 1 and not block.again


def _is_plain_container(block: Block) -> bool:
    return bool(block.children) and block.kind in _PLAIN and block.repeat == 1 and not block.again
