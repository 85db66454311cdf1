"""One sign of maths -> its ASCII name, or its small raised or lowered form."""

from __future__ import annotations

import re

ASCII = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "eps", "ϵ": "eps", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ϑ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi",
    "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi",
    "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi",
    "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "∂": "d", "∇": "grad", "∞": "inf", "ℓ": "l", "ℒ": "L",
    "ℝ": "R", "𝔼": "E", "ℙ": "P", "ℕ": "N", "ℤ": "Z", "𝒩": "N", "𝒪": "O", "∑": "sum", "∏": "prod", "∫": "int",
    "−": "-", "×": "x", "·": "*", "÷": "/", "±": "+-", "∗": "*", "∘": "o", "⊙": "(.)", "⊕": "(+)", "⊗": "(x)",
    "≤": "<=", "≥": ">=", "≈": "~=", "≠": "!=", "≪": "<<", "≫": ">>", "≡": "==", "∝": "~", "∼": "~", "≔": ":=",
    "∈": "in", "∉": "not in", "→": "->", "←": "<-", "↔": "<->", "↦": "->", "⇒": "=>", "⊤": "T", "⊥": "_|_",
    "′": "'", "″": "''", "‴": "'''", "…": "...", "⋯": "...", "‖": "||", "⌊": "floor(", "⌋": ")", "⌈": "ceil(",
    "⌉": ")", "⟨": "<", "⟩": ">", "ˆ": "_hat", "¯": "_bar", "˜": "_tilde", "˙": "_dot", "¬": "not ",
    "√": "sqrt", "✓": "[ok]", "✗": "[differs]", "–": "-", "—": "-", "’": "'", "“": '"', "”": '"',
}  # fmt: skip

BELOW = dict(zip("0123456789+−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))
ABOVE = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW⊤",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵀ",
        strict=True,
    )
)
SMALL = frozenset([*BELOW.values(), *ABOVE.values()])


def ascii_name(text: str) -> str:
    """The text in ASCII; what has no name stays out."""
    return "".join(ASCII.get(c, c if c.isascii() else "?") for c in text)


def raised(text: str, sign: str) -> str | None:
    """`text` as small letters below (sign "_") or above ("^") the line; None if one is missing in Unicode."""
    table = BELOW if sign == "_" else ABOVE
    if text.isalpha() and len(text) > 3:  # a small word is hard to read
        return None
    return "".join(table[c] for c in text) if text and all(c in table for c in text) else None


def ascii_text(text: str) -> str:
    """A line of prose or maths in ASCII: names for signs, `_x` and `^x` for small letters."""
    for table, sign in ((BELOW, "_"), (ABOVE, "^")):
        plain = {small: letter for letter, small in reversed(table.items())}

        def full(match: re.Match[str], plain: dict[str, str] = plain, sign: str = sign) -> str:
            body = "".join(plain[c] for c in match[0])
            return sign + (body if body.isalnum() else f"({body})")

        text = re.sub(f"[{re.escape(''.join(plain))}]+", full, text)
    return ascii_name(re.sub(r"√(\w+)", r"sqrt(\1)", text))
