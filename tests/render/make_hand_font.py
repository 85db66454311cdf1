"""Kalam (npm @fontsource/kalam) and our Inter -> the handwriting of the sketch theme, in figure/fonts/hand.

    python tests/render/make_hand_font.py node_modules/@fontsource/kalam/files

Needs fonttools and brotli, which boardwork itself does not. Signs that Kalam lacks (Greek, arrows, raised figures) have
Inter's outlines, so that every text of a sheet is set in one font, measured by one table.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.transform import Scale
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

EM = 1000
FAMILY = "Boardwork Hand"
HERE = Path(__file__).parents[2] / "src/boardwork/figure/fonts"
FACES = {"Regular": ("kalam-latin-400-normal.woff2", 400), "Bold": ("kalam-latin-700-normal.woff2", 600)}
LICENCE = (
    "SIL Open Font License 1.1. Copyright (c) 2014 Indian Type Foundry; Copyright (c) 2016 The Inter Project Authors."
)


def outline(font: TTFont, name: str) -> tuple[object, int]:
    """The glyph in quadratic curves on our em, and its advance."""
    scale, glyphs, pen = EM / font["head"].unitsPerEm, font.getGlyphSet(), TTGlyphPen(None)
    recorded = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(recorded)
    cubic = "CFF " in font
    recorded.replay(TransformPen(Cu2QuPen(pen, 1.0, reverse_direction=cubic) if cubic else pen, Scale(scale)))
    return pen.glyph(), round(font["hmtx"][name][0] * scale)


def face(folder: Path, style: str) -> TTFont:
    file, weight = FACES[style]
    hand, upright = TTFont(folder / file), TTFont(HERE / f"Inter-{style}.otf")
    wanted = sorted(upright.getBestCmap())
    cmap, glyphs, metrics = {}, {".notdef": TTGlyphPen(None).glyph()}, {".notdef": (500, 0)}
    for code in wanted:
        source = hand if code in hand.getBestCmap() else upright
        name = f"u{code:04X}"
        glyphs[name], advance = outline(source, source.getBestCmap()[code])
        cmap[code], metrics[name] = name, (advance, getattr(glyphs[name], "xMin", 0))
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", *cmap.values()])
    builder.setupCharacterMap(cmap)
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(
        {n: (w, glyphs[n].xMin if hasattr(glyphs[n], "xMin") else 0) for n, (w, _) in metrics.items()}
    )
    builder.setupHorizontalHeader(ascent=950, descent=-250)
    names = {"familyName": FAMILY, "styleName": style, "fullName": f"{FAMILY} {style}", "licenseDescription": LICENCE}
    builder.setupNameTable({**names, "psName": f"{FAMILY} {style}".replace(" ", "")}, mac=False)
    regular = 0x40 if weight == 400 else 0
    builder.setupOS2(usWeightClass=weight, sTypoAscender=950, sTypoDescender=-250, fsSelection=regular, fsType=0)
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = 3_500_000_000
    builder.font.recalcTimestamp = False
    return builder.font


def main(folder: Path) -> None:
    (HERE / "hand").mkdir(exist_ok=True)
    rows = []
    for style in FACES:
        font = face(folder, style)
        font.save(HERE / "hand" / f"BoardworkHand-{style}.ttf")
        font.flavor = "woff2"
        font.save(HERE / "hand" / f"BoardworkHand-{style}.woff2")
        table = {chr(code): font["hmtx"][name][0] for code, name in sorted(font.getBestCmap().items())}
        rows.append(f'"{style.lower()}": {json.dumps(table, ensure_ascii=False)}')
    (HERE / "hand" / "advances.json").write_text("{" + ",\n".join(rows) + "}\n", encoding="utf-8")
    inter, _, _ = (HERE / "OFL.txt").read_text(encoding="utf-8").partition("\n")
    kalam = (folder.parent / "LICENSE").read_text(encoding="utf-8")
    (HERE / "hand" / "OFL.txt").write_text(f"{inter}\n{kalam}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
