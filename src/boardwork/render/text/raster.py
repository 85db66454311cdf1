"""Figure in cells -> lines of text. A mask of four directions a cell makes every junction come out right."""

from __future__ import annotations

from itertools import pairwise

from boardwork.figure.primitives import Box, Circle, Figure, Frame, Text, Wire

_NORTH, _EAST, _SOUTH, _WEST = 1, 2, 4, 8
_SOLID = {
    0: " ", 1: "│", 2: "─", 3: "└", 4: "│", 5: "│", 6: "┌", 7: "├", 8: "─", 9: "┘", 10: "─", 11: "┴", 12: "┐", 13: "┤",
    14: "┬", 15: "┼",
}  # fmt: skip
_HEADS = {_SOUTH: "▼", _NORTH: "▲", _EAST: "►", _WEST: "◄"}
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("│╎", "|"), **dict.fromkeys("─╌", "-"), **dict.fromkeys("└┘┌┐├┤┴┬┼╭╮╰╯", "+"),
        "▼": "v", "▲": "^", "►": ">", "◄": "<", "≠": "*", "×": "x", "−": "-",
    }
)  # fmt: skip


class Raster:
    """Cells with directions, written over by texts and heads."""

    def __init__(self, figure: Figure) -> None:
        self.width, self.height = int(figure.width) + 1, int(figure.height) + 1
        self.mask: dict[tuple[int, int], int] = {}
        self.dashed: dict[tuple[int, int], bool] = {}
        self.over: dict[tuple[int, int], str] = {}
        self.figure = figure

    def lines(self, ascii: bool = False) -> list[str]:
        """The picture, one string a row, without blanks at the ends."""
        for kind in (Wire, Frame, Box, Circle, Text):
            for item in self.figure.primitives:
                if isinstance(item, kind):
                    getattr(self, f"_{kind.__name__.lower()}")(item)
        rows = [[" "] * self.width for _ in range(self.height)]
        for x, y in self.mask.keys() | self.over.keys():
            if 0 <= x < self.width and 0 <= y < self.height:
                rows[y][x] = self.over.get((x, y)) or self._cell(x, y)
        lines = ["".join(row).rstrip() for row in rows]
        while lines and not lines[-1]:
            lines.pop()
        return [line.translate(_PLAIN) for line in lines] if ascii else lines

    def _cell(self, x: int, y: int) -> str:
        """What the directions of a cell draw that nothing is written over."""
        mask = self.mask[x, y]
        if mask == _NORTH | _EAST | _SOUTH and (x, y + 1) not in self.mask and (x, y + 1) not in self.over:
            mask = _NORTH | _EAST  # a stem ends with the last arrow that leaves it
        if self.dashed.get((x, y)) and mask in (1, 4, 5):
            return "╎"
        if self.dashed.get((x, y)) and mask in (2, 8, 10):
            return "╌"
        return _SOLID[mask]

    def _wire(self, wire: Wire) -> None:
        points = [(round(x), round(y)) for x, y in wire.points]
        dashed = wire.kind == "residual"
        heading = _SOUTH
        for (x1, y1), (x2, y2) in pairwise(points):
            if (x1, y1) != (x2, y2):
                heading = self._segment(x1, y1, x2, y2, dashed)
        if points[0][0] == points[1][0]:
            self.mask[points[0]] = self.mask.get(points[0], 0) | _NORTH  # it comes out of what stands above
        if len(points) == 2 and points[0] == points[1]:
            self.mask[points[0]] = self.mask.get(points[0], 0) | _NORTH | _SOUTH
        if wire.arrow:
            self.over[points[-1]] = _HEADS[heading]

    def _segment(self, x1: int, y1: int, x2: int, y2: int, dashed: bool) -> int:
        dx, dy = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
        ahead = _EAST if dx > 0 else _WEST if dx < 0 else _SOUTH if dy > 0 else _NORTH
        back = {_EAST: _WEST, _WEST: _EAST, _SOUTH: _NORTH, _NORTH: _SOUTH}[ahead]
        x, y = x1, y1
        while True:
            bits = (ahead if (x, y) != (x2, y2) else 0) | (back if (x, y) != (x1, y1) else 0)
            self.dashed[x, y] = dashed and self.dashed.get((x, y), True)
            self.mask[x, y] = self.mask.get((x, y), 0) | bits
            if (x, y) == (x2, y2):
                return ahead
            x, y = x + dx, y + dy

    def _frame(self, frame: Frame) -> None:
        x1, y1 = round(frame.x), round(frame.y)
        x2, y2 = x1 + round(frame.width) - 1, y1 + round(frame.height) - 1
        for x in range(x1 + 1, x2):
            for y in (y1, y2):
                self.over.setdefault((x, y), "│" if self.mask.get((x, y), 0) & (_NORTH | _SOUTH) else "╌")
        for y in range(y1 + 1, y2):
            for x in (x1, x2):
                self.over.setdefault((x, y), "─" if self.mask.get((x, y), 0) & (_EAST | _WEST) else "╎")
        for cell, corner in zip(((x1, y1), (x2, y1), (x1, y2), (x2, y2)), "╭╮╰╯", strict=True):
            self.over[cell] = corner
        self._write(x1 + 2, y1 + 1, frame.title)
        if frame.repeat > 1:
            text = f" × {frame.repeat} "
            self._write(x2 - len(text) - 1, y1, text)

    def _box(self, box: Box) -> None:
        x1, y1 = round(box.x), round(box.y)
        x2, y2 = x1 + round(box.width) - 1, y1 + round(box.height) - 1
        for x in range(x1, x2 + 1):
            for y in range(y1, y2 + 1):
                across, upright = ("╌", "╎") if box.mark else ("─", "│")
                self.over[x, y] = across if y in (y1, y2) else upright if x in (x1, x2) else " "
        for cell, corner in zip(((x1, y1), (x2, y1), (x1, y2), (x2, y2)), "┌┐└┘", strict=True):
            self.over[cell] = corner
        top = y1 + 1 + (y2 - y1 - 1 - len(box.lines)) // 2
        for i, line in enumerate(box.lines):
            self._write(x1 + 1 + (x2 - x1 - 1 - len(line)) // 2, top + i, line)
        self._write(x1 + 1, y1, box.mark)
        if box.repeat > 1:
            beside = (x2 + 2, y1 + 1)
            self._write(beside[0], y1 if beside in self.mask else beside[1], f"× {box.repeat}")  # off a wire

    def _circle(self, circle: Circle) -> None:
        sign = f"({circle.sign})"
        self._write(round(circle.x) - len(sign) // 2, round(circle.y), sign)

    def _text(self, text: Text) -> None:
        x = round(text.x) - (len(text.string) // 2 if text.anchor == "middle" else 0)
        self._write(x, round(text.y), text.string)

    def _write(self, x: int, y: int, string: str) -> None:
        for i, letter in enumerate(string):
            self.over[x + i, y] = letter
