"""Outline -> Facts: what was measured on this model, by the words of facts.toml."""

from __future__ import annotations

from typing import Any

from boardwork.facts import WORDS, Facts
from boardwork.measure.cache import cache, state
from boardwork.measure.comparisons import comparisons
from boardwork.measure.convolutions import convolutions
from boardwork.measure.curves import curves
from boardwork.measure.exchanges import exchanges
from boardwork.measure.growth import growth
from boardwork.measure.joins import joins
from boardwork.measure.layer_scale import layer_scale
from boardwork.measure.mixing import mixing
from boardwork.measure.norms import norms
from boardwork.measure.outputs import outputs
from boardwork.measure.parts import parts
from boardwork.measure.plain_layers import plain_layers
from boardwork.measure.purposes import purposes
from boardwork.measure.receptive_field import receptive_field
from boardwork.measure.residuals import residuals
from boardwork.measure.sets import sets
from boardwork.measure.stacks import stacks
from boardwork.measure.summands import summands
from boardwork.measure.tables import tables
from boardwork.measure.totals import inputs, totals
from boardwork.outline.blocks import Outline

__all__ = ["measure", "summands"]


def measure(outline: Outline) -> Facts:
    """Facts of the whole model, and of one attention, feed-forward, norm, convolution ... that stands for its kind.

    The one that stands for its kind is in the block that the zoom opens, if that holds one.
    """
    flow = outline.flow
    found: dict[str, Any] = {"residual.count": residuals(flow, outline.root), **inputs(outline), **tables(outline)}
    for part in (
        totals,
        parts,
        norms,
        convolutions,
        plain_layers,
        curves,
        joins,
        exchanges,
        layer_scale,
        stacks,
        purposes,
        outputs,
        comparisons,
        sets,
        mixing,
        cache,
        state,
        growth,
    ):
        found |= part(flow, outline)
    found |= {f"receptive_field.{key}": value for key, value in receptive_field(flow).items()}
    return {key: value for key, value in found.items() if key in WORDS}
