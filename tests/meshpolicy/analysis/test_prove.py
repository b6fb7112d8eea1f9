"""`prove`: sentences about access hold for every request, or a request shows the contrary."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.phrases import InvalidPhrase
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.proof import Outcome, Proof
from meshpolicy.analysis.prove import prove
from meshpolicy.analysis.sentence import read_sentence
from meshpolicy.core.client import Arrival, Client
from meshpolicy.core.policy import PortPolicy
from meshpolicy.decide.decide import decide
from meshpolicy.decide.judge import judge
from meshpolicy.decide.request import Request
from meshpolicy.kinds.cluster import Cluster

from ..build import (
    ARENA,
    Manifest,
    account,
    allow,
    cluster,
    exact,
    labels,
    network_policy,
    pod,
    prefix,
    ref,
    route,
    server,
    tls,
)
from ..command import ROOT, run, written
from ..flips import EVERYWHERE, HEADERS, HOSTS, PATHS, QUERIES, ROUTES, route_set
from ..solver import answer

OPEN = route(exact("/ping", method="GET"), prefix("/admin"), name="open")
ROUTED = (server(proxyProtocol="HTTP/1"), OPEN, allow(account("pinger"), on=ref("HTTPRoute", "open")))
ONLY = "only arena/pinger may {} on arena/ponger:http"


def proved(text: str, *manifests: Manifest) -> Proof:
    """Return the answer to a sentence about the arena."""
    found = cluster(*ARENA, *manifests)
    return prove(found, read_sentence(text, found.settings))


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (ONLY.format("GET /ping"), "proved"),
        (ONLY.format("any method /*"), "proved"),
        (ONLY.format("any request"), "proved"),
        (ONLY.format("call"), "proved"),
        ("only arena/rogue may GET /ping on arena/ponger:http", "false"),
        ("only arena/rogue or arena/pinger may GET /ping on arena/ponger:http", "proved"),
        ("only any account of arena may GET /ping on arena/ponger:http", "proved"),
        ("nobody may POST /ping on arena/ponger:http", "proved"),
        ("nobody may GET /admin/* on arena/ponger:http except arena/pinger", "proved"),
        ("nobody may GET /admin/x on arena/ponger:http", "false"),
        ("no unmeshed client may call arena/ponger:http", "proved"),
        ("no unmeshed client may call arena/ponger", "false"),
        ("arena/pinger may GET /ping on arena/ponger:http", "proved"),
        ("arena/pinger may any method /admin/* on arena/ponger:8080", "proved"),
        ("arena/pinger may POST /ping on arena/ponger:http", "false"),
        ("anyone may any request on arena/ponger:metrics", "proved"),
        ("arena/pinger and arena/rogue have the same access to arena/ponger:http", "false"),
        ("arena/rogue and unmeshed have the same access to arena/ponger:http", "proved"),
        ("arena/pinger and arena/rogue have the same access to arena/ponger:metrics", "proved"),
        ("every call of arena is encrypted", "false"),
    ],
)
def test_sentences_about_one_server(text: str, outcome: str) -> None:
    assert proved(text, *ROUTED).outcome == outcome


def test_a_false_sentence_has_a_witness_that_the_rules_confirm() -> None:
    found = cluster(*ARENA, *ROUTED, allow(tls_ref(), name="all"), tls("*"))
    shown = prove(found, read_sentence(ONLY.format("GET /ping"), found.settings))
    assert shown.outcome is Outcome.FALSE
    assert shown.witness is not None
    call = shown.witness.call(ponger(found))
    assert judge(found, call).allowed
    assert (call.request.method, call.request.path) == ("GET", "/ping")


def tls_ref() -> Manifest:
    """Return a reference to the MeshTLSAuthentication of the tests."""
    return ref("MeshTLSAuthentication", "tls")


def test_what_holds_since_nobody_may_is_told() -> None:
    shown = proved(ONLY.format("GET /nothing"), *ROUTED)
    assert (shown.outcome, shown.vacuous) == (Outcome.PROVED, True)


@pytest.mark.parametrize(
    ("manifests", "outcome"),
    [((), "proved"), ((network_policy(policyTypes=["Ingress"]),), "false")],
)
def test_a_network_policy_decides_as_well(manifests: tuple[Manifest, ...], outcome: str) -> None:
    assert proved("arena/pinger may GET /ping on arena/ponger:http", *ROUTED, *manifests).outcome == outcome


def test_what_a_network_policy_keeps_away_needs_no_identity() -> None:
    closed = network_policy(policyTypes=["Ingress"])
    assert proved("nobody may call arena/ponger:metrics except any unmeshed client", closed).outcome is Outcome.PROVED


@pytest.mark.parametrize(
    ("text", "manifests", "outcome"),
    [
        ("nobody may call arena/ponger:metrics", (), "false"),
        ("no unmeshed client may GET /live on arena/ponger:http", (), "false"),
        ("no unmeshed client may GET /live on arena/ponger:http", ROUTED, "proved"),
        (ONLY.format("GET /ping"), ROUTED, "proved"),
        ("nobody may call arena/ponger:metrics", (server("metrics", "metrics"),), "proved"),
        ("only anyone in 10.244.0.0/16 may call arena/ponger:metrics", (), "false"),
    ],
)
def test_the_pods_own_node_passes_every_network_policy(
    text: str, manifests: tuple[Manifest, ...], outcome: str
) -> None:
    """N2: the server's proxy alone refuses it; where it does not, the node is the witness, and `judge` agrees."""
    found = cluster(*ARENA, network_policy(policyTypes=["Ingress"]), *manifests)
    shown = prove(found, read_sentence(text, found.settings))
    assert shown.outcome == outcome
    if shown.witness is not None:
        server = found.workload("arena", "ponger")
        assert server is not None
        call = shown.witness.call(Port(found, server, shown.port))
        assert (shown.witness.pods.node, judge(found, call).allowed) == (True, True)


def test_an_undeclared_port_is_unknown_while_its_proxy_does_not_know_its_server() -> None:
    """R104: the default policy may decide the first connections."""
    shown = proved("nobody may call arena/ponger:7070", server("late", 7070))
    assert (shown.outcome, "first connections" in shown.reasons[0]) == (Outcome.UNKNOWN, True)


def test_calls_between_meshed_workloads_are_encrypted() -> None:
    found = cluster(pod("a", "10.244.0.1", ports={"http": 80}), pod("b", "10.244.0.2", ports={"http": 80}))
    assert prove(found, read_sentence("every call of arena is encrypted", found.settings)).outcome is Outcome.PROVED


@pytest.mark.parametrize(
    ("kind", "spec", "skipped", "outcome"),
    [
        ("StatefulSet", {"replicas": 3}, "7000", "false"),
        ("Deployment", {"replicas": 2}, "7000", "false"),
        ("DaemonSet", {}, "7000", "false"),
        ("StatefulSet", {"replicas": 1}, "7000", "proved"),
        ("StatefulSet", {"replicas": 3}, "7001", "proved"),
    ],
)
def test_pods_of_one_workload_call_each_other_over_the_network(
    kind: str, spec: Manifest, skipped: str, outcome: str
) -> None:
    """M1: only a workload of one pod has no calls among its pods."""
    annotations = {"linkerd.io/inject": "enabled", "config.linkerd.io/skip-inbound-ports": skipped}
    container = {"name": "a", "ports": [{"name": "peers", "containerPort": 7000}]}
    template = {"metadata": {"labels": {"app": "db"}, "annotations": annotations}, "spec": {"containers": [container]}}
    told = {"selector": labels(app="db"), "template": template, **spec}
    metadata = {"name": "db", "namespace": "arena"}
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "arena"}}
    found = cluster(home, {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": told})
    shown = prove(found, read_sentence("every call of arena is encrypted", found.settings))
    assert shown.outcome == outcome
    assert outcome == "false" or shown.reasons == ("of the calls between workloads of these manifests",)


@pytest.mark.parametrize(
    "text", ["", "pinger may", "only x may GET /ping on arena/ponger", "only a/b may fly on arena/ponger", "a/b may x"]
)
def test_what_is_no_sentence_is_told_with_the_forms(text: str) -> None:
    with pytest.raises(InvalidPhrase, match="write"):
        read_sentence(text, cluster().settings)


ASKED = st.sampled_from(("/", "/a", "/ab", "/a/b", "/a/*", "/*"))


def _dated(one: dict[str, Any]) -> dict[str, Any]:
    """Return a route of known age: what follows from an unknown one is told by the tests of ages."""
    return {**one, "created": one["created"] or "2026-01-03T00:00:00Z"}


DATED_ROUTES: st.SearchStrategy[dict[str, Any]] = ROUTES.map(_dated)


@given(st.lists(DATED_ROUTES, min_size=1, max_size=4), EVERYWHERE, st.sampled_from(("GET", "POST", "PUT")), ASKED)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_proved_no_sampled_request_contradicts(
    routes: list[dict[str, Any]], everywhere: tuple[str, ...], method: str, path: str
) -> None:
    """And what is false is shown by its witness."""
    found = cluster(*route_set(routes, everywhere))
    text = ONLY.format(f"{method} {path}")
    shown = prove(found, read_sentence(text, found.settings))
    policy = ponger(found).policy
    contrary = [request for request in _sampled(method, path) if _admitted(found, policy, request)]
    assert shown.outcome in ((Outcome.FALSE,) if contrary else (Outcome.PROVED, Outcome.FALSE)), contrary[:1]
    if shown.outcome is Outcome.FALSE:
        assert shown.witness is not None
        answered = judge(found, shown.witness.call(ponger(found)))
        assert answered.allowed
        assert set(shown.granted_by).intersection(reason.ref for reason in answered.reasons)


def ponger(found: Cluster) -> Port:
    """Return the port that the sentences are about."""
    workload = found.workload("arena", "ponger")
    assert workload is not None
    return Port(found, workload, 8080)


def _sampled(method: str, path: str) -> list[Request]:
    paths = [one for one in PATHS if path in ("/*", one) or (path == "/a/*" and (one == "/a" or one.startswith("/a/")))]
    return [
        Request(method, one + query, dict(headers), host)
        for one, query, headers, host in product(paths, QUERIES, HEADERS, HOSTS)
    ]


def _admitted(found: Cluster, policy: PortPolicy, request: Request) -> bool:
    rogue = found.settings.identity("arena", "rogue")
    clients = (Client(None, Arrival.MESHED_HTTP, rogue), Client(None, Arrival.PLAIN))
    return any(decide(policy, client, request).allowed for client in clients)


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    """Return a route that looks at paths and methods only."""
    matches = [{key: match[key] for key in ("path", "method") if key in match} for match in one["matches"]]
    return {**one, "hostnames": [], "redirect": None, "matches": matches}


PLAIN_ROUTES: st.SearchStrategy[dict[str, Any]] = DATED_ROUTES.map(_plain)


@given(st.lists(PLAIN_ROUTES, min_size=1, max_size=3), EVERYWHERE, st.sampled_from(("GET", "POST")), ASKED)
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_solver_is_of_the_same_opinion(
    routes: list[dict[str, Any]], everywhere: tuple[str, ...], method: str, path: str
) -> None:
    found = cluster(*route_set(routes, everywhere))
    expected = answer(routes, everywhere, method, path)
    shown = prove(found, read_sentence(ONLY.format(f"{method} {path}"), found.settings))
    if expected is not None:
        assert (shown.outcome is Outcome.PROVED) is expected


def test_the_command_says_and_exits_as_it_found(tmp_path: Path) -> None:
    file = written(tmp_path, "arena.yaml", *ARENA, *ROUTED)
    assert run("prove", ONLY.format("GET /ping"), file) == (0, f"PROVED: {ONLY.format('GET /ping')}\n", "")
    code, out, _ = run("prove", "nobody may GET /ping on arena/ponger:http", file, "--explain")
    assert code == 1
    assert out.splitlines()[1:] == [
        "  GET /ping by arena/pinger is allowed on arena/ponger:8080",
        f"  granted by AuthorizationPolicy arena/allow ({file}:128)",
        "  kubectl exec -n arena pinger -- curl -i http://ponger.arena.svc.cluster.local/ping",
    ]
    told = json.loads(run("prove", "nobody may GET /ping on arena/ponger:http", file, "--output", "json")[1])
    assert (told[0]["outcome"], told[0]["witness"]["path"], told[0]["allowed"]) == ("false", "/ping", True)
    assert told[0]["granted_by"] == ["AuthorizationPolicy arena/allow"]
    assert run("prove", "all is well", file)[0] == 2
    code, _, wrong = run("prove", "nobody may call arena/pong", file)
    assert (code, "did you mean arena/ponger" in wrong) == (2, True)


def test_the_sentences_about_this_project_hold() -> None:
    code, out, _ = run("prove", ROOT / "tests" / "proofs.yaml")
    assert code == 0, out
    assert out.splitlines()[-1].endswith(" proved")


def test_a_file_of_sentences_is_held_to_its_form(tmp_path: Path) -> None:
    file = tmp_path / "proofs.yaml"
    file.write_text("prove: [all is well]\nmanifest: [a]\n")
    code, _, told = run("prove", file)
    assert code == 2
    assert [line.partition(": ")[0].rpartition(", ")[2] for line in told.splitlines()] == [
        "manifest",
        "manifests",
        "prove[0]",
    ]
