"""Findings about routes: refused probes, conflicts, matches that never win, routes not in force. Pure."""

from meshpolicy.analysis.cover import covers
from meshpolicy.core.match import HttpMatch, PathKind
from meshpolicy.core.policy import HttpRoute, Protocol, Unauthenticated
from meshpolicy.core.ref import Origin, Ref
from meshpolicy.decide.request import Request
from meshpolicy.decide.routing import Unclear, route_http
from meshpolicy.findings.check import Found, code
from meshpolicy.findings.finding import Severity
from meshpolicy.findings.ports import MeshedPort, by_server, explicit
from meshpolicy.index.ages import age_unknown
from meshpolicy.index.attach import is_server, usable
from meshpolicy.index.defaults import probe_paths
from meshpolicy.index.effective import effective
from meshpolicy.index.index import index_of
from meshpolicy.index.serviceroutes import is_service
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.kind import POLICY_GROUP
from meshpolicy.record import replace


@code(
    "MP004",
    "Probes that a route refuses",
    "R49 R57",
    severity=Severity.ERROR,
    explanation="The first route on a Server takes away Linkerd's own two: the one for everything and the one that "
    "lets the kubelet probe. The kubelet has no identity, so its paths need a route and a NetworkAuthentication.",
    fix="Add a route for GET on the probe paths, and a policy on it with a NetworkAuthentication of the nodes.",
)
def probes_refused(cluster: Cluster) -> Found:
    """Find ports whose probes match no route, or one that requires an identity."""
    for server, ports in by_server(cluster).items():
        for port in ports:
            if any(route.ref.origin is Origin.PROBES for route in port.policy.http_routes):
                continue
            if server.protocol not in (Protocol.UNKNOWN, Protocol.HTTP1) or server.port == 4191:
                continue
            if port.left_open(cluster):
                continue
            for path in probe_paths(port.workload, port.port):
                why = _why_refused(port, path)
                if why:
                    yield server.ref, f"the probe GET {path} of {port.workload.ref} {why}"


def _why_refused(port: MeshedPort, path: str) -> str:
    """Return why a probe is certainly refused; empty if it may be allowed."""
    for other in port.policy.alternatives:
        if not other.at_first and not _why_refused(replace(port, policy=other.policy), path):
            return ""
    routed = route_http(port.policy.http_routes, Request("GET", path))
    if routed is None:
        return "matches no route: 404"
    if isinstance(routed, Unclear):
        return ""
    grants = explicit(routed.route.authorizations)
    if not any(isinstance(grant.authentication, Unauthenticated) for grant in grants):
        return f"matches {routed.route.ref}, which admits no client without identity: 403"
    return ""


@code(
    "MP027",
    "A Server that refuses the proxy's own probes",
    "R58 R103",
    severity=Severity.ERROR,
    explanation="The kubelet probes /live and /ready on 4191. A Server there with a route of its own must let them "
    "through, or the proxy is restarted for ever; Prometheus' scrapes of /metrics need a policy as well.",
    fix="Add GET /live and /ready to the route, and a policy for the kubelet's network.",
)
def proxy_probes_refused(cluster: Cluster) -> Found:
    """Find Servers on the admin port that stop the sidecar's probes."""
    seen: set[Ref] = set()
    for workload in cluster.workloads:
        servers = index_of(cluster).servers(workload.ref.namespace).claiming(workload, 4191) if workload.meshed else ()
        for server in servers:
            policy = effective(cluster, workload, 4191)
            port = MeshedPort(workload, 4191, server, policy)
            own = any(route.ref.origin is Origin.PROBES for route in policy.http_routes)
            if server.ref in seen or own or port.left_open(cluster):
                continue
            for path in ("/live", "/ready"):
                if why := _why_refused(port, path):
                    seen.add(server.ref)
                    yield server.ref, f"the sidecar's probe GET {path} of {workload.ref} {why}"


@code(
    "MP005",
    "A route that nobody may use",
    "R51",
    explanation="A route without a policy is not open: it is governed by the policies of its Server and Namespace, "
    "and where there are none, everyone gets 403. A catch-all that refuses is not reported: that is its use.",
    fix="Add an AuthorizationPolicy that targets the route.",
)
def ungranted_route(cluster: Cluster) -> Found:
    """Find attached routes without any grant, catch-alls left out."""
    for ports in by_server(cluster).values():
        if any(port.left_open(cluster) for port in ports):
            continue
        for route in ports[0].policy.http_routes:
            if route.ref.is_object and not explicit(route.authorizations) and not _catch_all(route):
                yield route.ref, "is granted to nobody: every request that matches it gets 403"
        for grpc in ports[0].policy.grpc_routes:
            if grpc.ref.is_object and not explicit(grpc.authorizations):
                yield grpc.ref, "is granted to nobody: every call that matches it gets PERMISSION_DENIED"


def _catch_all(route: HttpRoute) -> bool:
    return all(
        match.path is None or (match.path.kind is PathKind.PREFIX and match.path.value == "/")
        for rule in route.rules
        for match in rule.matches
    )


@code(
    "MP019",
    "HTTPRoutes that conflict with a GRPCRoute",
    "R48 R49",
    severity=Severity.ERROR,
    explanation="As soon as any GRPCRoute names a Server, none of its HTTPRoutes is accepted, whatever the Server's "
    "protocol: the port falls back to Linkerd's own routes.",
    fix="Give HTTP and gRPC two Servers, or use routes of one kind.",
)
def conflicting_http_route(cluster: Cluster) -> Found:
    """Find HTTPRoutes in conflict with a GRPCRoute."""
    for status in index_of(cluster).attachments.statuses(cluster):
        if status.reason == "RouteReasonConflicted" and status.parent is not None:
            yield status.ref, f"is not in force on {status.parent.name}: a GRPCRoute names the same Server"


@code(
    "MP020",
    "A GRPCRoute that makes its whole Server refuse",
    "R56 R120",
    severity=Severity.ERROR,
    explanation="A match without `method` (headers only) makes the proxy reject the Server's policy and refuse every "
    "request and connection on the port, localhost included. On a Service it makes the clients' proxies fail every "
    "call of it.",
    fix="Write `method: {service: …}` into each match.",
)
def invalid_grpc_server(cluster: Cluster) -> Found:
    """Find Servers that refuse everything because of a GRPCRoute, and Services whose clients get this effect."""
    for server, ports in by_server(cluster).items():
        if ports[0].policy.invalid is not None:
            yield ports[0].policy.invalid, f"has a match without a method: {server.ref} refuses everything"
    for route in cluster.routes:
        if any(not match.rpc for rule in route.grpc for match in rule.matches):
            for parent in filter(is_service, route.parents):
                service = f"Service {parent.namespace}/{parent.name}"
                yield route.ref, f"has a match without a method: meshed clients fail every call of {service}"


@code(
    "MP021",
    "A route that is accepted and not in force",
    "R46 R50 R53",
    severity=Severity.ERROR,
    explanation="Accepted=True does not say that a route acts: a Server in another namespace, a `port` or "
    "`sectionName`, an unsupported filter, or the wrong protocol leave it without effect, for all of its parents.",
    fix="Use a Server of the route's namespace by name alone, and filters that Linkerd supports.",
)
def not_in_force(cluster: Cluster) -> Found:
    """Find routes with Server parents that do nothing."""
    protocols = {(s.ref.namespace, s.ref.name): s.protocol for s in cluster.servers}
    for route in cluster.routes:
        parents = [parent for parent in route.parents if is_server(parent)]
        if parents and not usable(route):
            why = f"it has {route.unusable}" if route.unusable else "a parent is elsewhere, or named with a port"
            yield route.ref, f"is accepted and not in force: {why}"
            continue
        for parent in parents:
            protocol = protocols.get((parent.namespace, parent.name))
            wrong = protocol in (Protocol.OPAQUE, Protocol.TLS) or (
                protocol is not None and (protocol is Protocol.GRPC) != (route.ref.kind == "GRPCRoute")
            )
            if wrong:
                yield route.ref, f"has no effect on {parent.name}, which expects {protocol}"
            if protocol is None and cluster.left_out(parent.namespace, "Server", parent.name) is None:
                yield route.ref, f"names the Server {parent.name}, which {parent.namespace} does not have"


@code(
    "MP070",
    "A route whose parent is a Server of another group",
    "R45",
    severity=Severity.ERROR,
    explanation="A parentRef that leaves its group out means one of the group of its route: of an HTTPRoute of "
    "gateway.networking.k8s.io a Server of that group, which is none of Linkerd's. So the route is attached to "
    "nothing, and its port is judged as if it were not there.",
    fix=f"Write `group: {POLICY_GROUP}` into the parentRef.",
)
def parent_of_other_group(cluster: Cluster) -> Found:
    """Find parents with the kind Server and another group."""
    for route in cluster.routes:
        for parent in route.parents:
            if parent.kind.lower() == "server" and not is_server(parent):
                said = f"of the group `{parent.group}`" if parent.group else "without a group"
                yield route.ref, f"names a Server {parent.name} {said}, and is attached to nothing by it"


@code(
    "MP022",
    "A match that never wins",
    "R88 R91",
    explanation="The longest path wins; Exact does not beat a prefix of equal length, a regular expression counts "
    "the whole path, and on a tie the oldest route does. This match is never reached.",
    fix="Remove it, or make it longer or more specific than the other one.",
)
def match_that_never_wins(cluster: Cluster) -> Found:
    """Find matches that an earlier route also has, with the same rank."""
    reported: set[Ref] = set()
    aged = {route.ref: route for route in cluster.routes}
    for ports in by_server(cluster).values():
        seen: list[tuple[HttpMatch, HttpRoute]] = []
        for route in ports[0].policy.http_routes:
            for match in (match for rule in route.rules for match in rule.matches):
                first = next((o for m, o in seen if m == match and o.hostnames == route.hostnames), None)
                if first is None:
                    first = next((o for m, o in seen if o.hostnames == route.hostnames and _outranks(m, match)), None)
                if first is not None and first.ref != route.ref and route.ref not in reported:
                    reported.add(route.ref)
                    if age_unknown(aged[first.ref], aged[route.ref]):
                        text = f"is met only if it is older than {first.ref}, which matches the same"
                        yield route.ref, f"{text}: the manifests do not say"
                    else:
                        yield route.ref, f"is never met where {first.ref} matches the same: that one is older"
                seen.append((match, route))


def _outranks(first: HttpMatch, second: HttpMatch) -> bool:
    """Whether an earlier PathPrefix match hides a later Exact match of the same path."""
    if first.path is None or second.path is None or second.path.kind is not PathKind.EXACT:
        return False
    same = first.path.kind is PathKind.PREFIX and first.path.value.rstrip("/") == second.path.value
    return same and (first.method, first.headers, first.query) == (second.method, second.headers, second.query)


@code(
    "MP023",
    "A strict route that other spellings of a path avoid",
    "R90 R92",
    explanation="Paths are compared raw and with case: //admin, /Admin and /%61dmin miss a route for /admin and meet "
    "the broader one, and the Host is the client's choice. Where the broader route admits more clients, the narrow "
    "one protects nothing that the application treats alike.",
    fix="Put the strict policy on the broad route, and what is open on narrow ones.",
)
def evaded_by_spelling(cluster: Cluster) -> Found:
    """Find narrow routes that refuse clients which a broader route of the port admits."""
    for ports in by_server(cluster).values():
        routes = [route for route in ports[0].policy.http_routes if route.ref.is_object]
        broad = [route for route in routes if _catch_all(route)]
        for narrow in (route for route in routes if not _catch_all(route)):
            strict = explicit(narrow.authorizations)
            for wide in broad:
                if any(not any(covers(own, grant) for own in strict) for grant in explicit(wide.authorizations)):
                    yield narrow.ref, f"refuses clients whom {wide.ref} admits to //… and other spellings of its paths"


@code(
    "MP006",
    "A probe path that is open to everyone",
    "R57 R59",
    severity=Severity.NOTE,
    explanation="With the chart's probeNetworks (0.0.0.0/0), GET on the declared probe paths is open to every client, "
    "under deny as well, as long as no route is attached. A probe of / opens GET /.",
    fix="Attach routes, and admit the nodes' network only; or set policyController.probeNetworks.",
)
def open_probes(cluster: Cluster) -> Found:
    """Find probe paths that are open although the port is not."""
    for ports in by_server(cluster).values():
        for port in ports:
            probed = any(route.ref.origin is Origin.PROBES for route in port.policy.http_routes)
            strangers = any(isinstance(grant.authentication, Unauthenticated) for grant in port.grants)
            if probed and not strangers:
                paths = ", ".join(probe_paths(port.workload, port.port))
                yield port.workload.ref, f"GET {paths} on port {port.port} is open to every client"
