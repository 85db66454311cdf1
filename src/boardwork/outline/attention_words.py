"""Numbers of an attention -> its standard name and facts in words."""

from __future__ import annotations

from typing import Any


def widths(facts: dict[str, Any]) -> str:
    """Heads and their width, put together."""
    return f"{facts['heads']} × {facts['d_v']} → {facts['heads'] * facts['d_v']}"


def label(facts: dict[str, Any]) -> str:
    """The standard name for this sharing of heads."""
    heads, shared = facts["heads"], facts["kv_heads"]
    crossed = "cross-attention" if facts["cross"] else "attention"
    if heads == 1:
        return f"Single-head {crossed}"
    if shared == heads:
        return f"Multi-head {crossed}"
    return f"Multi-query {crossed}" if shared == 1 else f"Grouped-query {crossed}"


def detail(facts: dict[str, Any]) -> str:
    """Heads and their width in a few words."""
    words = [f"{facts['heads']} heads"]
    if facts["kv_heads"] != facts["heads"]:
        words.append(f"{facts['kv_heads']} K/V heads")
    words.append(f"d_k = {facts['d_k']}")
    if facts["causal"]:
        words.append("causal")
    return ", ".join(words)
