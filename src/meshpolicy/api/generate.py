"""Policies from observed calls, compared with the calls that the manifests declare."""

from collections.abc import Collection, Iterable, Sequence

from meshpolicy.analysis.words import account
from meshpolicy.core.document import Document
from meshpolicy.decide.answer import Layer
from meshpolicy.decide.transport import identity_of
from meshpolicy.generate.generate import Generated, Wishes, generate
from meshpolicy.generate.needed import Needed, Port
from meshpolicy.generate.sorter import INGRESS, NO_IDENTITY
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.ready.held import hold
from meshpolicy.ready.manifest import Written
from meshpolicy.ready.need import NeedKind, Party
from meshpolicy.ready.needs import find_needs
from meshpolicy.ready.standing import Held, Standing
from meshpolicy.record import replace
from meshpolicy.traffic.call import ObservedCall

HINTS = {
    Party.INGRESS: INGRESS,
    Party.PROMETHEUS: "Prometheus is not in these manifests: give its traffic, or grant to it",
}


def ask_generate(
    cluster: Cluster,
    documents: Iterable[Document],
    calls: Iterable[ObservedCall],
    wishes: Wishes,
    home: str = "",
) -> Generated:
    """Return the least policies for observed calls; what the manifests declare and they refuse is left to decide.

    Args:
        cluster: what the manifests say, without the policies of an earlier run.
        documents: the manifests themselves.
        calls: those that were observed.
        wishes: what the user has chosen.
        home: the namespace of objects that name none.

    Raises:
        InvalidQuestion: a choice meets nothing that was observed or declared.

    """
    written = Written(documents, home)

    def find_needed(after: Cluster, ports: Collection[Port]) -> Sequence[Needed]:
        spaces = {ref.namespace for ref, _ in ports}
        needs, _ = find_needs(cluster, written, spaces)
        own = (one for one in needs if (one.server.ref, one.port) in ports and one.kind is not NeedKind.PROBE)
        return tuple(found for one in own if (found := _needed(cluster, hold(after, one))) is not None)

    return generate(cluster, calls, wishes, find_needed)


def _needed(cluster: Cluster, held: Held) -> Needed | None:
    """Return a need that policies refuse or may refuse; None if they do not, or if it is refused before them."""
    need, answer = held.need, held.answer
    if held.standing.allowed or answer is None or answer.layer is not Layer.SERVER:
        return None
    client, asking = need.client, need.asking
    identity = identity_of(cluster, client) if client is not None and client.meshed else ""
    http = all(traffic.is_http for traffic in asking.traffics)
    whole = http and asking.whole
    return Needed(
        (need.server.ref, need.port),
        account(identity, cluster.settings) if identity else need.caller_name,
        replace(need.place, field=""),
        need.what,
        identity,
        "" if identity else _hint(need.caller),
        http,
        asking.method if whole else "",
        asking.path if whole else "",
        held.standing is Standing.MISSING,
    )


def _hint(caller: Workload | Party) -> str:
    if isinstance(caller, Workload):
        return NO_IDENTITY
    return HINTS.get(caller, f"{caller} has no identity in the mesh: grant to its address")
