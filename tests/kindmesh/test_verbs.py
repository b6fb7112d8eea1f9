"""Every verb in every form, against a kubectl that answers and refuses as the real one does."""

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kindmesh.cli import main
from kindmesh.identity.authority import as_secret, make_anchor, make_issuer
from kindmesh.identity.trustroots import bundle
from kindmesh.operations.chaos import CHAOS
from kindmesh.probes.clients import CLIENTS, NAMESPACE
from kindmesh.probes.load import TARGETS

from ..onpath import only, stand_in
from .kubectl import Cluster as Objects
from .kubectl import Object, answer, thing

PROGRAM = """import sys
sys.path[:0] = {path!r}
import kubectl
kubectl.main({state!r})
"""
DEPLOYMENTS = {
    "pingpong": ("pinger", "ponger"),
    "ingress": ("traefik",),
    "tracing": ("jaeger",),
    "linkerd": ("linkerd-identity", "linkerd-destination", "linkerd-proxy-injector"),
    "linkerd-viz": ("prometheus", "metrics-api", "tap", "tap-injector", "web"),
}
LABELS = {"linkerd-proxy-injector": {"linkerd.io/control-plane-component": "proxy-injector"}}
ALONE = {"KINDMESH_WITHOUT": "cert-manager"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster behind the stand-in."""

    path: Path

    @property
    def objects(self) -> list[Object]:
        """What it holds."""
        found: list[Object] = json.loads(self.path.read_text())["objects"]
        return found

    def names(self, kind: str) -> list[str]:
        """Return the names of the objects of a kind, sorted."""
        return sorted(one["metadata"]["name"] for one in self.objects if one["kind"] == kind)


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """Put the stand-in on the PATH, with a cluster that holds nothing."""
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"unknown": [], "objects": [thing("Node", "one")], "version": 1}))
    tools = tmp_path / "tools"
    tools.mkdir()
    path = [str(Path(__file__).parent), *filter(None, sys.path)]
    stand_in(tools, "kubectl", PROGRAM.format(path=path, state=str(state)))
    only(monkeypatch, tools)

    def run(words: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
        if words[0] != "kubectl":
            raise FileNotFoundError
        code, out, err = answer(state, list(words[1:]), how["input"])
        return subprocess.CompletedProcess(words, code, out, err)

    # In this process, since a verb calls kubectl up to a hundred times; loads and `logs` run it as a program.
    here = SimpleNamespace(run=run, TimeoutExpired=subprocess.TimeoutExpired)
    monkeypatch.setattr("kindmesh.tools.command.subprocess", here)
    return Cluster(state)


@pytest.fixture
def cluster(kubectl: Cluster) -> Cluster:
    """Fill the cluster with what `up` brings."""
    fill(kubectl)
    return kubectl


def fill(cluster: Cluster) -> None:
    """Apply the objects of a whole cluster."""
    spaces = [*DEPLOYMENTS, "cert-manager"]
    objects = [thing("Namespace", space) for space in spaces]
    objects += [deployment(space, name) for space, names in DEPLOYMENTS.items() for name in names]
    grant = thing("AuthorizationPolicy", "pinger-may-ping", "pingpong", spec={})
    dns = {"egress": [{"ports": [{"protocol": "UDP", "port": 53}]}]}
    objects += [grant, thing("NetworkPolicy", "all-to-dns", "pingpong", spec=dns)]
    secret = {"tls.crt": base64.b64encode(b"certificate 0").decode()}
    for space, name in (("cert-manager", "linkerd-trust-anchor"), ("linkerd", "linkerd-identity-issuer")):
        certificate = thing("Certificate", name, space, spec={"secretName": name}, status={"conditions": []})
        certificate["metadata"]["generation"] = 1
        objects += [certificate, thing("Secret", name, space, data=secret)]
    objects += [thing("Secret", "linkerd-previous-anchor", "cert-manager", data=secret)]
    store(cluster, objects)


def store(cluster: Cluster, objects: list[Object], gone: tuple[str, ...] = ()) -> None:
    """Put objects into the cluster, and take some kinds away, without kubectl."""
    state = Objects(cluster.path)
    for one in [found for found in state.objects if found["kind"] in gone]:
        state.remove(one)
    for one in objects:
        one["metadata"].setdefault("labels", {})
        state.put(one)
    state.save()


def deployment(space: str, name: str) -> Object:
    """Return a Deployment."""
    labels = LABELS.get(name, {"app.kubernetes.io/name": name})
    spec = {"replicas": 2 if name == "ponger" else 1, "selector": {"matchLabels": labels}}
    return thing("Deployment", name, space, spec=spec)


def run(*arguments: str, **environment: str) -> Result:
    """Run a verb in this process."""
    return CliRunner().invoke(main, arguments, env=environment, catch_exceptions=False)


@pytest.mark.parametrize(
    ("source", "target", "method", "words"),
    [
        ("pinger", "ponger/ping", "GET", "allowed (200"),
        ("pinger", "ponger/ping", "POST", "refused by the mesh's policy (403"),
        ("pinger", "ponger:metrics/metrics", "GET", "refused by the mesh's policy (403"),
        ("ponger", "pinger", "GET", "refused by the mesh's policy (403"),
        ("newcomer", "ponger/ping", "GET", "allowed (200"),
        ("ingress", "pinger/rally", "GET", "allowed (200"),
        ("disguised", "ponger/ping", "GET", "refused by the mesh's policy (403"),
        ("stranger", "ponger/ping", "GET", "dropped by a NetworkPolicy (504"),
        ("unmeshed", "ponger/ping", "GET", "dropped by a NetworkPolicy (connection refused"),
        ("node", "ponger/ready", "GET", "allowed (200"),
    ],
)
def test_every_client_asks_and_leaves_nothing_behind(
    source: str, target: str, method: str, words: str, cluster: Cluster
) -> None:
    before = cluster.names("Pod"), cluster.names("Namespace")
    result = run("ask", source, target, "--method", method)
    assert f"{source} -> {target}: {words}" in result.stdout, result.stderr
    assert result.exit_code == (0 if "allowed" in words else 1)
    assert (cluster.names("Pod"), cluster.names("Namespace")) == before


def test_the_table_of_clients_is_tried_whole() -> None:
    (marked,) = test_every_client_asks_and_leaves_nothing_behind.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in marked.args[1]} == {client.name for client in CLIENTS}


def test_an_answer_is_given_to_programs_too(cluster: Cluster) -> None:
    found = json.loads(run("ask", "pinger", "ponger/ping", "--output", "json").stdout)
    assert (found["cause"], found["answer"]["status"]) == ("allowed", 200)
    assert NAMESPACE not in cluster.names("Namespace")


@pytest.mark.usefixtures("cluster")
def test_status_shows_every_pod() -> None:
    pods = json.loads(run("status", "--output", "json").stdout)
    assert {pod["namespace"] for pod in pods} == set(DEPLOYMENTS)
    assert all(pod["meshed"] and pod["ready"] for pod in pods)
    assert "pingpong/pinger" in run("status").stdout


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("options", "line"),
    [
        ((), "[pod/ponger-"),
        (("--sidecar",), "/linkerd-proxy] a line"),
        (("--follow",), "/ponger] a line"),
        (("-f", "--sidecar"), "/linkerd-proxy] a line"),
    ],
)
def test_logs_are_those_of_the_pods(options: tuple[str, ...], line: str) -> None:
    # `logs` becomes kubectl, so it gets a process of its own.
    words = (sys.executable, "-m", "kindmesh", "logs", "ponger", *options)
    found = subprocess.run(words, capture_output=True, text=True, env=dict(os.environ), timeout=60, check=False)
    assert found.returncode == 0, found.stderr
    assert found.stdout.count(line) == 2


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("name", TARGETS)
def test_a_restart_under_load_tells_what_was_lost(name: str) -> None:
    result = run("restart", name)
    assert (result.exit_code, result.stdout) == (0, ""), result.stderr
    assert "0 of 50 requests lost" in result.stderr


@pytest.mark.parametrize("name", CHAOS)
def test_what_chaos_breaks_is_whole_again(name: str, cluster: Cluster) -> None:
    kinds = ("AuthorizationPolicy", "NetworkPolicy", "Deployment", "Namespace")
    before = [cluster.names(kind) for kind in kinds]
    result = run("chaos", name)
    assert result.exit_code == 0, result.stderr
    assert "✓" in result.stderr
    assert [cluster.names(kind) for kind in kinds] == before


@pytest.mark.parametrize(
    ("what", "keeper", "phases"),
    [("issuer", "cert-manager", 1), ("anchor", "cert-manager", 6), ("anchor", "kindmesh", 6)],
)
def test_a_rotation_runs_through_all_its_phases(what: str, keeper: str, phases: int, cluster: Cluster) -> None:
    if keeper == "kindmesh":
        keep_alone(cluster)
    result = run("rotate", what, **(ALONE if keeper == "kindmesh" else {}))
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("0 of 50 requests lost") == phases
    assert "linkerd-next-anchor" not in cluster.names("Secret")


def keep_alone(cluster: Cluster) -> None:
    """Have the certificates kept without cert-manager."""
    anchor = make_anchor()
    kept = [as_secret(anchor, "linkerd-trust-anchor", anchor.pem), bundle(anchor.pem)]
    kept += [as_secret(make_issuer(anchor), "linkerd-identity-issuer", anchor.pem)]
    store(cluster, kept, gone=("Certificate",))


VERBS = (
    *(["ask", client.name, "ponger/ping"] for client in CLIENTS),
    ["logs", "ponger"],
    ["restart", "pinger"],
    ["rotate", "issuer"],
    ["rotate", "anchor"],
    *(["chaos", name] for name in CHAOS),
    ["dashboard"],
    ["traces"],
    ["metrics"],
)


@pytest.mark.parametrize("stage", ["nothing", "linkerd"])
@pytest.mark.parametrize("arguments", VERBS, ids=" ".join)
def test_on_an_unfinished_cluster_a_verb_says_what_is_missing_and_changes_nothing(
    arguments: list[str], stage: str, kubectl: Cluster
) -> None:
    if stage == "linkerd":
        names = DEPLOYMENTS["linkerd"]
        store(kubectl, [thing("Namespace", "linkerd"), *(deployment("linkerd", name) for name in names)])
    before = kubectl.path.read_text()
    result = run(*arguments)
    message, hint = result.stderr.splitlines()
    assert message.startswith("error: the cluster is not complete; missing Deployments: ")
    assert hint == "hint: bring up what is missing with `just up kind`, which continues where it stopped"
    assert (result.exit_code, result.stdout) == (1, "")
    assert kubectl.path.read_text() == before


@pytest.mark.usefixtures("kubectl")
def test_on_an_empty_cluster_status_is_empty_and_succeeds() -> None:
    result = run("status", "--output", "json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


@pytest.mark.usefixtures("kubectl")
def test_keys_of_accounts_that_do_not_exist_are_not_proved_safe() -> None:
    findings = json.loads(run("verify", "--only", "keys", "--output", "json").stdout)
    assert {finding["outcome"] for finding in findings} == {"failed"}
    assert "there is no account pingpong/pinger" in {finding["found"] for finding in findings}
