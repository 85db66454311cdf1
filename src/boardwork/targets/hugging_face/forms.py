"""Inputs made for a model of transformers -> other forms of them, for a forward that refuses the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boardwork.targets.hugging_face.series import SAMPLES
from boardwork.targets.layers import Argument, argument

LARGER_IMAGES = (384, 512, 560, 1024, 1536)
BINS = (128, 80, 64, 40)  # of a spectrogram
LONGER = 16  # times as many samples of sound
CHANNELS = 2  # of sound, at most
SHORT = 512  # frames


def other_forms(known: Sequence[Argument], streams: int = 0) -> Iterator[tuple[list[Argument], str]]:
    """`known` with one input in another form, and the sentence that says so; the likeliest form first.

    `streams`: codes of sound that a model reads at once, 0 for one that does not say.
    """
    for item in known:
        forms = _forms(item) if item.tensor.is_floating_point() else _streams(item, streams)
        for form in forms:
            told = f"Input {form.name} {tuple(form.tensor.shape)} found by trying; give --input to set it."
            yield (
                [form if other is item else _cut(other, item.tensor.shape, form.tensor.shape) for other in known],
                told,
            )


def _streams(item: Argument, streams: int) -> Iterator[Argument]:
    """Tokens with a stream of text, perhaps, and `streams` of codes at every place."""
    if item.name == "input_ids" and streams and item.tensor.dim() == 2:
        batch, length = item.tensor.shape
        for width in (streams, streams + 1):
            yield _as(item, (batch, length, width), (*item.axes, ""))


def _cut(mask: Argument, before: Sequence[int], after: Sequence[int]) -> Argument:
    """A mask over the second axis of what had the shape `before` and has `after` now; no shorter if that axis moved."""
    if tuple(mask.tensor.shape) != tuple(before[:2]) or before[1] in after[1:] or after[1] > before[1]:
        return mask
    return Argument(mask.name, mask.tensor[:, : after[1]], mask.axes)


def _forms(item: Argument) -> Iterator[Argument]:
    shape = tuple(item.tensor.shape)
    if "height" in item.axes and len(shape) == 4:
        for images in (1, 2):
            yield _as(item, (shape[0], images, *shape[1:]), (item.axes[0], "", *item.axes[1:]))
        for side in LARGER_IMAGES:
            yield _as(item, (*shape[:2], side, side), item.axes)
    elif len(shape) == 2 and item.axes == ("", ""):  # patches of all images in one list, or of each in one of its own
        yield _as(item, (1, *shape), ("batch", *item.axes))
    elif len(shape) == 4:
        yield _as(item, (shape[0], shape[1] * shape[2] * shape[3]), item.axes[:2])
    elif "length" in item.axes:
        if len(shape) == 2:
            yield _as(item, (shape[0], 1, shape[1]), (item.axes[0], "", item.axes[1]))
        yield _as(item, (*shape[:-1], LONGER * shape[-1]), item.axes)
    elif len(shape) == 3:
        if shape[1] <= CHANNELS:
            yield _as(item, (*shape[:2], SAMPLES), item.axes)
        for frames in (shape[1], min(SHORT, shape[1])):
            yield _as(item, (shape[0], 1, frames, shape[2]), (item.axes[0], "", *item.axes[1:]))
        yield _as(item, (shape[0], shape[2], shape[1]), (item.axes[0], item.axes[2], item.axes[1]))
        yield _as(item, (shape[0], min(SHORT, shape[1]), shape[2]), item.axes)
        yield from (_as(item, (*shape[:2], bins), item.axes) for bins in BINS)
        yield from (_as(item, (shape[0], bins, shape[1]), item.axes) for bins in BINS)
        if shape[0] == 1:
            yield _as(item, shape[1:], item.axes[1:])


def _as(item: Argument, shape: tuple[int, ...], axes: tuple[str, ...]) -> Argument:
    return argument(item.name, shape, axes, item.tensor.dtype)
