"""Flow -> attention: softmax(Q K^T) V, fused or written out, with the boxes and the frame round it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow
from boardwork.outline.recognise.attention.additive import additive_cores
from boardwork.outline.recognise.attention.bias import is_shared, learned_bias
from boardwork.outline.recognise.attention.boxes import Boxes
from boardwork.outline.recognise.attention.branch import Branch, branch_of
from boardwork.outline.recognise.attention.core import Core, softmax_cores
from boardwork.outline.recognise.attention.crossing import crosses
from boardwork.outline.recognise.attention.difference import with_differences
from boardwork.outline.recognise.attention.facts import facts
from boardwork.outline.recognise.attention.further_keys import with_further_keys
from boardwork.outline.recognise.attention.linear import FEATURES, POINTWISE, linear_cores
from boardwork.outline.recognise.attention.looped import made_before_loop
from boardwork.outline.recognise.attention.mask import mask
from boardwork.outline.recognise.attention.output import output
from boardwork.outline.recognise.attention.rotation import rotation
from boardwork.outline.recognise.attention.unnormalised import unnormalised_cores


def attentions(flow: Flow) -> Iterator[list[Pattern]]:
    """For every attention: its boxes, and last the frame round them; a bias that several share is a group alone."""
    softmax = with_further_keys(flow, with_differences(flow, list(softmax_cores(flow))))
    yield from _drawn(flow, (*softmax, *linear_cores(flow), *additive_cores(flow)))


def unnormalised_attentions(flow: Flow) -> Iterator[list[Pattern]]:
    """The same for attention without softmax."""
    yield from _drawn(flow, unnormalised_cores(flow))


def _drawn(flow: Flow, cores: Iterable[Core]) -> Iterator[list[Pattern]]:
    shared = set[frozenset[int]]()
    read = [(core, _branches(flow, core)) for core in cores]
    apart = made_before_loop(flow, [branches for _, branches in read])
    for core, branches in read:
        out = output(flow, core.last)
        hidden = mask(flow, core)
        found = {b.letter: rotation(flow, b, core.d_k) for b in branches[:2] if b.projection is not None}
        turned = {letter: r for letter, r in found.items() if r is not None}
        measured = facts(flow, core, branches, out, hidden, list(turned.values()))
        bias = learned_bias(flow, hidden, core)
        if bias is not None and bias.ops not in shared and is_shared(flow, bias, core):
            shared.add(bias.ops)
            yield [bias]
        yield Boxes(flow, core, branches, turned, measured).patterns(out, hidden, apart)


def _branches(flow: Flow, core: Core) -> list[Branch]:
    features = {"linear": FEATURES, "unnormalised": POINTWISE}.get(core.kind, ())
    entering = zip("QKV", (core.query, core.key, core.value), strict=True)
    found = [branch_of(flow, letter, tensor, features) for letter, tensor in entering]
    downs = [b.down.id for b in found if b.down is not None]
    before = len(downs) == 3 and len(set(downs)) == 1  # a layer before the attention, no latent of its own
    for b in found if before else found[1:] if crosses(flow, found) else ():
        b.down, b.latent = None, frozenset()
    return found
