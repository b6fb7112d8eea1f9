"""Proves that generated objects allow the observed calls, are all needed, and open nothing unreported. Pure.

The manifests and the generated objects are read together, as a cluster would; sets of calls are compared, not words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from meshpolicy.analysis.calls import NOT_COMPUTED, Calls, Entry
from meshpolicy.analysis.clients import ANYONE, ClientSet, ClientTerm
from meshpolicy.analysis.pods import pod_classes_of
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.proof import Outcome
from meshpolicy.analysis.prove import prove
from meshpolicy.analysis.regions import ALL_REQUESTS, ANYTHING, FAMILIES, Asked, Region, regions
from meshpolicy.analysis.requests import RequestSet, Term
from meshpolicy.analysis.sentence import read_sentence
from meshpolicy.analysis.words import asked_words, clients_words, witness_words
from meshpolicy.core.axis import Part
from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.match import IdentityMatch, PathKind, PathMatch
from meshpolicy.core.ref import Ref
from meshpolicy.core.truth import Truth, every
from meshpolicy.decide.decide import decide
from meshpolicy.decide.decision import Verdict
from meshpolicy.generate.grant import Grant, Pattern
from meshpolicy.generate.objects import Made
from meshpolicy.generate.passes import requests, untold
from meshpolicy.generate.plan import Plan
from meshpolicy.generate.probing import Probing
from meshpolicy.generate.scraping import Scraping
from meshpolicy.generate.spot import Spot
from meshpolicy.index.authorize import networks
from meshpolicy.index.defaults import probe_paths
from meshpolicy.kinds.assembly import rebuilt
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import Object
from meshpolicy.kinds.workload import Workload
from meshpolicy.manifests.manifests import Manifests
from meshpolicy.manifests.parse import parse_manifests
from meshpolicy.record import record
from meshpolicy.traffic.call import ObservedCall

REQUESTS = frozenset(FAMILIES[0])


@record
class Meant:
    """Calls to a port that are meant to be allowed, as sets."""

    workload: Workload
    port: int
    clients: ClientSet
    asked: tuple[Asked, ...]

    def sentence(self, cluster: Cluster) -> str:
        """Return the sentence for `meshpolicy prove`."""
        who, where = (
            clients_words(self.clients, cluster.settings),
            self.workload.ref.namespaced_name,
        )
        what = {ANYTHING: "call", (ALL_REQUESTS,): "send any request"}.get(self.asked, asked_words(self.asked))
        return f"{who} may {what} {'' if what == 'call' else 'on '}{where}:{self.port}"


@record
class Beyond:
    """Calls that are allowed but not meant to be."""

    server: str
    words: str
    witness: str
    doubt: str = ""
    """Why it is unknown whether they are allowed; empty if they are."""


@record
class Proofs:
    """What is proved about the manifests and the generated objects together."""

    refused: tuple[str, ...] = ()
    """The sentences that are not proved, each with the reason; empty if all observed calls are allowed."""
    needless: tuple[Ref, ...] = ()
    """Grants that were left out, as their calls are allowed without them."""
    doubtful: tuple[Ref, ...] = ()
    """Grants that may not be needed: it is unknown whether some call would be refused without them."""
    beyond: tuple[Beyond, ...] = ()
    """Calls that are allowed beyond the intended ones, by existing objects."""
    unknown: tuple[str, ...] = ()
    """Ports for which the calls could not be computed."""

    @property
    def hold(self) -> bool:
        """Whether all is proved."""
        return not (self.refused or self.beyond or self.unknown)


@record
class Proved:
    """The remaining objects, and what is proved about them."""

    made: tuple[Made, ...]
    cluster: Cluster
    """The manifests with the generated objects."""
    proofs: Proofs
    problems: tuple[str, ...] = field(default=())
    """Generated objects that a cluster would refuse; empty, unless this program has a bug."""


def proved(
    cluster: Cluster, plan: Plan, made: Sequence[Made], probing: Sequence[Probing], scraping: Sequence[Scraping]
) -> Proved:
    """Return the generated objects without needless grants, and what is proved about them and the manifests."""
    parsed = parsed_objects(cluster, made)
    objects = {item.ref: item for item in parsed.cluster.objects}
    needless, doubtful = _needless(cluster, made, objects)
    left = tuple(one for one in made if one.ref not in needless)
    after = with_objects(cluster, [objects[one.ref] for one in left if one.ref in objects])
    meant = (*observed(plan), *declared(cluster, plan, probing), *scraped(after, scraping))
    beyond, unknown = _beyond(after, plan, meant)
    proofs = Proofs(tuple(_refused(after, meant)), needless, doubtful, tuple(beyond), tuple(unknown))
    return Proved(left, after, proofs, tuple(map(str, parsed.wrong)))


def parsed_objects(cluster: Cluster, made: Sequence[Made]) -> Manifests:
    """Return generated objects as a cluster reads them."""
    return parse_manifests([one.manifest for one in made], cluster.settings, "generated")


def with_objects(cluster: Cluster, more: Sequence[Object]) -> Cluster:
    """Return a cluster with more objects."""
    return rebuilt(cluster, (*cluster.objects, *more))


def observed(plan: Plan) -> Iterator[Meant]:
    """Yield the calls to allow because they were observed, with their generalisations, client by client."""
    found: dict[tuple[str, Spot], list[Grant]] = {}
    for grant in plan.grants:
        found.setdefault((grant.identity, grant.spot), []).append(grant)
    for (identity, spot), grants in found.items():
        for workload in spot.workloads:
            yield Meant(workload, spot.port, client_set(identity), asked(grants))


def client_set(identity: str) -> ClientSet:
    """Return the clients with an identity, at any address."""
    return (ClientTerm(Part((IdentityMatch(identity),))),)


def asked(grants: Sequence[Grant]) -> tuple[Asked, ...]:
    """Return the requests that some grants of one client allow."""
    patterns = [grant.pattern for grant in grants if grant.pattern is not None]
    if len(patterns) < len(grants):
        return ANYTHING if any(grant.connections for grant in grants) else (ALL_REQUESTS,)
    return (Asked(REQUESTS, RequestSet(tuple(_term(pattern) for pattern in patterns))),)


def sentence(grant: Grant, cluster: Cluster) -> str:
    """Return the sentence for `meshpolicy prove` about a grant."""
    return Meant(grant.spot.workloads[0], grant.spot.port, client_set(grant.identity), asked([grant])).sentence(cluster)


def _term(pattern: Pattern) -> Term:
    return Term(Part((pattern.method,)), Part((pattern.path,)))


def declared(cluster: Cluster, plan: Plan, probing: Sequence[Probing]) -> Iterator[Meant]:
    """Yield the kubelet's probes: by generated routes on ports with routes, by Linkerd's own on others (R57)."""
    routed = {one.spot for one in probing}
    for spot in plan.spots:
        for workload in spot.workloads:
            paths = probe_paths(workload, spot.port)
            if spot in routed or not any(grant.spot == spot and grant.pattern for grant in plan.grants):
                yield from _probes(cluster, workload, spot.port, paths)


def _probes(cluster: Cluster, workload: Workload, port: int, paths: Sequence[str]) -> Iterator[Meant]:
    nets = networks(cluster.settings.probe_networks)
    everywhere = {one.cidr.version for one in nets if one.everywhere} == {4, 6}
    clients = ANYONE if everywhere else tuple(ClientTerm(networks=Part((one,))) for one in nets)
    if paths and nets:
        terms = tuple(Term(Part(("GET",)), Part((PathMatch(PathKind.EXACT, path),))) for path in paths)
        yield Meant(workload, port, clients, (Asked(REQUESTS, RequestSet(terms)),))


def scraped(after: Cluster, scraping: Sequence[Scraping]) -> Iterator[Meant]:
    """Yield the scrapes of sidecars."""
    for one in scraping:
        namespace, _, name = one.scraper.partition("/")
        for workload in after.workloads:
            if one.holds(workload):
                clients = client_set(after.settings.identity(namespace, name))
                yield Meant(workload, workload.sidecar.ports.admin, clients, (ALL_REQUESTS,))


def _refused(after: Cluster, meant: Sequence[Meant]) -> Iterator[str]:
    """Yield the sentences that are false or unknown, with the reason."""
    for one in meant:
        text = one.sentence(after)
        found = prove(after, read_sentence(text, after.settings), identified=True)  # an observed client had an identity
        if found.outcome is not Outcome.PROVED:
            shown = "" if found.witness is None else f": {witness_words(found.witness, after.settings)}"
            yield f"{found.outcome}: {text}{shown}" + "".join(f"; {reason}" for reason in found.reasons)


def _needless(
    cluster: Cluster, made: Sequence[Made], objects: Mapping[Ref, Object]
) -> tuple[tuple[Ref, ...], tuple[Ref, ...]]:
    """Return the needless grants, without which all observed calls are still allowed, and the doubtful ones.

    Each grant is tested without the needless ones before it.
    """
    left, needless, doubtful = dict(objects), list[Ref](), list[Ref]()
    for one in made:
        if not one.grants or one.ref not in left:
            continue
        without = {ref: item for ref, item in left.items() if ref != one.ref}
        after = with_objects(cluster, list(without.values()))
        allowed = every(_allowed(after, grant) for grant in one.grants)
        if allowed is Truth.YES:
            left = without
            needless.append(one.ref)
        elif allowed is Truth.UNKNOWN:
            doubtful.append(one.ref)
    return tuple(needless), tuple(doubtful)


def _allowed(after: Cluster, grant: Grant) -> Truth:
    """Return whether the server's proxy allows all calls that a grant was made from."""
    return every(
        _answered(Port(after, after.workload(one.ref.namespace, one.ref.name) or one, grant.spot.port), call, grant)
        for one in grant.spot.workloads
        for call in grant.calls
    )


def _answered(port: Port, call: ObservedCall, grant: Grant) -> Truth:
    """Return whether a call is allowed under every reading of the manifests."""
    arrival = Arrival.MESHED_HTTP if call.http else Arrival.MESHED_OPAQUE
    client = Client(None, arrival, grant.identity, in_every_network=False)
    traffic = Traffic.HTTP if call.http else Traffic.TCP
    policies = [reading.policy for reading in port.readings if not reading.at_first]
    found = {decide(policy, client, request, traffic).verdict for policy in policies for request in requests(call)}
    if call.path is not None and any(untold(policy, call) for policy in policies):
        return Truth.UNKNOWN
    if found == {Verdict.ALLOW}:
        return Truth.YES
    return Truth.UNKNOWN if found & {Verdict.ALLOW, Verdict.UNKNOWN} else Truth.NO


def _beyond(after: Cluster, plan: Plan, meant: Sequence[Meant]) -> tuple[list[Beyond], list[str]]:
    """Return the calls that are allowed on the plan's ports beyond the intended ones, and the ports not computed."""
    by_port: dict[tuple[Ref, int], list[Meant]] = {
        (workload.ref, spot.port): [] for spot in plan.spots for workload in spot.workloads
    }
    for one in meant:
        by_port.setdefault((one.workload.ref, one.port), []).append(one)
    found: list[Beyond] = []
    unknown: list[str] = []
    workloads = {workload.ref: workload for workload in after.workloads}
    for (ref, number), some in by_port.items():
        name = f"{ref.namespaced_name}:{number}"
        if number == workloads[ref].sidecar.ports.admin:
            probes = _probes(after, workloads[ref], number, probe_paths(workloads[ref], number))
            some = [*some, *probes]
        try:
            more = _excess(Port(after, workloads[ref], number), some)
        except NOT_COMPUTED as error:
            unknown.append(f"{name}: not computed: {error}")
            continue
        found += [_told(name, region, after, doubt) for doubt, region in more]
    return found, unknown


def _told(name: str, region: Region, after: Cluster, doubt: str) -> Beyond:
    who, what = clients_words(region.clients, after.settings), asked_words(region.asked)
    return Beyond(name, f"{who} may {what} on {name}", witness_words(region.witness, after.settings), doubt)


def _excess(port: Port, meant: Sequence[Meant]) -> list[tuple[str, Region]]:
    """Return the unintended calls to a port that are allowed (no reason), or may be (with the reason)."""
    requests = [one.requests for some in meant for one in some.asked if one.requests is not None]
    pods = pod_classes_of(port.cluster, port.workload)
    calls = Calls((port,), pods, requests, [one.clients for one in meant])
    doubt = "; ".join(calls.doubts) or "the manifests do not say what decides"
    found: dict[str, dict[Entry, int]] = {"": {}, doubt: {}}
    sets = [(calls.clients.within(one.clients), _cells(calls, one)) for one in meant]
    for entry in calls.entries():
        granted = [calls.allowed(0, entry, variant) for variant in range(len(calls.variants))]
        bits, certain = 0, calls.clients.everyone
        for one in granted:
            bits, certain = bits | one.possible, certain & one.certain
        for clients, cells in sets:
            bits &= ~clients if entry.way.traffic in cells and _in(entry, cells[entry.way.traffic]) else bits
        for why, some in (("", bits & certain), (doubt, bits & ~certain)):
            found[why] |= {entry: some} if some else {}
    return [(why, region) for why, some in found.items() for region in regions(calls, some)]


def _cells(calls: Calls, one: Meant) -> dict[Traffic, frozenset[tuple[int, ...]] | None]:
    return {
        traffic: None if asked.requests is None else calls.space.requests.within(asked.requests)
        for asked in one.asked
        for traffic in asked.traffics
    }


def _in(entry: Entry, cells: frozenset[tuple[int, ...]] | None) -> bool:
    return cells is None or entry.cell in cells
