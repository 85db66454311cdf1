"""Facts -> the cost of a model at any size of its input: multiply-adds, keys and values, activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boardwork.facts import Facts
from boardwork.measure.polynomials import DEGREES, valued
from boardwork.numbers import count, size

SIGNS = {"seq_len": "T", "pixels": "P", "length": "n"}
MEANINGS = {"seq_len": "tokens T", "pixels": "pixels P", "length": "samples n"}


@dataclass(frozen=True)
class Cost:
    """A polynomial over the size of the input, of which a window may cut the growth of a part.

    `window`: a part of the linear growth that stops at so many positions; (0, 0) for none.
    """

    axis: str
    coefficients: tuple[float, float, float]
    window: tuple[float, float] = (0, 0)
    unit: str = ""

    def at(self, place: float) -> float:
        """Its value."""
        each, most = self.window
        return float(valued(self.coefficients, place)) + each * min(place, most)

    def formula(self) -> str:
        """`85.7 M + 334 k · P + 0.281 · P²`."""
        sign, say = SIGNS[self.axis], size if self.unit == "bytes" else count
        powers = ("", f" · {sign}", f" · {sign}²")
        parts = [f"{say(c)}{power}" for c, power in zip(self.coefficients, powers, strict=True) if c]
        each, most = self.window
        if each:
            parts.append(f"{say(each)} · min({sign}, {count(most)})")
        return " + ".join(parts) or "0"


def multiply_adds(facts: Facts) -> Cost | None:
    """All multiply-adds of one forward."""
    return _grown(facts, "macs", "")


def activations(facts: Facts) -> Cost | None:
    """Bytes of activations alive at the peak."""
    return _grown(facts, "activations", "bytes")


def _grown(facts: Facts, part: str, unit: str) -> Cost | None:
    axis = facts.get("growth.axis")
    found = tuple(_real(facts.get(f"growth.{part}_{degree}", 0)) for degree in DEGREES)
    if not axis or not any(found):
        return None
    return Cost(str(axis), (found[0], found[1], found[2]), unit=unit)


def kept(facts: Facts) -> Cost | None:
    """Bytes that decoding keeps of a sequence: keys and values, states."""
    axis = str(facts.get("growth.axis", "seq_len"))
    state = _real(facts.get("state.bytes", 0))
    if not facts.get("cache.decodes"):
        return Cost(axis, (state, 0, 0), unit="bytes") if state and axis == "seq_len" else None
    token = _real(facts["cache.token_bytes"])
    held = _real(facts.get("cache.window_bytes", 0))
    growing = _real(facts.get("cache.open_bytes", token))
    window = (token - growing, held / (token - growing)) if held and token > growing else (0.0, 0.0)
    return Cost("seq_len", (state, growing, 0), window, "bytes")


def most(facts: Facts) -> float:
    """The largest size that the model takes: the rows of its table of positions, or no limit."""
    learned = facts.get("position.learned")
    return _real(learned) if learned and facts.get("growth.axis") == "seq_len" else float("inf")


def _real(value: Any) -> float:
    return value if isinstance(value, int) else float(value)
