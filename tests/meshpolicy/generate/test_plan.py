"""Which calls are granted and which are told apart: one call a row."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from meshpolicy.core.errors import Place
from meshpolicy.generate.aside import Why
from meshpolicy.generate.choice import Choices
from meshpolicy.generate.generate import Generated, Wishes, generate
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.traffic.call import Called, Caller, CallerKind, ObservedCall, Outcome, Side, Transport

from ..build import Manifest
from ..build import cluster as read_cluster

WEB = "web.shop.serviceaccount.identity.linkerd.cluster.local"
INJECTED = {"linkerd.io/inject": "enabled"}


def app(
    name: str, *ports: int, space: str = "shop", probe: str = "", annotations: Mapping[str, str] = MappingProxyType({})
) -> list[Manifest]:
    """Return a Deployment with its Service."""
    named = [{"containerPort": port, "name": f"http-{port}"} for port in ports]
    container: dict[str, Any] = {"name": "app", "image": "x", "ports": named}
    container |= {"livenessProbe": {"httpGet": {"path": probe, "port": ports[0]}}} if probe else {}
    pod = {"serviceAccountName": name, "containers": [container]}
    metadata = {"labels": {"app": name}, "annotations": dict(annotations)}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": metadata, "spec": pod}}
    listed = [{"name": f"p{port}", "port": 80 + at, "targetPort": port} for at, port in enumerate(ports)]
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": space}, "spec": spec},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": space},
            "spec": {"selector": {"app": name}, "ports": listed},
        },
    ]


def space(name: str) -> Manifest:
    """Return a namespace whose pods get sidecars."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": INJECTED}}


THEIRS: Manifest = {
    "apiVersion": "policy.linkerd.io/v1beta3",
    "kind": "Server",
    "metadata": {"name": "theirs", "namespace": "shop"},
    "spec": {"podSelector": {"matchLabels": {"app": "guarded"}}, "port": 8080},
}
SHOP = (
    space("shop"),
    space("edge"),
    *app("web", 8080),
    *app("api", 8080, 9090),
    *app("api", 8080, space="edge"),
    *app("bare", 8080, annotations={"linkerd.io/inject": "disabled"}),
    *app("raw", 8080, probe="/live", annotations={"config.linkerd.io/opaque-ports": "8080"}),
    *app("guarded", 8080),
    *app("scraped", 9090, annotations={"prometheus.io/scrape": "true", "prometheus.io/port": "9090"}),
    THEIRS,
)
CALL = ObservedCall(
    "test", Place("log", 1, line=1), Side.SERVER, Caller(CallerKind.IDENTITY, WEB, "10.0.0.1"),
    Called(pod="api-6d4cf56db6-xk2lq"), Transport.MTLS, Outcome.ALLOWED, True, "GET", "api.shop", "/a", None, 200, 5,
)  # fmt: skip


def shop() -> Cluster:
    """Return what the manifests of the shop say."""
    return read_cluster(*SHOP)


def made(*calls: ObservedCall, **choices: list[str]) -> Generated:
    """Return what is generated of some calls to the shop."""
    return generate(shop(), calls, Wishes(Choices.of(**choices)))


def of(**fields: Any) -> ObservedCall:
    """Return the usual call with other fields; those of its server by their names."""
    server = {name: fields.pop(name) for name in Called.__match_args__ if name in fields}
    client = fields.pop("client", CALL.client)
    return replace(CALL, server=Called(**server) if server else CALL.server, client=client, **fields)


@pytest.mark.parametrize(
    ("call", "server"),
    [
        (of(), "shop/api:8080"),
        (of(host="api.shop.svc:81"), "shop/api:9090"),
        (of(host="api.edge.svc.cluster.local:80"), "edge/api:8080"),
        (of(host="api", namespace="edge"), "edge/api:8080"),
        (of(host="shop.example", pod="web-0-1", port=8080), "shop/web:8080"),
        (of(host="shop.example", pod="web-6d4cf56db6-xk2lq"), "shop/web:8080"),
        (of(host="shop.example", workload="api", namespace="shop", port=9090), "shop/api:9090"),
        (of(pod="", host="web.shop.svc.cluster.local"), "shop/web:8080"),
    ],
)
def test_a_call_is_placed_by_all_that_its_source_tells(call: ObservedCall, server: str) -> None:
    [grant] = made(call).plan.grants
    assert grant.spot.name == server


STRANGER = Caller(CallerKind.UNMESHED, "", "10.0.0.9")


@pytest.mark.parametrize(
    ("call", "why", "hint"),
    [
        (of(count=1), Why.ONCE, "--min-count is 2"),
        (of(client=STRANGER), Why.UNMESHED, "an address is no identity"),
        (of(host="10.0.0.7:8080", port=8080, pod="web-1-2"), Why.BY_ADDRESS, "names an address and no Service"),
        (of(status=404, outcome=Outcome.UNKNOWN), Why.NOT_FOUND, "answered with 404 each time"),
        (of(status=503, outcome=Outcome.UNKNOWN), Why.FAILED, "answered with 503"),
        (of(status=403, outcome=Outcome.REFUSED), Why.REFUSED, "a policy refuses it already"),
        (of(method="BREW"), Why.UNTELLABLE, "and no other method"),
        (of(path="*", method="OPTIONS"), Why.UNTELLABLE, "paths that begin with /"),
        (of(pod="raw-1-2", host="raw.shop", http=False), Why.UNTELLABLE, "it is opaque and probed"),
        (of(pod="bare-1-2", host="bare.shop"), Why.NO_PROXY, "gets no sidecar"),
        (of(pod="guarded-1-2", host="guarded.shop"), Why.NOT_LET, "Server shop/theirs governs the port"),
        (of(pod="guarded-1-2", host="guarded.shop", status=503), Why.GOVERNED, "Server shop/theirs governs the port"),
        (of(pod="nobody-1-2", host="nobody"), Why.UNPLACED, "no workload of these manifests may be `nobody-1-2`"),
        (of(pod="api-1-2", host="x.example"), Why.UNPLACED, "several workloads of these manifests may be `api-1-2`"),
        (of(pod="", workload="", host="x.example"), Why.UNPLACED, "`x.example` is no Service of these manifests"),
        (of(workload="api", namespace="shop", host="x.example"), Why.UNPLACED, "does not tell which port"),
    ],
)
def test_a_call_that_is_not_granted_says_why(call: ObservedCall, why: Why, hint: str) -> None:
    found = made(call)
    assert found.plan.grants == ()
    [one] = found.plan.aside
    assert (one.why, hint in one.hint, one.count) == (why, True, call.count), one


def routed(match: dict[str, object]) -> list[Manifest]:
    """Return a route of the guarded port, and that web may take it."""
    group, metadata = "policy.linkerd.io", {"name": "theirs", "namespace": "shop"}
    route = {"parentRefs": [{"group": group, "kind": "Server", "name": "theirs"}], "rules": [{"matches": [match]}]}
    allowed = {
        "targetRef": {"group": group, "kind": "HTTPRoute", "name": "theirs"},
        "requiredAuthenticationRefs": [{"kind": "ServiceAccount", "name": "web"}],
    }
    return [
        {"apiVersion": f"{group}/v1beta3", "kind": "HTTPRoute", "metadata": metadata, "spec": route},
        {"apiVersion": f"{group}/v1alpha1", "kind": "AuthorizationPolicy", "metadata": metadata, "spec": allowed},
    ]


@pytest.mark.parametrize(
    ("match", "why", "says"),
    [
        ({"headers": [{"name": "x-tenant", "value": "1"}]}, Why.UNKNOWN_LET, "goes by the header x-tenant, which test"),
        ({"headers": [{"name": "host", "value": "guarded.shop"}]}, Why.UNKNOWN_LET, "may refuse this call"),
        ({"headers": [{"name": "host", "value": "other"}]}, Why.NOT_LET, "refuses this call"),
        ({"headers": [{"name": "l5d-client-id", "value": WEB}]}, Why.GOVERNED, "left as it is"),
        ({"path": {"type": "Exact", "value": "/a"}}, Why.GOVERNED, "left as it is"),
        ({"path": {"type": "Exact", "value": "/b"}}, Why.NOT_LET, "refuses this call"),
    ],
)
def test_a_call_is_not_called_refused_for_what_a_log_does_not_tell(
    match: dict[str, object], why: Why, says: str
) -> None:
    guarded = {**THEIRS, "spec": {**THEIRS["spec"], "proxyProtocol": "HTTP/1"}}
    own = read_cluster(*(one for one in SHOP if one is not THEIRS), guarded, *routed(match))
    [one] = generate(own, [of(pod="guarded-1-2", host="guarded.shop")], Wishes()).plan.aside
    assert (one.why, says in one.hint) == (why, True), one


def test_a_call_of_which_the_callers_own_proxy_tells_is_counted_and_not_granted() -> None:
    found = made(of(side=Side.CLIENT))
    assert (found.plan.grants, found.plan.aside, found.plan.outgoing) == ((), (), 5)


def test_a_scrape_that_the_pods_declare_is_granted_though_it_names_an_address() -> None:
    scrape = of(pod="scraped-1-2", host="10.0.0.7:9090", path="/metrics")
    assert [grant.pattern.text for grant in made(scrape).plan.grants if grant.pattern] == ["GET /metrics"]
    assert made(replace(scrape, path="/else")).plan.grants == ()


def test_a_client_of_which_no_path_is_told_is_granted_any_request_and_that_is_told() -> None:
    found = made(of(method=None, path=None, host=None, workload="web", namespace="shop", port=8080))
    [grant] = found.plan.grants
    assert (grant.pattern, grant.general, found.settled) == (None, True, False)
    assert made(of(), of(method=None, path=None)).plan.grants[0].pattern is not None


@pytest.mark.parametrize(
    "pattern", ["GET /a", "/a", "shop/web may GET /a on shop/api:8080", "shop/* may * on shop/api"]
)
def test_what_is_told_apart_can_be_accepted_by_its_own_words(pattern: str) -> None:
    assert made(of(count=1), accept=[pattern]).settled


@pytest.mark.parametrize("pattern", ["GET /a", "/*", "shop/web may * on shop/api"])
def test_what_would_be_granted_can_be_forbidden(pattern: str) -> None:
    found = made(of(), forbid=[pattern])
    assert (found.plan.grants, [one.why for one in found.plan.aside], found.settled) == ((), [Why.FORBIDDEN], True)


def test_the_namespaces_that_are_meant_get_servers_and_no_others() -> None:
    found = generate(shop(), [of(), of(host="api", namespace="edge")], Wishes(namespaces=("edge",)))
    assert {spot.namespace for spot in found.plan.spots} == {"edge"}
    assert {grant.spot.name for grant in found.plan.grants} == {"edge/api:8080"}


def test_a_grpc_probe_is_told_and_not_granted_until_somebody_has_settled_it() -> None:
    api = app("api", 8080, probe="/live")
    container = api[0]["spec"]["template"]["spec"]["containers"][0]
    container["readinessProbe"] = {"grpc": {"port": 8080}}
    probed = read_cluster(space("shop"), *app("web", 8080), *api)
    found = generate(probed, [of()])
    [one] = found.plan.aside
    assert (one.why, str(one.said)) == (
        Why.GRPC_PROBE, "kubelet may POST /grpc.health.v1.Health/Check on shop/api",
    )  # fmt: skip
    assert ("readinessProbe" in one.hint, found.proved.proofs.hold, found.settled) == (True, True, False)
    assert generate(probed, [of()], Wishes(Choices.of(forbid=[str(one.said)]))).settled


NAMED = tuple(replace(CALL, path=f"/{name}") for name in "abcdefghij")
"""Calls of one shape, to ten names."""
PROBED = (space("shop"), *app("web", 8080), *app("api", 8080, probe="/live"))


@pytest.mark.parametrize("networks", [("0.0.0.0/0", "::/0"), ("10.0.0.0/8",), ()])
@pytest.mark.parametrize(
    "also",
    [(), (replace(CALL, path="/live"),), (replace(CALL, path="/live", status=500, outcome=Outcome.UNKNOWN),)],
)
def test_a_pattern_that_would_mean_a_probe_is_granted_as_it_was_seen(
    networks: tuple[str, ...], also: tuple[ObservedCall, ...]
) -> None:
    """Its route and the probes' would both match, and no manifest says which is older: the kubelet might be refused."""
    mesh = MeshSettings(probe_networks=networks)
    found = generate(read_cluster(*PROBED, settings=mesh), (*NAMED, *also), Wishes())
    asked = {path for grant in found.plan.grants for path in grant.paths}
    assert not any(grant.general for grant in found.plan.grants)
    assert asked - {"/live"} == {call.path for call in NAMED}
    assert found.proved.proofs.hold


def test_a_pattern_beside_the_probes_stays_one() -> None:
    [grant] = generate(read_cluster(*PROBED), [replace(one, path=f"/orders{one.path}") for one in NAMED]).plan.grants
    assert grant.general
