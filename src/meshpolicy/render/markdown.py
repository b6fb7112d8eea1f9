"""Results as Markdown, for pull requests. Text is built here and printed elsewhere."""

from collections.abc import Iterable, Sequence

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.change import Changed
from meshpolicy.analysis.refusals import Denied
from meshpolicy.analysis.words import change_words
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.render.changes import NO_CHANGE, change_counts
from meshpolicy.render.listing import NO_REFUSAL
from meshpolicy.render.rows import (
    ACCESS_HEAD,
    CHANGE_HEAD,
    REFUSAL_HEAD,
    access_row,
    grounds,
    refusal_row,
)

Row = Sequence[str]


def table(head: Row, rows: Iterable[Row]) -> str:
    """Return a table; a bar in a cell is escaped."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines)


def accesses_as_markdown(found: Iterable[Access], settings: MeshSettings, *, explain: bool = False) -> str:
    """Return a table of accesses."""
    head = (*ACCESS_HEAD, "place") if explain else ACCESS_HEAD
    return table(head, [access_row(access, settings, explain=explain) for access in found])


def refusals_as_markdown(found: Sequence[Denied]) -> str:
    """Return a table of refusals, or a sentence if there are none."""
    return table(REFUSAL_HEAD, map(refusal_row, found)) if found else NO_REFUSAL


def changes_as_markdown(changes: Sequence[Changed], settings: MeshSettings) -> str:
    """Return the number of changed regions, and a table of them."""
    if not changes:
        return f"{NO_CHANGE.capitalize()}."
    rows = [[f"**{one.change}**", *change_words(one, settings), grounds(one)] for one in changes]
    return f"{change_counts(changes)}.\n\n{table(CHANGE_HEAD, rows)}"
