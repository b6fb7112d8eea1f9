"""What a change opens and closes, as lines of text. Text is built here and printed elsewhere."""

from collections.abc import Iterator, Sequence

from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.curl import witness_curl
from meshpolicy.analysis.words import change_words, witness_words
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.render.rows import grounds

NO_CHANGE = "no request changes"
EMPTY = "no workload was read, neither before nor after"
MEANS = {
    Change.OPENED: "",
    Change.CLOSED: "",
    Change.UNKNOWN: " (it may be opened or closed)",
    Change.REROUTED: " (allowed before and after, through another route)",
    Change.REGRANTED: " (allowed before and after, by other grants)",
}
SIGNS = {Change.OPENED: "+", Change.CLOSED: "-", Change.UNKNOWN: "?", Change.REROUTED: "~", Change.REGRANTED: "~"}


def changes_as_text(changes: Sequence[Changed], after: Cluster, *, explain: bool = False) -> str:
    """Return one line for each change; `after` is the cluster after the changes."""
    lines = [] if any(changed.change.changes_requests for changed in changes) else [NO_CHANGE]
    for kind in Change:
        found = [changed for changed in changes if changed.change is kind]
        if found:
            lines.append(f"{kind}{MEANS[kind]}: {len(found)}")
        for changed in found:
            lines += change_lines(changed, after, explain=explain)
    return "\n".join((*lines, *_replaced(changes)))


def _replaced(changes: Sequence[Changed]) -> Iterator[str]:
    """Yield the workloads whose kind changed, as all of their requests are closed and opened again."""
    closed, opened = (
        {one.server.namespaced_name: one.server for one in changes if one.change is change}
        for change in (Change.CLOSED, Change.OPENED)
    )
    for name, old in closed.items():
        new = opened.get(name, old)
        if new.kind != old.kind:
            yield f"{old} became {new}: what the one took is closed, what the other takes is opened"


def change_lines(changed: Changed, after: Cluster, *, explain: bool) -> Iterator[str]:
    """Yield the lines of one change, with an example if `explain`."""
    client, server, what = change_words(changed, after.settings)
    redecided = changed.change in (Change.REROUTED, Change.REGRANTED)
    why = f"  ({grounds(changed)})" if explain or redecided or changed.reasons else ""
    yield f"  {SIGNS[changed.change]} {client} -> {server}  {what}{why}"
    if explain and changed.region is not None and changed.change.changes_requests:
        yield f"      for example {witness_words(changed.region.witness, after.settings)}"
        if shown := witness_curl(after, changed.server, changed.port, changed.region.witness):
            yield f"      {shown}"


def change_counts(changes: Sequence[Changed]) -> str:
    """Return the number of regions for each kind of change, in words without a full stop."""
    counts = ((kind, sum(changed.change is kind for changed in changes)) for kind in Change)
    return "Requests " + ", ".join(f"{kind}: {count}" for kind, count in counts if count)
