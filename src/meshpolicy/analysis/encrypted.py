"""Proves that no call of a namespace crosses the network unencrypted. Pure."""

from collections.abc import Mapping

from meshpolicy.analysis.calls import NOT_COMPUTED, Calls, Entry
from meshpolicy.analysis.pods import pod_classes_of
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.ports import POD_ADDRESS, callable_ports, service_ways
from meshpolicy.analysis.proof import Outcome, Proof
from meshpolicy.analysis.questions import near
from meshpolicy.analysis.sentence import Sentence
from meshpolicy.core.client import Arrival
from meshpolicy.core.errors import UnknownWorkload
from meshpolicy.core.match import Address
from meshpolicy.core.truth import Truth
from meshpolicy.decide.judge import client_of
from meshpolicy.decide.transport import Call
from meshpolicy.index.index import index_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import replace


def prove_encrypted(cluster: Cluster, sentence: Sentence) -> Proof:
    """Prove that no call between two workloads crosses the network unencrypted, if one of them is in the namespace.

    Raises UnknownWorkload if the namespace has no workload.
    """
    spaces = dict.fromkeys(one.ref.namespace for one in cluster.workloads)
    if sentence.server not in spaces:
        raise UnknownWorkload(f"no workload of the namespace `{sentence.server}`; {near(sentence.server, [*spaces])}")
    doubt: Proof | None = None
    for client in cluster.workloads:
        for server in cluster.workloads:
            if sentence.server in (client.ref.namespace, server.ref.namespace) and _may_call(client, server):
                for number in callable_ports(cluster, server, admin=True):
                    found = _in_clear(Port(cluster, server, number), client, sentence)
                    if found is not None and found.outcome is Outcome.FALSE:
                        return found
                    doubt = doubt or found
    later = (one.stopped for one in cluster.workloads if one.stopped and one.ref.namespace == sentence.server)
    scope = "of the calls between workloads of these manifests"
    return doubt or Proof(sentence, Outcome.PROVED, (scope, *dict.fromkeys(later)))


def _may_call(client: Workload, server: Workload) -> bool:
    """Whether calls from one workload to another cross the network; a pod's calls to itself do not (M1)."""
    return client.ref != server.ref or not server.alone


def _in_clear(port: Port, client: Workload, sentence: Sentence) -> Proof | None:
    """Return a proof that the sentence is false or unknown, if the client may call the port without mTLS; else None."""
    if told := port.past_proxies:
        return Proof.unknown(sentence, port, told)
    plain, why = _plain(port, client)
    if not plain.possible:
        return None
    try:
        calls = Calls((port,), pod_classes_of(port.cluster, port.workload), settled=False)
    except NOT_COMPUTED as error:
        return Proof.unknown(sentence, port, f"not computed: {error}")
    name = client.ref.namespaced_name
    here = _of_workload(calls, client)
    doubt: tuple[Entry, int] | None = None
    for entry in calls.entries():
        classes = calls.groups[entry.pods].classes
        if entry.way.service == POD_ADDRESS and any(one.everybody or name in one.names for one in classes):
            granted = calls.granted(entry)
            if plain is Truth.YES and granted.certain & here:
                shown = Proof.shown(calls, port, sentence, Outcome.FALSE, entry, granted.certain & here)
                return replace(shown, reasons=(why,))
            if granted.possible & here:
                doubt = doubt or (entry, granted.possible & here)
    if doubt is None:
        return None
    found = Proof.shown(calls, port, sentence, Outcome.UNKNOWN, *doubt)
    return replace(found, reasons=(why,)) if plain is Truth.UNKNOWN else found


def _plain(port: Port, client: Workload) -> tuple[Truth, str]:
    """Return whether some call of a workload to a port is sent without mTLS, and the reason."""
    cluster, server = port.cluster, port.workload
    targets = service_ways(cluster, server, port.number).values()
    calls = [Call(server, port.number, client, service_target=target) for target in targets]
    if any(client_of(cluster, call).arrival is Arrival.PLAIN for call in calls):
        return Truth.YES, f"{client.ref} sends it without its proxy's mTLS"
    for one in (server, client):
        undecided = index_of(cluster).undecided_client(one)
        if undecided is not None:
            return Truth.UNKNOWN, f"{undecided.ref} {undecided.told}"
        if one.injection.sidecar is Truth.UNKNOWN:
            return Truth.UNKNOWN, f"{one.ref} {one.injection.why}"
    if any(call.carried is Truth.UNKNOWN for call in calls):
        return Truth.UNKNOWN, f"{client.ref} may pass its own proxy by"
    return Truth.NO, ""


def _of_workload(calls: Calls, client: Workload) -> int:
    """Return the unmeshed clients at the addresses that a workload has or may have, as bits."""
    known: Mapping[int, bool] = {
        at: bool(client.addresses) and not any(_alike(calls, address, witness) for address in client.addresses)
        for at, witness in enumerate(calls.clients.addresses.witnesses)
    }
    addresses = sum(1 << at for at, elsewhere in known.items() if not elsewhere)
    return calls.clients.unmeshed & calls.clients.box(calls.clients.identities.full, addresses)


def _alike(calls: Calls, address: Address, other: Address) -> bool:
    """Whether two addresses are in the same networks of the patterns."""
    patterns = calls.clients.addresses.patterns
    return all(one.accepts(address) == one.accepts(other) for one in patterns)
