"""Findings about AuthorizationPolicies and ServerAuthorizations: references, targets, clients. Pure."""

from collections.abc import Iterator

from meshpolicy.analysis.cover import covers, open_to_all
from meshpolicy.core.policy import Authorization
from meshpolicy.core.ref import Ref
from meshpolicy.findings.check import Found, code
from meshpolicy.findings.finding import Severity
from meshpolicy.findings.ports import by_server, explicit, meshed_ports
from meshpolicy.index.attach import is_server
from meshpolicy.index.authorize import elsewhere, legacy_grant, resolve
from meshpolicy.kinds.authorizationpolicy import AuthorizationPolicy
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.references import kind_of


@code(
    "MP002",
    "A Namespace policy that does not reach every port",
    "R23",
    explanation="A policy for the Namespace acts on ports that have a Server, and on no others: those keep the default "
    "policy, open or not.",
    fix="Create a Server for each port that the policy is meant for.",
)
def namespace_policy_without_servers(cluster: Cluster) -> Found:
    """Find Namespace policies beside ports without a Server."""
    bare: dict[str, list[str]] = {}
    for port in meshed_ports(cluster):
        if port.server is None:
            bare.setdefault(port.workload.ref.namespace, []).append(f"{port.workload.ref.name}:{port.port}")
    for policy in cluster.authorization_policies:
        left = bare.get(policy.ref.namespace)
        if kind_of(policy.target) == ("core", "namespace") and left:
            yield policy.ref, f"does not reach {', '.join(left[:5])}{' …' if len(left) > 5 else ''}: no Server there"


@code(
    "MP009",
    "A policy that admits everyone",
    "R30",
    explanation="All entries of requiredAuthenticationRefs must hold; an empty list asks for nothing, so everyone is "
    "admitted, meshed or not.",
    fix="Name a MeshTLSAuthentication, a ServiceAccount or a NetworkAuthentication.",
)
def admits_everyone(cluster: Cluster) -> Found:
    """Find policies without any reference."""
    for policy in cluster.authorization_policies:
        if not policy.references:
            yield policy.ref, "requires nothing: everyone is admitted"


@code(
    "MP010",
    "A policy with a reference to a missing object",
    "R31",
    severity=Severity.ERROR,
    explanation="A policy with a reference to an authentication that does not exist is ignored as a whole, silently; "
    "no webhook checks it.",
    fix="Correct kind, group, name or namespace of the reference, or create the object.",
)
def dangling_reference(cluster: Cluster) -> Found:
    """Find policies whose authentications are missing."""
    for policy in cluster.authorization_policies:
        for reference in policy.references:
            alone = AuthorizationPolicy(policy.ref, policy.target, (reference,))
            if resolve(cluster, alone) is None and not elsewhere(cluster, policy, reference):
                yield policy.ref, f"is ignored: there is no {reference.kind} {reference.namespace}/{reference.name}"


@code(
    "MP011",
    "A policy whose target does not exist",
    "R27 R28",
    severity=Severity.ERROR,
    explanation="A target is looked up in the policy's own namespace; a Server's name is compared exactly, and a route "
    "must have the very group that is written, policy.linkerd.io or gateway.networking.k8s.io.",
    fix="Correct name and group of targetRef.",
)
def dangling_target(cluster: Cluster) -> Found:
    """Find policies that target no object of these manifests."""
    for policy, message in _missing_targets(cluster):
        if not cluster.may_hold_more(policy.ref.namespace):
            yield policy.ref, message


def _missing_targets(cluster: Cluster) -> Iterator[tuple[AuthorizationPolicy, str]]:
    """Yield the policies whose targets are not in these manifests, each with the missing target."""
    servers = {(server.ref.namespace, server.ref.name) for server in cluster.servers}
    routes = {(r.ref.namespace, r.ref.group, r.ref.kind.lower(), r.ref.name.lower()) for r in cluster.routes}
    for policy in cluster.authorization_policies:
        group, kind = kind_of(policy.target)
        namespace, name = policy.ref.namespace, policy.target.name
        if cluster.left_out(namespace, kind, name) is not None:
            continue
        if kind == "server" and (namespace, name) not in servers:
            yield policy, f"targets the Server {name}, which {namespace} does not have"
        if kind in ("httproute", "grpcroute") and (namespace, group, kind, name.lower()) not in routes:
            others = [r for r in routes if r[0] == namespace and r[2:] == (kind, name.lower())]
            hint = f"; there is one of {others[0][1]}" if others else ""
            yield policy, f"targets {policy.target.kind} {name} of {group}, which {namespace} does not have{hint}"


@code(
    "MP066",
    "A policy with a reference to an object elsewhere",
    "R31 R130",
    severity=Severity.NOTE,
    explanation="The object is not in these manifests, and neither is any workload of its namespace: another chart may "
    "bring it. The policy does nothing until it exists.",
    fix="Read the manifests that hold it as well, or say with --closed-world that there are no others.",
)
def reference_elsewhere(cluster: Cluster) -> Found:
    """Find policies whose authentications or targets may be in other manifests."""
    for policy in cluster.authorization_policies:
        for reference in policy.references:
            if elsewhere(cluster, policy, reference):
                what = f"{reference.kind} {reference.namespace}/{reference.name}"
                yield policy.ref, f"requires {what}, which is not in these manifests"
    for policy, message in _missing_targets(cluster):
        if cluster.may_hold_more(policy.ref.namespace):
            yield policy.ref, f"{message} in these manifests"


@code(
    "MP012",
    "A ServerAuthorization for the cluster's networks only",
    "R41",
    explanation="Without `networks`, a ServerAuthorization means the cluster's own networks, while an "
    "AuthorizationPolicy without a NetworkAuthentication means all: nobody from outside is admitted.",
    fix="Write the networks out, or use an AuthorizationPolicy.",
)
def cluster_networks_only(cluster: Cluster) -> Found:
    """Find ServerAuthorizations that look open but are not."""
    for policies in cluster.by_namespace.values():
        for policy in policies.server_authorizations:
            if policy.unauthenticated and not policy.networks:
                yield policy.ref, "admits unauthenticated clients of the cluster's networks only"


@code(
    "MP003",
    "A policy that changes nothing",
    "R24 R51",
    explanation="Policies only add. A route's policy cannot narrow what a policy of its Server or Namespace, or the "
    "accessPolicy, admits already; and a second policy for the same clients adds nothing.",
    fix="Remove the wider grant, or this policy.",
)
def redundant_policy(cluster: Cluster) -> Found:
    """Find policies whose clients another grant admits wherever the policy applies."""
    needed: set[Ref] = set()
    useless: dict[Ref, Ref] = {}
    for ports in by_server(cluster).values():
        policy = ports[0].policy
        lists = [explicit(route.authorizations) for route in (*policy.http_routes,)]
        lists += [explicit(route.authorizations) for route in (*policy.grpc_routes,)] or [
            explicit(policy.authorizations)
        ]
        for grants in lists:
            _sort(grants, needed, useless)
    by_ref = {policy.ref for policy in cluster.authorization_policies}
    by_ref |= {policy.ref for policies in cluster.by_namespace.values() for policy in policies.server_authorizations}
    for ref, wider in useless.items():
        if ref not in needed and ref in by_ref:
            name = f"accessPolicy {wider.name}" if not wider.is_object else str(wider)
            yield ref, f"admits nobody whom {name} does not admit already"


def _sort(grants: tuple[Authorization, ...], needed: set[Ref], useless: dict[Ref, Ref]) -> None:
    """Sort the grants of a list: `useless` if another one covers them, else `needed`; the first of equals is needed."""
    for number, grant in enumerate(grants):
        wider = next(
            (
                other
                for place, other in enumerate(grants)
                if place != number and covers(other, grant) and not (covers(grant, other) and place > number)
            ),
            None,
        )
        if wider is None or wider.ref == grant.ref:
            needed.add(grant.ref)
        else:
            useless.setdefault(grant.ref, wider.ref)


@code(
    "MP032",
    "An authentication that nobody uses",
    "R31",
    severity=Severity.NOTE,
    explanation="A MeshTLSAuthentication or NetworkAuthentication does nothing by itself; no policy names this one.",
    fix="Name it in a policy, or remove it.",
)
def unused_authentication(cluster: Cluster) -> Found:
    """Find authentications to which no policy refers."""
    named = {
        (r.kind.lower(), r.namespace, r.name) for policy in cluster.authorization_policies for r in policy.references
    }
    refs = [found.ref for found in cluster.identities.values()] + [found.ref for found in cluster.networks.values()]
    for ref in refs:
        if (ref.kind.lower(), ref.namespace, ref.name) not in named:
            yield ref, "is named by no policy"


@code(
    "MP033",
    "A ServerAuthorization that selects or admits nothing",
    "R39 R40",
    severity=Severity.ERROR,
    explanation="A ServerAuthorization selects Servers by name or by the Servers' own labels, not the pods'; one whose "
    "client is empty admits nobody.",
    fix="Correct `server`, and say in `client` who is admitted.",
)
def selects_no_server(cluster: Cluster) -> Found:
    """Find ServerAuthorizations without effect."""
    for name, policies in cluster.by_namespace.items():
        for policy in policies.server_authorizations:
            if legacy_grant(cluster, policy) is None:
                yield policy.ref, "admits nobody: its client is empty"
            selector = policy.selector
            if not any(
                selector.accepts(dict(s.labels)) if selector is not None else s.ref.name == policy.server
                for s in policies.servers
            ):
                yield policy.ref, f"selects no Server of {name}; its selector means the Servers' own labels"


@code(
    "MP034",
    "A policy on a route that is on no Server",
    "R51 M4",
    severity=Severity.ERROR,
    explanation="A policy for a route acts where the route is attached to a Server. A route whose parents are Services "
    "or Gateways carries no inbound authorization.",
    fix="Give the route a Server as parent, or target the Server.",
)
def route_policy_without_server(cluster: Cluster) -> Found:
    """Find policies on routes without a Server among their parents."""
    routes = {(r.ref.namespace, r.ref.group, r.ref.kind.lower(), r.ref.name.lower()): r for r in cluster.routes}
    for policy in cluster.authorization_policies:
        found = routes.get((policy.ref.namespace, *kind_of(policy.target), policy.target.name.lower()))
        if found is not None and not any(map(is_server, found.parents)):
            yield policy.ref, f"targets {found.ref}, which is attached to no Server"


@code(
    "MP035",
    "A port that is open to the world",
    "R22 R25",
    severity=Severity.NOTE,
    explanation="A meshed workload's port without a Server, under a default policy that admits everyone: no client "
    "needs an identity.",
    fix="Create a Server and a policy for the port, or set a stricter default-inbound-policy.",
)
def open_by_default(cluster: Cluster) -> Found:
    """Find ports that are open by default."""
    for port in meshed_ports(cluster):
        if port.server is None and not port.policy.skipped and any(map(open_to_all, port.grants)):
            yield port.workload.ref, f"port {port.port} is open to everyone by the default policy"
