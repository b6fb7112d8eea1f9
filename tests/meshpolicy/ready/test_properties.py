"""What holds of `ready` in clusters made at random."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.change import Change
from meshpolicy.analysis.difference import compare
from meshpolicy.api.ready import ask_ready
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.transport import identity_of
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.ready.need import NeedKind, Party
from meshpolicy.ready.readiness import Readiness
from meshpolicy.ready.report import Report
from meshpolicy.ready.standing import Standing

from ..build import Manifest, ask, documents
from ..worlds import WORLDS, World, manifests
from .world import deployment, held, namespace, service

BOUNDED = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
DENY = "config.linkerd.io/default-inbound-policy"
ADDRESSES = (
    ("http://ponger", "ponger:8080/", "http"),
    ("http://ponger/a", "ponger:8080/a", "http"),
    ("http://ponger.arena.svc:80/a/b?x=1", "ponger:8080/a/b", "http"),
    ("http://ponger:9090", "ponger:9090/", "http"),
    ("redis://ponger:80", "ponger:8080", "tcp"),
    ("https://ponger:9090/", "ponger:9090", "tls"),
)
"""What a variable of pinger says, whom `check` is asked about for it, and what is sent."""


def reported(found: Iterable[Manifest], **more: Any) -> Report:
    """Return what `ready` says of manifests."""
    own: MeshSettings | None = more.pop("settings", None)
    return ask_ready(parse_documents(documents(*found), own), **more)


def with_deny(found: Iterable[Manifest]) -> list[Manifest]:
    """Return manifests whose pods have deny, unless they say something else."""
    pods: list[Manifest] = []
    for one in found:
        notes = one["metadata"].get("annotations") or {}
        if one["kind"] == "Pod":
            one = {**one, "metadata": {**one["metadata"], "annotations": {DENY: "deny", **notes}}}
        pods.append(one)
    return pods


def calling(found: Iterable[Manifest], client: str, texts: Iterable[str]) -> list[Manifest]:
    """Return manifests in which a pod has variables with these values."""
    env = [{"name": f"A{number}_URL", "value": text} for number, text in enumerate(texts)]
    pods: list[Manifest] = []
    for one in found:
        if one["kind"] == "Pod" and one["metadata"]["name"] == client:
            first, *rest = one["spec"]["containers"]
            one = {**one, "spec": {**one["spec"], "containers": [{**first, "env": env}, *rest]}}
        pods.append(one)
    return pods


@BOUNDED
@given(WORLDS, st.sets(st.sampled_from(ADDRESSES), min_size=1), st.sampled_from(("pinger", "rogue", "stranger")))
def test_it_is_never_ready_while_check_refuses_a_need(
    world: World, needed: set[tuple[str, str, str]], client: str
) -> None:
    found = calling(manifests(world), client, [text for text, _, _ in needed])
    own = MeshSettings(outbound_transport_mode="transparent" if world.transparent else "transport-header")
    report = reported(found, settings=own)
    cluster = parse_documents(documents(*with_deny(found)), own).cluster
    answers = {text: ask(cluster, client, server, traffic) for text, server, traffic in needed}
    if any(not one.allowed and one.verdict is not Verdict.UNKNOWN for one in answers.values()):
        assert report.readiness is not Readiness.READY
    for one in report.held:
        if one.need.client is not None and one.call is not None and len(one.need.asking.traffics) == 1:
            said = ask(cluster, client, f"ponger:{one.need.port}{one.need.asking.path}", str(one.call.traffic))
            if one.standing.allowed:
                assert said.allowed or said.verdict is Verdict.UNKNOWN, one
            elif one.standing is Standing.MISSING:
                assert not said.allowed, one


@dataclass(frozen=True)
class Edge:
    """A call between two services of a shop made at random, and how it is declared."""

    client: int
    server: int
    how: str
    port: str


WAYS = ("url", "full", "pair", "file", "argument", "secret")
EDGES = st.builds(
    Edge, st.integers(0, 4), st.integers(0, 4), st.sampled_from(WAYS), st.sampled_from(("http", "grpc", "redis"))
)
SPACES = ("shop", "bank")
PORTS = {"http": 8080, "grpc": 9000, "redis": 6379}


def name(number: int) -> str:
    return f"s{number}"


def space(number: int) -> str:
    return SPACES[number % 2]


def shop(edges: Iterable[Edge], unmeshed: set[int], probed: set[int]) -> list[Manifest]:
    """Return five services in two namespaces, each of which declares what it calls."""
    edges = list(edges)
    found: list[Manifest] = [namespace(one) for one in SPACES]
    for number in range(5):
        own = [one for one in edges if one.client == number]
        probe = {"readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}}} if number in probed else {}
        given_to, objects = declaration(number, own)
        more: dict[str, Any] = {"meshed": number not in unmeshed, "ports": PORTS, **given_to, **probe}
        found += [*objects, deployment(name(number), space=space(number), **more)]
        found.append(service(name(number), PORTS, space(number)))
    return found


def declaration(number: int, edges: Iterable[Edge]) -> tuple[dict[str, Any], list[Manifest]]:
    """Return what the container of a service is given, and the objects from which it comes."""
    env: dict[str, object] = {}
    args: list[str] = []
    lines: dict[str, str] = {}
    secret: dict[str, str] = {}
    for at, one in enumerate(edges):
        near = f"{name(one.server)}.{space(one.server)}"
        url = f"{one.port}://{near}:{PORTS[one.port]}"
        match one.how:
            case "url":
                env[f"A{at}"] = url
            case "full":
                env[f"A{at}"] = f"{one.port}://{near}.svc.cluster.local.:{PORTS[one.port]}/"
            case "pair":
                env |= {f"A{at}_HOST": f"{near}.svc", f"A{at}_PORT": str(PORTS[one.port])}
            case "file":
                lines[f"{at}.yaml"] = f"a{at}: {url}"
            case "argument":
                args.append(f"--a{at}={url}")
            case _:
                secret[f"A{at}"] = url
    own = name(number)
    objects = [held(own, "Secret", space(number), **secret), held(own, space=space(number), **lines)]
    volumes = [{"name": "c", "configMap": {"name": own}}]
    return {"env": env, "args": args, "volumes": volumes, "envFrom": [{"secretRef": {"name": own}}]}, objects


def wanted(edges: Iterable[Edge]) -> set[tuple[str, str, int]]:
    """Return who calls whom; a pod that calls itself passes no policy."""
    return {(name(one.client), name(one.server), PORTS[one.port]) for one in edges if one.client != one.server}


SHOPS = st.tuples(
    st.lists(EDGES, max_size=6), st.sets(st.integers(0, 4), max_size=2), st.sets(st.integers(0, 4), max_size=3)
)


@BOUNDED
@given(SHOPS)
def test_every_call_that_is_declared_is_found_and_no_other(made: tuple[list[Edge], set[int], set[int]]) -> None:
    edges, unmeshed, probed = made
    report = reported(shop(edges, unmeshed, probed), namespaces=SPACES)
    found = {
        (one.need.client.ref.name, one.need.server.ref.name, one.need.port)
        for one in report.held
        if one.need.client is not None
    }
    assert found == wanted(edges)
    assert report.unseen == ()
    called = {(server, port) for _, server, port in wanted(edges)}
    offered = {(name(number), port) for number in range(5) if number not in unmeshed for port in PORTS.values()}
    assert {(one.server.ref.name, one.port) for one in report.uncalled} == offered - called
    kubelets = {one.need.server.ref.name for one in report.held if one.need.client is None}
    assert kubelets == {name(number) for number in probed}
    for one in report.held:
        client = one.need.client
        guarded = int(one.need.server.ref.name[1:]) not in unmeshed
        refused = client is not None and guarded
        assert (one.standing is Standing.MISSING) is refused, one


def test_a_live_cluster_is_never_ready_without_what_is_not_read_of_it() -> None:
    found = shop([], unmeshed={0, 1, 2, 3, 4}, probed=set())
    reading = parse_documents(documents(*found))
    assert ask_ready(reading, SPACES).readiness is Readiness.READY
    live = ask_ready(replace(reading, live=True), SPACES)
    assert (live.readiness, len(live.unseen)) == (Readiness.UNKNOWN, 1)


@BOUNDED
@given(SHOPS)
def test_all_steps_together_make_it_ready_and_open_needs_alone(made: tuple[list[Edge], set[int], set[int]]) -> None:
    edges, unmeshed, probed = made
    report = reported(shop(edges, unmeshed, probed), namespaces=SPACES)
    after = report.plan.cluster
    applied = applied_to(report, shop(edges, unmeshed, probed))
    left = [one for one in applied.held if one.standing is Standing.MISSING]
    plain = {name(number) for number in unmeshed}
    assert {one.need.client.ref.name for one in left if one.need.client} <= plain
    assert left or all(one.standing.allowed for one in applied.held)
    assert left or applied.uncalled or applied.readiness is Readiness.READY
    needed = wanted(edges)
    for one in compare(report.denied, after):
        if one.change is not Change.OPENED:
            continue
        assert one.region is not None
        own = identities(report.denied)
        for term in one.region.clients:
            [pattern] = term.identities.all_of
            clients = own[getattr(pattern, "pattern", "")]
            assert any((client, one.server.name, one.port) in needed for client in clients)


@BOUNDED
@given(SHOPS, st.booleans())
def test_an_account_without_a_workload_is_answered_as_one_with_a_sidecar_and_is_never_ready(
    made: tuple[list[Edge], set[int], set[int]], granted: bool
) -> None:
    door = [*shop(*made), ingress()]
    told = {Party.INGRESS: "edge/door"}
    if granted:
        door += [dict(one) for step in asked(door, told).plan.steps.values() for one in step.manifests]
    alone, read = asked(door, told), asked([*door, namespace("edge"), deployment("door", space="edge")], told)
    assert standings(alone) == standings(read) != []
    assert alone.readiness is not Readiness.READY
    assert [(one.who, one.what) for one in alone.unseen] == [("edge/door", "its sidecar")]
    assert read.unseen == ()
    assert not [turn for turn in alone.order if turn.namespace == space(0) and "all meshed" in turn.why]
    if granted and 0 not in made[1]:
        assert {standing for _, standing in standings(alone)} == {Standing.CORRECT}


def asked(found: Iterable[Manifest], told: Mapping[Party, str]) -> Report:
    """Return what is said with deny on the shop's own namespaces."""
    return reported(found, namespaces=SPACES, told=told)


def standings(report: Report) -> list[tuple[str, Standing]]:
    """Return what becomes of what the ingress controller needs."""
    return [(one.need.server_name, one.standing) for one in report.held if one.need.kind is NeedKind.INGRESS]


def ingress() -> Manifest:
    """Return an Ingress that leads to the first service."""
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": name(0), "port": {"name": "http"}}}}
    metadata = {"name": "door", "namespace": space(0)}
    spec = {"rules": [{"http": {"paths": [path]}}]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


@BOUNDED
@given(SHOPS, st.sampled_from(("read", "account", "unmeshed")), st.booleans())
def test_every_sidecar_is_scraped_and_the_steps_open_its_metrics_and_leave_its_probes(
    made: tuple[list[Edge], set[int], set[int]], who: str, governed: bool
) -> None:
    found = shop(*made)
    if who == "read":
        found += [namespace("metrics"), deployment("prometheus", space="metrics", image="prom/prometheus:v3")]
    if governed:
        found.append(own_server(0))
    told = {Party.PROMETHEUS: {"account": "metrics/prometheus"}.get(who, who)} if who != "read" else {}
    before = asked(found, told)
    meshed = {name(number) for number in range(5) if number not in made[1]}
    assert scraped(before) == dict.fromkeys(meshed, Standing.MISSING)
    steps = [dict(one) for step in before.plan.steps.values() for one in step.manifests]
    after = asked([*found, *steps], told)
    assert scraped(after) == dict.fromkeys(meshed, Standing.CORRECT)
    assert not [one for one in after.unused if one.port == 4191]
    for server in meshed:
        for path in ("/live", "/ready"):
            assert ask(after.denied, "203.0.113.9", f"{server}:4191{path}").allowed
        assert ask(after.denied, "unmeshed", f"{server}:4191/metrics").allowed is (who == "unmeshed")


def scraped(report: Report) -> dict[str, Standing]:
    """Return what becomes of the scrape of each sidecar."""
    return {one.need.server.ref.name: one.standing for one in report.held if one.need.kind is NeedKind.SIDECAR}


def own_server(number: int) -> Manifest:
    """Return a Server on the metrics of one service's sidecars."""
    selector = {"matchLabels": {"app": name(number)}}
    metadata = {"name": f"{name(number)}-admin", "namespace": space(number)}
    spec = {"podSelector": selector, "port": "linkerd-admin"}
    return {"apiVersion": "policy.linkerd.io/v1beta3", "kind": "Server", "metadata": metadata, "spec": spec}


def identities(cluster: Cluster) -> dict[str, set[str]]:
    """Return the workloads of each identity."""
    found: dict[str, set[str]] = {}
    for one in cluster.workloads:
        found.setdefault(identity_of(cluster, one), set()).add(one.ref.name)
    return found


def applied_to(report: Report, before: Iterable[Manifest]) -> Report:
    """Return what is said once the objects of all steps are among the manifests."""
    more: list[Any] = [dict(one) for step in report.plan.steps.values() for one in step.manifests]
    return reported([*before, *more], namespaces=SPACES)
