"""Figure in cells -> the edges that its characters tell, and the words that cannot be read.

The reader knows where boxes, circles, ports and frames stand. Between them it goes from sign to sign as an eye does: a
sign is joined to its neighbour where both have an arm to the other, and nothing flows upwards but in a U.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from boardwork.figure import Figure
from boardwork.figure.primitives import Box, Circle, Frame, Text
from boardwork.render.text.raster import Raster
from boardwork.sheet import Diagram

NORTH, EAST, SOUTH, WEST = (0, -1), (1, 0), (0, 1), (-1, 0)
ARMS = {
    "│": (NORTH, SOUTH), "╎": (NORTH, SOUTH), "─": (EAST, WEST), "╌": (EAST, WEST), "└": (NORTH, EAST),
    "┘": (NORTH, WEST), "┌": (SOUTH, EAST), "┐": (SOUTH, WEST), "├": (NORTH, SOUTH, EAST), "┤": (NORTH, SOUTH, WEST),
    "┬": (EAST, WEST, SOUTH), "┴": (EAST, WEST, NORTH), "┼": (NORTH, EAST, SOUTH, WEST),
    "▼": (NORTH,), "►": (WEST,), "◄": (EAST,), "▲": (SOUTH,),
}  # fmt: skip
HEADS = {"▼": SOUTH, "►": EAST, "◄": WEST, "▲": NORTH}
TAG = re.compile("[①-⑳]|\\((\\d+)\\)")
Cell = tuple[int, int]


class Reader:
    """Reads the lines of a drawn figure."""

    def __init__(self, diagram: Diagram, figure: Figure) -> None:
        raster = Raster(figure)
        self.lines, self.wires = raster.lines(), raster.mask
        self.owner: dict[Cell, str] = {}
        self.crossable: set[Cell] = set()
        self.boxes = {item.node for item in figure.primitives if isinstance(item, Box | Circle)}
        ports = {node.label: node.id for node in diagram.nodes if node.role in ("input", "output")}
        for item in figure.primitives:
            for cell, name in self._cells(item, ports):
                self.owner.setdefault(cell, name)

    def _cells(self, item: object, ports: dict[str, str]) -> Iterator[tuple[Cell, str]]:
        if isinstance(item, Box):
            x, y = round(item.x), round(item.y)
            yield from (
                ((x + i, y + j), item.node) for i in range(round(item.width)) for j in range(round(item.height))
            )
        elif isinstance(item, Circle):
            half = len(f"({item.sign})") // 2
            yield from (((round(item.x) + i, round(item.y)), item.node) for i in range(-half, half + 1))
        elif isinstance(item, Text):
            x = round(item.x) - (len(item.string) // 2 if item.anchor == "middle" else 0)
            name = ports.get(item.string, item.string)
            yield from (((x + i, round(item.y)), name) for i in range(len(item.string)))
        elif isinstance(item, Frame):
            self._frame(item)

    def _frame(self, frame: Frame) -> None:
        """A frame's own signs are no wire; a wire shows as a line across its border."""
        x1, y1 = round(frame.x), round(frame.y)
        x2, y2 = x1 + round(frame.width) - 1, y1 + round(frame.height) - 1
        edge = [(x, y) for x in range(x1, x2 + 1) for y in (y1, y2)] + [(x, y) for y in range(y1, y2) for x in (x1, x2)]
        self.crossable |= {cell for cell in edge if self.at(cell) in "╌╎╭╮╰╯"}

    def at(self, cell: Cell) -> str:
        x, y = cell
        return self.lines[y][x] if 0 <= y < len(self.lines) and 0 <= x < len(self.lines[y]) else " "

    def _is_wire(self, cell: Cell) -> bool:
        return self.at(cell) in ARMS and cell not in self.owner and cell not in self.crossable

    def edges_of_a_u(self) -> Iterator[tuple[str, str]]:
        """The same where wires run upwards too, and none forks."""
        for cell, name in self.owner.items():
            for step in (NORTH, EAST, SOUTH, WEST):
                far = 2 if name not in self.boxes and step in (EAST, WEST) and TAG.search(name) else 1
                there, back = (cell[0] + far * step[0], cell[1] + far * step[1]), (-step[0], -step[1])
                if self._is_wire(there) and self.at(there) not in HEADS and back in ARMS[self.at(there)]:
                    yield from ((name, target) for target in self._led_to(there, {cell}))

    def edges(self) -> Iterator[tuple[str, str]]:
        """Every way from something that stands there to something that a head points at; nothing flows upwards."""
        for (x, y), name in self.owner.items():
            below, beside = (x, y + 1), next(((x + far, y) for far in (1, 2) if (x + far, y) not in self.owner), None)
            if self._is_wire(below) and NORTH in ARMS[self.at(below)] and self.at(below) not in HEADS:
                yield from ((name, target) for target in self._led_to(below))
            elif name not in self.boxes and beside and self.at(beside) == " ":
                start = next((c for c in ((x + far, y) for far in (2, 3)) if self.at(c) in "─╌►"), None)
                if start and (x + 1, y) not in self.owner:
                    yield from ((name, target) for target in self._led_to(start))

    def _led_to(self, start: Cell, upwards: Collection[Cell] = ()) -> set[str]:
        found, seen, todo = set[str](), {start, *upwards}, [start]
        while todo:
            cell = todo.pop()
            if (head := HEADS.get(self.at(cell))) is not None:
                found.add(self._pointed_at(cell, head))
                continue
            for step in (EAST, SOUTH, WEST, *([NORTH] if upwards else [])):
                there, back = (cell[0] + step[0], cell[1] + step[1]), (-step[0], -step[1])
                joined = step in ARMS[self.at(cell)] and self._is_wire(there) and back in ARMS[self.at(there)]
                if joined and there not in seen:
                    seen.add(there)
                    todo.append(there)
        return found

    def _pointed_at(self, cell: Cell, step: Cell) -> str:
        """What stands next; words keep off their wire by a blank."""
        near = ((cell[0] + far * step[0], cell[1] + far * step[1]) for far in (1, 2, 3))
        return next((self.owner[there] for there in near if there in self.owner), "nothing")


def read(diagram: Diagram, figure: Figure) -> set[tuple[str, str]]:
    """The edges that the characters tell: wires, and pairs of one number."""
    found, left, came = set[tuple[str, str]](), dict[str, set[str]](), dict[str, set[str]]()
    reader = Reader(diagram, figure)
    for source, target in reader.edges_of_a_u() if any("▲" in line for line in reader.lines) else reader.edges():
        if number := TAG.fullmatch(target):
            left.setdefault(number[0], set()).add(source)
            continue
        for number in TAG.finditer(source):
            came.setdefault(number[0], set()).add(target)
        found |= {(name, target) for name in source.split(", ") if not TAG.search(name)}
    return found | {(a, b) for number, starts in left.items() for a in starts for b in came.get(number, ())}


def hidden_words(figure: Figure) -> list[str]:
    """Words of which something else takes a cell, or that stand on a wire."""
    raster = Raster(figure)
    lines = raster.lines()
    found = []
    for words, x, y in _words(figure):
        written = y < len(lines) and lines[y][x : x + len(words)] == words
        if not written or any((x + i, y) in raster.mask for i in range(len(words))):
            found.append(words)
    return found


def _words(figure: Figure) -> Iterator[tuple[str, int, int]]:
    """Every line in a box or beside one, and where it starts."""
    for item in figure.primitives:
        if isinstance(item, Text):
            x = round(item.x) - (len(item.string) // 2 if item.anchor == "middle" else 0)
            yield item.string, x, round(item.y)
        elif isinstance(item, Box):
            top = round(item.y) + 1 + (round(item.height) - 2 - len(item.lines)) // 2
            for i, line in enumerate(item.lines):
                yield line, round(item.x) + 1 + (round(item.width) - 2 - len(line)) // 2, top + i
