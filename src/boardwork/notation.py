"""Facts and Outline -> names for sizes: (batch, 8, 128, 64) is written (batch, heads, seq_len, d_k)."""

from __future__ import annotations

import copy
import re

from boardwork.axes import ROLES, Axis, axis_names
from boardwork.facts import Facts
from boardwork.law_names import names_in, renamed
from boardwork.outline.blocks import Outline
from boardwork.sheet import Symbol
from boardwork.trace.records import Tensor

_AXES = {
    "batch": "sequences or images at once",
    "seq_len": "positions in the sequence",
    "src_len": "positions in the source sequence",
    "tgt_len": "positions in the target sequence",
    "height": "rows of the image",
    "width": "columns of the image",
    "length": "samples of the signal",
    "depth": "slices of the volume",
    "frames": "frames of the clip",
}
_MEANINGS = {
    "d_model": "width of the model",
    "d_ff": "hidden width of the feed-forward block",
    "experts": "experts of one mixture",
    "d_inner": "channels of the state-space scan",
    "latent": "elements of the sampled code",
    "hidden_size": "hidden_size, width of the recurrent state",
    "input_size": "input_size, width of a step",
    "classes": "classes",
    "vocab": "entries of the vocabulary",
}
# Last axes that the number itself gives away; in a recurrent step, which is traced apart, its widths too.
_LAST = (("vocab", "embedding.vocab", _MEANINGS["vocab"]),)
_STEP = (
    ("hidden_size", "recurrent.hidden", _MEANINGS["hidden_size"]),
    ("input_size", "recurrent.input", _MEANINGS["input_size"]),
)
_PATCHES = "patches of one image"
_TOKENS = (
    ("tokens", "patch.tokens", "patches and class tokens of one image"),
    ("patches", "patch.count", _PATCHES),
)
_COUNTED = (
    ("nodes", "message_passing.nodes", "nodes of the graph"),
    ("edges", "message_passing.edges", "edges of the graph"),
)
_HEADS = (
    ("heads", "attention.heads", "query heads"),
    ("kv_heads", "attention.kv_heads", "key and value heads"),
    ("d_k", "attention.d_k", "width of one query and key head"),
    ("d_v", "attention.d_v", "width of one value head"),
)
# Every name beside those of input axes, in the order of the table, with the word of facts.py that holds its value.
_ROWS = [(name, word) for name, _, _, word in ROLES] + [
    (name, word) for name, word, _ in (*_LAST, *_HEADS, *_TOKENS, *_COUNTED)
]


class Notation:
    """Writes shapes and remembers which symbols it used.

    `letters`: word of facts.py -> the symbol that the formulas beside the drawing have for it, which it then has too.
    """

    def __init__(self, facts: Facts, outline: Outline, letters: dict[str, str]) -> None:
        self.facts = facts
        self._symbols = {name: letters.get(word, name) for name, word in reversed(_ROWS)}
        self._called_so = {
            str(facts[f"{word}_axis"]): self._symbols[name]
            for name, word, _ in _COUNTED
            if facts.get(f"{word}_axis") not in (None, *_AXES)
        }
        self.axes = {self._called_so.get(name, name): size for name, size in outline.trace.axes.items()}
        self._axes = _AXES | {self._symbols[name]: meaning for name, _, meaning in _COUNTED}
        self.used: dict[str, Symbol] = {}
        self._zoomed = False
        self._tensors, self._name_of = outline.trace.tensors, axis_names(outline, facts)

    def in_zoom(self) -> Notation:
        """The same for a block drawn by itself: tokens by their name, whose law the table tells."""
        zoomed = copy.copy(self)
        zoomed._zoomed = True
        return zoomed

    def write(self, tensor: Tensor, *, split_in_heads: bool = False) -> tuple[str, ...]:
        """The shape in symbols; `split_in_heads` where the tensor is (batch, heads, length, head width)."""
        shape = [_read(self._renamed(law)) for law in tensor.symbols or map(str, tensor.shape)]
        own = tensor.id < len(self._tensors) and self._tensors[tensor.id] is tensor
        if split_in_heads and len(shape) >= 4:
            head = self._match(shape[-1], _HEADS[2:])
            if head == shape[-1]:  # keys may enter the product transposed
                shape[-2] = self._match(shape[-2], _HEADS[2:3])
            shape[-1] = head
            shape[-3] = self._match(shape[-3], _HEADS[:2])
        elif own:
            shape = [self._called((tensor.id, place), axis) for place, axis in enumerate(shape)]
        if shape and len(shape) < 4:
            shape[-1] = self._match(shape[-1], _LAST if own else _STEP)
        if self._zoomed and own:
            shape = [self._tokens(length, axis) for length, axis in zip(tensor.shape, shape, strict=True)]
        for name, size in self.axes.items():
            if any(name in names_in(axis) for axis in shape):
                self.used[name] = Symbol(size, self._axes.get(name, "axis of the input"))
        return tuple(shape)

    def _renamed(self, law: str) -> str:
        """The law with input axes by what recognition found them to count."""
        return renamed(law, self._called_so) if self._called_so else law

    def _called(self, place: Axis, axis: str) -> str:
        name = self._name_of(place)
        return self._written(name, int(axis), _MEANINGS[name]) if name and axis.isdigit() else axis

    def _written(self, name: str, value: int, meaning: str) -> str:
        """The symbol of that name, put down in the table."""
        symbol = self._symbols[name]
        self.used[symbol] = Symbol(value, meaning)
        return symbol

    def _tokens(self, length: int, axis: str) -> str:
        """A law of the image that counts tokens, of one image or of all, by the name that it has in the table."""
        images = "batch·" if axis.startswith("batch·") else ""
        one = axis.removeprefix(images)
        law = one[1:-1] if re.fullmatch(r"\(\(.*\)[+-]\d+\)", one) else one
        if images and law == one and re.search("[+-]", one):
            return axis  # batch·patches + 1
        count = length // self.axes["batch"] if images else length
        for name, word, meaning in _TOKENS:
            if law.count("/") > 1 and "batch" not in law and self.facts.get(word) == count:
                counted = meaning if "+" in law else _PATCHES  # no class token is added to them
                return images + self._written(name, count, f"{law}, {counted}")
        return axis

    def _match(self, axis: str, names: tuple[tuple[str, str, str], ...]) -> str:
        for name, word, meaning in names:
            value = self.facts.get(word)
            if isinstance(value, int) and value != 1 and axis == str(value):
                return self._written(name, value, meaning)
        return axis

    def table(self) -> dict[str, Symbol]:
        """The symbols used, with their values in this drawing: input axes, then widths."""
        order = [*self.axes, *(self._symbols[name] for name, _ in _ROWS)]
        return {name: self.used[name] for name in order if name in self.used}


def _read(law: str) -> str:
    """A law as it is written at a whiteboard: batch·(height/16)(width/16), ⌊height/64⌋."""
    for name, left, right in (("floor", "⌊", "⌋"), ("ceil", "⌈", "⌉")):
        inside = r"\(((?:[^()]|\([^()]*\))*)\)"
        law = re.sub(rf"\({name}{inside}\)", rf"{left}\1{right}", law)
        law = re.sub(rf"{name}{inside}", rf"{left}\1{right}", law)
    return law.replace(")*(", ")(").replace("*", "·")
