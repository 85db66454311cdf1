"""torch.autocast for the meta device, which has none -> that of the CPU, which leaves meta tensors as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def autocast_for_meta() -> Iterator[None]:
    """Meanwhile `torch.autocast(x.device.type, enabled=False)`, as rotary embeddings have it, takes "meta" too."""
    given = torch.autocast.__init__

    def initialise(self: torch.autocast, device_type: str, *args: Any, **kwargs: Any) -> None:
        given(self, "cpu" if device_type == "meta" else device_type, *args, **kwargs)

    torch.autocast.__init__ = initialise  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.autocast.__init__ = given  # type: ignore[method-assign]
