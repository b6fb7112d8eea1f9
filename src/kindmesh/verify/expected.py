"""The calls that `verify` makes, and how each must end; every refusal beside one that the same program answered."""

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
from kindmesh.probes.question import DOMAIN, Answer, Cause, Question, cause

API_SERVER = "kubernetes"
"""What those reach who must reach no program: else their refusals would prove nothing."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, and the cause for which it must end as it does."""

    client: ProbeClient
    target: str
    """`ponger`, or `ponger:metrics` for another port than http; or the API server."""
    path: str
    expected: Cause
    control: str
    """The program that must have answered somebody, or the refusal proves nothing."""
    method: str = "GET"

    @property
    def name(self) -> str:
        """The call in words."""
        return f"{self.client.name} -> {self.target} {self.method} {self.path}"

    @property
    def program(self) -> str:
        """Whom it asks."""
        return self.target.partition(":")[0]

    def question(self, running: Mapping[str, RunningPod]) -> Question:
        """Return the request: by the Service's name, and from the node by a pod's address, as kubelet does."""
        workload, _, port = self.target.partition(":")
        if workload == API_SERVER:
            return Question(f"https://{API_SERVER}.default.svc.cluster.local:443{self.path}", self.method)
        if self.client.on_host:
            address = running[workload].address
            return Question(f"{address}:{9090 if port else 8080}{self.path}", self.method, (("host", workload),))
        return Question(f"{workload}.{DOMAIN}:{9090 if port else 80}{self.path}", self.method)

    def cause(self, answer: Answer) -> Cause:
        """Return why it went as it did. Whatever the API server answers: that it does is all that was asked."""
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
