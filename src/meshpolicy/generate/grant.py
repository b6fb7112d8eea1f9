"""What is granted: requests that one client may make of one port. Pure."""

from meshpolicy.core.match import PathKind, PathMatch
from meshpolicy.generate.spot import Spot
from meshpolicy.record import record
from meshpolicy.traffic.call import ObservedCall

ANY_REQUEST = "any request"
CONNECT = "connect"
"""A connection of which nobody says that it carries HTTP."""


@record
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


@record
class Grant:
    """Requests that one client may make of one port; without patterns, any request and connection."""

    identity: str
    spot: Spot
    pattern: Pattern | None
    calls: tuple[ObservedCall, ...]
    """The observed calls that the grant is made from."""
    accepted: bool = False
    """Whether the user accepts what it opens beyond them."""
    connections: bool = True
    """Whether a grant without pattern also opens connections that carry no HTTP."""
    declared: str = ""
    """What in the manifests declares the calls; empty: they were observed."""

    @property
    def general(self) -> bool:
        """Whether it opens more than was observed."""
        return bool(self.declared) or self.pattern is None or self.pattern.general

    @property
    def count(self) -> int:
        """Return how many observed calls it is made from."""
        return 0 if self.declared else sum(call.count for call in self.calls)

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the paths that it is made from."""
        return tuple(dict.fromkeys(call.path for call in self.calls if call.path is not None))
