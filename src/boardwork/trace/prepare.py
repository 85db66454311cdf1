"""A user's module -> the module to trace: wrappers off, on meta or, where meta does not do, with numbers on CPU."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any

import torch
from torch import nn

from boardwork.errors import TraceError
from boardwork.meta.closures import rebind
from boardwork.meta.duplicate import module_on_meta
from boardwork.meta.nesting import with_tensors
from boardwork.meta.values import table
from boardwork.targets.encoders import has_forward
from boardwork.targets.wrappers import unwrapped

MOST_NAMED = 6
LARGEST_ON_CPU = 500_000_000  # parameters


def check_forward(module: nn.Module) -> None:
    """Does nothing for a module that can run.

    Raises:
        TraceError: it is a box of others, with no forward of its own; names those that have one.
    """
    if has_forward(module):
        return
    parts = (f"{name} ({type(child).__name__})" for name, child in module.named_children() if has_forward(child))
    named = ", ".join(islice(parts, MOST_NAMED))
    raise TraceError(
        f"{type(module).__name__} has no forward of its own, so there is no data flow to draw.",
        hint=f"draw one of its parts: {named}" if named else "put it into a module whose forward calls its parts",
    )


def unwrap_children(module: nn.Module) -> nn.Module:
    """`module`, which must be a copy, without wrappers round what is inside."""
    for part in list(module.modules()):
        for name, child in list(part.named_children()):
            if (inner := unwrapped(child)) is not child:
                part._modules[name] = inner
    return module


def is_lazy(module: nn.Module) -> bool:
    """True while some weight waits for the first forward to learn its shape."""
    return any(nn.parameter.is_lazy(tensor) for tensor in (*module.parameters(), *module.buffers()))


def on_cpu(module: nn.Module) -> nn.Module | None:
    """A copy with numbers: the module's own, zeros where it is on meta; None if it is too large."""
    if is_lazy(module) or sum(p.numel() for p in module.parameters()) > LARGEST_ON_CPU:
        return None
    with torch.device("cpu"):
        if any(t.is_meta for t in (*module.parameters(), *module.buffers())):
            values = {name: table(buffer) for name, buffer in module.named_buffers()}
            twin = module_on_meta(module).to_empty(device="cpu")
            with torch.no_grad():
                for name, tensor in (*twin.named_parameters(), *twin.named_buffers()):
                    real = values.get(name)
                    tensor.zero_() if real is None else tensor.copy_(real)
            return twin.eval()
        memo: dict[int, Any] = {}
        twin = copy.deepcopy(module, memo)
        rebind(twin, memo)
        return twin.cpu().eval()


def values_on_cpu(value: Any) -> Any:
    """The same nesting with every tensor on CPU, zeros where it has no values."""
    return with_tensors(value, _on_cpu)


def _on_cpu(tensor: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(tensor, device="cpu") if tensor.is_meta else tensor.detach().clone().cpu()


@contextmanager
def uncompiled() -> Iterator[None]:
    """Compiled functions run as the Python they were made from; torch._dynamo is slow to import and is not for this."""
    with ExitStack() as stack:
        if "torch._dynamo" in sys.modules:
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield
