"""Flow -> spatial transformers: an image read at places that an affine map of its grid gives. arXiv:1506.02025"""

from __future__ import annotations

from collections.abc import Iterator

from boardwork.outline.blocks import Pattern
from boardwork.outline.flow import Flow


def warps(flow: Flow) -> Iterator[list[Pattern]]:
    """One pattern for every grid of places and the reading at them."""
    for op in flow.ops:
        if op.name == "grid_sample" and flow.is_data(op.id):
            grid, passed = flow.origin(op.inputs[1])
            made = flow.producer(grid.id)
            if made is not None and made.name == "affine_grid" and flow.is_data(made.id):
                matrix = flow.tensors[made.inputs[0]].shape
                places = grid.size // matrix[0] // matrix[1]
                facts = {"numbers": matrix[1] * matrix[2], "axes": matrix[1], "places": places}
                words = f"read at {matrix[1]} × {matrix[2]} affine places"
                ops = frozenset({op.id, made.id, *passed})
                yield [Pattern("warp", ops, "Affine warp", "other", words, facts=facts)]
