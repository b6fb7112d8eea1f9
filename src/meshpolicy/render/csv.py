"""Results as comma-separated values. Text is built here and printed elsewhere."""

import csv
import io
from collections.abc import Iterable, Sequence

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.refusals import Denied
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.render.rows import ACCESS_HEAD, REFUSAL_HEAD, access_row, refusal_row

Row = Sequence[str]


def comma_separated(head: Row, rows: Iterable[Row]) -> str:
    """Return CSV with a header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def accesses_as_csv(found: Iterable[Access], settings: MeshSettings, *, explain: bool = False) -> str:
    """Return a line for each access."""
    head = (*ACCESS_HEAD, "place") if explain else ACCESS_HEAD
    return comma_separated(head, [access_row(access, settings, explain=explain) for access in found])


def refusals_as_csv(found: Iterable[Denied]) -> str:
    """Return a line for each refusal."""
    return comma_separated(REFUSAL_HEAD, map(refusal_row, found))
