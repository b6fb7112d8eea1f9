"""From documents to a Cluster. Pure: problems are collected, nothing is raised.

A document of a kind that decides nothing here is kept aside, in `Cluster.other`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from meshpolicy.cluster import Cluster
from meshpolicy.document import Document
from meshpolicy.errors import Place, Problem, Severity
from meshpolicy.fields import Fields
from meshpolicy.objects import GATEWAY_GROUP, POLICY_GROUP
from meshpolicy.parsepolicy import (
    authorization_policy,
    mesh_tls_authentication,
    network_authentication,
    rate_limit,
    server,
    server_authorization,
)
from meshpolicy.parseroute import gateway, route
from meshpolicy.parseworkload import cron_job, external, injected, namespace, pod, service, templated
from meshpolicy.policy import Ref
from meshpolicy.workload import MeshSettings

Parser = Callable[[Fields, Ref], object | None]

PARSERS: dict[tuple[str, str], tuple[str, Parser]] = {
    ("", "Namespace"): ("namespaces", namespace),
    ("", "ServiceAccount"): ("accounts", lambda _, ref: ref),
    ("", "Pod"): ("workloads", pod),
    ("apps", "Deployment"): ("workloads", templated),
    ("apps", "ReplicaSet"): ("workloads", templated),
    ("apps", "StatefulSet"): ("workloads", templated),
    ("apps", "DaemonSet"): ("workloads", templated),
    ("batch", "Job"): ("workloads", templated),
    ("batch", "CronJob"): ("workloads", cron_job),
    ("workload.linkerd.io", "ExternalWorkload"): ("workloads", external),
    ("", "Service"): ("services", service),
    (POLICY_GROUP, "Server"): ("servers", server),
    (POLICY_GROUP, "AuthorizationPolicy"): ("policies", authorization_policy),
    (POLICY_GROUP, "MeshTLSAuthentication"): ("mesh_tls", mesh_tls_authentication),
    (POLICY_GROUP, "NetworkAuthentication"): ("networks", network_authentication),
    (POLICY_GROUP, "ServerAuthorization"): ("server_authorizations", server_authorization),
    (POLICY_GROUP, "HTTPLocalRateLimitPolicy"): ("rate_limits", rate_limit),
    (POLICY_GROUP, "HTTPRoute"): ("routes", route),
    (GATEWAY_GROUP, "HTTPRoute"): ("routes", route),
    (GATEWAY_GROUP, "GRPCRoute"): ("routes", route),
    (GATEWAY_GROUP, "Gateway"): ("gateways", gateway),
}
"""By group and kind: where the object goes in the Cluster, and who reads it."""

CLUSTER_WIDE = frozenset({"Namespace"})


@dataclass(slots=True)
class _Found:
    objects: dict[str, list[object]] = field(default_factory=dict)
    other: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: dict[Ref, Place] = field(default_factory=dict)


def parse(documents: Iterable[Document], settings: MeshSettings | None = None) -> tuple[Cluster, tuple[Problem, ...]]:
    """Return the Cluster that the documents describe, and everything that is wrong with them."""
    found = _Found()
    for document in documents:
        for item in _unfolded(document, found.problems):
            _read(item, found)
    parts = {name: tuple(objects) for name, objects in found.objects.items()}
    cluster = Cluster(settings or MeshSettings(), **parts, other=tuple(found.other))  # type: ignore[arg-type] # by PARSERS
    spaces = cluster.namespaces_by_name
    workloads = tuple(injected(workload, spaces.get(workload.ref.namespace)) for workload in cluster.workloads)
    parts["workloads"] = workloads
    joined = Cluster(cluster.settings, **parts, other=cluster.other)  # type: ignore[arg-type] # by PARSERS
    return joined, tuple(found.problems)


def _unfolded(document: Document, problems: list[Problem]) -> Iterator[Document]:
    """Yield the items of a List, and any other document as it is."""
    kind = document.data.get("kind")
    if not (isinstance(kind, str) and kind.endswith("List") and isinstance(document.data.get("items"), list)):
        yield document
        return
    for item in Fields(document.data, document.place, problems).children("items"):
        yield Document(item.place, item.data)


def _read(document: Document, found: _Found) -> None:
    fields = Fields(document.data, document.place, found.problems)
    kind, version = fields.required("kind"), fields.required("apiVersion")
    if not kind or not version:
        return
    group = version.rpartition("/")[0]
    known = PARSERS.get((group, kind))
    if known is None:
        found.other.append(document)
        return
    metadata = fields.child("metadata")
    name = metadata.text("name") or metadata.text("generateName")
    if not name:
        metadata.note("name", "is missing")
        return
    space = "" if kind in CLUSTER_WIDE else metadata.text("namespace") or "default"
    ref = Ref(group, kind, space, name, document.place)
    if ref in found.seen:
        found.problems.append(Problem(document.place, f"{ref} is already defined at {found.seen[ref]}"))
        return
    found.seen[ref] = document.place
    where, parser = known
    before = len(found.problems)
    value = parser(fields, ref)
    refused = any(problem.severity is Severity.REJECTED for problem in found.problems[before:])
    if value is not None and not refused:
        found.objects.setdefault(where, []).append(value)
