"""What is granted: requests that one client may make of one port. Pure."""

from dataclasses import dataclass

from meshpolicy.core.match import PathKind, PathMatch
from meshpolicy.generate.spot import Spot
from meshpolicy.traffic.call import ObservedCall

ANY_REQUEST = "any request"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Requests that one match of a route means."""

    method: str
    path: PathMatch
    text: str
    """`GET /orders/{number}`."""

    @property
    def general(self) -> bool:
        """Whether it means more than one path."""
        return self.path.kind is not PathKind.EXACT


@dataclass(frozen=True, slots=True)
class Grant:
    """Requests that one client may make of one port; without patterns, any request and connection."""

    identity: str
    spot: Spot
    pattern: Pattern | None
    calls: tuple[ObservedCall, ...]
    """Those that it is made from."""
    accepted: bool = False
    """Whether the user accepts what it opens beyond them."""
    connections: bool = True
    """Of a grant without pattern: whether it opens connections that carry no HTTP, too."""

    @property
    def general(self) -> bool:
        """Whether it opens more than was observed."""
        return self.pattern is None or self.pattern.general

    @property
    def count(self) -> int:
        """Return how many calls it is made from."""
        return sum(call.count for call in self.calls)

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the paths that it is made from."""
        return tuple(dict.fromkeys(call.path for call in self.calls if call.path is not None))
