"""Comparison -> the JSON contract."""

from boardwork.comparison.record import Comparison
from boardwork.options import Options


def json(comparison: Comparison, options: Options) -> str:
    """The comparison as JSON; no option changes it."""
    return comparison.to_json()
