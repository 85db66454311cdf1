"""Facts -> names for sizes: (batch, 8, 128, 64) is written (batch, heads, seq_len, d_k)."""

from __future__ import annotations

import re

from boardwork.facts import Facts
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
    "depth": "slices or frames",
}
# What the last axis may be called, first match wins; "" axes keep their number.
_LAST = (
    ("d_model", "attention.d_model", "width of the model"),
    ("d_ff", "feed_forward.d_ff", "hidden width of the feed-forward block"),
    ("vocab", "embedding.vocab", "entries of the vocabulary"),
    ("hidden_size", "recurrent.hidden", "width of the recurrent state"),
    ("input_size", "recurrent.input", "width of the recurrent layer's input"),
    ("classes", "classifier.classes", "classes"),
)
_TOKENS = (
    ("tokens", "patch.tokens", "patches and class tokens of one image"),
    ("patches", "patch.count", "patches of one image"),
)
_HEADS = (
    ("heads", "attention.heads", "query heads"),
    ("kv_heads", "attention.kv_heads", "key and value heads"),
    ("d_k", "attention.d_k", "width of one query and key head"),
    ("d_v", "attention.d_v", "width of one value head"),
)


class Notation:
    """Writes shapes and remembers which symbols it used."""

    def __init__(self, facts: Facts, axes: dict[str, int]) -> None:
        self.facts, self.axes = facts, axes
        self.used: set[str] = set()

    def write(self, tensor: Tensor, *, split_in_heads: bool = False) -> tuple[str, ...]:
        """The shape in symbols; `split_in_heads` where the tensor is (batch, heads, length, head width)."""
        shape = [_read(law) for law in tensor.symbols or map(str, tensor.shape)]
        if split_in_heads and len(shape) >= 4:
            head = self._match(shape[-1], _HEADS[2:])
            if head == shape[-1]:  # keys may enter the product transposed
                shape[-2] = self._match(shape[-2], _HEADS[2:3])
            shape[-1] = head
            shape[-3] = self._match(shape[-3], _HEADS[:2])
        elif shape and len(shape) < 4:
            shape[-1] = self._match(shape[-1], _LAST, len(shape))
        if len(shape) > 2:
            shape[-2] = self._match(shape[-2], _TOKENS)
        self.used.update(name for name in self.axes if any(name in axis for axis in shape))
        return tuple(shape)

    def _match(self, axis: str, names: tuple[tuple[str, str, str], ...], rank: int = 0) -> str:
        for name, word, _ in names:
            if name == "classes" and rank > 2:
                continue
            if word in self.facts and self.facts[word] != 1 and axis == str(self.facts[word]):
                self.used.add(name)
                return name
        return axis

    def table(self) -> dict[str, Symbol]:
        """The symbols used, with their values in this drawing."""
        found = {n: Symbol(self.axes[n], _AXES.get(n, "axis of the input")) for n in self.axes if n in self.used}
        for name, word, meaning in (*_LAST, *_HEADS, *_TOKENS):
            value = self.facts.get(word)
            if name in self.used and isinstance(value, int):
                found[name] = Symbol(value, meaning)
        return found


def _read(law: str) -> str:
    """A law as it is written at a whiteboard: batch·(height/16)(width/16), ⌊height/64⌋."""
    for name, left, right in (("floor", "⌊", "⌋"), ("ceil", "⌈", "⌉")):
        inside = r"\(((?:[^()]|\([^()]*\))*)\)"
        law = re.sub(rf"\({name}{inside}\)", rf"{left}\1{right}", law)
        law = re.sub(rf"{name}{inside}", rf"{left}\1{right}", law)
    return law.replace(")*(", ")(").replace("*", "·")
