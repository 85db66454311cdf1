"""Inputs made for a model of transformers -> other forms of them, for a forward that refuses the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boardwork.targets.layers import Argument, argument

LARGER_IMAGES = (384, 512, 560, 1024, 1536)
BINS = (128, 80, 64, 40)  # of a spectrogram
LONGER = 16  # times as many samples of sound


def other_forms(known: Sequence[Argument]) -> Iterator[tuple[list[Argument], str]]:
    """`known` with one input in another form, and the sentence that says so; the likeliest form first."""
    for index, item in enumerate(known):
        if item.tensor.is_floating_point():
            for form in _forms(item):
                told = f"Input {form.name} {tuple(form.tensor.shape)} found by trying; give --input to set it."
                yield [*known[:index], form, *known[index + 1 :]], told


def _forms(item: Argument) -> Iterator[Argument]:
    shape = tuple(item.tensor.shape)
    if "height" in item.axes and len(shape) == 4:
        for images in (1, 2):
            yield _as(item, (shape[0], images, *shape[1:]), (item.axes[0], "", *item.axes[1:]))
        for side in LARGER_IMAGES:
            yield _as(item, (*shape[:2], side, side), item.axes)
    elif len(shape) == 4:
        yield _as(item, (shape[0], shape[1] * shape[2] * shape[3]), item.axes[:2])
    elif "length" in item.axes:
        if len(shape) == 2:
            yield _as(item, (shape[0], 1, shape[1]), (item.axes[0], "", item.axes[1]))
        yield _as(item, (*shape[:-1], LONGER * shape[-1]), item.axes)
    elif len(shape) == 3:
        yield _as(item, (shape[0], shape[2], shape[1]), (item.axes[0], item.axes[2], item.axes[1]))
        yield from (_as(item, (*shape[:2], bins), item.axes) for bins in BINS)
        yield from (_as(item, (shape[0], bins, shape[1]), item.axes) for bins in BINS)


def _as(item: Argument, shape: tuple[int, ...], axes: tuple[str, ...]) -> Argument:
    return argument(item.name, shape, axes, item.tensor.dtype)
