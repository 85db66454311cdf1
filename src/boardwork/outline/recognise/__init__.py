"""Flow -> patterns: what operations mean, read from what flows between them and never from names."""

from __future__ import annotations

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.activation import activations
from boardwork.outline.recognise.attention import attentions, unnormalised_attentions
from boardwork.outline.recognise.attention.deformable import deformable_attentions
from boardwork.outline.recognise.convolution.excitation import excitations
from boardwork.outline.recognise.convolution.patch_merging import patch_mergings
from boardwork.outline.recognise.experts.mixtures import mixtures
from boardwork.outline.recognise.experts.routing import routings
from boardwork.outline.recognise.experts.soft_experts import soft_mixtures
from boardwork.outline.recognise.experts.token_choice import token_choices
from boardwork.outline.recognise.feed_forward import feed_forwards
from boardwork.outline.recognise.gated_activation import gated_activations
from boardwork.outline.recognise.generative.codebook import codebooks
from boardwork.outline.recognise.generative.coupling import couplings, invertible_convolutions
from boardwork.outline.recognise.generative.mixture_density import mixture_densities
from boardwork.outline.recognise.generative.path_sums import path_sums
from boardwork.outline.recognise.generative.sampling import samplings
from boardwork.outline.recognise.graphs.convolution import graph_convolutions
from boardwork.outline.recognise.graphs.message_passing import message_passings
from boardwork.outline.recognise.highway import highways
from boardwork.outline.recognise.layers import layers
from boardwork.outline.recognise.low_rank import low_ranks
from boardwork.outline.recognise.modulation import modulations
from boardwork.outline.recognise.norms.arithmetic import norms
from boardwork.outline.recognise.norms.frozen import frozen_norms
from boardwork.outline.recognise.norms.response import response_norms
from boardwork.outline.recognise.norms.unit_length import unit_lengths
from boardwork.outline.recognise.recurrence.cells import recurrent_cells
from boardwork.outline.recognise.recurrence.chunked_scan import chunked_scans
from boardwork.outline.recognise.recurrence.delta_rule import delta_rules
from boardwork.outline.recognise.recurrence.log_scan import log_scans
from boardwork.outline.recognise.recurrence.long_convolution import long_convolutions
from boardwork.outline.recognise.recurrence.scan import scans
from boardwork.outline.recognise.recurrence.token_shift import token_shifts
from boardwork.outline.recognise.recurrence.wkv import weighted_pasts
from boardwork.outline.recognise.sinusoid import sinusoids
from boardwork.outline.recognise.vectors.distances import distances
from boardwork.outline.recognise.vectors.feature_crosses import cross_layers, factorisation_machines
from boardwork.outline.recognise.vectors.joined_tables import joined_tables
from boardwork.outline.recognise.vectors.similarity import dot_products, similarities
from boardwork.outline.recognise.vectors.table_rows import table_rows
from boardwork.outline.recognise.warp import warps

__all__ = ["recognise"]

_SPECIAL = (
    mixtures,
    excitations,
    low_ranks,
    samplings,
    modulations,
    graph_convolutions,
    sinusoids,
    scans,
    patch_mergings,
    recurrent_cells,
    message_passings,
    codebooks,
    joined_tables,
    long_convolutions,
    similarities,
    chunked_scans,
    delta_rules,
    couplings,
    invertible_convolutions,
    gated_activations,
    highways,
    weighted_pasts,
    routings,
    warps,
    soft_mixtures,
    token_shifts,
    cross_layers,
    factorisation_machines,
    path_sums,
    log_scans,
    distances,
    token_choices,
    mixture_densities,
    deformable_attentions,
)


def recognise(flow: Flow) -> list[Pattern]:
    """Every pattern in the data flow; what a larger one explains in other words is left out."""
    special = [group for find in _SPECIAL for group in find(flow)]
    explained = {
        op for group in special for pattern in group if pattern.leaf or pattern.kind != "moe" for op in pattern.ops
    }
    plain = [group for group in feed_forwards(flow) if not group[-1].ops & explained]
    pairwise = [group for group in unnormalised_attentions(flow) if not group[-1].ops & explained]
    groups = [*special, *attentions(flow), *pairwise, *plain]
    found = [pattern for group in groups for pattern in group]
    claimed = {op for pattern in found if pattern.leaf for op in pattern.ops}
    written = (p for p in norms(flow) if len(p.ops) > 1)
    alone = (response_norms, unit_lengths, frozen_norms, activations, layers, table_rows, dot_products)
    for pattern in (*written, *(pattern for find in alone for pattern in find(flow))):
        if not pattern.ops & claimed and not pattern.ops <= flow.prepared:
            found.append(pattern)
            claimed |= pattern.ops
    return found
