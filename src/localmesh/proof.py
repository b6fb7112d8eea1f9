"""The calls at the end of `up`: one that is allowed, through the ingress, and one by a stranger that is refused."""

from time import monotonic, sleep

import httpx

from localmesh.client import Client
from localmesh.errors import TimedOut
from localmesh.sources import NODE, UNMESHED
from localmesh.targets import USUAL
from localmesh.views import AccessView, IngressView, MeshView, Proof, Question

PATIENCE = 5.0
"""Seconds in which the ingress must answer once all pods are ready."""
POLL = 0.02


def prove(client: Client, mesh: MeshView) -> Proof:
    """Make the calls."""
    url, line = _through_ingress(mesh.ingress) if mesh.ingress and mesh.ingress.paths else ("", "")
    target = offered(mesh)
    return Proof(url, line, client.ask(Question(UNMESHED, target)) if target else None)


def _through_ingress(ingress: IngressView) -> tuple[str, str]:
    url = f"{ingress.url}{ingress.paths[-1]}"
    deadline = monotonic() + PATIENCE
    with httpx.Client(trust_env=False, timeout=PATIENCE) as http:
        while True:
            try:
                response = http.get(url)
            except httpx.TransportError as error:
                found = str(error)
            else:
                found = " ".join([str(response.status_code), *response.text.strip().splitlines()[:1]])
                if response.is_success:
                    return url, found
            if monotonic() > deadline:
                raise TimedOut(f"{url} was not answered with success (at last: {found})", PATIENCE)
            sleep(POLL)


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
