"""What is granted and what is refused, as tables for a terminal. Text is built here and printed elsewhere."""

from collections.abc import Sequence

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.refusals import Denied
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.render.rows import ACCESS_HEAD, REFUSAL_HEAD, access_row, refusal_row
from meshpolicy.render.tables import plain

NO_GRANT = "nothing is granted on the ports that these manifests name"
NO_REFUSAL = "nothing is known to be refused between these workloads"
NOBODY = "nothing to list: no workload was read"
"""Instead of either where there is none to ask about: then it is not known that nothing is granted."""


def accesses_as_text(
    found: Sequence[Access], settings: MeshSettings, width: int | None = None, *, explain: bool = False
) -> str:
    """Return a table of accesses, or a sentence where there is none."""
    head = (*ACCESS_HEAD, "place") if explain else ACCESS_HEAD
    rows = [access_row(access, settings, explain=explain) for access in found]
    return plain(head, rows, width) if rows else NO_GRANT


def refusals_as_text(found: Sequence[Denied], width: int | None = None) -> str:
    """Return a table of refusals, or a sentence where there is none."""
    return plain(REFUSAL_HEAD, [refusal_row(refusal) for refusal in found], width) if found else NO_REFUSAL
