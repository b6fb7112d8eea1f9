"""What others than workloads need: the kubelet, ingress controllers, Prometheus, the API server, DNS."""

from pathlib import Path

import pytest

from ..build import GATEWAY, POLICY, Manifest
from ..command import run, written
from .world import CART, answered, calls, deployment, namespace, service

LIVE = {"path": {"type": "Exact", "value": "/live"}, "method": "GET"}
PROBED = {"livenessProbe": {"httpGet": {"path": "/live", "port": "http"}}}


def cart(**more: object) -> tuple[Manifest, ...]:
    """Return the cart with something more in its container."""
    return namespace(), deployment("cart", ports={"http": 8080}, **more), CART[2]  # type: ignore[arg-type]


def server(port: int | str = "http", **spec: object) -> Manifest:
    """Return a Server on the cart."""
    own = {"podSelector": {"matchLabels": {"app": "cart"}}, "port": port, **spec}
    return policy("Server", "cart", own, "v1beta3")


def policy(kind: str, name: str, spec: object, version: str = "v1alpha1") -> Manifest:
    """Return an object of Linkerd's policies."""
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": f"{POLICY}/{version}", "kind": kind, "metadata": metadata, "spec": spec}


def route() -> Manifest:
    """Return a route on the cart that has no probe path."""
    parent = {"group": POLICY, "kind": "Server", "name": "cart"}
    rules = [{"matches": [{"path": {"type": "Exact", "value": "/items"}}]}]
    return policy("HTTPRoute", "items", {"parentRefs": [parent], "rules": rules}, "v1beta3")


@pytest.mark.parametrize(
    ("manifests", "standing"),
    [
        (cart(**PROBED), "correct"),
        ((*cart(**PROBED), server()), "correct"),
        ((*cart(**PROBED), server(), route()), "missing"),
        (cart(livenessProbe={"grpc": {"port": 8080}}), "missing"),
        (cart(lifecycle={"preStop": {"httpGet": {"path": "/drain", "port": 8080}}}), "missing"),
        ((*cart(**PROBED), server(proxyProtocol="HTTP/2")), "missing"),
    ],
)
def test_what_the_kubelet_asks_for(manifests: tuple[Manifest, ...], standing: str, tmp_path: Path) -> None:
    found = answered(tmp_path, *manifests)
    assert calls(found) == [("the kubelet", "shop/cart:8080", standing)]


def test_what_a_probe_opens_says_nothing_of_other_requests(tmp_path: Path) -> None:
    root = {"livenessProbe": {"httpGet": {"path": "/", "port": "http"}}}
    found = answered(tmp_path, *cart(**root), deployment("web", env={"CART": "http://cart"}))
    assert calls(found) == [("shop/web", "shop/cart:8080", "missing"), ("the kubelet", "shop/cart:8080", "correct")]


@pytest.mark.parametrize(
    "manifests",
    [
        cart(livenessProbe={"tcpSocket": {"port": 8080}}),
        cart(livenessProbe={"exec": {"command": ["true"]}}),
    ],
)
def test_a_probe_that_no_policy_can_refuse_is_no_need(manifests: tuple[Manifest, ...], tmp_path: Path) -> None:
    assert answered(tmp_path, *manifests)["needs"] == []


@pytest.mark.parametrize("first", ["a-kubelet", "z-kubelet"])
def test_the_reason_names_the_grant_to_this_caller_whatever_the_names_of_others(first: str, tmp_path: Path) -> None:
    probe = policy("HTTPRoute", "live", {**route()["spec"], "rules": [{"matches": [LIVE]}]}, "v1beta3")
    everyone = policy("NetworkAuthentication", "kubelet", {"networks": [{"cidr": "0.0.0.0/0"}, {"cidr": "::/0"}]})
    kubelet = {"group": POLICY, "kind": "NetworkAuthentication", "name": "kubelet"}
    grants = [
        (first, "live", kubelet),
        ("m-web", "items", {"kind": "ServiceAccount", "name": "web"}),
    ]
    granted = [
        policy(
            "AuthorizationPolicy",
            name,
            {
                "targetRef": {"group": POLICY, "kind": "HTTPRoute", "name": target},
                "requiredAuthenticationRefs": [reference],
            },
        )
        for name, target, reference in grants
    ]
    web = deployment("web", env={"CART": "http://cart"})
    found = answered(tmp_path, *cart(**PROBED), server(), route(), probe, everyone, *granted, web)
    [need] = [one for one in found["needs"] if one["client"] == "shop/web"]
    assert need["standing"] == "unknown"
    assert "AuthorizationPolicy shop/m-web admits its caller to other requests" in need["why"]


def ingress(**backend: object) -> Manifest:
    """Return an Ingress for the cart."""
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "cart", "port": backend}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"rules": [{"http": {"paths": [path]}}]},
    }


GATEWAY_ROUTE = {
    "apiVersion": f"{GATEWAY}/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "cart", "namespace": "shop"},
    "spec": {"parentRefs": [{"name": "gateway"}], "rules": [{"backendRefs": [{"name": "cart", "port": 80}]}]},
}
CONTROLLER = deployment("edge", image="registry.example/ingress-nginx/controller:v1", space="edge")
CONTROLLER["metadata"]["name"] = "ingress-nginx-controller"


@pytest.mark.parametrize("manifest", [ingress(number=80), ingress(name="http"), GATEWAY_ROUTE])
def test_an_ingress_needs_its_backends(manifest: Manifest, tmp_path: Path) -> None:
    outside = answered(tmp_path, *CART, manifest)
    assert calls(outside) == [("the ingress controller", "shop/cart:8080", "missing")]
    assert "--ingress" in outside["needs"][0]["change"]["text"]
    meshed = answered(tmp_path, *CART, namespace("edge"), CONTROLLER, manifest, options=("--namespace", "shop"))
    assert calls(meshed) == [("edge/ingress-nginx-controller", "shop/cart:8080", "missing")]
    assert {one["kind"] for one in meshed["needs"][0]["change"]["manifests"]} == {"Server", "AuthorizationPolicy"}


def test_who_is_not_in_the_input_may_be_whom_a_grant_means(tmp_path: Path) -> None:
    reference = {"kind": "ServiceAccount", "name": "traefik", "namespace": "edge"}
    target = {"group": POLICY, "kind": "Server", "name": "cart"}
    granted = policy("AuthorizationPolicy", "edge", {"targetRef": target, "requiredAuthenticationRefs": [reference]})
    manifests = (*CART, server(), granted, ingress(number=80))
    assert calls(answered(tmp_path, *manifests)) == [("the ingress controller", "shop/cart:8080", "unknown")]
    told = answered(tmp_path, *manifests, options=("--ingress", "edge/traefik"))
    assert calls(told) == [("edge/traefik", "shop/cart:8080", "correct")]
    assert told["readiness"] == "unknown"
    assert [one["what"] for one in told["unseen"]] == ["its sidecar"]
    plain = answered(tmp_path, *manifests, options=("--ingress", "unmeshed"))
    assert calls(plain) == [("an unmeshed client", "shop/cart:8080", "missing")]


@pytest.mark.parametrize("who", ["edge/door", "edge/ingress-nginx-controller"])
def test_a_workload_is_named_by_its_account_too(who: str, tmp_path: Path) -> None:
    door = deployment("ingress-nginx-controller", space="edge", meshed=False)
    door["spec"]["template"]["spec"]["serviceAccountName"] = "door"
    manifests = (*CART, namespace("edge"), door, ingress(number=80))
    found = answered(tmp_path, *manifests, options=("--ingress", who))
    assert calls(found) == [("edge/ingress-nginx-controller", "shop/cart:8080", "missing")]
    assert found["unseen"] == []


@pytest.mark.parametrize("who", ["dor", "edge/", "/door", "a/b/c", "Edge/door"])
def test_what_is_no_account_and_no_workload_is_an_error(who: str, tmp_path: Path) -> None:
    file = written(tmp_path, "shop.yaml", *CART, ingress(number=80))
    assert run("ready", file, "--ingress", who)[0] == 2


def test_a_network_policy_refuses_nobody_for_certain_of_whom_the_input_says_nothing(tmp_path: Path) -> None:
    """It may let pods in at the proxy's port alone, to which an ingress controller with a sidecar connects."""
    space = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "edge"}}}
    isolating = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "from-edge", "namespace": "shop"},
        "spec": {"podSelector": {}, "ingress": [{"from": [space], "ports": [{"port": 4143}]}]},
    }
    manifests = (*CART, isolating, ingress(number=80))
    found = answered(tmp_path, *manifests)
    assert calls(found) == [("the ingress controller", "shop/cart:8080", "unknown")]
    assert "name it" in found["needs"][0]["why"]
    plain = answered(tmp_path, *manifests, options=("--ingress", "unmeshed"))
    assert calls(plain) == [("an unmeshed client", "shop/cart:8080", "missing")]


NOTES = {"prometheus.io/scrape": "true", "prometheus.io/port": "8080", "prometheus.io/path": "/stats"}
MONITORED = {
    "apiVersion": "monitoring.coreos.com/v1",
    "metadata": {"name": "cart", "namespace": "shop"},
}


@pytest.mark.parametrize(
    "manifests",
    [
        cart(annotations=NOTES),
        (*CART[:2], {**CART[2], "metadata": {**CART[2]["metadata"], "annotations": NOTES}}),
        (
            *CART[:2],
            {**CART[2], "metadata": {**CART[2]["metadata"], "labels": {"app": "cart"}}},
            {
                **MONITORED,
                "kind": "ServiceMonitor",
                "spec": {
                    "selector": {"matchLabels": {"app": "cart"}},
                    "endpoints": [{"port": "http", "path": "/stats"}],
                },
            },
        ),
        (
            *CART,
            {
                **MONITORED,
                "kind": "PodMonitor",
                "spec": {
                    "selector": {"matchLabels": {"app": "cart"}},
                    "podMetricsEndpoints": [{"port": "http", "path": "/stats"}],
                },
            },
        ),
    ],
)
def test_prometheus_needs_what_it_scrapes(manifests: tuple[Manifest, ...], tmp_path: Path) -> None:
    prometheus = deployment("prometheus", image="prom/prometheus:v3", space="metrics")
    found = answered(tmp_path, *manifests, namespace("metrics"), prometheus, options=("--namespace", "shop"))
    assert calls(found) == [
        ("metrics/prometheus", "shop/cart:8080", "missing"),
        ("metrics/prometheus", "shop/cart:4191", "missing"),
    ]
    assert [one["request"] for one in found["needs"]] == ["GET /stats", "GET /metrics"]


def scrape_grant(port: int | str) -> tuple[Manifest, ...]:
    """Return a grant of the sidecars' own metrics."""
    reference = {"kind": "ServiceAccount", "name": "prometheus", "namespace": "metrics"}
    target = {"group": POLICY, "kind": "Server", "name": "cart"}
    granted = {"targetRef": target, "requiredAuthenticationRefs": [reference]}
    return server(port), policy("AuthorizationPolicy", "scrape", granted)


@pytest.mark.parametrize("port", [4191, "linkerd-admin"])
@pytest.mark.parametrize(("who", "scrapes"), [("", []), ("prometheus", ["correct"]), ("other", ["missing"])])
def test_a_grant_of_the_sidecars_metrics_is_never_told_as_unused(
    port: int | str, who: str, scrapes: list[str], tmp_path: Path
) -> None:
    options = ("--prometheus", f"metrics/{who}") if who else ()
    found = answered(tmp_path, *CART, *scrape_grant(port), options=options)
    assert found["unused"] == []
    assert [standing for client, _, standing in calls(found) if client.startswith("metrics/")] == scrapes


def test_without_a_known_scraper_it_is_told_that_deny_closes_the_sidecars_metrics(tmp_path: Path) -> None:
    text = "deny closes the sidecars' own metrics (4191) of 1 workload: "
    assert [text in note for note in answered(tmp_path, *CART)["notes"]] == [True]
    assert answered(tmp_path, *CART, *scrape_grant(4191))["notes"] == []
    known = answered(tmp_path, *CART, options=("--prometheus", "metrics/prometheus"))
    assert known["notes"] == []


def test_the_sidecars_of_a_namespace_are_one_entry_of_the_text(tmp_path: Path) -> None:
    file = written(tmp_path, "shop.yaml", *CART, deployment("web"))
    _, out, _ = run("ready", file, "--prometheus", "metrics/prometheus")
    assert [line for line in out.splitlines() if "4191" in line] == [
        "  metrics/prometheus -> 4191 of shop/cart, shop/web  GET /metrics  (403)"
    ]
    assert out.count("AuthorizationPolicy shop/prometheus-may-scrape-sidecars") == 1


REFERENCE = {"name": "cart", "namespace": "shop", "port": 80, "path": "/check"}
HOOK = {"name": "cart.example.com", "clientConfig": {"service": REFERENCE}}


@pytest.mark.parametrize(
    "manifest",
    [
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "webhooks": [HOOK]},
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "webhooks": [HOOK]},
        {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "spec": {"service": REFERENCE}},
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "spec": {"conversion": {"webhook": {"clientConfig": {"service": REFERENCE}}}},
        },
    ],
)
def test_the_api_server_needs_its_webhooks(manifest: Manifest, tmp_path: Path) -> None:
    found = answered(tmp_path, *CART, {**manifest, "metadata": {"name": "cart"}})
    assert calls(found) == [("the API server", "shop/cart:8080", "missing")]


def test_a_workload_that_calls_by_name_and_is_isolated_needs_dns(tmp_path: Path) -> None:
    walled = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "podSelector": {"matchLabels": {"app": "web"}},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"podSelector": {}}]}],
        },
    }
    found = answered(tmp_path, *CART, deployment("web", env={"CART": "http://cart"}), walled)
    assert calls(found) == [
        ("shop/web", "shop/cart:8080", "missing"),
        ("shop/web", "kube-system/kube-dns:53", "missing"),
    ]
    assert [one["change"]["manifests"][-1]["kind"] for one in found["needs"]] == [
        "AuthorizationPolicy",
        "NetworkPolicy",
    ]


def test_a_headless_service_without_pods_leads_nowhere(tmp_path: Path) -> None:
    found = answered(tmp_path, *CART, service("gone", {"http": 80}), deployment("web", env={"GONE_URL": "http://gone"}))
    assert found["readiness"] == "unknown"
    assert ["leads to no workload" in one["why"] for one in found["unseen"]] == [True]
