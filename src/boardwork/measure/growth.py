"""Flow and Outline -> the cost of a forward at other sizes of its input: as polynomials, crossings, and samples.

Every operation is counted again with the shapes that the laws of its axes give. What is told was compared with the
second forward, which the laws come from: a model that runs other operations at other sizes has no growth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache, cached_property
from math import prod
from typing import Any

from boardwork.measure.examples import everything
from boardwork.measure.memory import Lifetimes, lifetimes
from boardwork.measure.polynomials import DEGREES, Polynomial, crossing, fitted
from boardwork.outline.blocks import Outline
from boardwork.outline.flow import Flow
from boardwork.trace.cost import recounted
from boardwork.trace.laws import evaluated

PARTS = ("scores", "projections", "feed_forward", "rest")
SEQUENCES = ("seq_len", "src_len", "tgt_len")
_NETWORKS = ("feed_forward", "moe")
_MOST_DEGREE = 4
Sizes = dict[str, int]


class Growth:
    """Multiply-adds of one model at any size of its input axes.

    `axis`: seq_len, length or pixels, "" where nothing is known of other sizes; several sequences are as long as
    each other, an image keeps its form.
    """

    def __init__(self, flow: Flow, outline: Outline) -> None:
        self.flow, self.trace = flow, flow.trace
        self.traced: Sizes = dict(self.trace.axes)
        self.shown = frozenset(outline.root.all())
        self._part = _parts_of(outline, flow)
        self.varied = self._varied()
        self.axis = _name(self.varied)

    @cached_property
    def _terms(self) -> Counter[tuple[bool, str, int]]:
        """An operation that stands for all like it: those with the same laws cost the same at every size."""
        like: dict[tuple[Any, ...], int] = {}
        found: Counter[tuple[bool, str, int]] = Counter()
        for op in self.flow.ops:
            if not op.macs:
                continue
            laws = tuple(self.flow.tensors[t].symbols for t in (*op.inputs, *op.outputs[:1]))
            part, shown = self._part.get(op.id, "rest"), op.id in self.shown
            first = like.setdefault((shown, part, op.name, op.slots, laws, repr(op.attrs)), op.id)
            found[shown, part, first] += 1
        return found

    def macs(self, sizes: Sizes) -> dict[str, int]:
        """Multiply-adds of the parts of PARTS.

        Raises:
            ValueError: the laws give no whole number at these sizes.
        """
        counts = dict.fromkeys(PARTS, 0)
        for part, macs in self._counted(sizes, hidden=False):
            counts[part] += macs
        return counts

    def _counted(self, sizes: Sizes, *, hidden: bool) -> Iterator[tuple[str, int]]:
        shape_of = self.shapes(sizes)
        for (shown, part, op), times in self._terms.items():
            if shown or hidden:
                yield part, times * recounted(self.flow.ops[op], shape_of)

    def shapes(self, sizes: Sizes) -> Callable[[int], tuple[int, ...]]:
        """The shape of each tensor, by its id."""

        @cache
        def length(law: str) -> int:
            value = evaluated(law, sizes)
            if value.denominator != 1 or value < 0:
                raise ValueError(f"{law} is {value}")
            return int(value)

        return lambda tensor: tuple(length(law) for law in self.flow.tensors[tensor].symbols)

    def at(self, length: int) -> Sizes:
        """The sizes of the input when the axis has this length; of an image that is its height."""
        return {**self.traced, **{name: self.traced[name] * length // self.drawn for name in self.varied}}

    def peak(self, sizes: Sizes) -> int:
        """Bytes of activations alive at once; a piece of memory is as large as the tensor that fills it.

        Raises:
            ValueError: the laws give no whole number, or nothing fills a piece of memory that an operation made.
        """
        shape_of, storages = self.shapes(sizes), list(self.trace.storages)
        for tensor, filled in self._filling.items():
            if tensor is None:
                raise ValueError(f"storages {filled} have no law")
            size = prod(shape_of(tensor)) * self.flow.tensors[tensor].element_bytes
            for storage in filled:
                storages[storage] = size
        return self._lifetimes.peak(storages)

    @cached_property
    def _lifetimes(self) -> Lifetimes:
        return lifetimes(self.flow)

    @cached_property
    def _filling(self) -> dict[int | None, list[int]]:
        """A tensor that stands for all with its laws -> the memory that these fill, of inputs and results."""
        like: dict[tuple[tuple[str, ...], int], int] = {}
        filling: dict[int | None, list[int]] = {}
        for storage, tensor in self._filled().items():
            if tensor is not None:
                record = self.flow.tensors[tensor]
                tensor = like.setdefault((record.symbols, record.element_bytes), tensor)
            filling.setdefault(tensor, []).append(storage)
        return filling

    def _filled(self) -> dict[int, int | None]:
        """Memory of inputs and results -> a tensor that fills it."""
        found: dict[int, int | None] = {}
        fixed = {tensor.storage for tensor in self.flow.tensors if tensor.kind not in ("op", "input")}
        for tensor in self.flow.tensors:
            if tensor.storage >= 0 and tensor.storage not in fixed:
                whole = tensor.size * tensor.element_bytes == self.trace.storages[tensor.storage]
                if whole and found.get(tensor.storage) is None:
                    found[tensor.storage] = tensor.id
                found.setdefault(tensor.storage, None)
        return found

    @property
    def drawn(self) -> int:
        """The traced length of the axis, the height of an image."""
        return self.traced[self.varied[0]]

    def _varied(self) -> tuple[str, ...]:
        """The axes that grow together; none if the counts at the second forward's sizes are not its own."""
        laws = {law for tensor in self.flow.tensors for law in tensor.symbols}
        named = {axis for axis in self.traced if any(axis in law for law in laws)}
        longer = self.trace.second_axes
        sequences = tuple(name for name in SEQUENCES if name in named)
        image = tuple(name for name in ("height", "width") if name in named)
        choices = (sequences, image, ("length",) if "length" in named else ())
        found = next((choice for choice in choices if choice), ())
        if not found or not longer or found == ("height",) or found == ("width",):
            return ()
        if found == sequences and len({self.traced[name] for name in found}) > 1:
            return ()
        try:
            same = sum(macs for _, macs in self._counted(longer, hidden=True)) == self.trace.second_macs
        except (ValueError, KeyError):
            return ()
        return found if same else ()


def _name(varied: tuple[str, ...]) -> str:
    return "pixels" if "height" in varied else "seq_len" if set(varied) & set(SEQUENCES) else "".join(varied)


def _parts_of(outline: Outline, flow: Flow) -> dict[int, str]:
    """Operation -> its part. A product of two activations inside an attention is its scores or their sum."""
    found: dict[int, str] = {}
    for block in everything(outline.root):
        for index in block.one() if block.kind in (*_NETWORKS, "attention") else ():
            op = flow.ops[index]
            if block.kind != "attention":
                found[index] = "feed_forward"
            elif op.macs:
                found[index] = "projections" if any(flow.is_weight(t) for t in op.inputs) else "scores"
    return found


def growth(flow: Flow, outline: Outline) -> dict[str, Any]:
    """The coefficients of the multiply-adds and where one part overtakes another, by the words of facts.toml."""
    known = Growth(flow, outline)
    if not known.axis:
        return {}
    parts = polynomials(known)
    if not parts:
        return {}
    found: dict[str, Any] = {"axis": known.axis, "size": _positions(known, known.drawn)}
    if known.trace.stretched:
        found["stretched"] = True
    if (sample := per_sample(known)) is not None:
        found["sample"] = sample
    for name, polynomial in parts.items():
        for degree, value in zip(DEGREES, polynomial, strict=False):
            if value:
                found[f"{name}_{degree}"] = int(value) if value.denominator == 1 else float(value)
    others = [sum(c) for c in zip(*(parts[name] for name in PARTS[1:]), strict=True)]
    for name, other in (("feed_forward", parts["feed_forward"]), ("others", tuple(map(Fraction, others)))):
        if (place := crossing(parts["scores"], other)) is not None:
            found[f"scores_over_{name}"] = place
    return {f"growth.{key}": value for key, value in found.items()}


def polynomials(known: Growth) -> dict[str, Polynomial]:
    """Multiply-adds of each part and of all, "macs", over n: (fixed, linear, square); {} if it is no such law."""
    multiples = [known.drawn * k for k in range(1, _MOST_DEGREE + 3)]
    try:
        counts = [known.macs(known.at(length)) for length in multiples]
    except ValueError:
        return {}
    found = {}
    for name in (*PARTS, "macs"):
        values = [count[name] if name != "macs" else sum(count.values()) for count in counts]
        polynomial = _through(known, multiples, values)
        if polynomial is None:
            return {}
        found[name] = polynomial
    return found | _peaks(known, multiples)


def _peaks(known: Growth, multiples: Sequence[int]) -> dict[str, Polynomial]:
    """The bytes at the peak, if the same operation is the peak at all of these sizes."""
    try:
        polynomial = _through(known, multiples, [known.peak(known.at(length)) for length in multiples])
    except ValueError:
        return {}
    return {"activations": polynomial} if polynomial is not None else {}


def _through(known: Growth, lengths: Sequence[int], values: Sequence[int]) -> Polynomial | None:
    over_length = fitted(lengths, values, _MOST_DEGREE)
    return None if over_length is None else _over_positions(known, over_length)


def per_sample(known: Growth) -> int | None:
    """Multiply-adds of each sequence or image of a batch; None if a batch of twice the size is not twice the work."""
    batch = known.traced.get("batch", 0)
    if not batch or "batch" not in known.trace.second_axes:
        return None
    try:
        once, twice = (sum(known.macs({**known.traced, "batch": size}).values()) for size in (batch, 2 * batch))
    except ValueError:
        return None
    return once // batch if twice == 2 * once and once % batch == 0 else None


def _over_positions(known: Growth, over_length: Polynomial) -> Polynomial | None:
    """A polynomial over the height of an image as one over its pixels; None if the degree is more than two."""
    if known.axis == "pixels":
        across = Fraction(known.traced["width"], known.traced["height"])
        if any(over_length[1::2]):
            return None
        over_length = tuple(value / across**power for power, value in enumerate(over_length[::2]))
    return over_length[:3] if not any(over_length[3:]) else None


def _positions(known: Growth, length: int) -> int:
    """The length of the axis, for an image its pixels."""
    sizes = known.at(length)
    return sizes["height"] * sizes["width"] if known.axis == "pixels" else length
