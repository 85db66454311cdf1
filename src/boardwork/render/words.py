"""Sheet -> the phrases that every format shows: the key numbers, a check, a shape."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from boardwork.numbers import count, exact, size
from boardwork.sheet import Check, Equation, Sheet, Tradeoff

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def key_numbers(sheet: Sheet) -> list[str]:
    """Parameters, multiply-adds and FLOPs."""
    s = sheet.summary
    words = [f"{count(s['params_total'])} parameters ({size(s['params_bytes'])})"]
    if s["params_trainable"] != s["params_total"]:
        words.append(f"{count(s['params_trainable'])} of them trainable")
    if s.get("params_active", s["params_total"]) != s["params_total"]:
        words.append(f"{count(s['params_active'])} active per token")
    return [*words, f"{count(s['macs'])} multiply-adds", f"{count(s['flops'])} FLOPs"]


def memory(sheet: Sheet) -> list[str]:
    """What one forward keeps at once, and what decoding keeps of the past."""
    s, words = sheet.summary, []
    if "activation_peak_bytes" in s:
        words.append(f"activations peak at {size(s['activation_peak_bytes'])}")
    if "kv_bytes_per_token" in s:
        words.append(f"KV cache {size(s['kv_bytes_per_token'])} per token")
    if "kv_bytes_in_windows" in s:
        words[-1] += f", at most {size(s['kv_bytes_in_windows'])} of it in windows"
    if "kv_bytes_per_source_position" in s:
        words[-1] += f" and {size(s['kv_bytes_per_source_position'])} per source position"
    if "state_bytes" in s:
        words.append(f"state {size(s['state_bytes'])} per sequence")
    return words


def heading(sheet: Sheet) -> str:
    """The class behind the title, with the target if that says more."""
    subject = sheet.subject
    return " · ".join(dict.fromkeys(word for word in (subject.cls, subject.target) if word and word != subject.title))


def number(value: Any) -> str:
    """A value of a formula: whole numbers in full."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return str(value)
    return exact(value) if value == int(value) else f"{value:.4g}"


def values(equation: Equation) -> str:
    """`d_k = 64, heads = 8`, and the result where no check prints it: `2 · 32 · 8 · 128 · 2 = 131 kB`."""
    named = ", ".join(f"{name} = {number(value)}" for name, value in equation.values.items())
    *_, formula, result = ["", *equation.text.rpartition("; ")[2].split(" = ")]
    told = any(formula in computed(check) for check in equation.checks)
    numbers = re.search(r"\d", formula) and not re.search(r"[^\W\d_]|[∑∏∫]", formula)  # letters: part of the equation
    return f"{named}: {formula} = {result}" if numbers and not told else named


def with_letters_of_words(latex: str) -> str:
    """A formula with the form of phi that words and names beside it have; TeX's own `phi` is the other."""
    return re.sub(r"\\phi(?![a-zA-Z])", r"\\varphi", latex)


def computed(check: Check) -> str:
    """`512 / 8 = 64`, with the signs of mathematics and not of Python."""
    formula = re.sub(r"\s*\*\*\s*(\d+)", lambda found: found[1].translate(_RAISED), check.formula)
    formula = formula.replace("**", "^").replace("*", "·")
    return f"{formula} = {number(check.expected)}"


def differs(check: Check) -> str:
    """What was measured where that is something else, "" where it is not."""
    return "" if check.ok else f"measured {number(check.measured)}"


def cited(source: str) -> str:
    """A source as it is written: the number of a preprint with its archive."""
    return re.sub(r"(?<![\w.:])\d{4}\.\d{4,5}(?![\d.])", r"arXiv:\g<0>", source)


def glued(text: str) -> str:
    """With hard spaces where no line is broken: in `3 × 3`, and before a unit, and behind `section`."""
    units = re.sub(r"(\d) (?=(?:%|[kMGT]?B|[kMGT])(?:\W|$))", "\\1\xa0", text)
    units = re.sub(r"(?<=\d) × (?=\d)", "\xa0×\xa0", units)
    return re.sub(r"\b(sections?|chapters?|tables?|figures?|appendix|equations?) (?=[\dA-Z])", "\\1\xa0", units)


def reasons(tradeoff: Tradeoff) -> Iterator[tuple[str, str]]:
    """The four parts of a trade-off with their names; "" for a part that is not known."""
    yield "Why", tradeoff.why
    yield "Instead", tradeoff.alternative
    yield "Fails when", tradeoff.fails_when
    yield "Decides", ", ".join(f"{name} = {_about(value)}" for name, value in tradeoff.decides.items())


def _about(value: Any) -> str:
    return count(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def zoomed(sheet: Sheet) -> str:
    """Which block is opened."""
    zoom = sheet.zoom
    return f"{zoom.path} ({zoom.cls})" if zoom.cls and zoom.cls != zoom.path else zoom.path
