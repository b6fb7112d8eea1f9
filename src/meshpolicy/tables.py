"""Tables as text, CSV or Markdown. Text is built here and printed elsewhere."""

import csv
import io
from collections.abc import Sequence

Row = Sequence[str]


def plain(head: Row, rows: Sequence[Row]) -> str:
    """Return columns that fit their widest cell; a cell that repeats the one above is left blank."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [_line(head, widths), _line(["─" * width for width in widths], widths)]
    before: Row = ()
    for row in rows:
        shown, same = [], True
        for number, cell in enumerate(row):
            same = same and bool(before) and before[number] == cell and number < 2
            shown.append("" if same else cell)
        lines.append(_line(shown, widths))
        before = row
    return "\n".join(lines)


def _line(cells: Row, widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def markdown(head: Row, rows: Sequence[Row]) -> str:
    """Return a table for a pull request."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines)


def comma_separated(head: Row, rows: Sequence[Row]) -> str:
    """Return CSV with a head."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([head, *rows])
    return text.getvalue().rstrip("\n")
