"""Flow and root -> how much of the model a block holds, in parameters and in multiply-adds."""

from __future__ import annotations

from boardwork.numbers import percent
from boardwork.outline.blocks import Block
from boardwork.outline.flow import Flow


class Share:
    """Shares between 0 and 1; of a model without products the operations count instead of multiply-adds."""

    def __init__(self, flow: Flow, root: Block) -> None:
        self.flow = flow
        everything = root.all()
        self.counted = any(flow.ops[op].macs for op in everything)
        self.costs = [op.macs if self.counted else 1 for op in flow.ops]
        self.params = max(1, flow.parameters(everything))
        self.work = max(1, self._work(everything))
        self.known: dict[int, tuple[Block, float]] = {}  # the block is kept, so that its id stays its own

    def __call__(self, block: Block) -> float:
        """Mean of both shares."""
        if id(block) not in self.known:
            self.known[id(block)] = (block, (self.of_params(block) + self.of_work(block)) / 2)
        return self.known[id(block)][1]

    def of_params(self, block: Block) -> float:
        """Share of the parameters, copies included."""
        return self.flow.parameters(block.all()) / self.params

    def of_work(self, block: Block) -> float:
        """Share of the multiply-adds, copies and later runs included."""
        return self._work(block.all()) / self.work

    def _work(self, ops: tuple[int, ...]) -> int:
        return sum(map(self.costs.__getitem__, ops))

    def words(self, block: Block, times: int = 1) -> str:
        """`59 % of the parameters and 20 % of the FLOPs`, of a block that stands for `times`."""
        params = f"{percent(times * self.of_params(block))} of the parameters"
        return f"{params} and {percent(times * self.of_work(block))} of the FLOPs" if self.counted else params
