"""Sorts observed calls, one by one, into grants and calls that are set aside. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from meshpolicy.analysis.words import account
from meshpolicy.core.errors import Place
from meshpolicy.core.policy import Protocol
from meshpolicy.core.truth import Truth, every
from meshpolicy.decide.transport import find_service_targets
from meshpolicy.generate.aside import Aside, Why
from meshpolicy.generate.choice import METHODS, Choice, Choices, Said, client_words, request_words
from meshpolicy.generate.closed import is_http, is_opaque
from meshpolicy.generate.grant import ANY_REQUEST, CONNECT, Grant, Pattern
from meshpolicy.generate.needed import Needed
from meshpolicy.generate.passes import passes, untold
from meshpolicy.generate.patterns import Patterns, answered
from meshpolicy.generate.spot import Spot, Spots, Unplaced, is_address
from meshpolicy.index.defaults import probe_paths
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import replace
from meshpolicy.traffic.call import CallerKind, ObservedCall, Outcome, Side
from meshpolicy.traffic.prometheus import COUNTED

GRPC_CHECK = "POST /grpc.health.v1.Health/Check"
"""The request of a gRPC probe (gRPC Health Checking Protocol)."""
NO_IDENTITY = "give the caller a sidecar: an address is no identity"
ASK = "give Prometheus' tcp series or a tap, which show connections, or decide"
RECORD = "record for longer, or decide"
INGRESS = "this may be your ingress controller: mesh it and give its traffic, or grant to it"
LONGEST_PATH = 1024
"""The maximum number of characters of a route's path (HTTPRoute, `path.value`)."""


@dataclass
class CalledPort:
    """The calls to one port that a grant could allow."""

    spot: Spot
    calls: list[ObservedCall] = field(default_factory=list)


def obstacle(cluster: Cluster, spot: Spot) -> tuple[Why, str] | None:
    """Return why no policy is made for a port; None: one can be made."""
    for workload in spot.workloads:
        policy = effective(cluster, workload, spot.port)
        if policy.unguarded is not None:
            return Why.NO_PROXY, str(policy.unguarded)
        if policy.unknown is not None:
            return Why.NO_PROXY, str(policy.unknown)
        if policy.server.is_object:
            return Why.GOVERNED, f"{policy.server} governs the port, which is left as it is"
        if is_opaque(cluster, spot) and probe_paths(workload, spot.port):
            return Why.UNTELLABLE, "it is opaque and probed: a Server that lets the kubelet in lets everybody in"
    return None


class Sorter:
    """Sorts calls one by one."""

    def __init__(self, cluster: Cluster, choices: Choices, least: int, namespaces: frozenset[str]) -> None:
        self.cluster, self.choices, self.least, self.namespaces = cluster, choices, least, namespaces
        self.spots = Spots(cluster)
        self.ports: dict[str, CalledPort] = {}
        self.called: dict[Spot, None] = {}
        self.aside: list[Aside] = []
        self.outgoing = 0
        self.http: set[Spot] = set()
        """The ports with observed HTTP requests."""
        self.connected: set[str] = set()
        """The namespaces and workloads (`namespace/workload`) whose traffic includes connections without HTTP."""
        self._obstacles: dict[Spot, tuple[Why, str] | None] = {}
        self._patterns = Patterns(cluster, choices)

    def take(self, call: ObservedCall) -> None:
        """Find the port that a call reached, and whether a grant could allow the call."""
        if call.side is Side.CLIENT:
            self.outgoing += call.count
            return
        try:
            spot = self.spots.reached(call)
        except Unplaced as error:
            self._set_aside(Why.UNPLACED, call, call.server.pod or call.host or "somebody", str(error))
            return
        if self.namespaces and spot.namespace not in self.namespaces:
            return
        if call.http:
            self.http.add(spot)
        else:
            # Prometheus counts for all pods of a namespace; a log belongs to one workload.
            self.connected.add(spot.namespace if call.source in COUNTED else _workload(spot))
        found = self._obstacle(call, spot)
        if found is not None:
            self._set_aside(found[0], call, spot.name, found[1])
            return
        self.called[spot] = None
        self.ports.setdefault(spot.name, CalledPort(spot)).calls.append(call)

    def obstacle(self, spot: Spot) -> tuple[Why, str] | None:
        """Return why no policy is made for a port; None: one can be made."""
        if spot not in self._obstacles:
            self._obstacles[spot] = obstacle(self.cluster, spot)
        return self._obstacles[spot]

    def _obstacle(self, call: ObservedCall, spot: Spot) -> tuple[Why, str] | None:
        """Return why no grant can allow a call; None if one can."""
        if (found := self.obstacle(spot)) is not None:
            return found if found[0] is not Why.GOVERNED else self._by_server(call, spot, found[1])
        self.called[spot] = None
        if call.client.kind is not CallerKind.IDENTITY:
            probed = {path for one in spot.workloads for path in probe_paths(one, spot.port)}
            if call.http and call.method == "GET" and call.path in probed:
                return Why.PROBE, "the manifests declare it as a probe"
            return Why.UNMESHED, NO_IDENTITY
        if call.method is not None and call.path is not None:
            if call.method not in METHODS:
                return Why.UNTELLABLE, f"a route names {', '.join(sorted(METHODS))}, and no other method"
            if not call.path.startswith("/") or len(call.path) > LONGEST_PATH:
                return Why.UNTELLABLE, "a route names paths that begin with / and are no longer than 1024 characters"
        return None

    def _by_server(self, call: ObservedCall, spot: Spot, told: str) -> tuple[Why, str]:
        """Return how the existing Server treats a call."""
        lets = every(passes(self.cluster, one, spot.port, call) for one in spot.workloads)
        if lets is Truth.YES or not answered(call):
            return Why.GOVERNED, told
        policies = [effective(self.cluster, one, spot.port) for one in spot.workloads]
        missing = next(filter(None, (untold(policy, call) for policy in policies)), "")
        if missing:
            return Why.UNKNOWN_LET, f"{told}, and whether it refuses this call is not known: {missing}"
        if lets is Truth.UNKNOWN:
            return Why.UNKNOWN_LET, f"{told}, and may refuse this call: `meshpolicy check` says what decides"
        return Why.NOT_LET, f"{told}, and refuses this call: `meshpolicy check` says what to add"

    def _set_aside(self, why: Why, call: ObservedCall, server: str, hint: str = "") -> None:
        said = Said(client_words(self.cluster, call), request_words(call), server)
        if self.choices.about(said) is Choice.FORBID and why is not Why.PROBE:
            why = Why.FORBIDDEN
        self.aside.append(Aside(why, said, call.count, call.place, hint))

    def take_grpc_probes(self, spots: Iterable[Spot]) -> None:
        """Set aside the gRPC probes of workloads with a new Server, as Linkerd only authorizes httpGet probes (R58)."""
        for one in {workload.ref: workload for spot in spots for workload in spot.workloads}.values():
            kinds = sorted({kind for c in one.containers for kind, handler in c.other_probes if handler == "grpc"})
            if kinds:
                said = Said("kubelet", GRPC_CHECK, one.ref.namespaced_name)
                forbidden = self.choices.about(said) is Choice.FORBID
                hint = f"the {', '.join(kinds)}: Linkerd authorizes httpGet alone; use httpGet, or grant it yourself"
                why = Why.FORBIDDEN if forbidden else Why.GRPC_PROBE
                self.aside.append(Aside(why, said, 0, one.ref.place or Place("manifests"), hint))

    def grants_of_needed(
        self, spots: Iterable[Spot], grants: Sequence[Grant], needed: Iterable[Needed]
    ) -> Iterator[Grant]:
        """Yield the grants for declared calls that the user accepted, and set the others aside."""
        by_port = {(one.ref, spot.port): spot for spot in spots for one in spot.workloads}
        granted = {grant.spot for grant in grants}
        told: set[tuple[Said, str]] = set()
        for one in needed:
            spot = by_port.get(one.port)
            if spot is None or (spot in granted and not one.sure):
                continue
            said = Said(one.client, one.request, spot.name)
            if (said, one.identity) in told:
                continue
            told.add((said, one.identity))
            choice = self.choices.about(said)
            if one.identity and choice is Choice.ACCEPT:
                connections = not one.http or self.protocol(spot) is not Protocol.HTTP1
                yield one.grant(spot, opaque=is_opaque(self.cluster, spot), connections=connections)
                continue
            why = Why.DECLARED if one.identity else Why.OUTSIDE
            why = Why.FORBIDDEN if choice is Choice.FORBID else why
            self.aside.append(
                Aside(why, said, 0, one.place, f"{one.what} declares it; {one.hint or (RECORD if one.http else ASK)}")
            )

    def take_unseen(self, spots: Iterable[Spot]) -> None:
        """Set aside ports without a grant that may carry non-HTTP protocols, if the traffic cannot show these."""
        told = {one.said.server for one in self.aside if one.said.request == CONNECT}
        for spot in spots:
            opaque = is_opaque(self.cluster, spot)
            http = not opaque and (spot in self.http or is_http(self.cluster, spot))
            if http or spot.name in told or {spot.namespace, _workload(spot)} & self.connected:
                continue
            said = Said("anybody", CONNECT, spot.name)
            why = Why.FORBIDDEN if self.choices.about(said) is Choice.FORBID else Why.UNSEEN
            place = spot.workloads[0].ref.place or Place("manifests")
            self.aside.append(Aside(why, said, 0, place, f"it may carry other than HTTP; {ASK}"))

    def say_who_may_be_ingress(self, spots: Iterable[Spot]) -> None:
        """Add a hint to ports that only unmeshed callers called: these may be an ingress controller."""
        meant = {spot.name for spot in spots if spot.name not in self.ports}
        self.aside = [
            replace(one, hint=f"{one.hint}; {INGRESS}") if one.said.server in meant and one.why is Why.UNMESHED else one
            for one in self.aside
        ]

    def grants_of(self, port: CalledPort) -> Iterator[Grant]:
        """Yield the grants for one port, and set the other calls aside."""
        whole: dict[str, list[ObservedCall]] = {}
        told: dict[tuple[str, str, str], list[ObservedCall]] = {}
        for call in port.calls:
            if call.method is None or call.path is None or is_opaque(self.cluster, port.spot):
                whole.setdefault(call.client.identity, []).append(call)
            else:
                told.setdefault((call.client.identity, call.method, call.path), []).append(call)
        known = {identity for identity, _, _ in told}
        for identity, calls in whole.items():
            # A series without paths counts the same requests as a log with paths.
            if identity not in known:
                connections = self.protocol(port.spot) is not Protocol.HTTP1
                yield from self._grant(Grant(identity, port.spot, None, tuple(calls), connections=connections))
        by_pattern: dict[tuple[str, Pattern], list[ObservedCall]] = {}
        patterns = self._patterns.of(port.spot, told)
        for (identity, method, path), calls in told.items():
            by_pattern.setdefault((identity, patterns[method, path]), []).extend(calls)
        for (identity, pattern), calls in by_pattern.items():
            yield from self._grant(Grant(identity, port.spot, pattern, tuple(calls)))

    def protocol(self, spot: Spot) -> Protocol:
        """Return the protocol of a port: that of its Services unless a call contradicts it, else protocol detection."""
        if is_opaque(self.cluster, spot):
            return Protocol.OPAQUE
        said = {
            target.port.app_protocol
            for one in spot.workloads
            for target in find_service_targets(self.cluster, one, spot.port)
        }
        port = self.ports.get(spot.name)
        http = all(call.http for call in port.calls) if port is not None else True
        return Protocol.HTTP1 if said == {"http"} and http else Protocol.UNKNOWN

    def _grant(self, grant: Grant) -> Iterator[Grant]:
        """Yield a grant if it is to be granted; otherwise set its calls aside."""
        said = Said(
            self._account(grant.identity), grant.pattern.text if grant.pattern else ANY_REQUEST, grant.spot.name
        )
        choice = self.choices.about(said)
        if choice is None and grant.pattern is None and grant.connections:
            choice = self.choices.about(replace(said, request=CONNECT))
        if choice is Choice.FORBID:
            self._put(Why.FORBIDDEN, said, grant)
        elif choice is Choice.ACCEPT:
            yield replace(grant, accepted=True)
        elif (found := self._doubt(grant)) is not None:
            self._put(found[0], said, grant, found[1])
        else:
            good = tuple(call for call in grant.calls if answered(call))
            yield replace(grant, calls=good)

    def _doubt(self, grant: Grant) -> tuple[Why, str] | None:
        """Return why calls are not granted unless the user accepts them; None if they are."""
        good = [call for call in grant.calls if answered(call)]
        if not good:
            if all(call.outcome is Outcome.REFUSED for call in grant.calls):
                return Why.REFUSED, "a policy refuses it already"
            if all(call.status == 404 for call in grant.calls):
                return Why.NOT_FOUND, "answered with 404 each time"
            seen = sorted({str(call.status or "no answer") for call in grant.calls})
            return Why.FAILED, f"answered with {', '.join(seen)}"
        if all(is_address(call.host or "") for call in good) and not _scrape(grant, good):
            return Why.BY_ADDRESS, "the call names an address and no Service, as a scrape or a test does"
        count = sum(call.count for call in good)
        if count < self.least and not self._patterns.were_narrowed(grant):
            return Why.ONCE, f"--min-count is {self.least}"
        return None

    def _put(self, why: Why, said: Said, grant: Grant, hint: str = "") -> None:
        self.aside.append(Aside(why, said, grant.count, grant.calls[0].place, hint))

    def _account(self, identity: str) -> str:
        return account(identity, self.cluster.settings)


def _workload(spot: Spot) -> str:
    return spot.name.rpartition(":")[0]


def _scrape(grant: Grant, calls: Sequence[ObservedCall]) -> bool:
    """Whether all calls are scrapes that the pods declare with Prometheus' annotations."""
    for one in grant.spot.workloads:
        own = {key.removeprefix("prometheus.io/"): value for key, value in one.annotations.items()}
        declared = own.get("scrape") == "true" and own.get("port", "") == str(grant.spot.port)
        if not declared or any((call.method, call.path) != ("GET", own.get("path", "/metrics")) for call in calls):
            return False
    return True
