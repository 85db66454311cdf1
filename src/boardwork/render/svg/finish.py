"""Graphviz's SVG -> the delivered one: no comments, fonts inside, a title and a description for who cannot see it."""

from __future__ import annotations

import base64
import re
from functools import cache
from html import escape, unescape
from pathlib import Path

from boardwork.figure.lettering import CODE, DRAWN_HERE, FONTS
from boardwork.figure.points import width
from boardwork.formula import FONT_FILES as MATHS_FONTS
from boardwork.render.drawing.theme import Theme, theme

_SANS = "'Helvetica Neue', Arial, sans-serif"
_SERIF = "'Boardwork Math', 'STIX Two Math', 'Cambria Math', serif"
_FACES = {
    'font-family="Inter SemiBold"': 'class="b"',
    'font-family="Inter"': "",
    'font-family="Boardwork Math Italic"': 'class="i"',
    'font-family="Boardwork Math"': 'class="m"',
    f'font-family="{CODE.family}"': 'class="c"',
}


def finished(drawn: bytes, title: str, description: str, colours: Theme) -> bytes:
    """The same picture, self-contained."""
    style = style_sheet(colours.font) + (code_style() if CODE.family.encode() in drawn else "") + in_the_dark(colours)
    return (picture(drawn, title, description, style) + "\n").encode()


def picture(drawn: bytes, title: str, description: str, style: str = "") -> str:
    """The picture as an element, with a style of its own or with the one of the page that it is in."""
    text = drawn.decode()
    text = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"<title>.*?</title>", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="(?:node|edge)\d+" class="\w+">(.*?)</g>', r"\1", text, flags=re.DOTALL)
    text = text.replace('<g id="graph0" class="graph" ', "<g ")
    text = text.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    text = text.replace(' xml:space="preserve" text-anchor="middle"', "")
    text = text.replace('stroke-dasharray="1,5"', 'stroke-dasharray="0.1,2.6" stroke-linecap="round"')
    for ours, short in _FACES.items():
        text = text.replace(f" {ours}", f" {short}".rstrip())
    text = re.sub(r"(<text (?:(?!fill=)[^>])*)>", r'\1 fill="#000000">', text)
    text = re.sub(rf"(<text [^>]*)>([^<]*[{DRAWN_HERE}][^<]*)<", _as_long_as_measured, text)
    head = f"<title>{_safe(title)}</title>\n<desc>{_safe(description)}</desc>\n"
    head += f"<style>\n{style}</style>\n" if style else ""
    text = re.sub(
        r"<svg (.*?)>\s*",
        lambda m: f'<svg class="boardwork" role="img" {_squeezed(m[1])}>\n{head}',
        text,
        count=1,
        flags=re.DOTALL,
    )
    return re.sub(r"\n\s*\n+", "\n", text).strip()


def _as_long_as_measured(found: re.Match[str]) -> str:
    """A viewer that reads no fonts from the picture takes the signs from one that is wider."""
    start, said = found.groups()
    size = re.search(r'font-size="([\d.]+)"', start)
    if size is None or 'class="m"' in start or 'class="i"' in start:
        return found[0]
    wide = width(unescape(said), float(size[1]), 'class="b"' in start)
    return f'{start} textLength="{wide:.2f}" lengthAdjust="spacingAndGlyphs">{said}<'


def _squeezed(attributes: str) -> str:
    return " ".join(attributes.split())


def _safe(text: str) -> str:
    """XML text without the control signs that XML forbids."""
    return escape("".join(c for c in text if c >= " " or c in "\n\t"), quote=False)


def in_the_dark(light: Theme) -> str:
    """The other colours of each mark, for a reader who prefers dark."""
    if not light.in_the_dark:
        return ""
    dark = theme(light.in_the_dark)
    pairs = sorted({(light.paints[paint], dark.paints[paint]) for paint in light.paints})
    rules = [f".boardwork [{part}='{old}']{{{part}:{new}}}" for old, new in pairs for part in ("fill", "stroke")]
    return "@media (prefers-color-scheme:dark){\n" + "\n".join(rules) + "\n}\n"


@cache
def style_sheet(family: str) -> str:
    """The fonts as data, and a class for each face; nothing outside this picture is touched."""
    faces = (
        (family, 400, "normal", FONTS[family].web_font("regular")),
        (family, 600, "normal", FONTS[family].web_font("bold")),
        ("Boardwork Math", 400, "normal", MATHS_FONTS["normal"]),
        ("Boardwork Math", 400, "italic", MATHS_FONTS["italic"]),
    )
    rules = [_font_face(*face) for face in faces]
    rules += [
        f".boardwork text{{font-family:'{family}', {_SANS};font-weight:400;font-style:normal;text-anchor:middle}}",
        ".boardwork text.b{font-weight:600}",
        f".boardwork text.m{{font-family:{_SERIF}}}",
        f".boardwork text.i{{font-family:{_SERIF};font-style:italic}}",
    ]
    return "\n".join(rules) + "\n"


@cache
def code_style() -> str:
    """The same for code, where there is any."""
    face = _font_face(CODE.family, 400, "normal", CODE.web_font("regular"))
    return f"{face}\n.boardwork text.c{{font-family:'{CODE.family}', monospace}}\n"


def _font_face(family: str, weight: int, slant: str, path: Path) -> str:
    return (
        f"@font-face{{font-family:'{family}';font-weight:{weight};font-style:{slant};"
        f"src:url(data:font/woff2;base64,{base64.b64encode(path.read_bytes()).decode()}) format('woff2')}}"
    )
