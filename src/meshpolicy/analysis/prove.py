"""Proves sentences about access for every request, or finds a call that contradicts them. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from meshpolicy.analysis.calls import NOT_COMPUTED, Calls, Entry
from meshpolicy.analysis.clients import ClientSet, ClientTerm
from meshpolicy.analysis.encrypted import prove_encrypted
from meshpolicy.analysis.named_calls import Sent, client_routes, kept_from, unlike
from meshpolicy.analysis.outcomes import Bits
from meshpolicy.analysis.pods import pod_classes_of
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.ports import POD_ADDRESS, callable_ports
from meshpolicy.analysis.proof import Outcome, Proof
from meshpolicy.analysis.questions import made_by, near
from meshpolicy.analysis.requests import Cell
from meshpolicy.analysis.sentence import Claim, Sentence
from meshpolicy.core.axis import Part
from meshpolicy.core.client import Traffic
from meshpolicy.core.errors import UnknownWorkload
from meshpolicy.decide.transport import identity_of
from meshpolicy.index.authorize import networks
from meshpolicy.index.servers import port_numbers
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import replace

Found = tuple[dict[Entry, int], dict[Entry, int]]
"""Two sets of calls, by class with their clients as bits: those that contradict a sentence, and those that may."""


def prove(cluster: Cluster, sentence: Sentence, *, identified: bool = False) -> Proof:
    """Return whether a sentence holds; with `identified`, only workloads with a certain sidecar count as clients.

    Raises UnknownWorkload if the manifests do not have the server or the namespace.
    """
    if sentence.claim is Claim.ENCRYPTED:
        return prove_encrypted(cluster, sentence)
    found = _prove(cluster, sentence, identified=identified)
    later = dict.fromkeys(port.workload.stopped for port in _ports(cluster, sentence.server) if port.workload.stopped)
    return found if found.vacuous else replace(found, reasons=(*found.reasons, *later))


def _prove(cluster: Cluster, sentence: Sentence, *, identified: bool) -> Proof:
    doubt = next(_open_by_ipv6(cluster, sentence), None) or _unread(sentence)
    empty = True
    for port in _ports(cluster, sentence.server):
        try:
            calls = _calls(port, sentence)
        except NOT_COMPUTED as error:
            doubt = doubt or Proof.unknown(sentence, port, f"not computed: {error}")
            continue
        (certain, perhaps), used = _contradicted(calls, sentence, cluster)
        empty = empty and not used
        for found, outcome in ((certain, Outcome.FALSE), (perhaps, Outcome.UNKNOWN)):
            if found:
                shown = _shown(calls, port, sentence, outcome, found)
                if shown.outcome is Outcome.FALSE:
                    return shown
                doubt = doubt or shown
        if used and not certain and not perhaps and (told := _by_name(calls, port, sentence, identified=identified)):
            doubt = doubt or Proof.unknown(sentence, port, told)
    if doubt is not None:
        return doubt
    if empty and sentence.vacuous_if_closed:
        return Proof(sentence, Outcome.PROVED, (_nothing(sentence),), vacuous=True)
    return Proof(sentence, Outcome.PROVED)


def _shown(calls: Calls, port: Port, sentence: Sentence, outcome: Outcome, found: Mapping[Entry, int]) -> Proof:
    """Return a proof with one of the calls as witness; unknown for a refusal if IPv6 may bypass the proxy."""
    if sentence.claim in (Claim.MAY, Claim.SAME) and (told := port.past_proxies):
        return Proof.unknown(sentence, port, told)
    entry, bits = next(iter(found.items()))
    return Proof.shown(calls, port, sentence, outcome, entry, bits)


def _open_by_ipv6(cluster: Cluster, sentence: Sentence) -> Iterator[Proof]:
    """Yield an unknown proof for each port that others than the named clients may reach, bypassing the proxy."""
    for port in _ports(cluster, sentence.server) if sentence.claim is Claim.ONLY else ():
        if told := port.past_proxies:
            yield Proof.unknown(sentence, port, told)


def _unread(sentence: Sentence) -> Proof | None:
    """Return an unknown proof if proxies cannot read a sentence's requests (R136); calls past them are not checked."""
    terms = (term for asked in sentence.asked if asked.requests is not None for term in asked.requests.terms)
    told = next((term.unread for term in terms if term.unread), "")
    text = f"{told}; no proxy lets such a request through, and what passes proxies by is not looked at"
    return Proof(sentence, Outcome.UNKNOWN, (text,)) if told else None


def _nothing(sentence: Sentence) -> str:
    if sentence.claim is Claim.MAY:
        return "there is no such request"
    return "nobody may: neither those whom it names nor others"


def _ports(cluster: Cluster, text: str) -> Iterator[Port]:
    """Yield the ports that a sentence names: one, all of a workload, or all of a namespace's workloads."""
    name, _, port = text.partition(":")
    namespace, _, workload = name.partition("/")
    found = [
        one
        for one in cluster.workloads
        if one.ref.namespace == namespace and (workload == "*" or workload in (one.ref.name, made_by(one)))
    ]
    if not found:
        names = [f"{one.ref.namespace}/{made_by(one) or one.ref.name}" for one in cluster.workloads]
        raise UnknownWorkload(f"no workload `{name}` in these manifests; {near(name, names)}")
    for one in found:
        numbers = _numbers(cluster, one, port)
        if not numbers:
            raise UnknownWorkload(f"{one.ref} has no port `{port}`")
        yield from (Port(cluster, one, number) for number in numbers)


def _numbers(cluster: Cluster, workload: Workload, port: str) -> tuple[int, ...]:
    if not port:
        return callable_ports(cluster, workload, admin=True)
    return (int(port),) if port.isdecimal() else port_numbers(workload, port)


def _calls(port: Port, sentence: Sentence) -> Calls:
    requests = [asked.requests for asked in sentence.asked if asked.requests is not None]
    names = tuple(dict.fromkeys(identity_of(port.cluster, workload) for workload in port.cluster.workloads))
    clients = [*sentence.clients, _at_home(port.cluster, sentence.clients[0])]
    pods = pod_classes_of(port.cluster, port.workload)
    beside = () if sentence.claim is Claim.ONLY else client_routes(port.cluster, port.workload, port.number)
    return Calls((port,), pods, requests, clients, names, beside=beside, settled=False)


def _contradicted(calls: Calls, sentence: Sentence, cluster: Cluster) -> tuple[Found, bool]:
    """Return the calls that contradict a sentence, and whether any call matches it."""
    certain: dict[Entry, int] = {}
    perhaps: dict[Entry, int] = {}
    used = False
    for entry in _meant(calls, sentence):
        granted = calls.granted(entry)
        match sentence.claim:
            case Claim.ONLY:
                others = ~calls.clients.within(sentence.clients[0])
                wrong = Bits(granted.certain & others, granted.possible & others)
                used = used or bool(granted.possible & ~others)
            case Claim.MAY:
                meant = _reaching(calls, entry, _at_home(cluster, sentence.clients[0]), cluster)
                wrong = Bits(meant & ~granted.possible, meant & ~granted.certain)
                used = used or bool(meant)
            case _:
                wrong = _unequal(calls, entry, sentence.clients)
                used = used or bool(granted.possible)
        if wrong.certain:
            certain[entry] = wrong.certain
        if wrong.possible:
            perhaps[entry] = wrong.possible
    return (certain, perhaps), used


def _meant(calls: Calls, sentence: Sentence) -> Iterator[Entry]:
    """Yield the classes of calls that a sentence is about."""
    cells = {
        traffic: None if asked.requests is None else calls.space.requests.within(asked.requests)
        for asked in sentence.asked
        for traffic in asked.traffics
    }
    for entry in calls.entries():
        if entry.way.traffic in cells:
            some = cells[entry.way.traffic]
            if some is None or entry.cell in some:
                yield entry


def _at_home(cluster: Cluster, clients: ClientSet) -> ClientSet:
    """Return the clients, limited to the cluster's networks unless they name a network themselves."""
    home = networks(cluster.settings.cluster_networks)
    return tuple(
        ClientTerm(term.identities, Part((network,)))
        for term in clients
        for network in (home if term.networks == Part() else term.networks.all_of)
    )


def _reaching(calls: Calls, entry: Entry, clients: ClientSet, cluster: Cluster) -> int:
    """Return the clients that can send such traffic on this way, as pods of the manifests if some of them match."""
    meant = calls.clients.within(clients) & ~calls.past_proxy
    for meshed, half in ((False, calls.clients.unmeshed), (True, calls.clients.meshed)):
        if not calls.takes(entry, meshed=meshed) and _taken_otherwise(calls, entry, meshed=meshed):
            meant &= ~half
    if entry.way.service != POD_ADDRESS:
        meant &= calls.clients.meshed
    if len(calls.groups) > 1:
        if all(one.example is None for one in calls.groups[entry.pods].classes):
            meant &= calls.clients.unmeshed  # only pods have sidecars
        held = {w.ref.namespaced_name for w in cluster.workloads if _is(cluster, w, clients)}
        names = {name for one in calls.groups[entry.pods].classes for name in one.names}
        if held and not held & names:
            return 0
    return meant


def _is(cluster: Cluster, workload: Workload, clients: ClientSet) -> bool:
    identity = identity_of(cluster, workload)
    return workload.meshed and any(pattern.accepts(identity) for term in clients for pattern in term.identities.all_of)


def _taken_otherwise(calls: Calls, entry: Entry, *, meshed: bool) -> bool:
    """Whether the port accepts the entry's requests or bytes as another kind of traffic, such as HTTP/1 for HTTP/2."""
    others = (way for way in calls.ways if way.traffic.is_http is entry.way.traffic.is_http)
    return any(calls.takes(replace(entry, way=way), meshed=meshed) for way in others)


def _unequal(calls: Calls, entry: Entry, clients: Sequence[ClientSet]) -> Bits:
    """Return both clients at the addresses at which one of them may do what the other may not.

    An unknown outcome of one may differ from that of the other, so each reading of the manifests is compared.
    """
    certain, perhaps, possible = calls.clients.addresses.full, 0, 0
    for variant in range(len(calls.variants)):
        for granted in calls.by_reading(entry, variant):
            one, other = (_by_address(calls, granted, some) for some in clients)
            certain &= (one.certain & ~other.possible) | (other.certain & ~one.possible)
            perhaps |= (one.certain ^ other.certain) | (one.possible ^ other.possible)
            perhaps |= (one.possible & ~one.certain) | (other.possible & ~other.certain)
            possible |= granted.possible
    both = calls.clients.within(clients[0]) | calls.clients.within(clients[1])
    everywhere = calls.clients.identities.full
    return Bits(*(both & possible & calls.clients.box(everywhere, addresses) for addresses in (certain, perhaps)))


def _by_name(calls: Calls, port: Port, sentence: Sentence, *, identified: bool) -> str:
    """Return why a workload that calls by name may get less than its identity is granted; empty if it does not.

    For a sentence about the same access, return why two workloads that call by name may get different answers.
    """
    if sentence.claim not in (Claim.MAY, Claim.SAME):
        return ""
    sent: dict[tuple[Cell, bool], dict[Traffic, None]] = {}
    for entry in _meant(calls, sentence):
        traffic = entry.way.traffic
        if calls.granted(entry).possible:
            sent.setdefault((entry.cell, traffic.is_http), {})[traffic] = None
    asked = [Sent(tuple(traffics), calls.space.requests.request(cell)) for (cell, _), traffics in sent.items()]
    if sentence.claim is Claim.MAY:
        return kept_from(port.cluster, port.workload, port.number, sentence.clients[0], asked, identified=identified)
    return unlike(port.cluster, port.workload, port.number, sentence.clients, asked)


def _by_address(calls: Calls, granted: Bits, clients: ClientSet) -> Bits:
    """Return the classes of addresses at which all of the clients get through, and those at which one of them may."""
    meant, width, full = calls.clients.within(clients), calls.clients.width, calls.clients.addresses.full
    certain, possible = full, 0
    for at in range(len(calls.clients.identities.witnesses)):
        own = meant >> at * width & full
        certain &= ~own | granted.certain >> at * width
        possible |= own & granted.possible >> at * width
    return Bits(certain & possible, possible)
