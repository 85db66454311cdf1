"""What a user can choose -> one frozen, keyword-only record that every stage may read."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Options:
    """`zoom`: module path to open, "" to let the outline choose. `width`: columns of a text sheet.

    `ascii`: text in bytes below 128 only. `symbols`: shapes in long names, short ones, or numbers.
    """

    zoom: str = ""
    width: int = 80
    ascii: bool = False
    symbols: str = "long"
