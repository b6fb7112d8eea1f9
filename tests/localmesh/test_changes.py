"""What changes in a mesh that runs: taken in while real requests are made, on kept and on new connections."""

import asyncio
import re
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from localmesh.until import until

from .commands import Commands, Outcome

pytestmark = pytest.mark.envoy

PONG = "http://ponger.pingpong.svc.cluster.local/ping"
POLICIES = "mesh/policies/authorizationpolicies.yaml"
ROUTES = "mesh/policies/httproutes.yaml"
SERVERS = "mesh/policies/servers.yaml"
DEPLOYMENTS = "k8s/base/deployments.yaml"
GRANT = "name: pinger-may-ping"


PLAIN = ssl.create_default_context()
"""For clients that need none: to make one takes longer than a request."""
PAUSE = 0.02
"""Seconds between two calls."""
PATIENCE = 60
"""Seconds that an answer may take on a machine that is busy: one that comes late was not lost."""


@pytest.fixture
def changing(mesh: Commands) -> Iterator[Commands]:
    """Return the mesh that others only look at; what is changed in it is changed back."""
    before = {path: path.read_text() for path in mesh.manifests.rglob("*.yaml")}
    yield mesh
    assert {path: path.read_text() for path in mesh.manifests.rglob("*.yaml")} == before


@contextmanager
def edited(mesh: Commands, file: str, old: str, new: str) -> Iterator[None]:
    """Have one text in a manifest stand for another, and what runs follow both times."""
    path = mesh.manifests / file
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new))
    try:
        yield
    finally:
        path.write_text(before)
        assert applied(mesh).code == 0


def applied(mesh: Commands) -> Outcome:
    outcome = mesh.run("apply")
    assert outcome.code in (0, 2), outcome.err
    return outcome


@contextmanager
def pinging(mesh: Commands) -> Iterator[Counter[str]]:
    """Call ponger as pinger does until the block ends, on a kept and on new connections; count the answers."""
    (pinger,) = mesh.pods("pinger")
    proxy = mesh.processes()[f"{pinger}/pinger"].environ()["HTTP_PROXY"]
    answers: Counter[str] = Counter()
    over = threading.Event()

    def keep() -> None:
        with httpx.Client(proxy=proxy, trust_env=False, timeout=PATIENCE) as kept:
            while not over.wait(PAUSE):
                count("kept", kept.get(PONG))

    def renew() -> None:
        while not over.wait(PAUSE):
            with httpx.Client(proxy=proxy, trust_env=False, verify=PLAIN, timeout=PATIENCE) as new:
                count("new", new.get(PONG))

    def count(how: str, answer: httpx.Response) -> None:
        answers[f"{how} {answer.status_code} {answer.text.strip()}".strip()] += 1

    threads = [threading.Thread(target=keep), threading.Thread(target=renew)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def go_on(answers: Counter[str]) -> None:
    """Return when some more calls were made, on both kinds of connections."""

    def counted(how: str) -> int:
        return sum(count for answer, count in list(answers.items()) if answer.startswith(how))

    enough = {how: counted(how) + 10 for how in ("kept", "new")}
    there = lambda: all(counted(how) >= least for how, least in enough.items())  # noqa: E731 a fact to wait for
    asyncio.run(until(there, within=PATIENCE, what=f"no calls were made: {answers}"))


def ping(mesh: Commands) -> Iterator[int]:
    """Yield the statuses of one call after the other, all on one connection."""
    (pinger,) = mesh.pods("pinger")
    proxy = mesh.processes()[f"{pinger}/pinger"].environ()["HTTP_PROXY"]
    with httpx.Client(proxy=proxy, trust_env=False, timeout=PATIENCE) as kept:
        while True:
            yield kept.get(PONG).status_code


ACCOUNT = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: other, namespace: pingpong}
"""
SERVICE = """
---
apiVersion: v1
kind: Service
metadata: {name: second, namespace: pingpong}
spec: {selector: {app.kubernetes.io/name: ponger}, ports: [{port: 80, targetPort: http}]}
"""


def test_what_both_states_allow_never_fails_and_who_is_made_as_before_stays(changing: Commands) -> None:
    """The promise of `apply`, over every kind of change that there is."""
    before = changing.processes()
    edits = [
        (POLICIES, GRANT, "name: another-name"),
        (POLICIES, "name: kubelet-may-probe-ponger", "name: another-name"),
        (DEPLOYMENTS, "replicas: 2", "replicas: 3"),
        (SERVERS, "proxyProtocol: HTTP/1", "proxyProtocol: unknown"),
    ]
    with pinging(changing) as answers:
        for file, old, new in edits:
            with edited(changing, file, old, new):
                assert "ponger-0" in applied(changing).err or "ponger-2" in changing.pods("ponger")
                go_on(answers)
        services = changing.manifests / "k8s/base/services.yaml"
        with edited(changing, "k8s/base/services.yaml", services.read_text(), services.read_text() + SERVICE):
            applied(changing)
            go_on(answers)
    assert set(answers) == {"kept 200 pong", "new 200 pong"}
    assert changing.processes() == before


def test_a_grant_that_is_taken_away_holds_for_the_next_request_of_a_kept_connection(changing: Commands) -> None:
    answers = ping(changing)
    assert next(answers) == 200
    with edited(changing, POLICIES, GRANT, "name: pinger-may-ping\n  labels: {team: one}"):
        assert applied(changing).err == "Nothing has changed.\n"
    taken = (changing.manifests / POLICIES).read_text()
    (changing.manifests / POLICIES).write_text(taken.replace("name: ponger-offer", "name: no-such-route", 1))
    changed = changing.run("diff")
    assert (changed.code, "GET /ping" in changed.out) == (1, True), changed
    assert re.fullmatch(r"Applied in \d+ ms: updated ponger-0, ponger-1\.\n", applied(changing).err)
    assert (next(answers), changing.run("ask", "pinger", "ponger/ping").code) == (403, 1)
    (changing.manifests / POLICIES).write_text(taken)
    assert changing.run("diff").code == 1
    assert applied(changing).code == 0
    assert next(answers) == 200
    assert changing.run("diff").code == 0


def test_a_workload_comes_and_goes_and_the_others_stay(changing: Commands) -> None:
    before = changing.processes()
    text = (changing.manifests / DEPLOYMENTS).read_text()
    ponger = next(part for part in text.split("\n---\n") if "  name: ponger\n" in part)
    base = changing.manifests / "k8s/base"
    other, account, listed = base / "other.yaml", base / "account.yaml", base / "kustomization.yaml"
    others = listed.read_text()
    other.write_text(ponger.replace("name: ponger\n", "name: other\n").replace("replicas: 2", "replicas: 1"))
    account.write_text(ACCOUNT)
    refused = changing.run("apply")
    assert (refused.code, "other.yaml: left out: no kustomization of its folder lists it" in refused.err) == (2, True)
    listed.write_text(f"{others}  - account.yaml\n  - other.yaml\n")
    assert applied(changing).err.endswith(": started other-0.\n")
    assert "verdict   forbidden" in changing.run("ask", "other", "ponger/ping").out
    other.unlink()
    account.unlink()
    listed.write_text(others)
    assert applied(changing).err.endswith(": stopped other-0.\n")
    assert changing.processes() == before


def test_only_the_pods_whose_settings_change_are_replaced(changing: Commands) -> None:
    before = changing.processes()
    interval = '"1"'
    with edited(changing, DEPLOYMENTS, interval, '"2"'), pinging_quietly(changing):
        assert applied(changing).err.endswith(": replaced pinger-0.\n")
        new = [name for name, process in changing.processes().items() if before.get(name) != process]
        assert sorted(new) == ["pinger-0/pinger", "pinger-0/sidecar"]


@contextmanager
def pinging_quietly(mesh: Commands) -> Iterator[None]:
    """See that the ingress never fails while pods are replaced behind it."""
    over, failed = threading.Event(), Counter[int]()

    def ask() -> None:
        with httpx.Client(trust_env=False, timeout=PATIENCE) as http:
            while not over.wait(2 * PAUSE):  # each makes three proxies and two apps work
                failed[http.get(f"http://127.0.0.1:{mesh.port}/rally").status_code] += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert set(failed) == {200}


def test_a_workload_is_scaled_and_comes_back_with_the_manifests(changing: Commands) -> None:
    assert changing.run("scale", "ponger", "3").err == "ponger now runs as ponger-0, ponger-1, ponger-2.\n"
    assert changing.run("scale", "ponger", "1").err == "ponger now runs as ponger-0.\n"
    assert applied(changing).err.endswith(": started ponger-1.\n")
    refused = changing.run("scale", "pong", "1")
    assert (refused.code, "there is no such workload" in refused.err) == (2, True)


def test_what_envoy_refuses_is_told_in_its_own_words_with_the_object(changing: Commands) -> None:
    """`{1001}` is more than the engine of Envoy repeats; Linkerd's engine takes it."""
    path = changing.manifests / ROUTES
    before = path.read_text()
    exact = "type: Exact\n            value: /ping"
    assert exact in before
    path.write_text(before.replace(exact, 'type: RegularExpression\n            value: "/a{1001}"', 1))
    refused = applied(changing)
    path.write_text(before)
    assert refused.code == 2
    assert "HTTPRoute pingpong/ponger-offer" in refused.err
    assert "invalid repetition size: {1001}" in refused.err
    assert changing.run("ask", "pinger", "ponger/ping").code == 0
    assert applied(changing).err == "Nothing has changed.\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (SERVERS, "name: ponger-http", "name: BAD_NAME", "BAD_NAME"),
        (
            POLICIES,
            "      name: pinger\n",
            "      name: pinger\n    - {group: policy.linkerd.io, kind: MeshTLSAuthentication, name: other}\n",
            "one identity and one network at most",
        ),
    ],
)
def test_what_an_api_server_would_refuse_is_refused(
    file: str, old: str, new: str, words: str, changing: Commands
) -> None:
    path = changing.manifests / file
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    refused = changing.run("apply")
    path.write_text(before)
    assert (refused.code, words in refused.err) == (2, True), refused.err
    assert refused.err.endswith("hint: fix these errors; what runs was not changed\n")
