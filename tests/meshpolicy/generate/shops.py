"""Small clusters and their traffic, made at random: what a judge can enumerate, in plain words and as manifests."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from meshpolicy.core.errors import Place
from meshpolicy.traffic.call import Called, Caller, CallerKind, ObservedCall, Outcome, Side, Transport

Manifest = dict[str, Any]
SPACES = ("shop", "edge")
NAMES = ("web", "api", "db")
PORTS = {"http": 8080, "admin": 9000, "": 7070}
LABELS: tuple[dict[str, str], ...] = ({"app": "{}"}, {"app": "{}", "tier": "back"}, {"tier": "back"}, {})
"""The labels of a workload, in which its name may stand; without a name in them others have the same."""
PATHS = ("/", "/a", "/a/b", "/live", "/orders/1", "/orders/22", "/orders/333", "/orders/new", "/x//y", "/q%20r")
METHODS = ("GET", "POST")
ELSEWHERE = ("spiffe://root/vm", "x.elsewhere.serviceaccount.identity.linkerd.cluster.local")
"""Identities of which no workload is in the manifests."""
INJECTED = {"linkerd.io/inject": "enabled"}


@dataclass(frozen=True)
class App:
    """A Deployment with its Service."""

    space: str
    name: str
    labels: tuple[tuple[str, str], ...]
    account: str
    ports: tuple[str, ...]
    meshed: bool
    probed: bool
    opaque: bool
    spoken: str

    @property
    def identity(self) -> str:
        """The name in its certificate."""
        return f"{self.account}.{self.space}.serviceaccount.identity.linkerd.cluster.local"


@dataclass(frozen=True)
class Shop:
    """One cluster."""

    apps: tuple[App, ...]
    mode: str
    governed: bool
    """Whether the first port of the first app has a Server and a grant already."""
    wide: bool
    """Whether a policy for the whole namespace `shop` is there already."""


APPS = st.builds(
    lambda space, name, labels, account, ports, meshed, probed, opaque, spoken: App(
        space, name, tuple((key, value.format(name)) for key, value in labels.items()), account.format(name),
        tuple(dict.fromkeys(ports)), meshed, probed, opaque, spoken,
    ),
    st.sampled_from(SPACES), st.sampled_from(NAMES), st.sampled_from((LABELS[0], *LABELS)),
    st.sampled_from(("{}", "{}", "default")), st.lists(st.sampled_from(sorted(PORTS)), min_size=1, max_size=2),
    st.sampled_from((True, True, True, False)), st.booleans(), st.sampled_from((False, False, False, True)),
    st.sampled_from(("", "http")),
)  # fmt: skip
SHOPS = st.builds(
    Shop,
    st.lists(APPS, min_size=2, max_size=4, unique_by=lambda app: (app.space, app.name)).map(tuple),
    st.sampled_from(("all-unauthenticated", "all-authenticated", "deny")),
    st.sampled_from((False, False, True)),
    st.sampled_from((False, False, False, True)),
)


@dataclass(frozen=True)
class Sent:
    """Calls that were seen."""

    server: int
    port: int
    client: str
    """An identity; empty: unmeshed."""
    method: str
    path: str
    status: int
    count: int
    named: bool
    """Whether a Service was called, not an address."""
    told: bool
    """Whether the source tells method and path."""


def sent(shop: Shop) -> st.SearchStrategy[Sent]:
    """Return calls to and from the apps of a shop, and from strangers."""
    identities = tuple(app.identity for app in shop.apps if app.meshed)
    return st.builds(
        Sent,
        st.integers(0, len(shop.apps) - 1),
        st.integers(0, 1),
        st.sampled_from((*identities, *identities, "", *ELSEWHERE)),
        st.sampled_from(METHODS),
        st.sampled_from(PATHS),
        st.sampled_from((200, 200, 200, 204, 404, 500)),
        st.sampled_from((1, 2, 9)),
        st.sampled_from((True, True, True, False)),
        st.sampled_from((True, True, True, True, False)),
    )  # fmt: skip


WORLDS = SHOPS.flatmap(lambda shop: st.tuples(st.just(shop), st.lists(sent(shop), max_size=9)))


def port_of(shop: Shop, one: Sent) -> int:
    """Return the port that was called."""
    ports = shop.apps[one.server].ports
    return PORTS[ports[one.port % len(ports)]]


def observed(shop: Shop, some: list[Sent]) -> list[ObservedCall]:
    """Return calls as a reader of logs returns them."""
    return [_observed(shop, one, number) for number, one in enumerate(some, 1)]


def _observed(shop: Shop, one: Sent, number: int) -> ObservedCall:
    app = shop.apps[one.server]
    host = f"{app.name}.{app.space}.svc.cluster.local" if one.named else "10.42.0.9:8080"
    return ObservedCall(
        "test", Place("log", 1, line=number), Side.SERVER,
        Caller(CallerKind.IDENTITY if one.client else CallerKind.UNMESHED, one.client, "10.42.0.7"),
        Called(app.space, f"{app.name}-6d4cf56db6-xk2lq", port=port_of(shop, one)),
        Transport.MTLS if one.client else Transport.PLAIN,
        Outcome.ALLOWED, True, one.method if one.told else None, host, one.path if one.told else None,
        None, one.status if one.told else None, one.count,
    )  # fmt: skip


def manifests(shop: Shop) -> list[Manifest]:
    """Return what such a cluster holds."""
    found: list[Manifest] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space, "annotations": INJECTED}}
        for space in SPACES
    ]  # fmt: skip
    for app in shop.apps:
        found += [_deployment(app, shop.mode), _service(app)]
    first = shop.apps[0]
    if shop.governed:
        spec = {"podSelector": {"matchLabels": dict(first.labels)}, "port": PORTS[first.ports[0]]}
        found.append(_object("v1beta3", "Server", first.space, "theirs", spec))
        account = {"kind": "ServiceAccount", "name": "default", "namespace": "edge"}
        spec = {
            "targetRef": {"group": "policy.linkerd.io", "kind": "Server", "name": "theirs"},
            "requiredAuthenticationRefs": [account],
        }
        found.append(_object("v1alpha1", "AuthorizationPolicy", first.space, "theirs", spec))
    if shop.wide:
        account = {"kind": "ServiceAccount", "name": "web", "namespace": "shop"}
        spec = {"targetRef": {"kind": "Namespace", "name": "shop"}, "requiredAuthenticationRefs": [account]}
        found.append(_object("v1alpha1", "AuthorizationPolicy", "shop", "wide", spec))
    return found


def _object(version: str, kind: str, namespace: str, name: str, spec: Manifest) -> Manifest:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": f"policy.linkerd.io/{version}", "kind": kind, "metadata": metadata, "spec": spec}


def _deployment(app: App, mode: str) -> Manifest:
    annotations = {"config.linkerd.io/default-inbound-policy": mode}
    if not app.meshed:
        annotations["linkerd.io/inject"] = "disabled"
    if app.opaque:
        annotations["config.linkerd.io/opaque-ports"] = str(PORTS[app.ports[0]])
    ports = [{"containerPort": PORTS[name]} | ({"name": name} if name else {}) for name in app.ports]
    probe = {"livenessProbe": {"httpGet": {"path": "/live", "port": PORTS[app.ports[0]]}}} if app.probed else {}
    pod = {"serviceAccountName": app.account, "containers": [{"name": "app", "image": "x", "ports": ports, **probe}]}
    labels = dict(app.labels)
    chosen = {"matchLabels": labels}
    template = {"metadata": {"labels": labels, "annotations": annotations}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": app.name, "namespace": app.space},
        "spec": {"replicas": 2, "selector": chosen, "template": template},
    }


def _service(app: App) -> Manifest:
    ports = [
        {"name": f"p{number}", "port": 80 + number, "targetPort": PORTS[name]}
        | ({"appProtocol": app.spoken} if app.spoken else {})
        for number, name in enumerate(app.ports)
    ]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": app.name, "namespace": app.space},
        "spec": {"selector": dict(app.labels), "ports": ports},
    }
