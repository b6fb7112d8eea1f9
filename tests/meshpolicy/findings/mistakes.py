"""A fixture for each code of `lint`: the number of the surprise it stands for, manifests, and what is said of them."""

from typing import Any

from ..build import (
    GATEWAY,
    PORTS,
    SPIFFE,
    Manifest,
    account,
    allow,
    exact,
    labels,
    network_policy,
    pod,
    prefix,
    ref,
    route,
    server,
    service,
    tls,
)

OPEN = "all-unauthenticated"
BY_TLS, BY_NET = ref("MeshTLSAuthentication", "tls"), ref("NetworkAuthentication", "net")
PINGER = account("pinger")
ON_ROUTE = ref("HTTPRoute", "route")
VM: Manifest = {
    "apiVersion": "workload.linkerd.io/v1beta1",
    "kind": "ExternalWorkload",
    "metadata": {"name": "vm", "namespace": "arena"},
    "spec": {"meshTLS": {"identity": SPIFFE, "serverName": "vm"}, "workloadIPs": [{"ip": "192.0.2.7"}]},
}


def cat(**more: Any) -> Manifest:
    """Return one more pod."""
    return pod("cat", "10.244.0.31", ports=PORTS, **more)


def older(name: str) -> Manifest:
    """Return an older authorization for the Server `http`."""
    return {
        "apiVersion": "policy.linkerd.io/v1beta1",
        "kind": "ServerAuthorization",
        "metadata": {"name": name, "namespace": "arena"},
        "spec": {"server": {"name": "http"}, "client": {"unauthenticated": True}},
    }


def limit(**spec: object) -> Manifest:
    """Return a rate limit on the Server `http`."""
    return {
        "apiVersion": "policy.linkerd.io/v1alpha1",
        "kind": "HTTPLocalRateLimitPolicy",
        "metadata": {"name": "limit", "namespace": "arena"},
        "spec": {"targetRef": ref("Server", "http"), **spec},
    }


def injector() -> Manifest:
    """Return Linkerd's injector."""
    found = pod("injector", "10.244.0.41", ports={"proxy-injector": 8443})
    found["metadata"]["labels"]["linkerd.io/control-plane-component"] = "proxy-injector"
    return found


def opaque(app: str = "cat") -> Manifest:
    """Return a pod whose port is opaque."""
    return pod(app, "10.244.0.31", ports=PORTS, annotations={"config.linkerd.io/opaque-ports": "8080"})


CLUB = "club.serviceaccount.identity.linkerd.cluster.local"
PODS_ONLY: Manifest = {"from": [{"podSelector": {}}]}


def caller(url: str) -> Manifest:
    """Return a pod with an address in a variable."""
    return cat(container={"env": [{"name": "TARGET", "value": url}]})


CALLER = caller("http://ponger.arena.svc.cluster.local/ping")
GRPC_MATCH: Manifest = {"method": {"service": "a.B"}}
EGRESS = {"policyTypes": ["Egress"]}

SUBNETS = {"config.linkerd.io/skip-subnets": "10.0.0.0/8"}
HEADLESS = {**service("heads", {80: 8080}, app="ponger")}
HEADLESS["spec"] = {**HEADLESS["spec"], "clusterIP": "None"}
OPAQUE_HEADLESS = service("heads", {8080: 8080}, {"config.linkerd.io/opaque-ports": "8080"}, app="ponger")
OPAQUE_HEADLESS["spec"] |= {"clusterIP": "None"}
BY_HEADER = {"headers": [{"name": "x", "value": "1"}]}
ON_SERVICE = [{"group": "core", "kind": "Service", "name": "ponger"}]


def unmeshed(**more: Any) -> Manifest:
    """Return one more pod, without a sidecar."""
    return cat(meshed=False, **more)


FIXTURES: list[tuple[int, str, list[Manifest], str]] = [
    (1, "MP001", [server()], "Server arena/http closes port http to everyone"),
    (2, "MP002", [server(), allow(PINGER, on=ref("Namespace", "arena"))], "does not reach ponger:9090"),
    (
        3,
        "MP003",
        [server(), allow(name="all"), route(prefix("/admin")), allow(PINGER, on=ON_ROUTE)],
        "AuthorizationPolicy arena/all",
    ),
    (3, "MP003", [server(), allow(), older("old")], "ServerAuthorization arena/old"),
    (
        4,
        "MP004",
        [server(), route(exact("/ping")), allow(PINGER, on=ON_ROUTE)],
        "probe GET /live of Pod arena/ponger matches no route",
    ),
    (5, "MP005", [server(), route(exact("/ping"))], "HTTPRoute arena/route is granted to nobody"),
    (6, "MP006", [server(), allow(PINGER)], "GET /live on port 8080 is open to every client"),
    (7, "MP007", [cat(container={"readinessProbe": {"tcpSocket": {"port": "http"}}})], "is a tcpSocket"),
    (7, "MP007", [cat(container={"readinessProbe": {"grpc": {"port": 8080}}})], "is grpc"),
    (8, "MP008", [server(proxyProtocol="opaque"), allow(PINGER)], "refuses by cutting connections"),
    (9, "MP009", [server(), allow()], "everyone is admitted"),
    (10, "MP010", [server(), allow(BY_TLS)], "there is no MeshTLSAuthentication arena/tls"),
    (11, "MP011", [server(), allow(PINGER, on=ref("Server", "htpt"))], "targets the Server htpt"),
    (
        11,
        "MP011",
        [server(), route(group=GATEWAY), allow(PINGER, on=ON_ROUTE)],
        "there is one of gateway.networking.k8s.io",
    ),
    (12, "MP012", [server(), older("old")], "of the cluster's networks only"),
    (13, "MP013", [VM, server(), tls("*"), allow(BY_TLS)], "`*` matches no SPIFFE id"),
    (14, "MP014", [server(), tls("ponger.arena.svc.cluster.local"), allow(BY_TLS)], "identities of this mesh end with"),
    (
        14,
        "MP014",
        [server(), tls("spiffe://cluster.local/ns/arena/sa/pinger"), allow(BY_TLS)],
        "pods of that account show pinger.arena.serviceaccount.identity.linkerd.cluster.local",
    ),
    (
        15,
        "MP015",
        [server("a"), server("b"), allow(PINGER, on=ref("Server", "a"))],
        "Server arena/b claims port 8080 of Pod arena/ponger, and so does Server arena/a: the older one governs it",
    ),
    (
        15,
        "MP015",
        [server("a", created="2026-01-02T00:00:00Z"), server("b", created="2026-01-01T00:00:00Z"), allow(PINGER)],
        "Server arena/a does not govern port 8080 of Pod arena/ponger: Server arena/b is older",
    ),
    (
        16,
        "MP016",
        [opaque(), server(app="cat", proxyProtocol="HTTP/1", accessPolicy=OPEN)],
        "every meshed client is refused",
    ),
    (16, "MP016", [opaque(), server(app="cat"), route(exact("/x")), allow(PINGER)], "they bypass its routes"),
    (18, "MP018", [server(proxyProtocol="HTTP/2"), allow(PINGER)], "is probed there with HTTP/1.1"),
    (
        19,
        "MP019",
        [server(), allow(PINGER), route(exact("/x")), route(GRPC_MATCH, name="g", kind="GRPCRoute", group=GATEWAY)],
        "is not in force on http",
    ),
    (
        20,
        "MP020",
        [
            server(proxyProtocol="gRPC"),
            route({"headers": [{"name": "x", "value": "1"}]}, kind="GRPCRoute", group=GATEWAY),
        ],
        "has a match without a method",
    ),
    (21, "MP021", [server(), route(exact("/x"), parents=[ref("Server", "http", "other")])], "a parent is elsewhere"),
    (
        0,
        "MP070",
        [server(), route(exact("/x"), group=GATEWAY, parents=[{"kind": "Server", "name": "http"}])],
        "names a Server http of the group `gateway.networking.k8s.io`, and is attached to nothing by it",
    ),
    (21, "MP021", [server(proxyProtocol="opaque"), route(exact("/x"))], "has no effect on http, which expects opaque"),
    (
        22,
        "MP022",
        [server(), allow(PINGER), route(prefix("/a"), name="a"), route(exact("/a"), name="b")],
        "HTTPRoute arena/b is met only if it is older than HTTPRoute arena/a",
    ),
    (
        23,
        "MP023",
        [server(), route(prefix("/"), name="rest"), allow(PINGER, on=ref("HTTPRoute", "rest")), route(exact("/admin"))],
        "admits to //",
    ),
    (24, "MP024", [server(accessPolicy=OPEN), allow(PINGER)], "1 policies decide nothing"),
    (24, "MP024", [server(accessPolicy="audit")], "only logs it"),
    (
        25,
        "MP025",
        [
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": "arena", "annotations": {"config.linkerd.io/default-inbound-policy": "deny"}},
            }
        ],
        "does not reach Pod arena/pinger",
    ),
    (
        25,
        "MP025",
        [
            cat(annotations={"config.linkerd.io/proxy-require-identity-inbound-ports": "8080"}),
            server(app="cat"),
            allow(PINGER),
        ],
        "require-identity is without effect",
    ),
    (
        26,
        "MP026",
        [cat(annotations={"config.linkerd.io/skip-inbound-ports": "8080"}), server(app="cat")],
        "bypasses the proxy",
    ),
    (
        27,
        "MP027",
        [server(port=4191), route(exact("/metrics")), allow(PINGER, on=ON_ROUTE)],
        "the sidecar's probe GET /live",
    ),
    (
        28,
        "MP028",
        [server(proxyProtocol="opaque", accessPolicy=OPEN), limit(total={"requestsPerSecond": 5})],
        "is inert",
    ),
    (
        28,
        "MP028",
        [
            server(accessPolicy=OPEN),
            limit(overrides=[{"requestsPerSecond": 5, "clientRefs": [PINGER, account("rogue")]}]),
        ],
        "share one bucket",
    ),
    (29, "MP029", [server(proxyProtocol="HTTP/3")], "is `HTTP/3`"),
    (30, "MP030", [server(port=6060, accessPolicy=OPEN)], "does not declare port 6060"),
    (0, "MP031", [server(app="pongr")], "no workload of arena in these manifests has its labels"),
    (0, "MP066", [tls("*"), allow(ref("MeshTLSAuthentication", "tls", "other"))], "is not in these manifests"),
    (0, "MP032", [tls("*")], "is named by no policy"),
    (0, "MP033", [older("old")], "selects no Server of arena"),
    (
        0,
        "MP034",
        [route(parents=[{"group": "core", "kind": "Service", "name": "ponger"}]), allow(PINGER, on=ON_ROUTE)],
        "attached to no Server",
    ),
    (0, "MP035", [], "port 8080 is open to everyone"),
    (0, "MP036", [server(), allow(account("pingr"))], "names arena/pingr"),
    (0, "MP037", [cat(annotations={"config.linkerd.io/default-inbound-policy": "none"})], "`none` is ignored"),
    (0, "MP038", [VM, server(), tls(f"*.{CLUB}"), allow(BY_TLS), cat(namespace="club")], "only club/cat is one"),
    (0, "MP040", [network_policy(ingress=[{"ports": [{"port": 8080}]}])], "lets no meshed client reach"),
    (
        0,
        "MP041",
        [server(), allow(PINGER), network_policy(policyTypes=["Ingress"])],
        "blocks Pod arena/pinger from Pod arena/ponger:8080",
    ),
    (0, "MP042", [network_policy("pinger", **EGRESS)], "cannot resolve names"),
    (0, "MP043", [network_policy("pinger", **EGRESS)], "cannot reach TCP 8080 (identity)"),
    (0, "MP044", [network_policy(egress=[{}])], "it lets nobody in"),
    (0, "MP045", [network_policy(ingress=[{"from": [{"podSelector": labels(app="nobody")}]}])], "selects no workload"),
    (0, "MP046", [network_policy(ingress=[{"ports": [{"port": 4143}]}])], "no rule opens TCP 4191"),
    (
        0,
        "MP042",
        [network_policy("pinger", **EGRESS)],
        '"k8s-app": "kube-dns"}}}], "ports": [{"port": 53, "protocol": "UDP"}',
    ),
    (0, "MP043", [network_policy("pinger", **EGRESS)], '"linkerd.io/control-plane-component": "identity"'),
    (
        0,
        "MP047",
        [CALLER, network_policy("cat", **EGRESS)],
        'TARGET names; missing in egress: {"to": [{"namespaceSelector"',
    ),
    (
        0,
        "MP047",
        [CALLER, network_policy(policyTypes=["Ingress"])],
        'missing in ingress: {"from": [{"namespaceSelector"',
    ),
    (
        0,
        "MP048",
        [injector(), network_policy("injector", ingress=[{"from": [{"podSelector": {}}]}])],
        "keeps the API server from",
    ),
    (0, "MP049", [network_policy(ingress=[{"ports": [{"port": 4000, "endPort": 5000}]}])], "holds 4143"),
    (0, "MP050", [service("ponger-too", {80: "htpp"}, app="ponger")], "leads to `htpp`, which no port of"),
    (0, "MP060", [unmeshed(), server("cat", app="cat")], "selects only workloads without a sidecar: Pod arena/cat"),
    (0, "MP061", [unmeshed(annotations={"linkerd.io/inject": "enabled"})], "runs without a sidecar"),
    (
        0,
        "MP062",
        [cat(annotations={"config.linkerd.io/skip-inbound-port": "1"})],
        "did you mean config",
    ),
    (0, "MP063", [cat(annotations=SUBNETS)], "clients in 10.0.0.0/8 reach every port without a policy"),
    (0, "MP064", [HEADLESS], "port 80 is not translated to 8080"),
    (0, "MP064", [OPAQUE_HEADLESS], "does nothing on it, and Pod arena/ponger does not annotate 8080"),
    (
        0,
        "MP065",
        [server(port="linkerd-proxy", proxyProtocol="HTTP/1")],
        "on port 4143 of Pod arena/ponger: TCP is",
    ),
    (20, "MP020", [route(BY_HEADER, kind="GRPCRoute", group=GATEWAY, parents=ON_SERVICE)], "meshed clients fail every"),
    (0, "MP067", [server(), tls("*"), allow(BY_TLS)], "admits every identity: MeshTLSAuthentication arena/tls names"),
    (
        0,
        "MP068",
        [caller("http://ponger:8080/ping")],
        "names port 8080 of Service arena/ponger, which declares 80",
    ),
    (0, "MP068", [caller("ponger.arena:81")], "its TARGET names port 81 of Service arena/ponger"),
    (0, "MP069", [caller("http://cat/ping"), service("cat")], "its TARGET names Service arena/cat, which leads back"),
]
