"""What changes while requests are made: certificates are rotated and a replica is killed, and no request is lost.

A response that has begun cannot be sent again by anybody: of a killed replica it may be cut off.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from httpx import RemoteProtocolError

from localmesh.envoy import secrets
from localmesh.envoy.endpoints import Destination
from localmesh.identity.authority import Authority
from meshidentity.certificates import Validity

from .apps import app
from .realenvoy import LIFETIME, Sidecar, prepare, run, until
from .values import at, grant, identity, make_pod, on, policy, route

pytestmark = pytest.mark.envoy

PORT = 8080
ECHO = Destination("echo", ("echo",), PORT)
CLIENTS = 2
CUT_OFF = "a response that was cut off"


@pytest.fixture(scope="module")
def replicas(folder: Path, authority: Authority) -> Iterator[tuple[Sidecar, Sidecar, Sidecar]]:
    """Run a client and two servers of different accounts behind one name."""
    client, *servers = (make_pod(folder, name, n) for n, name in enumerate(("caller", "one", "two"), 20))
    routes = (route("/", grant(identity("caller"))),)
    with ExitStack() as stack:
        for pod in (client, *servers):
            prepare(pod)
        for pod in servers:
            stack.enter_context(app(pod.app / "http.sock", pod.service_account))
        running = [
            stack.enter_context(run(authority, pod, [on(pod, policy(PORT, http_routes=routes))], {})) for pod in servers
        ]
        leads = {ECHO: tuple(at(pod, PORT) for pod in servers)}
        caller = stack.enter_context(run(authority, client, [], leads))
        yield caller, running[0], running[1]


@contextmanager
def asking(caller: Sidecar, answers: Counter[str]) -> Iterator[None]:
    """Ask again and again until the block ends, and count who answered."""
    over = threading.Event()

    def ask() -> None:
        with caller.client() as client:
            while not over.wait(0.002):
                try:
                    answer = client.get("http://echo:8080/")
                except RemoteProtocolError as error:
                    answers[CUT_OFF if "complete message body" in str(error) else str(error)] += 1
                    continue
                answers[answer.json()["app"] if answer.is_success else str(answer.status_code)] += 1

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def more(answers: Counter[str], names: tuple[str, ...], number: int = 20) -> Callable[[], bool]:
    """Return whether each has answered so many times more than now."""
    before = {name: answers[name] for name in names}
    return lambda: all(answers[name] >= before[name] + number for name in names)


def test_rotation_loses_no_request(replicas: tuple[Sidecar, Sidecar, Sidecar], authority: Authority) -> None:
    answers: Counter[str] = Counter()
    with asking(replicas[0], answers):
        for _ in range(3):
            until(more(answers, ("one", "two")), "requests go on")
            for sidecar in replicas:
                rotate(sidecar, authority)
        until(more(answers, ("one", "two")), "requests go on")
    assert set(answers) == {"one", "two"}


def rotate(sidecar: Sidecar, authority: Authority) -> None:
    """Replace a sidecar's certificate, and wait until Envoy has it."""
    leaf = authority.issuer.leaf(sidecar.pod.identity, Validity.lasting(LIFETIME))
    sidecar.tell(secrets.certificate(leaf))
    serial = f"{leaf.x509.serial_number:x}"
    until(lambda: serial in sidecar.admin("/certs"), f"{sidecar.pod.name} has no new certificate")


def test_replicas_of_different_accounts_share_the_work(replicas: tuple[Sidecar, Sidecar, Sidecar]) -> None:
    answers: Counter[str] = Counter()
    with asking(replicas[0], answers):
        until(lambda: answers.total() >= 100, "100 answers")
    assert min(answers["one"], answers["two"]) >= answers.total() / 4


def test_a_killed_replica_loses_no_request_whose_response_had_not_begun(
    replicas: tuple[Sidecar, Sidecar, Sidecar],
) -> None:
    caller, _, two = replicas
    answers: Counter[str] = Counter()
    assert two.process
    with asking(caller, answers):
        until(more(answers, ("one", "two")), "both answer")
        two.process.kill()
        until(more(answers, ("one",), 200), "one answers")
    assert answers.pop(CUT_OFF, 0) <= CLIENTS
    assert set(answers) == {"one", "two"}
