"""A policy case: a cluster, policies, requests, and the expected outcome of each. Pure values.

The format is described in docs/reference/meshpolicy.md.
"""

from collections.abc import Mapping
from dataclasses import field

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place, Problem
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.record import record


@record
class Facts:
    """Facts about a cluster that manifests do not contain: the node, its DNS, and the control plane's addresses."""

    node: str = ""
    dns: str = ""
    destination: str = ""
    identity: str = ""


@record
class CaseRequest:
    """One request, or a burst of equal ones, and its expected outcome."""

    place: Place
    caller: str
    """`namespace/name` of a pod, or an address."""
    namespace: str
    pod: str
    port: int
    expect: Mapping[str, int]
    """The number of requests with each outcome; a single request has one."""
    direct: bool = False
    protocol: str = "http"
    method: str = "GET"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    authority: str = ""
    repeat: int = 1
    pause: float = 0
    resolve: bool = False
    """Whether the client resolves the name first."""
    shown: Mapping[str, str | None] = field(default_factory=dict)

    def __str__(self) -> str:
        words = [f"{self.caller} -> {self.namespace}/{self.pod}:{self.port}", self.protocol]
        words += [self.method] if self.method != "GET" else []
        words += [self.path] if self.protocol not in ("tcp", "tls") else []
        words += ["direct"] if self.direct else []
        words += [f"{name}={value}" for name, value in self.headers.items()]
        words += [f"x{self.repeat}"] if self.repeat > 1 else []
        return " ".join(words)


@record
class Condition:
    """A condition that Linkerd writes on a route or rate limit."""

    object: str
    """Kind, group and name: `HTTPRoute.policy.linkerd.io/ping`."""
    parent: str
    """Kind and name of the parent; empty if the object has a single target."""
    status: str
    reason: str

    def __str__(self) -> str:
        parent = f" on {self.parent}" if self.parent else ""
        return f"{self.object}{parent}: Accepted={self.status} {self.reason}"


@record
class Case:
    """One case, with the facts of its base merged in."""

    place: Place
    description: str
    rules: tuple[str, ...]
    manifests: tuple[Document, ...]
    policies: tuple[Document, ...]
    rejected: tuple[Document, ...]
    requests: tuple[CaseRequest, ...]
    conditions: tuple[Condition, ...]
    settings: MeshSettings = field(default_factory=MeshSettings)
    facts: Facts = field(default_factory=Facts)
    cut: bool = False
    """Whether the clients lost their connections to the control plane."""
    new_pod: CaseRequest | None = None
    """The outcome for a copy of the client that was started under the policies; for explanations."""
    unknown: tuple[Problem, ...] = ()
    """Unknown fields; they are ignored, with a note."""


@record
class Base:
    """The facts that the cases of a folder share."""

    manifests: tuple[Document, ...]
    settings: MeshSettings
    facts: Facts
