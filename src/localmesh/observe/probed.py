"""What the last `verify` saw, by caller, port and route: the page shows it beside what is proved. Values: no I/O."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ProbedView:
    """What became of the requests of one caller to one port that meet one route."""

    client: str
    server: str
    port: str
    route: str
    """The object, as `Kind namespace/name`; empty where the requests meet none."""
    allowed: int
    """Requests that were let through, as the manifests say."""
    refused: int
    """Requests that were not, as the manifests say."""
    different: tuple[str, ...]
    """Requests whose answer differs from what the manifests say, in words."""


@dataclass(frozen=True, slots=True)
class VerifiedView:
    """One `verify`."""

    time: float
    """When it ended, in seconds since 1970."""
    calls: int
    """How many were sent: also with certificates that must not be accepted, and with headers that lie."""
    different: int
    """How many of them were answered in another way than the manifests say, or by another object."""
    probed: tuple[ProbedView, ...]
    """The probes of the callers that the access table names."""

    def to_json(self) -> str:
        """Return the JSON that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        probed = (ProbedView(**{**one, "different": tuple(one["different"])}) for one in data.pop("probed"))
        return cls(**data, probed=tuple(probed))
