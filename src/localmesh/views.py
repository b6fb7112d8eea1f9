"""What the supervisor tells about the mesh: plain values that travel as JSON between it and the command line."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

ALLOW = "allow"
"""The verdict on a call that was let through."""
UNREACHABLE = "unreachable"
"""The verdict on a call that is allowed, and that nobody answers."""
UNMESHED, NODE = "unmeshed", "node"
"""Clients that are neither pod nor account: a stranger, and the node, from which the kubelet probes."""
DEFAULT_PORT = "http"
"""The port of a question that names none."""


class Phase(StrEnum):
    """The phase of a pod's life."""

    STARTING = "starting"
    READY = "ready"
    UNREADY = "not ready"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class PodView:
    """One pod, as `status` shows it."""

    name: str
    namespace: str
    workload: str
    address: str
    identity: str
    """The pod's identity; empty without a sidecar."""
    expires: str
    """When the pod's certificate expires, in ISO 8601; empty without a sidecar."""
    phase: Phase
    restarts: int
    sidecar_restarts: int
    ports: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AccessView:
    """One call that the policies allow, and the objects that allow it."""

    client: str
    server: str
    port: str
    request: str
    because: str
    path: str = ""
    """A path that the client may GET; empty if none is known."""


@dataclass(frozen=True, slots=True)
class IngressView:
    """The addresses of the ingress."""

    url: str
    secure_url: str
    authority: str
    """The file with the certificate to trust."""
    paths: tuple[str, ...]
    """The exact paths that the routes name, which a GET may ask for."""


@dataclass(frozen=True, slots=True)
class MeshView:
    """The whole mesh: pods, access, ingress and settings."""

    settings: Mapping[str, str]
    """The settings, as environment variables."""
    pods: tuple[PodView, ...]
    access: tuple[AccessView, ...]
    ingress: IngressView | None = None

    @property
    def started(self) -> bool:
        """Whether there are pods, and each has been ready once."""
        return bool(self.pods) and all(pod.phase is not Phase.STARTING for pod in self.pods)

    def to_json(self, indent: int | None = None) -> str:
        """Return the JSON that `from_json` reads."""
        return json.dumps(asdict(self), indent=indent)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        ingress = data["ingress"]
        return cls(
            settings=data["settings"],
            pods=tuple(PodView(**{**pod, "phase": Phase(pod["phase"])}) for pod in data["pods"]),
            access=tuple(AccessView(**line) for line in data["access"]),
            ingress=IngressView(**{**ingress, "paths": tuple(ingress["paths"])}) if ingress else None,
        )


@dataclass(frozen=True, slots=True)
class Applied:
    """What new manifests changed; its truth value is false if they changed nothing."""

    updated: tuple[str, ...] = ()
    """The pods whose sidecars got new configuration."""
    started: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    seconds: float = 0.0
    """Seconds from the request until the whole change was in force."""
    reading: float = 0.0
    """The part of these seconds that reading the manifests took."""

    def __bool__(self) -> bool:
        return bool(self.updated or self.started or self.replaced or self.stopped)

    def words(self) -> str:
        """Return the changes as one line."""
        if not self:
            return "Nothing has changed."
        parts = {
            "updated": self.updated,
            "started": self.started,
            "replaced": self.replaced,
            "stopped": self.stopped,
        }
        done = "; ".join(f"{what} {_listed(names)}" for what, names in parts.items() if names)
        return f"Applied in {self.seconds * 1000:.0f} ms: {done}."

    def to_json(self) -> str:
        """Return the JSON that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        names = ("updated", "started", "replaced", "stopped")
        updated, started, replaced, stopped = (tuple(data[name]) for name in names)
        return cls(updated, started, replaced, stopped, data["seconds"], data["reading"])


MOST_LISTED = 5
"""The number of names that a list shows; the rest is counted."""


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Question:
    """One request to send on behalf of a client."""

    source: str
    target: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    request_target: str | None = None
    """The target of the request line, instead of the path in `target`; may be empty."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What happened to a request, and what the manifests say should happen."""

    source: str
    target: str
    request: str
    status: int | None
    """The HTTP status; None if the connection ended without a response."""
    line: str
    """The first line of the body, or how the connection ended."""
    seconds: float
    verdict: str
    """What happened, in the words of `meshpolicy`."""
    predicted: str
    reasons: tuple[str, ...]
    """The objects behind the prediction."""

    @property
    def agrees(self) -> bool:
        """Whether the outcome is what the manifests say; an unreachable server does not contradict them."""
        return self.verdict in (self.predicted, UNREACHABLE)

    def to_json(self, indent: int | None = None) -> str:
        """Return the JSON that `from_json` reads."""
        return json.dumps({**asdict(self), "agrees": self.agrees}, indent=indent)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        data.pop("agrees")
        return cls(**{**data, "reasons": tuple(data["reasons"])})


@dataclass(frozen=True, slots=True)
class Proof:
    """The calls at the end of `up`, which prove that the mesh does what the manifests say."""

    url: str
    """The URL that was requested from the ingress; empty without an ingress."""
    line: str
    """The status and the first line of its response."""
    allowed: bool
    """Whether that request succeeded; True without an ingress."""
    refused: Answer | None
    """The answer to a stranger's call, which must be refused."""
    asked: Answer | None = None
    """Without an ingress, the answer to a call that must be allowed."""
    missing: tuple[str, ...] = ()
    """Why calls could not be made."""

    @property
    def holds(self) -> bool:
        """Whether both calls were made and had the right outcome; an unanswered call proves nothing."""
        return self.answered and self.rejected and not self.missing

    @property
    def answered(self) -> bool:
        """Whether every call that must be answered was answered."""
        return self.allowed and (self.asked is None or self.asked.verdict == ALLOW)

    @property
    def rejected(self) -> bool:
        """Whether a call that must be refused was made and refused."""
        return self.refused is not None and self.refused.verdict == self.refused.predicted != ALLOW
