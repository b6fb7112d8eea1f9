"""What a change of manifests opens and closes."""

from meshpolicy.analysis import change, difference
from meshpolicy.analysis.change import Change
from meshpolicy.analysis.words import change_words
from meshpolicy.api.manifests import Manifests, cluster_of
from meshpolicy.api.witness import Witness, witness
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record


@record
class Changed:
    """A change of the calls to one port."""

    change: Change
    """Whether the calls are opened, closed, unknown, re-routed or regranted."""
    server: Ref
    """The workload that is called."""
    port: int
    client: str
    """The clients that make the calls, in the words of `meshpolicy diff`."""
    requests: str
    """The requests, in the same words."""
    before: tuple[Ref, ...]
    """The grants that admitted the calls before; for re-routed requests, the routes."""
    after: tuple[Ref, ...]
    """The grants, or routes, that admit them now."""
    reasons: tuple[str, ...]
    """Why the change is unknown; empty if it is known."""
    witness: Witness | None
    """One of the calls; None if nothing is known about the port."""

    def __str__(self) -> str:
        server = f"{self.server.namespaced_name}:{self.port}"
        return f"{self.change}: {self.client} -> {server}  {self.requests}"


def diff(before: Manifests, after: Manifests) -> tuple[Changed, ...]:
    """Compare two states of the manifests, for all clients and all requests.

    Args:
        before: what `read` returned for the old state.
        after: what `read` returned for the new state.

    Returns:
        What opens, then what closes, then what may do either; last what other routes or grants admit than before:
        `change.changes_requests` is false for these. Empty: every call ends as it did, by the same objects.

    Raises:
        InvalidInput: a cluster would refuse some of the manifests.

    """
    old, new = cluster_of(before), cluster_of(after)
    return tuple(public(one, new) for one in difference.compare(old, new))


def public(found: change.Changed, after: Cluster) -> Changed:
    """Return a change in words, with a call that shows it."""
    client, _, requests = change_words(found, after.settings)
    shown = None if found.region is None else witness(after, found.server, found.port, found.region.witness)
    return Changed(
        found.change, found.server, found.port, client, requests, found.before, found.after, found.reasons, shown
    )
