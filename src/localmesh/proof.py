"""The calls at the end of `up`: one that is allowed, through the ingress, and one by a stranger that is refused."""

import json
from time import monotonic, sleep

import httpx

from localmesh.ask.sources import NODE, UNMESHED
from localmesh.ask.targets import USUAL
from localmesh.supervisor.client import Client
from localmesh.views import AccessView, MeshView, Proof, Question

PATIENCE = 5.0
"""Seconds in which the ingress must answer once all pods are ready."""
POLL = 0.02


def prove(client: Client, mesh: MeshView) -> Proof:
    """Make the calls."""
    url = f"{mesh.ingress.url}{mesh.ingress.paths[-1]}" if mesh.ingress and mesh.ingress.paths else ""
    allowed, line = through_ingress(url) if url else (True, "")
    target = offered(mesh)
    return Proof(url, line, allowed, client.ask(Question(UNMESHED, target)) if target else None)


def through_ingress(url: str, patience: float = PATIENCE) -> tuple[bool, str]:
    """Ask until the answer is a success; return whether it became one, and what came last."""
    deadline = monotonic() + patience
    with httpx.Client(trust_env=False, timeout=patience) as http:
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
    """Whether an answer says so of the call behind it: a rally that failed is reported with 200 too."""
    try:
        said = json.loads(body)
    except ValueError:
        return True
    return not isinstance(said, dict) or said.get("outcome", "ok") == "ok"


def offered(mesh: MeshView) -> str:
    """Return a call that one workload may make to another by its identity, as the target of a question."""
    workloads = {pod.workload for pod in mesh.pods if pod.ports}
    probed = {(line.server, line.because) for line in mesh.access if line.client == NODE}

    def by_identity(line: AccessView) -> bool:
        between = line.client in workloads and line.server in workloads
        return between and line.request.startswith("GET /") and (line.server, line.because) not in probed

    found = next(filter(by_identity, mesh.access), None)
    if not found:
        return ""
    port = "" if found.port == USUAL else f":{found.port}"
    return found.server + port + found.request.split(", ")[0].removeprefix("GET ")
