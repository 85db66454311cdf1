"""Inter (Debian's fonts-inter) -> the subset fonts and the advance table of src/boardwork/figure/fonts.

    python tests/render/make_fonts.py /usr/share/fonts/opentype/inter

Needs fonttools and brotli, which boardwork itself does not. Layout features are left out: without kerning the width of
a line is the sum of its advances. Signs that Inter lacks are made from the ones it has.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fontTools.misc.transform import Transform
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

GREEK = "αβγδεζηθικλμνξοπρςστυφχψωϕϵΓΔΘΛΞΠΣΦΨΩ"
SIGNS = "…–—‘’“”•×÷±−·√∞≈≠≤≥→←↑↓↔∑∏∂∫′″‖✓°½¬"
SCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵈᵗ₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₒₓₕₖₗₘₙₚₛₜᵢᵣᵤᵥ"
LATIN = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]))
MADE = {"ᵀ": ("T", 0.62, 640), "⋅": ("·", 1.0, 0), "∘": ("°", 0.9, -350), "∼": ("~", 1.0, 0)}  # from, scale, rise
FACES = {"regular": "Inter-Regular.otf", "bold": "Inter-SemiBold.otf"}


def face(source: Path) -> TTFont:
    font = TTFont(source)
    unicodes = {ord(c) for c in LATIN + GREEK + SIGNS + SCRIPTS}
    subsetter = Subsetter(
        Options(layout_features=[], hinting=False, desubroutinize=True, name_IDs=[1, 2, 4, 6, 13, 14, 16, 17])
    )
    subsetter.populate(unicodes=unicodes)
    subsetter.subset(font)
    for tag in ("GSUB", "GPOS", "GDEF", "STAT", "DSIG", "meta"):
        if tag in font:
            del font[tag]
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    return font


def make(font: TTFont, sign: str, base: str, scale: float, rise: int) -> None:
    """Gives `sign` the outline of `base` in place of a spare glyph's, so that no table needs to grow."""
    names, glyphs = font.getBestCmap(), font.getGlyphSet()
    spare = names[SPARE[sign]]
    pen = DecomposingRecordingPen(glyphs)
    glyphs[names[ord(base)]].draw(pen)
    advance = round(font["hmtx"][names[ord(base)]][0] * scale)
    top = font["CFF "].cff.topDictIndex[0]
    old = top.CharStrings[spare]
    out = T2CharStringPen(advance, glyphs)
    pen.replay(TransformPen(out, Transform(scale, 0, 0, scale, 0, rise)))
    top.CharStrings[spare] = out.getCharString(old.private, old.globalSubrs)
    font["hmtx"][spare] = (advance, 0)
    for table in font["cmap"].tables:
        table.cmap[ord(sign)] = spare
        table.cmap.pop(SPARE[sign], None)


SPARE = {"ᵀ": 0xA5, "⋅": 0xA4, "∘": 0xA6, "∼": 0xA8}  # signs of the subset that no diagram writes


def main(folder: Path) -> None:
    here = Path(__file__).parents[2] / "src/boardwork/figure/fonts"
    rows = []
    for style, file in FACES.items():
        font = face(folder / file)
        for sign, (base, scale, rise) in MADE.items():
            make(font, sign, base, scale, rise)
        stem = "Inter-" + style.capitalize()
        font.save(here / f"{stem}.otf")
        font.flavor = "woff2"
        font.save(here / f"{stem}.woff2")
        em, names = font["head"].unitsPerEm, font.getBestCmap()
        table = {chr(c): round(font["hmtx"][names[c]][0] * 1000 / em) for c in sorted(names)}
        rows.append(f'"{style}": {json.dumps(table, ensure_ascii=False)}')
    (here / "advances.json").write_text("{" + ",\n".join(rows) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
