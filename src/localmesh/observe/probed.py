"""The results of the last `verify` by client, port and route, for the page. Values: no I/O."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class ProbedView:
    """The results of one client's requests to one port that match one route."""

    client: str
    server: str
    port: str
    route: str
    """The route's object, as `Kind namespace/name`; empty if the requests match none."""
    allowed: int
    """Number of requests that were allowed, as the manifests say."""
    refused: int
    """Number of requests that were refused, as the manifests say."""
    different: tuple[str, ...]
    """Descriptions of the requests whose result differs from the manifests."""


@dataclass(frozen=True, slots=True)
class VerifiedView:
    """The results of one `verify`."""

    time: float
    """End of the verification, in seconds since 1970."""
    calls: int
    """Number of requests sent, including those with invalid certificates and with forged headers."""
    different: int
    """Number of requests whose result, or deciding object, differs from the manifests."""
    probed: tuple[ProbedView, ...]
    """The results of the clients in the access table."""

    def to_json(self) -> str:
        """Return the JSON that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        probed = (ProbedView(**{**one, "different": tuple(one["different"])}) for one in data.pop("probed"))
        return cls(**data, probed=tuple(probed))
