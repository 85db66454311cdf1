"""Sheet -> the phrases that every format shows: the key numbers, a check, a shape."""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.numbers import count, exact, size
from boardwork.sheet import Check, Sheet, Tradeoff


def key_numbers(sheet: Sheet) -> list[str]:
    """Parameters, multiply-adds and FLOPs."""
    s = sheet.summary
    words = [f"{count(s['params_total'])} parameters ({size(s['params_bytes'])})"]
    if s["params_trainable"] != s["params_total"]:
        words.append(f"{count(s['params_trainable'])} of them trainable")
    return [*words, f"{count(s['macs'])} multiply-adds", f"{count(s['flops'])} FLOPs"]


def heading(sheet: Sheet) -> str:
    """The class behind the title, with the target if that says more."""
    subject = sheet.subject
    return " · ".join(dict.fromkeys(word for word in (subject.cls, subject.target) if word and word != subject.title))


def checked(check: Check) -> str:
    """`64 = 512 / 8, as measured` or what differs."""
    if check.ok:
        return f"{check.claim}: {check.formula} = {exact(check.expected)} ✓"
    return f"{check.claim}: {check.formula} = {exact(check.expected)} ✗ measured {exact(check.measured)}"


def reasons(tradeoff: Tradeoff) -> Iterator[tuple[str, str]]:
    """The four parts of a trade-off with their names."""
    yield "Why", tradeoff.why
    yield "Instead", tradeoff.alternative
    yield "Fails when", tradeoff.fails_when
    if tradeoff.decides:
        yield "Decides", ", ".join(f"{name} = {value}" for name, value in decided(tradeoff).items())


def decided(tradeoff: Tradeoff) -> dict[str, str]:
    """The numbers that decide, as they are said."""
    return {name: value if isinstance(value, str) else count(value) for name, value in tradeoff.decides.items()}


def zoomed(sheet: Sheet) -> str:
    """Which block is opened."""
    zoom = sheet.zoom
    return f"{zoom.path} ({zoom.cls})" if zoom.cls and zoom.cls != zoom.path else zoom.path
