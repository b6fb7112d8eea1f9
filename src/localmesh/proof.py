"""The proof at the end of `up`: an allowed call through the ingress, and a refused call by an unmeshed client."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from time import monotonic, sleep

import httpx

from localmesh.supervisor.client import Client
from localmesh.views import ALLOW, DEFAULT_PORT, NODE, UNMESHED, AccessView, Answer, MeshView, Proof, Question
from meshpolicy.core.client import ANYONE

TIMEOUT = 5.0
"""Seconds within which the ingress must answer once all pods are ready."""
POLL = 0.1
MOST_ASKED = 20


@dataclass(frozen=True, slots=True)
class Call:
    """An allowed call, as source and target of a question."""

    source: str
    target: str


def prove(client: Client, mesh: MeshView) -> Proof:
    """Make the calls; one that cannot be made is listed in the proof's `missing`."""
    calls = allowed_calls(mesh)
    entry = mesh.ingress
    url = f"{entry.url}{entry.paths[-1]}" if entry and entry.url and entry.paths else ""
    allowed, line = through_ingress(url) if url else (True, "")
    asked = client.ask(Question(calls[0].source, calls[0].target)) if calls and not url else None
    refused = first_refused(client, stranger_targets(mesh, calls))
    missing = (
        *([] if url or asked else [NOTHING_ALLOWED]),
        *([] if refused else [_nothing_refused(mesh)]),
    )
    return Proof(url, line, allowed, refused, asked, missing)


NOTHING_ALLOWED = "no call could be made that has to be answered: there is no way in, and nobody may GET anything here"


def _nothing_refused(mesh: MeshView) -> str:
    bare = [pod.name for pod in mesh.pods if not pod.identity]
    why = f"; without a sidecar, and so without any policy: {', '.join(bare)}" if bare else ""
    return f"no call could be made that has to be refused: every port here admits strangers{why}"


def first_refused(client: Client, targets: Iterable[str]) -> Answer | None:
    """Return the answer to an unmeshed client's first call that the policies do not allow; None if all are allowed."""
    for target in targets:
        answer = client.ask(Question(UNMESHED, target))
        if answer.predicted != ALLOW:
            return answer
    return None


def allowed_calls(mesh: MeshView) -> list[Call]:
    """Return the allowed GETs, best proof first: not open to all, not allowed to the kubelet, sent by a workload."""
    workloads = {pod.workload for pod in mesh.pods}
    probed = {(line.server, line.because) for line in mesh.access if line.client == NODE}

    def rank(line: AccessView) -> tuple[bool, bool, bool]:
        open_to_all = line.client in (UNMESHED, ANYONE)
        return open_to_all, (line.server, line.because) in probed, line.client not in workloads

    lines = [line for line in mesh.access if line.server in workloads and line.path]
    return [_call(line) for line in sorted(lines, key=rank)]


def _call(line: AccessView) -> Call:
    return Call(UNMESHED if line.client == ANYONE else line.client, _target(line.server, line.port) + line.path)


def stranger_targets(mesh: MeshView, calls: Iterable[Call]) -> tuple[str, ...]:
    """Return targets that may be refused to an unmeshed client: those of other clients, then the root of every port.

    Of the first kind are at most half: what many clients may call can be open to all, such as the path of a probe.
    """
    roots = (_target(pod.workload, port) + "/" for pod in mesh.pods if pod.identity for port in pod.ports)
    named = dict.fromkeys(call.target for call in calls if call.source not in (UNMESHED, NODE))
    return tuple(islice(dict.fromkeys((*islice(named, MOST_ASKED // 2), *roots)), MOST_ASKED))


def _target(workload: str, port: str) -> str:
    return workload if port == DEFAULT_PORT else f"{workload}:{port}"


def through_ingress(url: str, timeout: float = TIMEOUT) -> tuple[bool, str]:
    """Send a GET until it succeeds or `timeout` seconds pass; return whether it succeeded, and the last answer."""
    deadline = monotonic() + timeout
    # No call uses TLS, and loading this machine's certificate authorities takes longer than the calls.
    with httpx.Client(trust_env=False, verify=SSLContext(PROTOCOL_TLS_CLIENT), timeout=timeout) as http:
        while True:
            try:
                response = http.get(url)
            except httpx.TransportError as error:
                found = str(error)
            else:
                found = " ".join([str(response.status_code), *response.text.strip().splitlines()[:1]])
                if response.is_success and _went_well(response.text):
                    return True, found
            if monotonic() > deadline:
                return False, found
            sleep(POLL)


def _went_well(body: str) -> bool:
    """Whether the body reports success: a failed rally is reported with status 200 too."""
    try:
        said = json.loads(body)
    except ValueError:
        return True
    return not isinstance(said, dict) or said.get("outcome", "ok") == "ok"
