"""The calls that `verify` makes, with the expected outcome of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from kindmesh.probes.clients import (
    DISGUISED,
    INGRESS,
    NEWCOMER,
    NODE,
    PINGER,
    PONGER,
    STRANGER,
    UNMESHED,
    ProbeClient,
    RunningPod,
)
from kindmesh.probes.question import DOMAIN, Answer, Question, cause
from meshverify.cause import Cause

VIZ_DOMAIN = "linkerd-viz.svc.cluster.local"
API_SERVER = "kubernetes"
"""A target that every client may reach: without it, dropped calls would prove nothing."""


VIZ = ("web", "metrics-api", "tap", "prometheus")
"""What viz runs: the dashboard, and what it asks."""
PORTS: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(("pinger", "ponger"), (80, 8080)),
    **dict.fromkeys(("pinger:metrics", "ponger:metrics", "prometheus"), (9090, 9090)),
    "web": (8084, 8084),
    "metrics-api": (8085, 8085),
    "tap": (8088, 8088),
    "web:admin": (9994, 9994),
    "metrics-api:admin": (9995, 9995),
    "tap:admin": (9998, 9998),
}
"""The port of each target's Service, and of its container."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call and its expected outcome."""

    client: ProbeClient
    target: str
    """`ponger`, or `ponger:metrics` for another port than its first; or the API server."""
    path: str
    expected: Cause
    control: str
    """The program that must answer another call, or a refusal proves nothing."""
    method: str = "GET"

    @property
    def name(self) -> str:
        """The call in words."""
        return f"{self.client.name} -> {self.target} {self.method} {self.path}"

    @property
    def program(self) -> str:
        """The program that it calls."""
        return self.target.partition(":")[0]

    def question(self, running: Mapping[str, RunningPod]) -> Question:
        """Return the request: to the Service's name, or from the node to a pod's address, as the kubelet does."""
        if self.target == API_SERVER:
            return Question(f"https://{API_SERVER}.default.svc.cluster.local:443{self.path}", self.method)
        service, container = PORTS[self.target]
        if self.client.on_host:
            address = running[self.program].address
            return Question(f"{address}:{container}{self.path}", self.method, (("host", self.program),))
        domain = VIZ_DOMAIN if self.program in VIZ else DOMAIN
        return Question(f"{self.program}.{domain}:{service}{self.path}", self.method)

    def cause(self, answer: Answer) -> Cause:
        """Return why it was answered as it was. Any answer of the API server counts as allowed."""
        if self.target == API_SERVER and answer.status and not answer.proxy_error:
            return Cause.ALLOWED
        return cause(answer, meshed=self.client.meshed)


CALLS = (
    Call(PINGER, "ponger", "/ping", Cause.ALLOWED, "ponger"),
    Call(NEWCOMER, "ponger", "/ping", Cause.ALLOWED, "ponger"),
    Call(INGRESS, "pinger", "/", Cause.ALLOWED, "pinger"),
    Call(INGRESS, "pinger", "/rally", Cause.ALLOWED, "pinger"),
    Call(NODE, "ponger", "/ready", Cause.ALLOWED, "ponger"),
    Call(NODE, "pinger", "/ready", Cause.ALLOWED, "pinger"),
    Call(PINGER, "ponger", "/other", Cause.MESH, "ponger"),
    Call(PINGER, "ponger", "/ping", Cause.MESH, "ponger", method="POST"),
    Call(PINGER, "ponger", "/ready", Cause.MESH, "ponger", method="POST"),
    Call(PINGER, "ponger:metrics", "/metrics", Cause.MESH, "ponger"),
    Call(INGRESS, "pinger", "/other", Cause.MESH, "pinger"),
    Call(DISGUISED, "ponger", "/ping", Cause.MESH, "ponger"),
    Call(NODE, "ponger", "/ping", Cause.MESH, "ponger"),
    Call(NODE, "ponger", "/ready", Cause.MESH, "ponger", method="POST"),
    Call(NODE, "ponger:metrics", "/metrics", Cause.MESH, "ponger"),
    Call(NODE, "pinger", "/rally", Cause.MESH, "pinger"),
    Call(INGRESS, "ponger", "/ping", Cause.NETWORK, "ponger"),
    Call(PONGER, "pinger", "/", Cause.NETWORK, "pinger"),
    Call(STRANGER, API_SERVER, "/version", Cause.ALLOWED, API_SERVER),
    Call(STRANGER, "ponger", "/ping", Cause.NETWORK, "ponger"),
    Call(STRANGER, "pinger", "/", Cause.NETWORK, "pinger"),
    Call(UNMESHED, API_SERVER, "/version", Cause.ALLOWED, API_SERVER),
    Call(UNMESHED, "ponger", "/ping", Cause.NETWORK, "ponger"),
    Call(UNMESHED, "pinger", "/", Cause.NETWORK, "pinger"),
)


def _guarded(program: str, path: str, probe: str) -> tuple[Call, ...]:
    """Return the calls that prove a part of viz closed: it answers its probe, so it runs, and no pod anything else."""
    alive = program if program == "prometheus" else f"{program}:admin"
    return (
        Call(NODE, alive, probe, Cause.ALLOWED, program),
        Call(NODE, program, path, Cause.MESH, program),
        Call(STRANGER, program, path, Cause.NETWORK, program),
        Call(UNMESHED, program, path, Cause.NETWORK, program),
    )


VIZ_CALLS = (
    Call(STRANGER, API_SERVER, "/version", Cause.ALLOWED, API_SERVER),
    Call(UNMESHED, API_SERVER, "/version", Cause.ALLOWED, API_SERVER),
    *_guarded("web", "/api/check", "/ping"),
    *_guarded("metrics-api", "/", "/ping"),
    *_guarded("tap", "/", "/ping"),
    *_guarded("prometheus", "/api/v1/query?query=up", "/-/healthy"),
)
