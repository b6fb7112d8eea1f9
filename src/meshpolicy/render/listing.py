"""Granted access and refused calls, as tables for a terminal. Text is built here and printed elsewhere."""

from collections.abc import Iterable, Iterator, Sequence

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.refusals import Denied
from meshpolicy.analysis.words import access_words, counted
from meshpolicy.core.ref import Origin, Ref
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.render.rows import ACCESS_HEAD, REFUSAL_HEAD, access_row, refusal_row
from meshpolicy.render.tables import fitted, plain

NO_GRANT = "nothing that was asked for is granted on the ports of these manifests"
NO_REFUSAL = "nothing that is offered is known to be refused between two of these workloads"
NOBODY = "nothing to list: no workload was read"
"""Printed instead of a table if no workload was read, as this does not mean that nothing is granted."""


def accesses_as_text(
    found: Sequence[Access], settings: MeshSettings, width: int | None = None, *, explain: bool = False
) -> str:
    """Return a table of accesses, or a sentence where there is none; `explain` adds where each grant stands."""
    rows = [access_row(access, settings) for access in found]
    lines = [plain(ACCESS_HEAD, rows, width) if rows else NO_GRANT]
    return "\n".join([*lines, *(places(found, width) if explain else ())])


def places(found: Iterable[Access], width: int | None = None) -> Iterator[str]:
    """Yield where the grants of some accesses stand: below a table, for paths are too long for a column."""
    known = dict.fromkeys(f"  {one.by}: {one.by.place}" for one in found if one.by.place is not None)
    yield from ("", "granted by:") if known else ()
    yield from (fitted(line, width) for line in known)


MOST_NAMED = 3
"""The number of workloads that a note names; the others are counted."""


def unlisted_as_notes(found: Iterable[Access], settings: MeshSettings) -> Iterator[str]:
    """Yield what no table holds, for it would be a row of every workload: a line for all that grant alike.

    What every proxy grants to the kubelet's probes is left out, as it is the same in every mesh.
    """
    alike: dict[tuple[str, ...], dict[Ref, None]] = {}
    for one in (access for access in found if not access.blocked and access.by.origin is not Origin.PROBES):
        _, port, client, what = access_words(one, settings)
        why = f"not known: {one.unknown}" if one.unknown else f"granted by {one.by}"
        alike.setdefault((port, client, what, why), {})[one.server] = None
    for (port, client, what, why), servers in alike.items():
        names = [server.namespaced_name for server in servers]
        whose = ", ".join(names) if len(names) <= MOST_NAMED else counted(len(names), "workload")
        where = f"port {port} of {whose}, the proxy's own, which no Server names"
        yield f"note: left out is {where}: {client}, {what} ({why})"


def refusals_as_text(found: Sequence[Denied], width: int | None = None) -> str:
    """Return a table of refusals, or a sentence if there are none."""
    return plain(REFUSAL_HEAD, [refusal_row(refusal) for refusal in found], width) if found else NO_REFUSAL
