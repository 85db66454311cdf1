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
from fontTools.pens.recordingPen import DecomposingRecordingPen, RecordingPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

GREEK = "αβγδεζηθικλμνξοπρςστυφχψωϕϵΓΔΘΛΞΠΣΦΨΩ"
SIGNS = "…–—‘’“”•×÷±−·√∞≈≠≤≥→←↑↓↔∑∏∂∫′″‖✓°½¬"
SCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵈᵗ₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₒₓₕₖₗₘₙₚₛₜᵢᵣᵤᵥ"
LATIN = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]))
MADE = {"ᵀ": ("T", 0.62, 640), "⋅": ("·", 1.0, 0), "∘": ("°", 0.9, -350), "∼": ("~", 1.0, 0)}  # from, scale, rise
FLOORS = "⌊⌋⌈⌉"  # a bracket without its upper, or its lower, foot
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
    """Gives `sign` the outline of `base`."""
    names, glyphs = font.getBestCmap(), font.getGlyphSet()
    pen = DecomposingRecordingPen(glyphs)
    glyphs[names[ord(base)]].draw(pen)
    advance = round(font["hmtx"][names[ord(base)]][0] * scale)
    out = T2CharStringPen(advance, glyphs)
    pen.replay(TransformPen(out, Transform(scale, 0, 0, scale, 0, rise)))
    put(font, sign, out, advance)


def floor_of(font: TTFont, sign: str) -> None:
    """Gives `sign` the stem and one foot of the bracket on its side."""
    bracket = font.getBestCmap()[ord("[" if sign in "⌊⌈" else "]")]
    glyphs, corners = font.getGlyphSet(), RecordingPen()
    glyphs[bracket].draw(corners)
    points = [point for _, some in corners.value for point in some]
    xs, ys = sorted({x for x, _ in points}), sorted({y for _, y in points})
    stem = (xs[0], xs[1]) if sign in "⌊⌈" else (xs[-2], xs[-1])
    foot = (ys[0], ys[1]) if sign in "⌊⌋" else (ys[-2], ys[-1])
    advance = font["hmtx"][bracket][0]
    pen = T2CharStringPen(advance, glyphs)
    side = (stem[1], xs[-1]) if sign in "⌊⌈" else (xs[0], stem[0])
    for (left, right), (low, high) in ((stem, (ys[0], ys[-1])), (side, foot)):
        pen.moveTo((left, low))
        for corner in ((right, low), (right, high), (left, high)):
            pen.lineTo(corner)
        pen.closePath()
    put(font, sign, pen, advance)


def put(font: TTFont, sign: str, pen: T2CharStringPen, advance: int) -> None:
    """The outline in place of a spare glyph's, so that no table needs to grow."""
    spare = font.getBestCmap()[SPARE[sign]]
    top = font["CFF "].cff.topDictIndex[0]
    old = top.CharStrings[spare]
    top.CharStrings[spare] = pen.getCharString(old.private, old.globalSubrs)
    font["hmtx"][spare] = (advance, 0)
    for table in font["cmap"].tables:
        table.cmap[ord(sign)] = spare
        table.cmap.pop(SPARE[sign], None)


# Signs of the subset that no diagram writes.
SPARE = {"ᵀ": 0xA5, "⋅": 0xA4, "∘": 0xA6, "∼": 0xA8, "⌊": 0xA7, "⌋": 0xAF, "⌈": 0xB4, "⌉": 0xB8}


def main(folder: Path) -> None:
    here = Path(__file__).parents[2] / "src/boardwork/figure/fonts"
    rows = []
    for style, file in FACES.items():
        font = face(folder / file)
        for sign, (base, scale, rise) in MADE.items():
            make(font, sign, base, scale, rise)
        for sign in FLOORS:
            floor_of(font, sign)
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
