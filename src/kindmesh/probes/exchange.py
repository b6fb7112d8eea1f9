"""One request from a chosen client: the answer, and which layer gave it."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from kindmesh.errors import BadInput
from kindmesh.probes.clients import (
    CLIENTS,
    DEPLOYMENTS,
    ProbeClient,
    ProbePods,
    RunningPod,
    find_running_pods,
    on_node_of,
)
from kindmesh.probes.question import DOMAIN, Answer, Question, cause
from kindmesh.tools.kube import Kube, require
from meshverify.cause import Cause

FORM = re.compile(r"(?P<name>pinger|ponger)(?::(?P<port>http|metrics))?(?P<path>/\S*)?")
PORTS = {"http": (80, 8080), "metrics": (9090, 9090)}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer."""

    source: str
    target: str
    method: str
    cause: Cause
    answer: Answer

    def to_json(self) -> str:
        """Return it for a program."""
        return json.dumps(asdict(self), indent=2)

    def __str__(self) -> str:
        return f"{self.source} -> {self.target}: {self.cause} ({self.answer}, {self.answer.seconds * 1000:.0f} ms)"


def find_client(name: str) -> ProbeClient:
    """Return the client of a name, or raise BadInput with all names."""
    for client in CLIENTS:
        if client.name == name:
            return client
    known = "\n".join(f"  {client.name}: {client.description}" for client in CLIENTS)
    raise BadInput(f"{name}: unknown client; expected one of\n{known}")


def find_target(text: str) -> re.Match[str]:
    """Return the parts of a target such as `ponger:metrics/metrics`, or raise BadInput."""
    found = FORM.fullmatch(text)
    if not found:
        raise BadInput(f"{text}: NAME[:PORT][/PATH] is expected; names are pinger and ponger, ports http and metrics")
    return found


def find_question(text: str, method: str, client: ProbeClient, running: Mapping[str, RunningPod]) -> Question:
    """Return the request for a target."""
    found = find_target(text)
    service, container = PORTS[found["port"] or "http"]
    path = found["path"] or "/"
    if client.on_host:
        return Question(f"{running[found['name']].address}:{container}{path}", method, (("host", found["name"]),))
    return Question(f"{found['name']}.{DOMAIN}:{service}{path}", method)


def send_one(kube: Kube, source: str, target: str, method: str) -> Exchange:
    """Send one request; Unfinished where PingPong does not run yet."""
    client, program = find_client(source), find_target(target)["name"]
    require(kube, *DEPLOYMENTS)
    running = find_running_pods(kube) if client.on_host else {}
    question = find_question(target, method, client, running)
    if client.on_host:
        client = on_node_of(client, running[program])
    with ProbePods(kube, [client]) as probes:
        answer = probes.ask(client, [question])[0]
    return Exchange(source, target, method, cause(answer, meshed=client.meshed), answer)
