"""What is proved of identities holds for the workloads that have them, by the names that they call."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.access import accesses
from meshpolicy.analysis.change import Change
from meshpolicy.analysis.difference import compare
from meshpolicy.analysis.proof import Outcome, Proof
from meshpolicy.analysis.prove import prove
from meshpolicy.analysis.questions import caller, target
from meshpolicy.analysis.sentence import read_sentence
from meshpolicy.analysis.ways import judge_name
from meshpolicy.analysis.words import clients_words
from meshpolicy.core.client import Traffic
from meshpolicy.core.ref import Origin
from meshpolicy.decide.answer import Answer, Layer
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, ServiceTarget
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.workload import Workload

from ..build import (
    GATEWAY,
    POLICY,
    Manifest,
    account,
    allow,
    cluster,
    exact,
    network_policy,
    prefix,
    ref,
    route,
    server,
    service,
)
from ..worlds import WORLDS, World, manifests

INJECTED: Manifest = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "arena", "annotations": {"linkerd.io/inject": "enabled"}},
}
CONFIG = "config.linkerd.io/"
MAY = "arena/pinger may GET /ping on arena/ponger:http"
ONLY = "only arena/pinger may GET /ping on arena/ponger:http"
SAME = "arena/pinger and arena/rogue have the same access to arena/ponger:http"
ENCRYPTED = "every call of arena is encrypted"
PONGER = {"group": "", "kind": "Service", "name": "ponger", "port": 80}


def deployment(name: str, annotations: Mapping[str, str] | None = None, **spec: object) -> Manifest:
    """Return a Deployment of an account of its own."""
    ports = [{"name": "http", "containerPort": 8080}] if name == "ponger" else []
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "arena"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}, "annotations": dict(annotations or {})},
                "spec": {"serviceAccountName": name, "containers": [{"name": "app", "ports": ports}], **spec},
            },
        },
    }


def called(**annotations: str) -> Manifest:
    """Return the called Service."""
    return service(ports={80: "http"}, annotations=annotations)


def labelled(**labels: str) -> Manifest:
    """Return the called Service with labels."""
    found = called()
    found["metadata"]["labels"] = labels
    return found


def profile(**spec: object) -> Manifest:
    """Return the ServiceProfile of the called Service."""
    metadata = {"name": "ponger.arena.svc.cluster.local", "namespace": "arena"}
    return {"apiVersion": "linkerd.io/v1alpha2", "kind": "ServiceProfile", "metadata": metadata, "spec": spec}


def egress() -> Manifest:
    """Return an EgressNetwork that holds the addresses of pods."""
    spec = {"trafficPolicy": "Deny", "networks": [{"cidr": "10.0.0.0/8"}]}
    metadata = {"name": "pods", "namespace": "arena"}
    return {"apiVersion": f"{POLICY}/v1alpha1", "kind": "EgressNetwork", "metadata": metadata, "spec": spec}


def arena(*more: Manifest) -> list[Manifest]:
    """Return two callers, one of them admitted, and a server; `more` replaces what has its kind and name."""
    found = [
        INJECTED,
        *(deployment(name) for name in ("pinger", "rogue", "ponger")),
        called(),
        server(proxyProtocol="HTTP/1"),
        allow(account("pinger")),
    ]
    by_name = {(one["kind"], one["metadata"]["name"]): one for one in (*found, *more)}
    return list(by_name.values())


def proved(text: str, *more: Manifest, but: str = "") -> Proof:
    """Return the answer to a sentence about the arena, one kind of object left out."""
    found = cluster(*(one for one in arena(*more) if one["kind"] != but))
    return prove(found, read_sentence(text, found.settings))


ELSEWHERE = [{"name": "other", "port": 80}]
AWAY = [{"type": "RequestRedirect", "requestRedirect": {"hostname": "a.example", "statusCode": 301}}]
BOTH = allow(account("rogue"), name="rogue")
ASKS = {"linkerd.io/inject": "enabled"}
HEADER = {"headers": [{"name": "x", "value": "1"}]}
ENVIRONMENT = '[{"name": "LINKERD2_PROXY_OUTBOUND_LISTEN_ADDR", "value": "127.0.0.1:1"}]'


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ((called(**{"timeout.linkerd.io/request": "0s"}),), "no time"),  # R135
        ((labelled(**{"multicluster.linkerd.io/remote-discovery": "east"}),), "another cluster"),  # R133
        ((profile(routes=[], dstOverrides=[{"authority": "x", "weight": 1}]),), "other destinations"),  # R121
        ((route(exact("/other"), parents=[PONGER]),), "`404`"),  # M4
        ((route(prefix("/"), parents=[PONGER], backendRefs=ELSEWHERE),), "other backends"),  # M4
        ((route(prefix("/"), parents=[PONGER], filters=AWAY),), "`301`"),  # R54
        (
            (route(HEADER, kind="GRPCRoute", group=GATEWAY, parents=[PONGER]),),
            "`500`",
        ),
        ((deployment("pinger", {f"{CONFIG}skip-outbound-ports": "80"}),), "`403`"),  # R71
        ((deployment("pinger", {f"{CONFIG}proxy-additional-env": ENVIRONMENT}),), "may pass its own proxy"),  # R116
        ((deployment("pinger", {"linkerd.io/inject": "disabled"}),), "`403`"),  # R7
        ((deployment("pinger", hostNetwork=True),), "`403`"),  # R110
    ],
)
def test_who_does_not_get_through_by_name_is_not_proved_to(more: tuple[Manifest, ...], why: str) -> None:
    shown = proved(MAY, *more)
    assert (shown.outcome, why in shown.reasons[0]) == (Outcome.UNKNOWN, True), shown.reasons
    assert proved(ONLY, *more).outcome is Outcome.PROVED, "nobody else is let in by it"


def let_out(*rules: Manifest) -> Manifest:
    """Return a NetworkPolicy that lets the pinger call the ponger, and what the rules say."""
    ponger = {"to": [{"podSelector": {"matchLabels": {"app": "ponger"}}}]}
    return network_policy("pinger", policyTypes=["Egress"], egress=[ponger, *rules])


def outside(namespace: str) -> Manifest:
    """Return a rule for a namespace."""
    selector = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    return {"to": [selector], "ports": [{"port": 53, "protocol": "UDP"}] if namespace == "kube-system" else []}


DNS, LINKERD = outside("kube-system"), outside("linkerd")
OTHER_DNS = {"to": [{"podSelector": {"matchLabels": {"app": "dns"}}, "namespaceSelector": {}}]}


@pytest.mark.parametrize(
    ("rules", "lacking"),
    [
        ((), "DNS"),
        ((LINKERD,), "DNS"),
        ((DNS,), "control plane (identity, port 8080)"),
        ((DNS, LINKERD), ""),
        ((OTHER_DNS, LINKERD), ""),
    ],
)
def test_a_client_without_dns_or_control_plane_calls_no_name_for_certain(
    rules: tuple[Manifest, ...], lacking: str
) -> None:
    """N16, N17: measured, a running client goes on with what it knows, names fail, and a new pod never starts."""
    found = cluster(*arena(let_out(*rules)))
    by_name, by_address = asked(found, "pinger", "/"), asked(found, "pinger", "/", direct=True)
    assert by_name.allowed is not bool(lacking)
    assert lacking in by_name.reasons[-1].text
    assert by_address.allowed
    assert (proved(MAY, let_out(*rules)).outcome is Outcome.PROVED) is not bool(lacking)


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ((DNS, LINKERD), None),
        ((LINKERD,), "from DNS, so new"),
        ((DNS,), "from Linkerd's control plane (identity, port 8080)"),
    ],
)
def test_a_client_that_loses_or_gets_dns_or_control_plane_is_told_by_diff(
    rules: tuple[Manifest, ...], told: str | None
) -> None:
    whole, less = (cluster(*arena(let_out(*some))) for some in ((DNS, LINKERD), rules))
    for old, new, word in ((whole, less, "now block"), (less, whole, "no longer block")):
        found = [
            one.reasons for one in compare(old, new) if one.change is Change.UNKNOWN and one.server.name == "ponger"
        ]
        assert all(reasons[0].startswith(f"egress rules {word} Deployment arena/pinger {told}") for reasons in found)
        assert bool(found) is (told is not None)


def of_family(family: Manifest) -> Manifest:
    """Return the Service of the ponger with addresses of a family."""
    found = called()
    return {**found, "spec": {**found["spec"], **family}}


OPEN = server(accessPolicy="all-unauthenticated", proxyProtocol="unknown")
SIX, DUAL = of_family({"ipFamilies": ["IPv6"]}), of_family({"ipFamilyPolicy": "PreferDualStack"})


@pytest.mark.parametrize("family", [{"ipFamilies": ["IPv6"]}, {"ipFamilyPolicy": "RequireDualStack"}])
def test_what_is_called_by_ipv6_is_nobodys_alone(family: Manifest) -> None:
    """R115: no proxy is met, so that nothing is encrypted, and anyone gets in."""
    six = of_family(family)
    found = cluster(*arena(six))
    assert asked(found, "rogue", "/").verdict is not Verdict.FORBIDDEN
    (listed,) = [one for one in accesses(found) if one.by.origin is Origin.SKIPPED]
    assert (listed.server.name, listed.port, clients_words(listed.clients, found.settings)) == (
        "ponger",
        8080,
        "anyone in ::/0",  # its proxy does not carry the call of a meshed client
    )
    assert bool(listed.unknown) is (asked(found, "rogue", "/").verdict is Verdict.UNKNOWN)
    for text in (ONLY, "no unmeshed client may GET /ping on arena/ponger:http", ENCRYPTED):
        shown = proved(text, six)
        assert shown.outcome is not Outcome.PROVED, text
        assert proved(text).outcome is Outcome.PROVED, text
    for text in (MAY.replace("pinger may", "rogue may"), SAME):
        assert proved(text).outcome is Outcome.FALSE, text
        assert proved(text, six).outcome is Outcome.UNKNOWN, "whom the proxy refuses gets in by IPv6"


@pytest.mark.parametrize(
    "more",
    [
        (),
        (egress(),),  # R134: a call of the name is no call of an address
        (route(prefix("/"), parents=[PONGER]),),
        (route(exact("/ping"), parents=[PONGER]),),
        (called(**{"timeout.linkerd.io/request": "1s"}),),
        (network_policy(ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "pinger"}}}]}]),),
    ],
)
def test_who_gets_through_by_name_is_proved_to(more: tuple[Manifest, ...]) -> None:
    assert proved(MAY, *more).outcome is Outcome.PROVED


def test_a_port_without_a_service_is_called_by_its_address_which_an_egress_network_may_take() -> None:
    """R134."""
    assert proved(MAY, egress(), but="Service").outcome is Outcome.UNKNOWN
    assert proved(MAY, but="Service").outcome is Outcome.PROVED


@pytest.mark.parametrize(
    ("more", "but"),
    [
        ((), "Namespace"),  # with a sidecar at the server they differ, without one they do not
        ((deployment("ponger", {f"{CONFIG}proxy-additional-env": ENVIRONMENT}),), ""),
        ((BOTH, deployment("rogue", {f"{CONFIG}skip-outbound-ports": "80"})), ""),
        ((BOTH, deployment("rogue", {"linkerd.io/inject": "disabled"})), ""),
        ((BOTH, called(**{"timeout.linkerd.io/request": "0"})), ""),
        ((BOTH, network_policy("rogue", policyTypes=["Egress"])), ""),
    ],
)
def test_what_is_open_about_two_clients_is_not_the_same_for_that(more: tuple[Manifest, ...], but: str) -> None:
    assert proved(SAME, *more, but=but).outcome is not Outcome.PROVED


def test_two_clients_of_equal_grants_have_the_same_access() -> None:
    assert proved(SAME, BOTH).outcome is Outcome.PROVED


@pytest.mark.parametrize(
    ("more", "but"),
    [
        ((deployment("pinger", {f"{CONFIG}proxy-additional-env": ENVIRONMENT}), allow()), ""),
        ((), "Namespace"),
        (
            (*(deployment(name, ASKS) for name in ("pinger", "rogue", "ponger")),),
            "Namespace",
        ),
    ],
)
def test_what_may_bypass_a_proxy_is_not_proved_to_be_encrypted(more: tuple[Manifest, ...], but: str) -> None:
    assert proved(ENCRYPTED, *more, but=but).outcome is Outcome.UNKNOWN
    assert proved(ENCRYPTED, allow()).outcome is Outcome.PROVED


def test_a_server_that_may_have_no_sidecar_is_not_open_for_certain_to_anyone() -> None:
    """R7, R115: IPv6 packets pass a sidecar by, but a meshed client that finds one sends none of its own."""
    assert proved(ONLY, but="Namespace").outcome is Outcome.UNKNOWN


DOUBTS: tuple[Manifest, ...] = (
    route(exact("/a"), name="c", parents=[PONGER]),
    route(prefix("/a"), exact("/live"), name="d", parents=[PONGER], backendRefs=ELSEWHERE),
    route({"headers": [{"name": "x", "value": "1"}]}, prefix("/"), name="e", parents=[PONGER], filters=AWAY),
    route({"method": {"service": "a.B"}}, name="f", kind="GRPCRoute", group=GATEWAY, parents=[PONGER]),
    profile(routes=[], dstOverrides=[{"authority": "x", "weight": 1}]),
    egress(),
    allow(ref("MeshTLSAuthentication", "absent", namespace="platform"), on=ref("Server", "a"), name="absent"),
    {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "c", "namespace": "arena"},
        "spec": {"endpointSelector": {"matchLabels": {"app": "ponger"}}, "ingress": [{}]},
    },
)


def annotated(state: list[Manifest], timeout: str) -> list[Manifest]:
    """Return manifests in which the Service leaves its clients so much time."""
    for one in state:
        if one["kind"] == "Service":
            one["metadata"]["annotations"] = {"timeout.linkerd.io/request": timeout} if timeout else {}
    return state


@given(
    WORLDS,
    st.lists(st.sampled_from(DOUBTS), max_size=2, unique_by=lambda one: (one["kind"], one["metadata"]["name"])),
    st.sampled_from(("", "", "", "0")),
    st.sampled_from(("/", "/a", "/a/b", "/live")),
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_is_proved_that_check_denies_or_does_not_know(
    world: World, doubts: list[Manifest], timeout: str, path: str
) -> None:
    found = cluster(*annotated(manifests(world), timeout), *doubts)
    answers = {name: asked(found, name, path) for name in ("pinger", "rogue", "unmeshed")}
    on = f"GET {path} on arena/ponger:8080"

    def outcome(text: str) -> Outcome:
        return prove(found, read_sentence(text, found.settings)).outcome

    pinger, rogue, stranger = answers.values()
    if not pinger.allowed:
        assert outcome(f"arena/pinger may {on}") is not Outcome.PROVED, pinger
    if may(rogue) or may(stranger):
        assert outcome(f"only arena/pinger may {on}") is not Outcome.PROVED, (rogue, stranger)
    if may(stranger):
        assert outcome(f"no unmeshed client may {on}") is not Outcome.PROVED, stranger
    if pinger.allowed is not rogue.allowed:
        assert outcome("arena/pinger and arena/rogue have the same access to arena/ponger:8080") is not Outcome.PROVED


CILIUM = {
    "apiVersion": "cilium.io/v2",
    "kind": "CiliumNetworkPolicy",
    "metadata": {"name": "c", "namespace": "arena"},
    "spec": {"endpointSelector": {"matchLabels": {"app": "pinger"}}, "egress": [{}]},
}


@pytest.mark.parametrize(
    ("more", "unknown"),
    [
        ((), False),
        ((route(exact("/other"), parents=[PONGER]),), False),  # some requests pass
        ((egress(),), False),
        ((called(**{"timeout.linkerd.io/request": "0s"}),), True),
        ((labelled(**{"multicluster.linkerd.io/remote-discovery": "east"}),), True),
        ((profile(routes=[], dstOverrides=[{"authority": "x", "weight": 1}]),), True),
        ((route(HEADER, kind="GRPCRoute", group=GATEWAY, parents=[PONGER]),), True),
        ((CILIUM,), True),  # N23
        (
            (network_policy("pinger", egress=[{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}], policyTypes=["Egress"]),),
            True,
        ),
    ],
)
def test_a_granted_access_says_why_nobody_knows_whether_its_calls_arrive(
    more: tuple[Manifest, ...], unknown: bool
) -> None:
    found = cluster(*arena(*more))
    own = [one for one in accesses(found) if (one.server.name, one.port) == ("ponger", 8080)]
    assert [bool(one.unknown) for one in own] == [unknown], own


@pytest.mark.parametrize(
    ("more", "object_"),
    [
        (called(**{"timeout.linkerd.io/request": "0s"}), "Service arena/ponger"),
        (labelled(**{"multicluster.linkerd.io/remote-discovery": "east"}), "Service arena/ponger"),
        (profile(routes=[], dstOverrides=[{"authority": "x", "weight": 1}]), "ServiceProfile arena/ponger"),
        (route(exact("/other"), parents=[PONGER]), "HTTPRoute arena/route"),
        (route(prefix("/"), parents=[PONGER], backendRefs=ELSEWHERE), "HTTPRoute arena/route"),
        (route(HEADER, kind="GRPCRoute", group=GATEWAY, parents=[PONGER]), "GRPCRoute arena/route"),
        (egress(), "EgressNetwork arena/pods"),
    ],
)
def test_a_change_at_the_clients_proxies_is_told(more: Manifest, object_: str) -> None:
    old, new = cluster(*arena()), cluster(*arena(more))
    for states in ((old, new), (new, old)):
        told = [one for one in compare(*states) if (one.server.name, one.port) == ("ponger", 8080)]
        assert [(one.change, object_ in one.reasons[0]) for one in told] == [(Change.UNKNOWN, True)]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ((), (SIX,), {Change.OPENED}),
        ((SIX,), (), {Change.CLOSED}),
        ((), (DUAL,), {Change.UNKNOWN}),
        ((DUAL,), (SIX,), {Change.UNKNOWN}),
        ((SIX,), (SIX,), set()),
        ((OPEN,), (OPEN, SIX), set()),
        ((OPEN,), (SIX,), {Change.UNKNOWN}),
        ((SIX,), (OPEN,), {Change.UNKNOWN}),
    ],
)
def test_what_ipv6_opens_is_told_as_such(
    old: tuple[Manifest, ...], new: tuple[Manifest, ...], told: set[Change]
) -> None:
    """R115: calls of the Service meet no proxy, be the port's policy what it is."""
    states = cluster(*arena(*old)), cluster(*arena(*new))
    found = [one for one in compare(*states) if one.change.changes_requests and one.port == 8080]
    assert {one.change for one in found} == told
    assert all("called by IPv6, past every proxy" in one.reasons[-1] for one in found)
    for one in ("rogue", "pinger"):
        before, after = (asked(state, one, "/other") for state in states)
        if before.allowed is not after.allowed:
            assert told


@pytest.mark.parametrize(
    "more", [called(**{"timeout.linkerd.io/request": "1s"}), route(prefix("/"), parents=[{**PONGER, "name": "none"}])]
)
def test_what_changes_nothing_at_the_clients_proxies_is_no_change(more: Manifest) -> None:
    assert compare(cluster(*arena()), cluster(*arena(more))) == ()


@given(
    WORLDS,
    st.sampled_from(DOUBTS),
    st.sampled_from(("", "0")),
    st.sampled_from(("/", "/a", "/a/b", "/live")),
    st.booleans(),
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_difference_is_silent_where_check_answers_otherwise(
    world: World, doubt: Manifest, timeout: str, path: str, backwards: bool
) -> None:
    states = [cluster(*manifests(world)), cluster(*annotated(manifests(world), timeout), doubt)]
    old, new = reversed(states) if backwards else states
    told = [one for one in compare(old, new) if one.change.changes_requests]
    names = {one.server.name for one in told if one.port == 8080}
    for client in ("pinger", "rogue", "unmeshed"):
        answers = [asked(state, client, path) for state in (old, new)]
        if answers[0].allowed is not answers[1].allowed:
            assert "ponger" in names, (client, answers)


def may(answer: Answer) -> bool:
    """Whether the server lets a call in, or may; what the client's proxy keeps back is another question."""
    return answer.allowed or (answer.verdict is Verdict.UNKNOWN and answer.layer is not Layer.CLIENT)


def asked(found: Cluster, client: str, path: str, *, direct: bool = False) -> Answer:
    """Return what becomes of a call by name, or of the pod's address."""
    who, what = caller(found, client), target(found, "arena/ponger:8080")

    def make(workload: Workload, port: int, service_target: ServiceTarget | None) -> Call:
        host = "ponger.arena.svc.cluster.local"
        request = Request("GET", path, {"host": host}, host)
        return Call(workload, port, who.workload, who.address, service_target, request, Traffic.HTTP)

    return judge_name(found, what, make, direct=direct).answer
