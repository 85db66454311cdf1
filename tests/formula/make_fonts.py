"""STIX Two Math (woff2 of npm @fontsource/stix-two-math) -> the fonts and the table of src/boardwork/formula/fonts.

    python tests/formula/make_fonts.py stix-two-math-latin-400-normal.woff2

Needs fonttools and brotli, which boardwork itself does not. The italic face takes the mathematical italic letters,
moved to the places of the plain ones, so that text copied out of a figure reads "x" and not U+1D465.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fontTools.pens.boundsPen import BoundsPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Boardwork Math"
GREEK = "αβγδεζηθικλμνξοπρςστυφχψω"
GREEK_CAPITALS = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡ\0ΣΤΥΦΧΨΩ"
SIGNS = "¬±×÷·′″‴…⋯⋮‖∂∇∑∏∫√∞∈∉∀∃∅∗∘∙⊙⊕⊗⊤⊥≈≠≤≥≪≫≡∝∼≔←→↔↦⇒⌈⌉⌊⌋⟨⟩−∥∣⋅ℓℝℒ𝔼ℙℕℤ𝒩𝒪ϵϕϑˆ˜¯˙"


def italics() -> dict[int, int]:
    """Plain code point -> code point of the mathematical italic letter."""
    table = {ord("A") + i: 0x1D434 + i for i in range(26)} | {ord("a") + i: 0x1D44E + i for i in range(26)}
    table |= {ord(c): 0x1D6FC + i for i, c in enumerate(GREEK)}
    table |= {ord(c): 0x1D6E2 + i for i, c in enumerate(GREEK_CAPITALS) if c != "\0"}
    return table | {ord("h"): 0x210E, ord("∂"): 0x1D715, ord("ϵ"): 0x1D716, ord("ϑ"): 0x1D717, ord("ϕ"): 0x1D719}


def face(source: Path, style: str) -> tuple[TTFont, dict[str, list[int]]]:
    """The subset in one style, and its table: character -> advance, top, bottom, right edge of the ink (1/1000 em)."""
    font = TTFont(source)
    upright = set(range(0x20, 0x7F)) | {ord(c) for c in SIGNS + GREEK + GREEK_CAPITALS if c != "\0"}
    wanted = italics() if style == "Italic" else {c: c for c in upright}
    options = Options(layout_features=[], hinting=False, drop_tables=["GSUB", "GPOS", "GDEF", "MATH", "DSIG", "STAT"])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=set(wanted.values()))
    subsetter.subset(font)
    names = font.getBestCmap()
    glyphs = {plain: names[code] for plain, code in wanted.items() if code in names}
    for table in font["cmap"].tables:
        table.cmap = {c: g for c, g in glyphs.items() if c < 0x10000 or table.format == 12}
    rename(font, style)
    return font, {chr(c): measure(font, g) for c, g in sorted(glyphs.items())}


def measure(font: TTFont, glyph: str) -> list[int]:
    pen = BoundsPen(font.getGlyphSet())
    font.getGlyphSet()[glyph].draw(pen)
    _, bottom, right, top = pen.bounds or (0, 0, 0, 0)
    return [round(v) for v in (font["hmtx"][glyph][0], top, bottom, right)]


def rename(font: TTFont, style: str) -> None:
    for record in list(font["name"].names):
        if record.nameID not in (0, 13, 14):
            font["name"].removeNames(nameID=record.nameID)
    full = f"{FAMILY} {style}"
    for key, value in {1: FAMILY, 2: style, 3: full, 4: full, 6: full.replace(" ", "")}.items():
        font["name"].setName(value, key, 3, 1, 0x409)
    font["OS/2"].fsSelection = 0x01 if style == "Italic" else 0x40
    font["head"].macStyle = 0x02 if style == "Italic" else 0
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False


def main(source: Path) -> None:
    here = Path(__file__).parents[2] / "src/boardwork/formula/fonts"
    tables = {}
    for style in ("Regular", "Italic"):
        font, tables[style.lower()] = face(source, style)
        font.flavor = None
        font.save(here / f"BoardworkMath-{style}.ttf")
        font.flavor = "woff2"
        font.save(here / f"BoardworkMath-{style}.woff2")
    rows = [f'"{s}": {{\n' + ",\n".join(f"{json.dumps(c)}: {m}" for c, m in t.items()) + "}" for s, t in tables.items()]
    (here / "advances.json").write_text("{" + ",\n".join(rows) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
