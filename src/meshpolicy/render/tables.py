"""Tables and lines that fit the width of a terminal. Text is built here and printed elsewhere."""

import re
from collections.abc import Sequence
from textwrap import fill, wrap

Row = Sequence[str]
GAP = "  "
REQUEST = re.compile(r"(?<=[A-Z]) (?=/)")
"""The space in `GET /ping`, at which lines are not broken."""
WORD = re.compile(r"(?:[A-Z]+ (?=/))?\S+")
PIECE = re.compile(r"[^\s-]+-?|-")
"""A part of a word, up to a hyphen."""
SLICE = re.compile(r"[^\s-]{1,24}-?|-")
"""A slice of a longer part, such as a regular expression; names of kinds are shorter than a slice."""


def plain(head: Row, rows: Sequence[Row], width: int | None = None, *, rule: bool = True) -> str:
    """Return columns that fit their widest cell; a cell that repeats the one above is left blank.

    Where that is wider than `width`, the widest columns are narrowed, and their cells go over several lines. Nothing is
    left out: where that is not enough, long words go over several lines, too. `rule` draws a line below the head.
    """
    columns = list(zip(head, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    if width is not None:
        for part in (WORD, PIECE, SLICE):  # words are only broken if the lines would be too long otherwise
            _narrow(widths, [max(_longest(cell, part) for cell in column) for column in columns], width)
    lines = _lines(head, widths)
    if rule:
        lines += _lines(["─" * column for column in widths], widths)
    before: Row = ()
    for row in rows:
        shown, same = [], True
        for number, cell in enumerate(row):
            same = same and bool(before) and before[number] == cell and number < 2
            shown.append("" if same else cell)
        lines += _lines(shown, widths)
        before = row
    return "\n".join(lines)


def _narrow(widths: list[int], least: Sequence[int], width: int) -> None:
    """Narrow the widest columns until all fit, or none can be narrowed further."""
    while sum(widths) + len(GAP) * (len(widths) - 1) > width:
        able = [number for number, own in enumerate(widths) if own > least[number]]
        if not able:
            return
        widths[max(able, key=lambda number: widths[number])] -= 1


def _longest(cell: str, part: re.Pattern[str]) -> int:
    """Return the length of the longest part of a cell that is not broken, with its indentation."""
    pieces = part.findall(cell)
    return max((len(piece) + (2 if number else 0) for number, piece in enumerate(pieces)), default=0)


def _lines(cells: Row, widths: Sequence[int]) -> list[str]:
    if all(map(int.__le__, map(len, cells), widths)):  # there may be a million rows
        return [_line(cells, widths)]
    parts = [wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, parts))
    padded = [part + [""] * (height - len(part)) for part in parts]
    return [_line(line, widths) for line in zip(*padded, strict=True)]


def _line(cells: Row, widths: Sequence[int]) -> str:
    return GAP.join(map(str.ljust, cells, widths)).rstrip()


def fitted(line: str, width: int | None) -> str:
    """Return a line that is wrapped at words, indented by four, if it is wider than the terminal."""
    inset = " " * (len(line) - len(line.lstrip()))
    if width is None or len(line) <= width:
        return line
    return fill(line, width, subsequent_indent=f"{inset}    ", break_long_words=False, break_on_hyphens=False)


def wrapped(cell: str, width: int, indent: str = "  ") -> list[str]:
    """Return a text in lines; continued lines are indented, and a path stays with its method if possible."""
    if len(cell) <= width:
        return [cell]
    if _longest(cell, WORD) > width:
        return wrap(cell, width, subsequent_indent=indent)
    joined = REQUEST.sub("\xa0", cell)
    lines = wrap(joined, width, subsequent_indent=indent, break_on_hyphens=False)
    return [line.replace("\xa0", " ") for line in lines]
