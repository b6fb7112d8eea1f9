"""From documents to a cluster: one reader for each kind, every problem collected. Pure."""

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.core.policy import Ref
from meshpolicy.kinds import parsenetwork, parsepolicy, parseroute, parseworkload
from meshpolicy.kinds.cluster import Cluster, PolicyObject, sort_by_namespace
from meshpolicy.kinds.network import NetworkPolicies, NetworkPolicy
from meshpolicy.kinds.objects import (
    GATEWAY_GROUP,
    POLICY_GROUP,
    Gateway,
    MeshTLSAuthentication,
    Namespace,
    NetworkAuthentication,
)
from meshpolicy.kinds.workload import MeshSettings, Service, Workload

__all__ = ["Cluster", "parse"]

Object = PolicyObject | Namespace | Workload | Service | Gateway

READERS: Mapping[tuple[str, str], Callable[[Fields, Ref], Object | None]] = {
    ("", "Namespace"): parseworkload.namespace,
    ("", "Pod"): parseworkload.pod,
    ("", "Service"): parseworkload.service,
    ("", "ReplicationController"): parseworkload.templated,
    ("apps", "Deployment"): parseworkload.templated,
    ("apps", "ReplicaSet"): parseworkload.templated,
    ("apps", "StatefulSet"): parseworkload.templated,
    ("apps", "DaemonSet"): parseworkload.templated,
    ("batch", "Job"): parseworkload.templated,
    ("batch", "CronJob"): parseworkload.cron_job,
    ("workload.linkerd.io", "ExternalWorkload"): parseworkload.external,
    (POLICY_GROUP, "Server"): parsepolicy.server,
    (POLICY_GROUP, "AuthorizationPolicy"): parsepolicy.authorization_policy,
    (POLICY_GROUP, "MeshTLSAuthentication"): parsepolicy.mesh_tls_authentication,
    (POLICY_GROUP, "NetworkAuthentication"): parsepolicy.network_authentication,
    (POLICY_GROUP, "ServerAuthorization"): parsepolicy.server_authorization,
    (POLICY_GROUP, "HTTPLocalRateLimitPolicy"): parsepolicy.rate_limit,
    (POLICY_GROUP, "HTTPRoute"): parseroute.route,
    (GATEWAY_GROUP, "HTTPRoute"): parseroute.route,
    (GATEWAY_GROUP, "GRPCRoute"): parseroute.route,
    (GATEWAY_GROUP, "Gateway"): parseroute.gateway,
    ("networking.k8s.io", "NetworkPolicy"): parsenetwork.network_policy,
}
GROUPS = frozenset(group for group, _ in READERS)
UNREAD = frozenset({"EgressNetwork"})
"""Kinds of Linkerd's policies that have no say here: they are about calls out of the cluster."""
WITHOUT_NAMESPACE = frozenset({"Namespace"})


def parse(documents: Iterable[Document], settings: MeshSettings | None = None) -> tuple[Cluster, tuple[Problem, ...]]:
    """Return what the documents say, and everything that is wrong with them; other kinds are passed over."""
    problems: list[Problem] = []
    seen: dict[Ref, Place] = {}
    found: list[Object] = []
    for document in documents:
        for fields in _items(Fields(document.data, document.place, problems)):
            item = _read(fields, seen)
            if item is not None:
                found.append(item)
    return _cluster(found, settings or MeshSettings()), tuple(dict.fromkeys(problems))


def _items(fields: Fields) -> tuple[Fields, ...]:
    """Return the objects of a document; a List holds several."""
    kind = fields.data.get("kind")
    if isinstance(kind, str) and kind.endswith("List") and (kind == "List" or fields.has("items")):
        return fields.children("items")
    return (fields,)


def _read(fields: Fields, seen: dict[Ref, Place]) -> Object | None:
    if not fields.has("apiVersion") and not fields.has("kind"):
        return None  # No manifest: a chart's values, for one, may lie in the same folder.
    version, kind = fields.required("apiVersion"), fields.required("kind")
    group = version.rpartition("/")[0]
    reader = READERS.get((group, kind))
    if reader is None:
        _misnamed(fields, group, kind)
        return None
    metadata = fields.child("metadata")
    name = metadata.required("name")
    if not name:
        return None
    namespace = "" if kind in WITHOUT_NAMESPACE else metadata.text("namespace") or "default"
    ref = Ref(group, kind, namespace, name, fields.place)
    if ref in seen:
        fields.note("", f"{ref} is given twice, first in {seen[ref]}")
        return None
    seen[ref] = fields.place
    before = len(fields.problems)
    item = reader(fields, ref)
    # What would be refused on admission never comes into being.
    refused = any(problem.kind is ProblemKind.REJECTED for problem in fields.problems[before:])
    return None if refused else item


def _misnamed(fields: Fields, group: str, kind: str) -> None:
    """Note a kind under the wrong one of the groups that are known here, and a kind that Linkerd's policies lack."""
    groups = [own for own, name in READERS if name == kind]
    if groups and group in GROUPS:
        owners = " or ".join(own or "the core group (v1)" for own in groups)
        fields.note("apiVersion", f"is `{fields.text('apiVersion')}`: a {kind} is of {owners}")
    elif group == POLICY_GROUP and kind and kind not in UNREAD:
        close = get_close_matches(kind, [name for own, name in READERS if own == group], n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        fields.note("kind", f"is `{kind}`, which {group} does not have{hint}")


def _cluster(found: list[Object], settings: MeshSettings) -> Cluster:
    namespaces = {item.ref.name: item for item in found if isinstance(item, Namespace)}
    labels = {name: dict(item.labels) for name, item in namespaces.items()}
    return Cluster(
        settings,
        namespaces,
        tuple(
            parseworkload.injected(item, namespaces.get(item.ref.namespace), settings.control_plane_namespace)
            for item in found
            if isinstance(item, Workload)
        ),
        tuple(
            parseworkload.with_opaque_ports(item, namespaces.get(item.ref.namespace))
            for item in found
            if isinstance(item, Service)
        ),
        tuple(item for item in found if isinstance(item, Gateway)),
        sort_by_namespace(item for item in found if not isinstance(item, Namespace | Workload | Service | Gateway)),
        {(i.ref.namespace, i.ref.name): i for i in found if isinstance(i, MeshTLSAuthentication)},
        {(i.ref.namespace, i.ref.name): i for i in found if isinstance(i, NetworkAuthentication)},
        NetworkPolicies((i for i in found if isinstance(i, NetworkPolicy)), labels),
    )
