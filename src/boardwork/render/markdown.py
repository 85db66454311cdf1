"""Sheet -> Markdown: diagrams as text, which every renderer shows alike, and formulas as TeX."""

from __future__ import annotations

import re
from dataclasses import replace

from boardwork.options import Options
from boardwork.render.panel_choice import chosen
from boardwork.render.stages import stages, table_rows
from boardwork.render.templates import template
from boardwork.render.text.sheet import diagram_lines
from boardwork.render.words import (
    cited,
    computed,
    differs,
    heading,
    key_numbers,
    memory,
    reasons,
    values,
    with_letters_of_words,
    zoomed,
)
from boardwork.sheet import Equation, Sheet, Tradeoff


def markdown(sheet: Sheet, options: Options) -> str:
    """The sheet with a heading a step; `options.width` is that of the diagrams."""
    names = chosen(options.panels)
    parts = replace(options, panels=())
    said = template("sheet.md").render(
        title=plain(sheet.subject.title),
        heading=plain(heading(sheet)),
        numbers=" · ".join((*key_numbers(sheet), *memory(sheet))),
        big_picture=_diagram(sheet, "big-picture", parts) if "big-picture" in names else "",
        stages=[tuple(map(plain, row)) for row in table_rows(stages(sheet.big_picture))],
        zoom=_diagram(sheet, "zoom", parts) if "zoom" in names else "",
        zoomed=plain(zoomed(sheet)),
        reason=plain(sheet.zoom.reason),
        equations=[_equation(e) for e in sheet.equations] if "equations" in names else [],
        tradeoffs=[_tradeoff(t) for t in sheet.tradeoffs] if "trade-offs" in names else [],
        questions=[(plain(q.ask), plain(q.answer)) for q in sheet.questions] if "questions" in names else [],
        code=_code(sheet) if "code" in names else {},
        symbols=[(plain(name), s.value, plain(s.meaning)) for name, s in sheet.symbols.items()],
        notes=[plain(note) for note in sheet.footnotes],
        whole=not options.panels,
    )
    return re.sub(r"\n{3,}", "\n\n", said)


def _diagram(sheet: Sheet, panel: str, options: Options) -> str:
    diagram = sheet.big_picture if panel == "big-picture" else sheet.zoom.diagram
    return "\n".join(diagram_lines(diagram, options.width, ascii=options.ascii))


def _equation(item: Equation) -> dict[str, object]:
    checks = [
        f"{plain(check.claim)}: {plain(computed(check))} {'✗ ' + differs(check) if differs(check) else '✓'}"
        for check in item.checks
    ]
    return {
        "name": plain(item.name), "source": cited(item.source), "latex": with_letters_of_words(item.latex),
        "values": plain(values(item)) if item.values else "", "checks": checks,
    }  # fmt: skip


def _code(sheet: Sheet) -> dict[str, str]:
    code = sheet.code
    return {} if code is None else {"title": plain(code.title), "note": plain(code.note), "text": code.text}


def _tradeoff(item: Tradeoff) -> dict[str, object]:
    told = [(name, plain(words)) for name, words in reasons(item) if words]
    return {"topic": plain(item.topic), "source": cited(item.source), "reasons": told}


def plain(text: str) -> str:
    """Text whose signs Markdown does not take for markup."""
    return "".join(f"\\{c}" if c in "\\`*_<>#|[]$" else c for c in text)
