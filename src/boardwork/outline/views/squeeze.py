"""Boxes of a picture -> at most so many: neighbours join, what means least first, so that none is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from math import prod

from boardwork.outline.blocks import ATTENTION, Block
from boardwork.outline.flow import Flow
from boardwork.outline.views.share import Share

SIGNS = ("add", "multiply", "subtract", "concat")
_SHRINKING, _SERIES, _ANY = range(3)
_TOLD = ("similarity", "unit_length", "sampling", "codebook", "codebooks", "code_sum", *ATTENTION, "graph_convolution")
_ENDS = 2  # of a layer: its width before and after
_FEW = 2  # layers that are told one by one though they are equal
_MOST_OF_IT = 0.6  # a part with so much of a joined box gives it its name


def count(boxes: Sequence[Block]) -> int:
    """Boxes that are drawn as such; signs are circles."""
    return sum(box.role not in SIGNS for box in boxes)


class Squeeze:
    """Joins neighbours in order of execution: no path of data leaves such a group and comes back.

    Arithmetic without weights joins first, then a layer that shrinks the map with what follows it, then what stands in
    series, the smallest first. Pairs that look alike join together, so that the levels of a U-Net stay alike.
    `whole`: the boxes are all of the model, so arithmetic at the ends prepares the input or decodes the output.
    """

    def __init__(self, flow: Flow, share: Share, *, whole: bool) -> None:
        self.flow, self.share = flow, share
        self.ends = ("Pre-processing", "Post-processing") if whole else ("Arithmetic", "Arithmetic")

    def __call__(self, boxes: Sequence[Block], most: int) -> list[Block]:
        """At most `most` boxes."""
        boxes = self.arithmetic(boxes, most)
        if count(boxes) > most:
            boxes = self._perceptrons(self._staged(boxes))
        for level in (_SHRINKING, _SERIES, _ANY):
            while count(boxes) > most and (places := self._alike(boxes, level)):
                for place in reversed(places):
                    boxes[place : place + 2] = [self.joined(boxes[place : place + 2])]
        return boxes

    def rows(self, boxes: Sequence[Block]) -> list[Block]:
        """Layers in series of one sort but for a part, as dense before experts, are one row that tells the parts."""
        rows: list[list[Block]] = []
        for box in boxes:
            level = rows and not self._grows(rows[-1][-1]) and not self._grows(box)
            if level and _same_sort(rows[-1][-1], box) and self._feeds(rows[-1][-1], box):
                rows[-1].append(box)
            else:
                rows.append([box])
        return [_row(row) if len(row) > 1 else row[0] for row in rows]

    def _feeds(self, one: Block, two: Block) -> bool:
        made = {t for op in one.all() for t in self.flow.ops[op].outputs}
        return any(t in made for op in two.all() for t in self.flow.data_inputs(self.flow.ops[op]))

    def arithmetic(self, boxes: Sequence[Block], most: int) -> list[Block]:
        """Where there are more than `most` boxes, neighbours without weights are one."""
        weighted = [place for place, box in enumerate(boxes) if self._has_weights(box)]
        if count(boxes) <= most or not weighted:
            return list(boxes)
        first, last = weighted[0], weighted[-1] + 1
        before, after = (_joined_ends(*pair) for pair in zip(self.ends, (boxes[:first], boxes[last:]), strict=True))
        between: list[Block] = []
        for plain, grouped in groupby(boxes[first:last], key=self._is_arithmetic):
            run = list(grouped)
            between += _together("Arithmetic", run) if plain else run
        return [*before, *between, *after]

    def _is_arithmetic(self, box: Block) -> bool:
        plain = box.role in (*SIGNS, "other", "activation") or box.kind in ("select", "joined", "function")
        return plain and not self._has_weights(box)

    def _has_weights(self, box: Block) -> bool:
        """True with a layer inside; a single learned number, as a temperature, is no layer."""
        return self.flow.parameters(box.all()) > 1

    def _staged(self, boxes: list[Block]) -> list[Block]:
        """A plain chain of layers cut where the map shrinks: after a pool, before a convolution with a stride."""
        stages = [[box] for box in boxes[:1]]
        for before, box in pairwise(boxes):
            chained = _is_layer(before) and _is_layer(box) and self._in_series(before, box)
            shrunk = before.role == "pool" and self._grows(before) < 0
            if not chained or shrunk or (box.role == "conv" and self._grows(box) < 0):
                stages.append([box])
            else:
                stages[-1].append(box)
        joined = [self.joined(stage) if len(stage) > 1 else stage[0] for stage in stages]
        return joined if sum(len(stage) > 1 for stage in stages) > 1 else boxes

    def _perceptrons(self, boxes: list[Block]) -> list[Block]:
        """Linear layers in series are one perceptron, as they are where a module holds them."""
        runs: list[list[Block]] = []
        for box in boxes:
            last = runs[-1][-1] if runs else None
            if last is not None and last.kind == box.kind == "linear" and self._in_series(last, box):
                runs[-1].append(box)
            else:
                runs.append([box])
        return [_box("MLP", "block", widths_of(run), run) if widths_of(run[1:]) else run[0] for run in runs]

    def _alike(self, boxes: list[Block], level: int) -> list[int]:
        """Places of the pairs to join now: those that look like the one with the smallest share."""
        groups: dict[tuple[str, str], list[int]] = {}
        for place in self._pairs(boxes, level):
            key = (boxes[place].label, boxes[place + 1].label) if level < _ANY else ("", str(place))
            groups.setdefault(key, []).append(place)
        shares = {
            key: max(self.share(boxes[n]) + self.share(boxes[n + 1]) for n in group) for key, group in groups.items()
        }
        return _apart(groups[min(shares, key=lambda key: shares[key])]) if groups else []

    def _pairs(self, boxes: list[Block], level: int) -> Iterator[int]:
        """Places of the pairs that may join; a box changes the size of the map once, and starts with a smaller one."""
        for place, (one, two) in enumerate(pairwise(boxes)):
            if level == _ANY:
                yield place
            elif self._in_series(one, two):
                first, second = self._grows(one), self._grows(two)
                if first * second == 0 and second >= 0 and (first < 0 or level == _SERIES):
                    yield place

    def _in_series(self, one: Block, two: Block) -> bool:
        """True when the second takes all its data from the first, and nobody else does."""
        if one.role in SIGNS or two.role in SIGNS or (_repeats(one) and _repeats(two)):
            return False
        made = {t for op in one.all() for t in self.flow.ops[op].outputs}
        inside = {*one.all(), *two.all()}
        used = [t for op in two.all() for t in self.flow.data_inputs(self.flow.ops[op])]
        from_outside = any(t not in made and self.flow.tensors[t].producer not in inside for t in used)
        leaves = any(t in self.flow.outputs or self.flow.readers(t) - inside for t in made)
        return not from_outside and not leaves

    def _grows(self, box: Block) -> int:
        """1 when the box makes a larger map than it takes, -1 for a smaller one, else 0."""
        ops = [self.flow.ops[op] for op in box.one()]
        taken = next((t for op in ops for t in self.flow.data_inputs(op)), None)
        before, after = self._positions(taken), self._positions(ops[-1].outputs[0])
        return (after > before) - (after < before) if before and after else 0

    def _positions(self, tensor: int | None) -> int:
        """Pixels or time steps of a feature map: the axes that follow the input's size, without the batch."""
        if tensor is None:
            return 0
        record = self.flow.tensors[tensor]
        axes = zip(record.shape, record.symbols, strict=False)
        return prod(size for size, symbol in axes if not symbol.isdigit() and symbol != "batch")

    def joined(self, pair: Sequence[Block]) -> Block:
        """Named by the sort of part that holds most, if one does; the others are told in the second line."""
        parts = [part for box in pair for part in (box.children if box.kind == "joined" else (box,))]
        shares: dict[str, float] = {}
        for part in parts:
            shares[part.label] = shares.get(part.label, 0.0) + self.share(part)
        label, largest = max(shares.items(), key=lambda pair: pair[1])
        named = [part for part in parts if part.role not in SIGNS]
        if largest < _MOST_OF_IT * sum(map(self.share, parts)) or not named:
            return _named_by_two(named or parts, shares, parts)
        places = [n for n, part in enumerate(named) if part.label == label] or [0]
        before, same = _counted(named[: places[0]]), [named[n] for n in places]
        after = _counted([part for part in named[places[0] :] if part.label != label])
        words = [f"after {list_of(before)}" if before else "", _widths(same), f"then {list_of(after)}" if after else ""]
        return _box(list_of(_counted(same)), "block", "; ".join(filter(None, words)), parts)


def _named_by_two(named: Sequence[Block], shares: dict[str, float], parts: Sequence[Block]) -> Block:
    """The two sorts of part that hold most, in order of execution; the others are told in the second line."""
    largest = sorted({part.label for part in named}, key=lambda label: -shares[label])[:2]
    rest = _counted([part for part in named if part.label not in largest])
    telling = _counted([part for part in named if part.label in largest])
    return _box(" + ".join(telling), "block", f"with {list_of(rest)}" if rest else "", parts)


def _same_sort(one: Block, two: Block) -> bool:
    """True for two layers of one name, of which one repeats, that begin alike and go on differently."""
    heads = [box.detail.partition(", ")[0] for box in (one, two)]
    repeats = one.repeat > 1 or two.repeat > 1
    return one.kind == two.kind == "transformer_layer" and one.label == two.label and heads[0] == heads[1] and repeats


def _row(layers: Sequence[Block]) -> Block:
    """`61 × Decoder layer`: what all have, then what each has, in order."""
    words = [layer.detail.partition("; ")[0].split(", ") for layer in layers]
    common = [word for word in words[0] if all(word in others for others in words)]
    own = [", ".join(word for word in one if word not in common) for one in words]
    parts = [
        f"{layer.repeat} with {word}" if word else str(layer.repeat) for layer, word in zip(layers, own, strict=True)
    ]
    label = f"{sum(layer.repeat for layer in layers)} × {layers[0].label}"
    told = ", then ".join(parts) if any(own) else ""
    further = {layer.detail.partition("; ")[2] for layer in layers} - {""}  # in what the copies of each differ
    detail = (", ".join(common), told, *(further if len(further) == 1 else ()))
    return _box(label, "block", "; ".join(filter(None, detail)), layers)


def _joined_ends(label: str, boxes: Sequence[Block]) -> list[Block]:
    """What stands before or after all weights, without what has a meaning of its own: that is no preparation."""
    runs = [(told, list(run)) for told, run in groupby(boxes, key=lambda box: box.kind in _TOLD)]
    return [part for told, run in runs for part in (run if told else _together(label, run))]


def _together(label: str, run: Sequence[Block]) -> list[Block]:
    """The run as one box if it has two or more."""
    if count(run) < 2:
        return list(run)
    named = [box.label for box in run if box.kind == "function"]
    others = [box.label for box in run if box.role not in SIGNS and box.label not in named[:1]]
    return [_box(named[0] if len(named) == 1 else label, "other", list_of(others), run)]


def _is_layer(box: Block) -> bool:
    return not box.children and box.repeat == 1 and box.role in ("conv", "norm", "activation", "pool")


def _box(label: str, role: str, detail: str, boxes: Sequence[Block]) -> Block:
    parts = tuple(part for box in boxes for part in (box.children if box.kind == "joined" else (box,)))
    path = next((part.path for part in parts if part.path), "")
    return Block(label or parts[0].label, role, detail, path=path, kind="joined", children=parts)


def _widths(same: Sequence[Block]) -> str:
    """Width before the first and after the last."""
    ends = same[0].detail.partition(" → "), same[-1].detail.rpartition(" → ")
    return f"{ends[0][0]} → {ends[1][2]}" if len(same) > 1 and ends[0][1] and ends[1][1] else same[0].detail


def _repeats(box: Block) -> bool:
    return any(part.repeat > 1 for part in (box.children if box.kind == "joined" else (box,)))


def _counted(parts: Sequence[Block]) -> list[str]:
    """Labels with how often each comes: `3 × Conv 3×3, ReLU`."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts[part.label] += part.repeat
    return [counted(n, label) for label, n in counts.items()]


def counted(number: int, label: str) -> str:
    """`3 × Conv 3×3, ReLU`, the label alone for one; `2 × (× 0.5)` where it begins with a sign."""
    shown = f"({label})" if label.startswith(tuple("×÷+−")) else label
    return f"{number} × {shown}" if number > 1 else label


def widths_of(parts: Sequence[Block]) -> str:
    """Widths before, between and after a run of linear layers: `784 → 128 → 10`, `8 × (512 → 512)`."""
    layers = [part.detail.split(" → ") for part in parts if part.kind == "linear"]
    if not layers or any(len(widths) != _ENDS for widths in layers):
        return ""
    if len(layers) > _FEW and len({tuple(widths) for widths in layers}) == 1:
        return f"{len(layers)} × ({' → '.join(layers[0])})"
    return " → ".join([layers[0][0], *(after for _, after in layers)])


def _apart(places: Iterable[int]) -> list[int]:
    """Places in order, without those that share a box with the one before."""
    found: list[int] = []
    for place in sorted(places):
        if not found or place > found[-1] + 1:
            found.append(place)
    return found


def list_of(words: Sequence[str], most: int = 3) -> str:
    """The first few different words."""
    distinct = list(dict.fromkeys(words))
    return ", ".join(distinct[:most]) + (" ..." if len(distinct) > most else "")
