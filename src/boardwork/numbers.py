"""A number -> the way it is said at a whiteboard: 64, 2.10 M, 12.6 MB, 25 %."""

from __future__ import annotations

PREFIXES = ((1e24, "Y"), (1e21, "Z"), (1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def count(value: float) -> str:
    """Whole numbers below 10,000 as they are, larger ones with three figures and a prefix.

    >>> count(64), count(2.5), count(2_097_152), count(16384), count(2556.7), count(1.95e22)
    ('64', '2.5', '2.10 M', '16.4 k', '2557', '19.5 Z')
    """
    if abs(value) >= 9999.5:
        return _scaled(value)
    return str(round(value)) if value == int(value) or abs(value) >= 999.5 else f"{value:.3g}"


def size(value: float) -> str:
    """Bytes in decimal units.

    >>> size(512), size(4096), size(12_600_000)
    ('512 B', '4.10 kB', '12.6 MB')
    """
    if abs(value) < 1000:
        return f"{count(value)} B"
    return _scaled(value) + "B"


def counted(value: float, name: str) -> str:
    """A number of things.

    >>> counted(1, "note"), counted(12_000, "channel")
    ('1 note', '12.0 k channels')
    """
    return f"{count(value)} {name}{'' if value == 1 else 's'}"


def percent(value: float) -> str:
    """A share of one.

    >>> percent(2 / 3), percent(0.096), percent(0.004)
    ('67 %', '10 %', '0.4 %')
    """
    return f"{value * 100:.0f} %" if value >= 0.095 or value == 0 else f"{value * 100:.1g} %"


def exact(value: float) -> str:
    """Every digit of a whole number, six figures of another.

    >>> exact(1050624), exact(0.125)
    ('1,050,624', '0.125')
    """
    return f"{int(value):,}" if value == int(value) else f"{value:.6g}"


def _scaled(value: float) -> str:
    for factor, prefix in PREFIXES:
        if abs(value) >= factor * 0.9995:
            scaled = value / factor
            digits = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
            return f"{scaled:.{digits}f} {prefix}"
    return f"{value:.3g} "
