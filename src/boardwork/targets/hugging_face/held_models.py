"""A class of transformers that only holds models, for code that calls them in turn -> the first of them."""

from __future__ import annotations

from torch import nn

from boardwork.targets.encoders import has_forward, with_forward


def drawn_part(module: nn.Module) -> tuple[str, nn.Module, tuple[str, ...]]:
    """Its name, the part, and the sentence for a footnote; "", `module` and none for one that can run by itself."""
    models = {
        name: child
        for name, child in module.named_children()
        if has_forward(child) and getattr(child, "config", None) is not None
    }
    if has_forward(with_forward(module)) or not models:
        return "", module, ()
    first, *others = models
    named = ", ".join(f"{name} ({type(models[name]).__name__})" for name in others)
    told = f"{type(module).__name__} has no forward of its own: its first part is drawn, {first}"
    return first, models[first], (f"{told}; then come {named}." if named else f"{told}.",)
