"""Findings about pods and namespaces: annotations without effect, probes that test nothing. Pure."""

from collections.abc import Iterator

from meshpolicy.core.policy import DefaultPolicy, Unauthenticated
from meshpolicy.decide.transport import port_names
from meshpolicy.findings.check import Found, code
from meshpolicy.findings.finding import Severity
from meshpolicy.findings.ports import meshed_ports
from meshpolicy.index.defaults import default_policy
from meshpolicy.kinds import annotations
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.portlists import bad_tokens, holds, listed, of_controller, of_destination
from meshpolicy.kinds.workload import Workload


@code(
    "MP007",
    "A probe that proves nothing, or is refused",
    "R58 R60 R96",
    explanation="A tcpSocket probe always succeeds on a proxied port, for the proxy accepts; a grpc probe and one over "
    "HTTPS are not let through by themselves.",
    fix="Use httpGet over HTTP; or grant to the nodes' network on the port.",
)
def doubtful_probes(cluster: Cluster) -> Found:
    """Find probes that the proxy answers, or that Linkerd does not authorize."""
    words = {
        "tcpSocket": "is a tcpSocket: the proxy accepts it always",
        "grpc": "is grpc: it needs a policy of its own",
    }
    for workload in cluster.workloads:
        for container in workload.containers if workload.meshed else ():
            for kind, handler in container.other_probes:
                if handler in words:
                    yield workload.ref, f"{kind} of {container.name} {words[handler]}"
    for port in meshed_ports(cluster):
        strangers = any(isinstance(grant.authentication, Unauthenticated) for grant in port.grants)
        probes = [(c, p) for c in port.workload.containers for p in c.probes if p.port == port.port]
        for container, probe in probes if not strangers else ():
            if probe.scheme == "HTTPS":
                yield port.workload.ref, f"{probe.kind} of {container.name} is HTTPS, which no probe route covers"


@code(
    "MP025",
    "An annotation that changes nothing",
    "R8 R17 R20",
    explanation="The injector copies a namespace's annotations to a pod when it is created; later edits reach no "
    "running pod. proxy-require-identity-inbound-ports acts on ports without a Server, and not under deny or audit.",
    fix="Restart the pods after an edit of the namespace; replace the annotation by a Server and a policy.",
)
def annotation_without_effect(cluster: Cluster) -> Found:
    """Find annotations that do not apply to what they are meant for."""
    for workload in cluster.workloads:
        namespace = cluster.namespaces.get(workload.ref.namespace)
        meant = dict(namespace.annotations).get(annotations.DEFAULT_POLICY) if namespace is not None else None
        own = workload.annotations.get(annotations.DEFAULT_POLICY)
        if namespace is not None and meant is not None and workload.meshed and own is None:
            yield namespace.ref, f"default-inbound-policy {meant} does not reach {workload.ref}, which is older"
    for port in meshed_ports(cluster):
        listed = of_controller(port.workload.annotations.get(annotations.REQUIRE_IDENTITY, ""))
        if not holds(listed, port.port):
            continue
        mode = default_policy(cluster, port.workload, port.port)
        if port.server is not None:
            yield (
                port.workload.ref,
                f"require-identity is without effect on port {port.port}: {port.server.ref} governs it",
            )
        elif mode in (DefaultPolicy.DENY, DefaultPolicy.AUDIT):
            yield port.workload.ref, f"require-identity is without effect on port {port.port} under {mode}"


@code(
    "MP037",
    "An annotation that cannot be read",
    "R8 R9 R112 R113 R114",
    severity=Severity.ERROR,
    explanation="An unknown default-inbound-policy is ignored, and the mesh's own takes its place. Lists of ports have "
    "several readers: to the server's proxy one wrong entry empties opaque-ports, clients skip the entry and read "
    "names; proxy-init skips wrong entries of skip-inbound-ports. With a wrong subnet the pod never starts.",
    fix="Correct the value: one of the six policies; numbers and ranges such as 25,8000-8010; 10.0.0.0/8.",
)
def unreadable_annotation(cluster: Cluster) -> Found:
    """Find annotations with values that Linkerd ignores, in part or as a whole."""
    for workload in cluster.workloads:
        yield from ((workload.ref, text) for text in (*_policies(workload), *_lists(workload), *_ports(workload)))


def _policies(workload: Workload) -> Iterator[str]:
    own = workload.annotations.get(annotations.DEFAULT_POLICY)
    if own is not None and own not in set(DefaultPolicy):
        yield f"default-inbound-policy `{own}` is ignored"
    if workload.sidecar.unknown and (subnets := workload.annotations.get(annotations.SKIP_SUBNETS)):
        yield f"{annotations.SKIP_SUBNETS} `{subnets}`: {workload.sidecar.unknown}"


def _lists(workload: Workload) -> Iterator[str]:
    """Yield the lists of ports with wrong entries, and how each reader treats them."""
    own = workload.annotations
    opaque = own.get(annotations.OPAQUE_PORTS, "")
    if opaque.strip() and not of_controller(opaque):
        told = of_destination(opaque, port_names(workload))
        clients = f"clients take {listed(told)} for opaque" if told else "clients take no port for opaque"
        yield f"{annotations.OPAQUE_PORTS} `{opaque}` is read as empty by the server's proxy, and {clients}"
    identities = own.get(annotations.REQUIRE_IDENTITY, "")
    if identities.strip() and not of_controller(identities):
        yield f"{annotations.REQUIRE_IDENTITY} `{identities}` is read as empty"
    for name in (annotations.SKIP_INBOUND, annotations.SKIP_OUTBOUND):
        for token in bad_tokens(own.get(name, "")):
            yield f"{name}: proxy-init leaves out `{token}`"


def _ports(workload: Workload) -> Iterator[str]:
    """Yield ports of the proxy that are no numbers, or that the application also uses."""
    for name in annotations.PROXY_PORTS:
        text = workload.annotations.get(name, "")
        if text and not text.lstrip("+-").isdecimal():
            yield f"{name} `{text}` is ignored: it is no number"
    for port in sorted(workload.sidecar.taken):
        yield f"the proxy listens on port {port} itself, where the application wants to"
    declared = {port.number for container in workload.containers for port in container.ports}
    if workload.meshed and workload.sidecar.ports.control in declared:
        yield f"control-port {workload.sidecar.ports.control} is the application's: packets to it bypass the proxy"


@code(
    "MP063",
    "Clients that bypass the proxy",
    "R114",
    explanation="Packets from the networks of skip-subnets never meet the proxy, on any port: no policy acts on them, "
    "and no identity is asked for.",
    fix="Leave skip-subnets out, or name the few addresses that cannot be meshed, and keep the rest away by a "
    "NetworkPolicy.",
)
def skipped_subnets(cluster: Cluster) -> Found:
    """Find meshed workloads with networks whose packets bypass the proxy."""
    for workload in cluster.workloads:
        subnets = ", ".join(str(network.cidr) for network in workload.sidecar.subnets)
        if workload.meshed and subnets:
            yield workload.ref, f"clients in {subnets} reach every port without a policy"
