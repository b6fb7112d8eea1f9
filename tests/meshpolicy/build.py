"""Manifests for tests: builders with defaults, and the question what becomes of one call between them."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from meshpolicy.analysis.questions import caller, target
from meshpolicy.core.client import Traffic
from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.decide.answer import Answer
from meshpolicy.decide.judge import judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, find_service_target
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.parse import parse_documents

Manifest = dict[str, Any]
POLICY = "policy.linkerd.io"
GATEWAY = "gateway.networking.k8s.io"
SPIFFE = "spiffe://cluster.local/vm"


def pod(
    name: str,
    address: str,
    *,
    meshed: bool = True,
    ports: Mapping[str, int] | None = None,
    annotations: Mapping[str, str] | None = None,
    namespace: str = "arena",
    container: Mapping[str, object] | None = None,
) -> Manifest:
    """Return a Pod of its own account; its sidecar shows that it was injected.

    `container` holds further fields of its container.
    """
    labels = {"app": name} | ({"linkerd.io/control-plane-ns": "linkerd"} if meshed else {})
    proxy = [{"name": "linkerd-proxy"}] if meshed else []
    declared = [{"name": word, "containerPort": number} for word, number in (ports or {}).items()]
    own = {"name": "app", "ports": declared, **(container or {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": dict(annotations or {})},
        "spec": {"serviceAccountName": name, "containers": [own, *proxy]},
        "status": {"podIP": address} if address else {},
    }


def service(
    name: str = "ponger",
    ports: Mapping[int, str | int] | None = None,
    annotations: Mapping[str, str] | None = None,
    app: str = "",
) -> Manifest:
    """Return a Service for the pods of an app, which has its name unless said otherwise."""
    listed = [{"port": port, "targetPort": to, "name": f"p{port}"} for port, to in (ports or {80: "http"}).items()]
    metadata = {"name": name, "namespace": "arena", "annotations": dict(annotations or {})}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": {"app": app or name}, "ports": listed},
    }


def server(
    name: str = "http", port: int | str = "http", app: str = "ponger", *, created: str = "", **spec: object
) -> Manifest:
    """Return a Server."""
    chosen = {} if "externalWorkloadSelector" in spec or "podSelector" in spec else {"podSelector": labels(app=app)}
    return _object(f"{POLICY}/v1beta3", "Server", name, {**chosen, "port": port, **spec}, created)


def labels(**pairs: str) -> Manifest:
    """Return a selector by labels."""
    return {"matchLabels": pairs}


def allow(*references: Manifest, on: Manifest | None = None, name: str = "allow") -> Manifest:
    """Return an AuthorizationPolicy, for the Server `http` unless said otherwise."""
    spec = {"targetRef": on or ref("Server", "http"), "requiredAuthenticationRefs": list(references)}
    return _object(f"{POLICY}/v1alpha1", "AuthorizationPolicy", name, spec)


def ref(kind: str, name: str, namespace: str = "", group: str = POLICY) -> Manifest:
    """Return a reference."""
    own = {} if kind in ("ServiceAccount", "Namespace") else {"group": group}
    return {**own, "kind": kind, "name": name} | ({"namespace": namespace} if namespace else {})


def account(name: str) -> Manifest:
    """Return a reference to an account of the arena."""
    return ref("ServiceAccount", name)


def tls(*identities: str, name: str = "tls") -> Manifest:
    """Return a MeshTLSAuthentication of identity strings."""
    return _object(f"{POLICY}/v1alpha1", "MeshTLSAuthentication", name, {"identities": list(identities)})


def network(*cidrs: str | Manifest, name: str = "net") -> Manifest:
    """Return a NetworkAuthentication."""
    entries = [{"cidr": cidr} if isinstance(cidr, str) else cidr for cidr in cidrs]
    return _object(f"{POLICY}/v1alpha1", "NetworkAuthentication", name, {"networks": entries})


def route(
    *matches: Manifest,
    name: str = "route",
    kind: str = "HTTPRoute",
    group: str = POLICY,
    parents: Sequence[Manifest] | None = None,
    created: str = "",
    **rule: object,
) -> Manifest:
    """Return a route of one rule, on the Server `http` unless said otherwise."""
    spec: Manifest = {"parentRefs": list(parents or [ref("Server", "http")])}
    spec["rules"] = [{"matches": list(matches), **rule}]
    version = "v1beta3" if group == POLICY else "v1"
    return _object(f"{group}/{version}", kind, name, spec, created)


def exact(path: str, **more: object) -> Manifest:
    """Return a match of one path."""
    return {"path": {"type": "Exact", "value": path}, **more}


def prefix(path: str, **more: object) -> Manifest:
    """Return a match of a path and all below."""
    return {"path": {"type": "PathPrefix", "value": path}, **more}


def network_policy(app: str = "ponger", **spec: object) -> Manifest:
    """Return a NetworkPolicy for the pods of a name."""
    return _object("networking.k8s.io/v1", "NetworkPolicy", f"policy-{app}", {"podSelector": labels(app=app), **spec})


def _object(version: str, kind: str, name: str, spec: Manifest, created: str = "") -> Manifest:
    metadata = {"name": name, "namespace": "arena"} | ({"creationTimestamp": created} if created else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


PROBED = {"livenessProbe": {"httpGet": {"path": "/live", "port": "http"}}}
PORTS = {"http": 8080, "metrics": 9090}
PEOPLE = (
    pod("pinger", "10.244.0.11"),
    pod("rogue", "10.244.0.12"),
    pod("stranger", "10.244.0.13", meshed=False),
)
ARENA = (
    *PEOPLE,
    pod("ponger", "10.244.0.21", ports=PORTS, container=PROBED),
    service(ports={80: "http", 9090: "metrics"}),
)
"""A server with probes, two meshed clients, and one that is not meshed."""


def documents(*manifests: Manifest) -> tuple[Document, ...]:
    """Return manifests as they would come from a file."""
    return tuple(Document(Place("test.yaml", number), manifest) for number, manifest in enumerate(manifests, 1))


def cluster(*manifests: Manifest, settings: MeshSettings | None = None) -> Cluster:
    """Return what manifests say; what only the webhook refuses is in force, as if stored while that was down."""
    found = parse_documents(documents(*manifests), settings)
    assert found.unusable == ()
    return found.cluster


def ask(
    cluster: Cluster,
    client: str,
    server: str = "ponger:http/",
    traffic: str = "http",
    *,
    direct: bool = False,
    node: str | None = None,
    **sent: Any,
) -> Answer:
    """Return what becomes of one call, written as on the command line; `sent` are fields of the request.

    `node` is the address of the server's node, where it is known.
    """
    who, what = caller(cluster, client), target(cluster, server)
    service_target = None if direct else find_service_target(cluster, what.workload, what.port)
    host = sent.pop("authority", "ponger.arena.svc.cluster.local")
    method = sent.pop("method", "POST" if traffic == "grpc" else "GET")
    request = Request(method, what.path or "/", {"host": host, **sent.pop("headers", {})}, host)
    call = Call(what.workload, what.port, who.workload, who.address, service_target, request, Traffic(traffic))
    return judge(cluster, call, node=None if node is None else ip_address(node))


def outcome(*manifests: Manifest, client: str = "pinger", server: str = "ponger:http/", **asked: Any) -> str:
    """Return what a client of the arena sees, these manifests applied."""
    settings = asked.pop("settings", None)
    return ask(cluster(*ARENA, *manifests, settings=settings), client, server, **asked).outcome
