"""Values of constants -> what they say about attention and positions: who sees whom, linear biases, angles, waves."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Iterator

import torch

from boardwork.trace.recorder import Recorder
from boardwork.trace.records import Table

_MASKED = -1e4  # a score that is lowered by this much is not seen
_Reading = tuple[str, tuple[float, ...]]


def tables(recorder: Recorder) -> Iterator[Table]:
    """What is known of every constant that meets unknown values."""
    known = {recorder.tensors.last(twin): real for twin, real in recorder.evaluation.values.every()}
    border = {
        tensor
        for op in recorder.ops
        if any(t not in known for t in op.inputs)
        for tensor in op.inputs
        if tensor in known
    }
    read: dict[Hashable, list[_Reading]] = {}  # every layer may make the same mask again
    for tensor in sorted(border):
        real = _once(known[tensor])
        key = _content(real)
        if key not in read:
            read[key] = list(readings(real)) or [("other", ())]
        yield from (Table(tensor, kind, numbers) for kind, numbers in read[key])


def _once(real: torch.Tensor) -> torch.Tensor:
    """What was expanded over heads or batch, without its copies."""
    for axis, stride in enumerate(real.stride()[:-2]):
        real = real.narrow(axis, 0, 1) if stride == 0 and real.shape[axis] > 1 else real
    return real


def _content(real: torch.Tensor) -> Hashable:
    numbers = real.contiguous().reshape(-1).view(torch.uint8).numpy()
    return tuple(real.shape), real.dtype, hashlib.blake2b(numbers.tobytes()).digest()


def readings(real: torch.Tensor) -> Iterator[_Reading]:
    """Every meaning that the values have: a mask may hold biases as well."""
    if not real.numel():
        return
    if real.numel() == 1 and not real.is_complex():
        yield "number", (float(real),)
    if real.dim() < 2 or real.numel() < 4 or real.is_complex():
        yield from _angles(real)
        return
    flat = real.reshape(-1, *real.shape[-2:])
    seen = _seen(flat)
    for read in (_open, _band, _blocks):
        found = read(seen) if seen is not None else None
        if found is not None:
            yield found
            break
    if real.is_floating_point():
        decay = _decay(flat)
        yield from [decay] if decay is not None else ()
        slopes = _slopes(flat if seen is None else flat.masked_fill(~seen, 0.0), seen)
        yield from [slopes] if slopes is not None else [*_angles(real), *_waves(real)]


# -- who sees whom --------------------------------------------------------------------------------------------------


def _seen(flat: torch.Tensor) -> torch.Tensor | None:
    """True where a query sees a key. A mask in either sense: every query sees the key at its own place."""
    if flat.shape[-2] < 2 or flat.shape[-1] < 2:
        return None
    if flat.is_floating_point() and bool((flat <= _MASKED).any()):
        return flat > _MASKED
    if flat.is_floating_point() and bool(((flat == 0) | (flat == flat.min())).all()) and float(flat.min()) <= -50:
        return flat == 0  # Swin takes off 100
    if not bool(((flat == 0) | (flat == 1)).all()):
        return None
    marked = flat != 0
    own = marked.diagonal(offset=max(0, flat.shape[-1] - flat.shape[-2]), dim1=-2, dim2=-1)
    return marked if bool(own.all()) else ~marked if not bool(own.any()) else None


def _open(seen: torch.Tensor) -> _Reading | None:
    return ("open", ()) if bool(seen.all()) else None


def _band(seen: torch.Tensor) -> _Reading | None:
    rows, columns = seen.shape[-2:]
    offset = torch.arange(columns)[None] - torch.arange(rows)[:, None] - max(0, columns - rows)
    inside = offset[seen[0]]
    if not inside.numel() or not bool((seen == seen[0]).all()):
        return None
    low, high = int(inside.min()), int(inside.max())
    if not torch.equal(seen[0], (offset >= low) & (offset <= high)):
        return None
    bounds = (-math.inf if low <= int(offset.min()) else low, math.inf if high >= int(offset.max()) else high)
    return ("band", bounds) if any(map(math.isfinite, bounds)) else None


def _blocks(seen: torch.Tensor) -> _Reading | None:
    """Groups: whoever sees one member sees all of them, and no other."""
    if seen.shape[-1] != seen.shape[-2]:
        return None
    own = seen.float()
    if not torch.equal(seen, seen.transpose(-1, -2)) or not torch.equal((own @ own) > 0, seen):
        return None
    return "blocks", (float(own.sum(-1).max()),)


# -- biases ---------------------------------------------------------------------------------------------------------


def _slopes(flat: torch.Tensor, seen: torch.Tensor | None) -> _Reading | None:
    """A bias that rises by the same step from key to key up to the query: one step a head."""
    if flat.shape[-1] < 3:
        return None
    steps = [_step(part, None if seen is None else seen[i % len(seen)]) for i, part in enumerate(flat)]
    found = tuple(dict.fromkeys(round(step, 6) for step in steps if step is not None))
    return ("slopes", found) if len(found) > 1 and None not in steps and all(step > 0 for step in found) else None


def _step(part: torch.Tensor, seen: torch.Tensor | None) -> float | None:
    """The step from key to key in the last row, where every key lies before the query."""
    row = part[-1].double()
    row = row if seen is None else row[seen[-1]]
    steps = row.diff()
    if len(steps) < 2 or not torch.allclose(steps, steps[-1:].expand_as(steps), rtol=1e-2, atol=1e-6):
        return None
    return float(steps[-1])


def _decay(flat: torch.Tensor) -> _Reading | None:
    """A factor that falls from the query's own place to the keys before it, one rate a head; 0 for keys behind it."""
    rows, columns = flat.shape[-2:]
    own = flat.diagonal(0, -2, -1)
    if rows != columns or rows < 3 or bool(flat.triu(1).any()) or not bool((own > 0).all()):
        return None
    rates = flat[:, 1, :1] / flat[:, 1, 1:2]
    fallen = rates[:, :, None] * flat[:, :, 1:]
    even = torch.allclose(flat.tril(-1)[:, :, :-1], fallen.tril(-1), 1e-3)
    if not even or not bool(((rates > 0) & (rates < 1)).all()):
        return None
    scaled = not torch.allclose(own, torch.ones_like(own), 1e-3)
    return "decay", (float(scaled), *(round(float(rate), 6) for rate in rates.flatten()))


# -- rotation -------------------------------------------------------------------------------------------------------


def _angles(real: torch.Tensor) -> Iterator[_Reading]:
    """Angles at the second position, as sines or unit complex numbers: a geometric series that starts at 1."""
    real = real.squeeze()
    if real.dim() < 2 or len(real) < 2:
        return
    table = real.reshape(-1, *real.shape[-2:])[0]
    angle, start = _inverse(table)
    if angle is None or not bool(start):
        return
    thetas = angle.double()
    half = len(thetas) // 2
    doubled = half > 1 and len(thetas) % 2 == 0
    neighbours = doubled and torch.equal(thetas[0::2], thetas[1::2])
    if neighbours:
        thetas = thetas[0::2]
    elif doubled and torch.equal(thetas[:half], thetas[half:]):
        thetas = thetas[:half]
    base = _base(thetas)
    if base is not None:
        yield "angles", (base, float(len(thetas)), float(neighbours))


def _inverse(table: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor]:
    """Angles of the second row, and whether the first row has none."""
    if table.is_complex():
        return table[1].angle(), (table[0] == 1).all()
    if not table.is_floating_point() or float(table.abs().max()) > 1.0001:
        return None, torch.tensor(False)
    return table[1].double().clamp(-1, 1).asin(), (table[0] == 0).all()


def _waves(real: torch.Tensor) -> Iterator[_Reading]:
    """Positions as sines and cosines of themselves at frequencies that fall: what is added to an embedding."""
    table = real.squeeze().double()
    if table.dim() != 2 or len(table) < 2:
        return
    sines, cosines = table[:, table[0] == 0].T, table[:, table[0] == 1].T
    if len(sines) + len(cosines) != table.shape[1] or not 0 <= len(sines) - len(cosines) <= 1:
        return
    thetas = sines[:, 1].clamp(-1, 1).asin()
    turned = torch.outer(thetas, torch.arange(len(table)))
    fits = torch.allclose(sines, turned.sin(), atol=1e-2) and torch.allclose(
        cosines, turned[: len(cosines)].cos(), atol=1e-2
    )
    base = _base(thetas) if fits else None
    if base is not None:
        yield "waves", (base, float(table.shape[1]), float(table[0, 1] == 1))


def _base(thetas: torch.Tensor) -> float | None:
    """`base` of thetas = base^(-i / n); None for any other series."""
    if len(thetas) < 2 or not bool((thetas > 0).all()) or abs(float(thetas[0]) - 1) > 1e-3:
        return None
    ratio = float(thetas[1] / thetas[0])
    steps = thetas[1:] / thetas[:-1]
    if not 0 < ratio < 0.9999 or not torch.allclose(steps, steps[:1].expand_as(steps), rtol=1e-3):
        return None  # stretched for long contexts, or no rotation at all
    power = ratio ** -len(thetas)
    return _rounded(power)


def _rounded(power: float) -> float:
    """The tables have single precision: four figures of the base are sure."""
    digits = 3 - math.floor(math.log10(power))
    return round(power, digits)
