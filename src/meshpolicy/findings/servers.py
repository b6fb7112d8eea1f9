"""Findings about Servers: ports that are closed, shadowed, declared wrongly or missing. Pure."""

from meshpolicy.analysis.ports import declared_ports
from meshpolicy.core.policy import DefaultPolicy, Protocol, TlsAuthenticated
from meshpolicy.core.ref import Origin, Ref
from meshpolicy.decide.clientpolicy import ClientProtocol, client_policy
from meshpolicy.decide.transport import find_service_targets, hinted_opaque
from meshpolicy.findings.check import Found, code
from meshpolicy.findings.finding import Severity
from meshpolicy.findings.ports import by_server, explicit, meshed_ports
from meshpolicy.index.effective import skipped
from meshpolicy.index.index import index_of
from meshpolicy.index.servers import port_numbers
from meshpolicy.kinds.cluster import Cluster

OPEN = frozenset({DefaultPolicy.ALL_UNAUTHENTICATED, DefaultPolicy.AUDIT})


@code(
    "MP001",
    "A Server that grants nothing",
    "R17 R19",
    severity=Severity.ERROR,
    explanation="Creating a Server takes the pod's default policy away from the port. Without a policy, a route's "
    "policy or an accessPolicy, everyone is refused. A manifest that says `accessPolicy: deny` means it.",
    fix="Add an AuthorizationPolicy for the Server, or set its accessPolicy: `deny`, if it is closed on purpose.",
)
def grants_nothing(cluster: Cluster) -> Found:
    """Find Servers without any grant, including their routes."""
    for server, ports in by_server(cluster).items():
        policy = ports[0].policy
        own = [explicit(route.authorizations) for route in policy.http_routes if route.ref.origin is not Origin.PROBES]
        own += [explicit(route.authorizations) for route in policy.grpc_routes]
        nothing = not explicit(policy.authorizations) and not any(own) and policy.invalid is None
        if nothing and not server.closed and not any(port.left_open(cluster) for port in ports):
            yield server.ref, f"closes port {server.port} to everyone: nothing is granted on it"


@code(
    "MP015",
    "A Server that another one shadows",
    "R16",
    explanation="Where two Servers select the same port of a pod, the older one governs it, however specific the "
    "younger one's selector is; on equal age the first by name does.",
    fix="Make the selectors disjoint, or merge the two Servers.",
)
def shadowed_server(cluster: Cluster) -> Found:
    """Find Servers that lose a port to an older one."""
    seen: set[Ref] = set()
    for port in meshed_ports(cluster):
        claiming = list(index_of(cluster).servers(port.workload.ref.namespace).claiming(port.workload, port.port))
        for other in (server for server in claiming[1:] if server.ref not in seen):
            seen.add(other.ref)
            what, first = f"port {port.port} of {port.workload.ref}", claiming[0]
            if first.created and other.created:
                yield other.ref, f"does not govern {what}: {first.ref} is older, or as old and first by name"
            else:
                yield (
                    other.ref,
                    f"claims {what}, and so does {first.ref}: the older one governs it, and neither says its age",
                )


@code(
    "MP016",
    "A port that clients are told is opaque, and whose Server expects HTTP",
    "R63 R64 R65",
    severity=Severity.ERROR,
    explanation="Meshed clients learn from the pod's opaque-ports annotation, from the default list, or from any "
    "opaque Server that a port is opaque. On an HTTP/1, HTTP/2 or gRPC Server they are then refused whatever the "
    "policies say; on an unknown one, the routes are bypassed.",
    fix="Take the port out of opaque-ports, or set proxyProtocol to opaque.",
)
def opaque_hint_on_http(cluster: Cluster) -> Found:
    """Find HTTP Servers on ports that meshed clients treat as opaque."""
    for server, ports in by_server(cluster).items():
        for port in ports:
            if not hinted_opaque(cluster, port.workload, port.port):
                continue
            if server.protocol.http_only:
                text = (
                    f"expects {server.protocol} on port {port.port} of {port.workload.ref}, which is opaque to clients"
                )
                yield server.ref, f"{text}: every meshed client is refused"
            elif server.protocol is Protocol.UNKNOWN and any(r.ref.is_object for r in port.policy.http_routes):
                text = f"port {port.port} of {port.workload.ref} is opaque to meshed clients"
                yield server.ref, f"{text}: they bypass its routes"
    for server, ports in by_server(cluster).items():
        for port in ports if server.protocol.http_only else ():
            for target in find_service_targets(cluster, port.workload, port.port):
                told = client_policy(cluster, target, port.workload.ref.namespace)
                if told.protocol is ClientProtocol.OPAQUE and told.reason is not None:
                    text = f"expects {server.protocol} on port {port.port} of {port.workload.ref}"
                    yield server.ref, f"{text}, and {told.reason.text}: every meshed client is refused through it"


@code(
    "MP017",
    "An opaque port whose clients cannot be known",
    "R63",
    severity=Severity.ERROR,
    explanation="On an opaque port the identity comes with the transport header only. In transparent mode there is "
    "none, so policies by identity admit nobody.",
    fix="Use the transport-header mode, another protocol, or a NetworkAuthentication.",
)
def opaque_without_identity(cluster: Cluster) -> Found:
    """Find opaque Servers with grants by identity, in transparent mode."""
    if cluster.settings.outbound_transport_mode != "transparent":
        return
    for server, ports in by_server(cluster).items():
        grants = explicit(ports[0].policy.authorizations)
        if server.protocol is Protocol.OPAQUE and any(isinstance(g.authentication, TlsAuthenticated) for g in grants):
            yield server.ref, "grants by identity, and in transparent mode no identity is known on an opaque port"


@code(
    "MP008",
    "Refusals that look like a broken server",
    "R96",
    severity=Severity.NOTE,
    explanation="Whoever is refused on an opaque or TLS port is first accepted and then cut off, without an answer: "
    "never `connection refused`, never a 403.",
    fix="Nothing, if the port is no HTTP; look at inbound_tcp_authz_deny_total when clients report closed connections.",
)
def silent_refusals(cluster: Cluster) -> Found:
    """Find Servers whose refusals clients cannot tell from a crash."""
    for server in by_server(cluster):
        if server.protocol in (Protocol.OPAQUE, Protocol.TLS) and server.access not in OPEN:
            yield server.ref, "refuses by cutting connections that it has accepted"


@code(
    "MP018",
    "HTTP probes on a port that expects HTTP/2",
    "R60 R63",
    severity=Severity.ERROR,
    explanation="The kubelet speaks HTTP/1.1. On an HTTP/2 or gRPC Server its probes fail before any policy is asked.",
    fix="Probe another port, use a grpc probe with a policy, or declare the Server `unknown`.",
)
def probes_of_other_protocol(cluster: Cluster) -> Found:
    """Find HTTP/2 and gRPC Servers with httpGet probes on their port."""
    for server, ports in by_server(cluster).items():
        for port in ports:
            probed = any(p.port == port.port for c in port.workload.containers for p in c.probes)
            if probed and server.protocol in (Protocol.HTTP2, Protocol.GRPC):
                yield server.ref, f"expects {server.protocol}, and {port.workload.ref} is probed there with HTTP/1.1"


@code(
    "MP024",
    "An accessPolicy that makes every other policy irrelevant",
    "R25 R44",
    explanation="accessPolicy is one more grant, not a fallback. all-unauthenticated and audit admit everyone, so no "
    "other policy of the Server decides anything.",
    fix="Set accessPolicy to deny (or leave it out) once the policies are right.",
)
def open_access_policy(cluster: Cluster) -> Found:
    """Find open Servers that also have grants."""
    for server, ports in by_server(cluster).items():
        policy = ports[0].policy
        grants = [*policy.authorizations, *(g for route in policy.http_routes for g in route.authorizations)]
        others = {grant.ref for grant in grants if grant.ref.is_object}
        if server.access in OPEN and others:
            yield server.ref, f"accessPolicy {server.access} admits everyone; {len(others)} policies decide nothing"
        elif server.access is DefaultPolicy.AUDIT:
            yield server.ref, "accessPolicy audit admits everyone and only logs it"


@code(
    "MP026",
    "A Server on a port that bypasses the proxy",
    "R10",
    explanation="Ports of skip-inbound-ports, and 4567 and 4568 by default, never reach the proxy: no policy acts.",
    fix="Set config.linkerd.io/skip-inbound-ports on the pod (empty to skip none), or drop the Server.",
)
def skipped_server_port(cluster: Cluster) -> Found:
    """Find Servers on skipped ports."""
    for workload in cluster.workloads:
        for server in index_of(cluster).servers(workload.ref.namespace).selecting(workload):
            for port in port_numbers(workload, server.port):
                if workload.meshed and skipped(workload, port):
                    yield server.ref, f"port {port} of {workload.ref} bypasses the proxy: nothing is enforced"


@code(
    "MP030",
    "A Server on a port that its pods do not declare",
    "R15 R104",
    explanation="The proxy asks for the policies of declared ports at its start. The first connections to another "
    "port may be judged by the default policy, before the Server's arrives.",
    fix="Declare the port in the container's ports.",
)
def undeclared_port(cluster: Cluster) -> Found:
    """Find numeric Servers on ports that no selected pod declares."""
    for workload in cluster.workloads:
        if not workload.meshed:
            continue
        for server in index_of(cluster).servers(workload.ref.namespace).selecting(workload):
            own = workload.sidecar.ports
            meta = server.port in (own.admin, own.control, own.inbound)
            if isinstance(server.port, int) and not meta and server.port not in declared_ports(workload):
                yield server.ref, f"{workload.ref} does not declare port {server.port}"


@code(
    "MP031",
    "A Server that selects nothing",
    "R13 R15",
    explanation="A Server acts on pods of its own namespace whose labels match and that have its port; a port in "
    "quotes is a name. One that selects nothing leaves the port to the default policy.",
    fix="Compare the selector with the pods' labels, and the port with their names or numbers.",
)
def selects_nothing(cluster: Cluster) -> Found:
    """Find Servers that match no workload of a namespace whose workloads are known."""
    with_workloads = {workload.ref.namespace for workload in cluster.workloads}
    selected = {
        server.ref
        for workload in cluster.workloads
        for server in index_of(cluster).servers(workload.ref.namespace).selecting(workload)
        if port_numbers(workload, server.port)
    }
    for server in cluster.servers:
        if server.ref not in selected and server.ref.namespace in with_workloads:
            yield (
                server.ref,
                f"no workload of {server.ref.namespace} in these manifests has its labels and a port `{server.port}`",
            )


@code(
    "MP065",
    "A Server on the proxy's own port that expects HTTP",
    "R64 R68",
    explanation="What comes through a multicluster gateway is judged by the policy of the gateway's inbound port. A "
    "Server there that declares HTTP closes every connection that is not HTTP, whatever its policies say.",
    fix="Leave proxyProtocol out, as Linkerd's own chart does.",
)
def http_on_inbound_port(cluster: Cluster) -> Found:
    """Find Servers on the proxy's inbound port that declare HTTP."""
    for workload in cluster.workloads:
        inbound = workload.sidecar.ports.inbound
        for server in index_of(cluster).servers(workload.ref.namespace).claiming(workload, inbound):
            if workload.meshed and server.protocol.http_only:
                yield server.ref, f"expects {server.protocol} on port {inbound} of {workload.ref}: TCP is closed there"
