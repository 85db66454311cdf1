"""Sheet and sizes -> its panels: two figures, and text that flows over columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from copy import copy
from functools import cache

from boardwork.figure import AS_IT_IS, Metrics
from boardwork.figure import draw as lay_out
from boardwork.render.drawing.diagram import figure_marks
from boardwork.render.drawing.marks import Piece, moved, scaled
from boardwork.render.drawing.style import Type
from boardwork.render.panels.equations import equation
from boardwork.render.panels.plans import Panel
from boardwork.render.panels.stage_table import table_panel
from boardwork.render.panels.texts import code, columns, question, split, symbol, symbol_widths, tradeoff
from boardwork.render.stages import stages
from boardwork.sheet import Code, Diagram, Sheet

MOST_SCALE = 1.3  # a figure grows by this where there is room
MARGIN = 0.97  # of the width of its panel that a figure grows to
MEANING = 8.0  # the narrowest column for what a symbol means, in sizes
Item = Callable[[float], Piece]


class Contents:
    """Panels at one size of text, with the `table` of stages. What a sheet and a shorter one share is set only once."""

    def __init__(self, type: Type) -> None:
        self.type, self.table = type, True
        self.set: dict[Hashable, Piece] = {}
        self.flows: dict[Hashable, Panel | None] = {}
        self.texts: dict[tuple[int, bool], tuple[Sheet, Sequence[Panel]]] = {}  # with the sheet, so that its id stays

    def without_table(self) -> Contents:
        """The same, and the same texts set, without the table."""
        other = copy(self)
        other.table = False
        return other

    def panels(self, sheet: Sheet, figures: Sequence[Piece]) -> list[Panel]:
        """The panels in order; `figures`: the `pictures` of the sheet, drawn."""
        drawn = [self.figure(sheet, place, figure) for place, figure in enumerate(figures)]
        notes = [_note("Zoom", f"{sheet.zoom.reason} (panel 1).", self.type)] if _is_drawn_once(sheet) else []
        codes = [_code(sheet.code, self.type)] if sheet.code is not None else []
        return [*drawn, *notes, *self._texts(sheet), *codes]

    def figure(self, sheet: Sheet, place: int, figure: Piece) -> Panel:
        """The panel of the first or the second of the `pictures`."""
        zoom = sheet.zoom
        title, note = (f"Zoom: {zoom.path}", zoom.reason) if place else ("Big picture", "")
        return figure_panel(title, note, figure, self.type)

    def _texts(self, sheet: Sheet) -> Sequence[Panel]:
        """The panels of a sheet that flow, and the table of its stages; put together once."""
        key = (id(sheet), self.table)
        if key not in self.texts:
            self.texts[key] = sheet, self._flows(sheet)
        return self.texts[key][1]

    def _flows(self, sheet: Sheet) -> Sequence[Panel]:
        widest = symbol_widths(sheet.symbols, self.type)
        symbols = [self._symbol(name, sheet, widest) for name in sheet.symbols]
        flows = [
            self._flow("Key equations", sheet.equations, [self._item(equation, e) for e in sheet.equations]),
            self._flow("Trade-offs", sheet.tradeoffs, [self._item(tradeoff, t) for t in sheet.tradeoffs]),
            self._flow("Questions", sheet.questions, [self._item(question, q) for q in sheet.questions]),
            self._flow("Symbols", tuple(sheet.symbols.values()), symbols, 0.15, sum(widest) + MEANING * self.type.body),
        ]
        tables = [self._stages(sheet.big_picture)] if self.table else []
        return [panel for panel in (*flows, *tables) if panel is not None]

    def _stages(self, diagram: Diagram) -> Panel | None:
        """The table of stages, made once."""
        key = ("stages", id(diagram))
        if key not in self.flows:
            rows = stages(diagram)
            self.flows[key] = table_panel(rows, self.type) if rows else None
        return self.flows[key]

    def _flow(
        self, title: str, things: Sequence[object], items: Sequence[Item], gap: float = 1.0, least: float = 0.0
    ) -> Panel | None:
        """The panel of these things, made once; `gap` between two of them, as a share of the usual one.

        `least`: how narrow it may be, the usual column if 0.
        """
        key = (title, *map(id, things))
        if items and key not in self.flows:
            self.flows[key] = _flow(title, items, gap * self.type.item_gap, least or self.type.column, self.type)
        return self.flows.get(key)

    def _item(self, draw: Callable[..., Piece], item: object) -> Item:
        return lambda room: self.once((id(item), room), lambda: draw(item, room, self.type))

    def _symbol(self, name: str, sheet: Sheet, widest: tuple[float, float]) -> Item:
        return lambda room: self.once(
            (name, widest, room), lambda: symbol(name, sheet.symbols[name], room, self.type, widest)
        )

    def once(self, key: Hashable, draw: Callable[[], Piece]) -> Piece:
        """What is drawn, and kept for the next time that the key comes."""
        if key not in self.set:
            self.set[key] = draw()
        return self.set[key]


def pictures(sheet: Sheet) -> list[Diagram]:
    """What is drawn of a sheet: the big picture, and the zoom if it is another."""
    return [sheet.big_picture] if _is_drawn_once(sheet) else [sheet.big_picture, sheet.zoom.diagram]


def _is_drawn_once(sheet: Sheet) -> bool:
    return sheet.zoom.diagram == sheet.big_picture


def drawn(diagram: Diagram, metrics: Metrics, form: str = AS_IT_IS, most_height: float | None = None) -> Piece:
    """The figure as marks."""
    return figure_marks(lay_out(diagram, metrics, form, most_height=most_height), metrics)


def figure_panel(title: str, note: str, figure: Piece, type: Type) -> Panel:
    """A figure grows a little with the height that it is given, and stands in the middle of what is left."""

    def content(room: float, height: float) -> Piece:
        if not height:
            return figure
        factor = min(MOST_SCALE, MARGIN * room / max(figure.width, 1), height / max(figure.height, 1))
        grown = scaled(figure, max(1.0, factor))
        return Piece(grown.width, height, moved(grown.marks, 0, (height - grown.height) / 2))

    return Panel(title, note, content, lambda room: figure.height, max(figure.width, 0.8 * type.column), True)


def _note(title: str, note: str, type: Type) -> Panel:
    return Panel(title, note, lambda room, height: Piece(room, height), lambda room: 0, type.column, False)


def _code(item: Code, type: Type) -> Panel:
    """As wide as its longest line: lines of code are not broken."""
    piece = code(item, type)
    title = f"Code: {item.title}"
    return Panel(title, "", lambda room, height: piece, lambda room: piece.height, piece.width, False)


def _flow(title: str, items: Sequence[Item], gap: float, least: float, type: Type) -> Panel:
    """Text in as many columns as the room has, each of a width that reads well."""

    def widths(room: float) -> tuple[int, float]:
        number = max(1, int((room + type.between) // (1.09 * least + type.between)))
        number = min(number, len(items))
        return number, (room - type.between * (number - 1)) / number

    def content(room: float, height: float) -> Piece:
        number, wide = widths(room)
        return columns([item(wide) for item in items], number, gap, type, height)

    @cache
    def tall(room: float) -> float:
        number, wide = widths(room)
        heights = [item(wide).height + gap for item in items]
        return max(sum(heights[start:stop]) - gap for start, stop in split(heights, number))

    return Panel(title, "", content, tall, least, False)
