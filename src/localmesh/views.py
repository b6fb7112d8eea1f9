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
"""Who asks that is no pod and no account: a stranger, and the node, from which the kubelet probes."""
DEFAULT_PORT = "http"
"""The port that a question means where it names none."""


class Phase(StrEnum):
    """Where a pod is in its life."""

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
    """Empty without a sidecar."""
    expires: str
    """When its certificate does, in ISO 8601; empty without a sidecar."""
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
    """A path that the client may GET there; empty: none is known."""


@dataclass(frozen=True, slots=True)
class IngressView:
    """Where the outside gets in."""

    url: str
    secure_url: str
    authority: str
    """The certificate to trust, as a file."""
    paths: tuple[str, ...]
    """What a GET may ask for, as far as the routes name exact paths."""


@dataclass(frozen=True, slots=True)
class MeshView:
    """All of the mesh."""

    settings: Mapping[str, str]
    """As they would be set in the environment."""
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
    """What new manifests have changed; false if they changed nothing."""

    updated: tuple[str, ...] = ()
    """The pods whose sidecars were told something new."""
    started: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    seconds: float = 0.0
    """From the request to the moment at which all of it held."""
    reading: float = 0.0
    """How many of them the reading of the manifests took."""

    def __bool__(self) -> bool:
        return bool(self.updated or self.started or self.replaced or self.stopped)

    def words(self) -> str:
        """Return it as one line."""
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
"""Names in a list; the rest is counted."""


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Question:
    """One request to be sent as somebody."""

    source: str
    target: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    request_target: str | None = None
    """What stands in the request line instead of the path in `target`; it may be empty."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What really happened to a request, beside what the manifests say should happen."""

    source: str
    target: str
    request: str
    status: int | None
    """None where the connection ended without an answer."""
    line: str
    """The first line of the body, or what the connection ended with."""
    seconds: float
    verdict: str
    """What happened, in the words of `meshpolicy`."""
    predicted: str
    reasons: tuple[str, ...]
    """The objects behind the prediction."""

    @property
    def agrees(self) -> bool:
        """Whether what happened is what the manifests say; that nobody is there is nothing that they speak of."""
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
    """The calls that were made to see that the mesh does what it says."""

    url: str
    """What was asked of the ingress; empty without one."""
    line: str
    """The status of its answer, and the first line."""
    allowed: bool
    """Whether that was a success; True without an ingress."""
    refused: Answer | None
    """What became of a call of a stranger that has to be refused."""
    asked: Answer | None = None
    """Without an ingress, what became of a call that somebody may make."""
    missing: tuple[str, ...] = ()
    """Why a call could not be made."""

    @property
    def holds(self) -> bool:
        """Whether both calls were made and ended as they should; one that nobody answered shows nothing."""
        return self.answered and self.rejected and not self.missing

    @property
    def answered(self) -> bool:
        """Whether no call that has to be answered was refused or lost."""
        return self.allowed and (self.asked is None or self.asked.verdict == ALLOW)

    @property
    def rejected(self) -> bool:
        """Whether a call that has to be refused was made, and was."""
        return self.refused is not None and self.refused.verdict == self.refused.predicted != ALLOW
