"""Flow -> long convolution: the product of two Fourier transforms, transformed back."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow

_FORTH = ("fft_rfft", "fft_fft")
_BACK = ("fft_irfft", "fft_ifft")


def long_convolutions(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every signal times a kernel of its own length, both as frequencies."""
    for op in flow.ops:
        if op.name in _BACK and flow.is_data(op.id):
            record, passed = flow.origin(op.inputs[0])
            multiply = flow.producer(record.id)
            if multiply is None or multiply.name != "mul" or len(multiply.inputs) != 2:
                continue
            sides = [flow.origin(t) for t in multiply.inputs]
            made = [flow.producer(side.id) for side, _ in sides]
            names = {m.name for m in made if m is not None}
            if None not in made and names <= set(_FORTH) and names:
                forth = {m.id for m in made if m is not None}
                ops = frozenset({op.id, multiply.id, *passed, *forth, *(i for _, moved in sides for i in moved)})
                length = min(flow.tensors[flow.ops[i].inputs[0]].shape[-1] for i in forth)
                detail = f"by FFT, {length} taps"
                yield [Pattern("long_convolution", ops, "Long convolution", "conv", detail, facts={"taps": length})]
