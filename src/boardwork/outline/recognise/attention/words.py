"""Numbers of an attention -> its standard name, its formula, and facts in words."""

from __future__ import annotations

from typing import Any

from boardwork.outline.recognise.attention.mask import Mask

_KINDS = {
    "competing": "Slot attention",
    "linear": "Linear attention",
    "additive": "Additive attention",
    "difference": "Differential attention",
}


def widths(facts: dict[str, Any]) -> str:
    """Heads and their width, put together."""
    one = facts["q_len"] if facts.get("channels") else facts["d_v"]
    return f"{facts['heads']} × {one} → {facts['heads'] * one}"


def label(facts: dict[str, Any]) -> str:
    """The standard name for this sharing of heads and this sort of mixing."""
    heads, shared = facts["heads"], facts["kv_heads"]
    if facts.get("channels"):
        return "Cross-covariance attention"
    if any(facts.get(word) for word in _KINDS):
        return next(name for word, name in _KINDS.items() if facts.get(word))
    if facts.get("without_softmax"):
        return _without_softmax(facts)
    if facts.get("kv_rank"):
        return "Multi-head latent attention"
    if facts["q_len"] == 1 and facts.get("picked_queries"):
        return "Class attention"
    crossed = "cross-attention" if facts["cross"] else "attention"
    if heads == 1:
        return f"Single-head {crossed}"
    if shared == heads:
        return f"Talking-heads {crossed}" if facts.get("talking") else f"Multi-head {crossed}"
    return f"Multi-query {crossed}" if shared == 1 else f"Grouped-query {crossed}"


def _without_softmax(facts: dict[str, Any]) -> str:
    """By what the scores meet: a decay, an activation, or features of queries and keys."""
    if facts.get("decay"):
        return "Retention" if facts["decay_first"] == facts["decay_last"] else "Multi-scale retention"
    if facts.get("score_curve"):
        return f"{facts['score_curve']} attention"
    return "Linear attention, all pairs" if facts.get("features") else "Attention without softmax"


def detail(facts: dict[str, Any]) -> str:
    """Heads, their width, and who sees whom, in a few words."""
    words = ["1 head" if facts["heads"] == 1 else f"{facts['heads']} heads"]
    if facts["kv_heads"] != facts["heads"]:
        words.append(f"{facts['kv_heads']} K/V heads")
    if facts.get("channels"):
        return f"{words[0]} of {facts['q_len']} channels, channels attend to channels"
    words.append(f"d_k = {facts['d_k']}")
    if facts.get("groups"):
        words.append(f"{facts['groups']} groups of {facts['q_len']} positions")
    if facts["causal"]:
        words.append("causal")
    if facts.get("window"):
        words.append(f"window {facts['window']}")
    if facts.get("further_keys"):
        words.append(f"and {facts['further_keys']} keys that all see")
    if facts.get("decay"):
        words.append(f"decay {facts['decay_first']:.4g} to {facts['decay_last']:.4g}")
    if facts.get("sorted"):
        words.append("sorted by content")
    if facts.get("pooled"):
        words.append(f"keys pooled to {facts['k_len']}")
    if facts.get("pooled_queries"):
        words.append(f"queries pooled to {facts['q_len']}")
    return ", ".join(words)


def formula(facts: dict[str, Any]) -> str:
    """What the core computes."""
    if facts.get("linear"):
        return "φ(Q) (φ(K)ᵀ V)"
    if facts.get("additive"):
        return "softmax(wᵀ tanh(Q + K)) V"
    whole = "φ(Q) φ(K)ᵀ" if facts.get("features") else "Q Kᵀ"
    product, scale = "[Q Kᵀ, Q K_allᵀ]" if facts.get("further_keys") else whole, facts.get("scale")
    if scale is None:
        product += " · s"
    elif abs(scale - facts["d_k"] ** -0.5) < 1e-6 * scale and not facts.get("channels"):
        product += " / √d_k"
    elif abs(scale - 1) > 1e-9:
        product += f" · {scale:.4g}"
    product += " · τ" if facts.get("temperature") else ""
    if facts.get("softcap"):
        product = f"{facts['softcap']:g} · tanh({product} / {facts['softcap']:g})"
    if facts.get("without_softmax"):
        return _of_all_pairs(product, facts)
    product += "".join(f" + {word}" for word in _added(facts))
    if facts.get("competing"):
        return f"(softmax over Q of {product}) V" + (", rows normalised" if facts.get("scaled_rows") else "")
    sink = ", sink" if facts.get("sink") else ""
    if facts.get("difference"):
        return f"(softmax({product}) − λ softmax(Q₂ K₂ᵀ ...)) V"
    return f"softmax({product}{sink}) V"


def _of_all_pairs(product: str, facts: dict[str, Any]) -> str:
    """Scores, bent and multiplied by what falls with the distance or hides keys, with values."""
    product += " + b" if facts.get("score_offset") else ""
    product = f"{facts['score_curve']}({product})" if facts.get("score_curve") else product
    weight = facts.get("score_weight")
    product += "" if not weight else f" · {weight:.4g}" if weight > 0 else " · c"
    hides = " ⊙ mask" if facts["causal"] or facts.get("masked") else ""
    hides = " ⊙ D" if facts.get("decay") else " ⊙ D(x)" if facts.get("made_factors") else hides
    return f"({product}{hides}) V" + (", rows normalised" if facts.get("scaled_rows") else "")


def name_of_mask(mask: Mask) -> str:
    """What a table that meets the scores does, in a few words; "" for one that hides nothing."""
    words = ["relative position bias"] if mask.learned else ["ALiBi"] if mask.slopes else []
    words += ["decay"] if mask.decays else []
    window = f", window {mask.window}" if mask.window else ""
    if mask.causal or window:
        words.append(("causal mask" if mask.causal else "mask") + window)
    elif mask.blocks:
        words.append("block mask")
    elif mask.given or (mask.unread and not words):
        words.append("mask")
    return ", ".join(words)


def _added(facts: dict[str, Any]) -> list[str]:
    """What is added to the scores, in words."""
    words = ["position scores"] if facts.get("position_products") else []
    if facts.get("added_products"):
        words.append("further scores")
    if facts.get("relative_bias"):
        words.append("relative bias")
    if facts.get("alibi"):
        words.append("ALiBi")
    if facts["causal"]:
        words.append(f"causal mask of window {facts['window']}" if facts.get("window") else "causal mask")
    elif facts.get("window"):
        words.append(f"mask of window {facts['window']}")
    elif facts.get("blocks"):
        words.append("block mask")
    elif facts.get("masked"):
        words.append("mask")
    return words


def name_of_core(facts: dict[str, Any]) -> str:
    """Scaled or not, by what was measured."""
    if facts.get("channels"):
        return "Attention over channels"
    if any(facts.get(word) for word in _KINDS):
        return label(facts)
    if facts.get("without_softmax"):
        return "Scores without softmax"
    return "Scaled dot-product attention" if abs(facts.get("scale", 0) - 1) > 1e-9 else "Dot-product attention"
