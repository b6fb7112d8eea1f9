"""Findings about pods and namespaces: annotations without effect, probes that prove nothing. Pure."""

from meshpolicy.core.policy import DefaultPolicy, Unauthenticated
from meshpolicy.index.effective import default_policy
from meshpolicy.kinds import annotations
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.portlists import holds, of_controller
from meshpolicy.lint.check import Found, code
from meshpolicy.lint.finding import Severity
from meshpolicy.lint.ports import meshed_ports

PORT_LISTS = (annotations.OPAQUE_PORTS, annotations.SKIP_INBOUND, annotations.REQUIRE_IDENTITY)


@code(
    "MP007",
    "A probe that proves nothing, or is refused",
    "R58 R60 R96",
    explanation="A tcpSocket probe always succeeds on a proxied port, for the proxy accepts; a grpc probe and one over "
    "HTTPS are not let through by themselves.",
    fix="Use httpGet over HTTP; or grant to the nodes' network on the port.",
)
def doubtful_probes(cluster: Cluster) -> Found:
    """Find probes that the proxy answers, or that it does not know."""
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
    """Find annotations that do not reach what they are meant for."""
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
    "R8 R9",
    severity=Severity.ERROR,
    explanation="An unknown default-inbound-policy is ignored, and the mesh's own takes its place. One wrong entry in "
    "a list of ports (a name, 0, a range backwards) empties the whole list.",
    fix="Correct the value: one of the six policies; numbers and ranges such as 25,8000-8010.",
)
def unreadable_annotation(cluster: Cluster) -> Found:
    """Find annotations with values that Linkerd drops."""
    for workload in cluster.workloads:
        own = workload.annotations.get(annotations.DEFAULT_POLICY)
        if own is not None and own not in set(DefaultPolicy):
            yield workload.ref, f"default-inbound-policy `{own}` is ignored"
        for name in PORT_LISTS:
            text = workload.annotations.get(name, "")
            if text.strip() and not of_controller(text):
                yield workload.ref, f"{name} `{text}` is read as empty"
