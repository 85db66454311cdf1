"""DejaVu Sans Mono (Debian's fonts-dejavu-core) -> Boardwork Mono, the subset that code is set in, with its licence.

    python tests/render/make_mono_font.py /usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf

Needs fonttools and brotli, which boardwork itself does not. The licence asks for another name.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

SIGNS = "".join(map(chr, range(0x20, 0x7F))) + "×·−…≈≤≥→←√∞⌊⌋αβγδεθκλμνπρστφχψωΔΘΛΣΦΨΩ"
NAME = "Boardwork Mono"


def main(source: Path) -> None:
    here = Path(__file__).parents[2] / "src/boardwork/figure/fonts/mono"
    font = TTFont(source)
    licence = font["name"].getDebugName(13)
    subsetter = Subsetter(Options(layout_features=[], hinting=False, name_IDs=[1, 2, 4, 6]))
    subsetter.populate(unicodes=map(ord, SIGNS))
    subsetter.subset(font)
    for record in font["name"].names:
        record.string = {2: "Regular", 6: NAME.replace(" ", "")}.get(record.nameID, NAME)
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    font.save(here / "BoardworkMono-Regular.ttf")
    font.flavor = "woff2"
    font.save(here / "BoardworkMono-Regular.woff2")
    (here / "LICENSE.txt").write_text(licence.strip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
