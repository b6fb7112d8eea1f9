"""What is generated, held against single calls in small clusters at random: the three promises, by brute force."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, assume, example, given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.proof import Outcome
from meshpolicy.analysis.prove import prove
from meshpolicy.analysis.sentence import read_sentence
from meshpolicy.core.client import Arrival, Client, Traffic
from meshpolicy.core.labels import ANY
from meshpolicy.core.match import PathKind
from meshpolicy.core.ref import Ref
from meshpolicy.decide.decide import decide
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call
from meshpolicy.generate.choice import Choices
from meshpolicy.generate.generate import Generated, Wishes, generate
from meshpolicy.generate.grant import Grant
from meshpolicy.generate.proof import sentence
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.workload import Workload
from meshpolicy.render.generated import manifests_as_yaml

from ..build import cluster as read_cluster
from .shops import METHODS, PATHS, PORTS, WORLDS, App, Sent, Shop, manifests, observed, port_of

World = tuple[Shop, list[Sent]]
BOUNDED = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # A cluster of three workloads is short enough to be read: to make it smaller would take minutes.
    phases=(Phase.explicit, Phase.generate),
)
NEIGHBOURS = (*PATHS, "/orders/4444", "/orders/x", "/orders/1/", "/orders/", "/b", "/live/", "/a?x=1")
STRANGERS = ("", "spiffe://root/vm", "any.body.serviceaccount.identity.linkerd.cluster.local")


def made(world: World, wishes: Wishes | None = None) -> tuple[Cluster, Generated]:
    """Return a cluster and what is generated of its traffic."""
    shop, some = world
    before = read_cluster(*manifests(shop))
    return before, generate(before, observed(shop, some), wishes or Wishes())


def applied(shop: Shop, documents: Sequence[Mapping[str, Any]]) -> Cluster:
    """Return the manifests with generated ones, as a cluster reads their text."""
    return read_cluster(*manifests(shop), *map(dict, documents))


def written(found: Generated) -> list[dict[str, Any]]:
    """Return the generated documents, read from the text that is written."""
    return list(yaml.safe_load_all(manifests_as_yaml(found.proved.made)))


def caller(cluster: Cluster, identity: str) -> Workload | None:
    """Return somebody who calls with an identity; None: without one."""
    if not identity:
        return None
    for one in cluster.workloads:
        if one.meshed and cluster.settings.identity(one.ref.namespace, one.service_account) == identity:
            return one
    return Workload(Ref("", "Pod", "elsewhere", "x"), ANY, identity=identity, meshed=True)


def allowed(cluster: Cluster, server: Workload, port: int, identity: str, method: str, path: str) -> bool:
    """Whether one call is allowed, to the pod's address."""
    here = cluster.workload(server.ref.namespace, server.ref.name)
    assert here is not None
    call = Call(here, port, caller(cluster, identity), request=Request(method, path, {}, "x"), traffic=Traffic.HTTP)
    return judge(cluster, call).verdict is Verdict.ALLOW


def called(grant: Grant) -> Iterator[tuple[Workload, str, str]]:
    """Yield the calls from which a grant is made."""
    for workload in grant.spot.workloads:
        for call in grant.calls:
            yield workload, call.method or "GET", call.path or "/"


@given(WORLDS)
@BOUNDED
def test_every_call_that_was_answered_often_and_by_name_is_allowed(world: World) -> None:
    shop, some = world
    before, found = made(world)
    after = applied(shop, written(found))
    assert found.proved.proofs.refused == ()
    for one in some:
        app = shop.apps[one.server]
        server = before.workload(app.space, app.name)
        assert server is not None
        counts = sum(
            other.count
            for other in some
            if (other.server, port_of(shop, other), other.client, other.method, other.path, other.told, other.named)
            == (one.server, port_of(shop, one), one.client, one.method, one.path, True, True)
            and other.status < 400
        )
        ordinary = one.client and one.told and one.named and one.status < 400 and counts >= 2
        if ordinary and _free(shop, app, port_of(shop, one)):
            assert allowed(after, server, port_of(shop, one), one.client, one.method, one.path)


@given(WORLDS)
@BOUNDED
def test_everything_that_is_granted_is_allowed(world: World) -> None:
    _, found = made(world)
    after = applied(world[0], written(found))
    for grant in found.plan.grants:
        for server, method, path in called(grant):
            if not _opaque(world[0], server):
                assert allowed(after, server, grant.spot.port, grant.identity, method, path)


def _free(shop: Shop, app: App, port: int) -> bool:
    """Whether the port of an app can get a policy: no port is opaque, and no Server is there."""
    alike = [one for one in shop.apps if (one.space, one.labels) == (app.space, app.labels)]
    first = shop.apps[0]
    theirs = shop.governed and first.space == app.space and port == PORTS[first.ports[0]]
    return not any(one.opaque for one in alike) and not (theirs and set(first.labels) <= set(app.labels))


def _opaque(shop: Shop, server: Workload) -> bool:
    return any(app.opaque for app in shop.apps if (app.space, app.name) == (server.ref.namespace, server.ref.name))


@given(WORLDS)
@BOUNDED
def test_no_grant_no_identity_and_no_match_can_be_removed(world: World) -> None:
    shop, _ = world
    _, found = made(world)
    documents = written(found)
    for less in _smaller(documents):
        after = applied(shop, less)
        calls = [
            (server, grant.spot.port, grant.identity, method, path)
            for grant in found.plan.grants
            for server, method, path in called(grant)
        ]
        assert any(_opaque(shop, call[0]) or not allowed(after, *call) for call in calls)


def _smaller(documents: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the documents without one grant to an identity, or without one match of a route that offers something."""
    for at, one in enumerate(documents):
        rest = [*documents[:at], *documents[at + 1 :]]
        name = one["metadata"]["name"]
        if one["kind"] == "AuthorizationPolicy" and not name.startswith("kubelet-"):
            yield rest
        if one["kind"] == "HTTPRoute" and "-for-" in name:
            matches = [match for rule in one["spec"]["rules"] for match in rule["matches"]]
            for match in matches if len(matches) > 1 else ():
                rules = [{"matches": [other for other in matches if other is not match]}]
                yield [*rest, {**one, "spec": {**one["spec"], "rules": rules}}]


@given(WORLDS)
@BOUNDED
def test_nothing_else_is_allowed_than_what_is_printed(world: World) -> None:
    shop, _ = world
    _, found = made(world)
    after = applied(shop, written(found))
    identities = dict.fromkeys((*STRANGERS, *(app.identity for app in shop.apps)))
    for spot in found.plan.spots:
        for server in spot.workloads:
            for identity in identities:
                for method in METHODS:
                    for path in NEIGHBOURS:
                        printed = _printed(found, shop, server, spot.port, identity, method, path)
                        is_allowed = allowed(after, server, spot.port, identity, method, path)
                        if not found.proved.proofs.beyond:
                            assert is_allowed is printed
                        elif is_allowed and not printed:
                            assert shop.wide


def _printed(found: Generated, shop: Shop, server: Workload, port: int, identity: str, method: str, path: str) -> bool:
    """Whether a call is meant by a sentence that is printed; by the rules' text alone."""
    path = path.partition("?")[0]
    opaque = _opaque(shop, server) and port == PORTS[_app(shop, server).ports[0]]
    for grant in found.plan.grants:
        if grant.identity == identity and grant.spot.port == port and server in grant.spot.workloads:
            pattern = grant.pattern
            if pattern is None:
                return True
            exact = pattern.path.kind is PathKind.EXACT
            same = path == pattern.path.value if exact else re.fullmatch(pattern.path.value, path) is not None
            if pattern.method == method and same:
                return True
    group = [
        app
        for app in shop.apps
        if app.meshed and _app(shop, server).labels == app.labels and app.space == server.ref.namespace
    ]
    routed = any(
        grant.spot.port == port and grant.pattern and server in grant.spot.workloads for grant in found.plan.grants
    )
    probed = [app for app in group if app.probed and PORTS[app.ports[0]] == port]
    own = _app(shop, server) in probed
    return (method, path) == ("GET", "/live") and bool(probed if routed else own) and not opaque


def _app(shop: Shop, server: Workload) -> Any:
    return next(app for app in shop.apps if (app.space, app.name) == (server.ref.namespace, server.ref.name))


@given(WORLDS)
@settings(BOUNDED, max_examples=8)
def test_every_sentence_that_is_printed_is_proved(world: World) -> None:
    shop, _ = world
    _, found = made(world)
    after = applied(shop, written(found))
    for grant in found.plan.grants:
        said = sentence(grant, after)
        assert prove(after, read_sentence(said, after.settings)).outcome is Outcome.PROVED, said


@given(WORLDS, st.data())
@BOUNDED
def test_what_is_forbidden_is_not_granted_and_what_is_narrowed_holds_no_pattern(
    world: World, data: st.DataObject
) -> None:
    before, found = made(world)
    assume(found.plan.grants)
    general = [grant.pattern.text for grant in found.plan.grants if grant.pattern and grant.pattern.general]
    chosen = data.draw(st.sampled_from(found.plan.grants))
    text = chosen.pattern.text if chosen.pattern else "any request"
    again = generate(
        before, observed(*world), Wishes(Choices.of(narrow=general, forbid=[] if text in general else [text]))
    )
    assert not any(grant.pattern and grant.pattern.general for grant in again.plan.grants)
    if text not in general:
        assert not any((grant.pattern.text if grant.pattern else "any request") == text for grant in again.plan.grants)
    assert again.proved.proofs.refused == ()


@given(WORLDS)
@BOUNDED
def test_calls_without_an_identity_are_never_granted(world: World) -> None:
    shop, some = world
    unmeshed = [one for one in some if not one.client]
    _, found = made((shop, unmeshed))
    assert found.plan.grants == ()
    assert sum(one.count for one in found.plan.aside) == sum(one.count for one in unmeshed)


@given(WORLDS)
@BOUNDED
def test_each_call_is_granted_or_told_apart(world: World) -> None:
    _, found = made(world)
    told = sum(grant.count for grant in found.plan.grants) + sum(one.count for one in found.plan.aside)
    assert told <= sum(one.count for one in world[1])
    pairs = {(grant.identity, grant.spot) for grant in found.plan.grants if grant.pattern}
    lost = sum(one.count for one in world[1]) - told
    known = sum(one.count for one in world[1] if not one.told or one.status >= 400)
    assert lost <= known or not pairs


@given(
    st.lists(
        st.tuples(st.sampled_from(("web", "db")), st.sampled_from(("/live", "/ready", "/a"))),
        min_size=1,
        max_size=6,
        unique=True,
    ),
    st.sampled_from((("0.0.0.0/0", "::/0"), ("10.0.0.0/8",), ())),
)
@BOUNDED
@example([("web", "/live")], ("0.0.0.0/0", "::/0"))
@example([("web", "/live"), ("db", "/ready"), ("db", "/a")], ("10.0.0.0/8",))
def test_clients_that_ask_for_probes_too_get_just_that_beside_the_kubelet(
    asked: list[tuple[str, str]], networks: tuple[str, ...]
) -> None:
    apps = tuple(
        App("shop", name, (("app", name),), name, ("http",), True, name == "api", False, "")
        for name in ("api", "web", "db")
    )
    shop = Shop(apps, "deny", False, False)
    documents = manifests(shop)
    container = next(one for one in documents if one["metadata"]["name"] == "api")["spec"]["template"]["spec"]
    container["containers"][0]["readinessProbe"] = {"httpGet": {"path": "/ready", "port": 8080}}
    mesh = MeshSettings(probe_networks=networks)
    identity = {app.name: app.identity for app in apps}
    some = [Sent(0, 0, identity[name], "GET", path, 200, 2, True, True) for name, path in asked]
    found = generate(read_cluster(*documents, settings=mesh), observed(shop, some), Wishes())
    assert found.proved.proofs.hold

    def client(name: str) -> Client:
        return Client(None, Arrival.MESHED_HTTP, identity[name], in_every_network=False)

    def passing(made: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
        after = read_cluster(*documents, *map(dict, made), settings=mesh)
        server = after.workload("shop", "api")
        assert server is not None
        policy = effective(after, server, 8080)
        return {
            (name, path)
            for name in ("web", "db")
            for path in ("/live", "/ready", "/a", "/b")
            if decide(policy, client(name), Request("GET", path, {}, "x"), Traffic.HTTP).allowed
        }

    probed = {(name, path) for name in ("web", "db") for path in ("/live", "/ready")} if "::/0" in networks else set()
    assert passing(written(found)) == {*asked, *probed}
    for less in _smaller(written(found)):
        assert not set(asked) <= passing(less)
