"""A grant: requests that one client may make to one port. Pure."""

from meshpolicy.core.match import PathKind, PathMatch
from meshpolicy.generate.spot import Spot
from meshpolicy.record import record
from meshpolicy.traffic.call import ObservedCall

ANY_REQUEST = "any request"
CONNECT = "connect"
"""The words for a connection that is not known to carry HTTP."""


@record
class Pattern:
    """The requests of one match of a route."""

    method: str
    path: PathMatch
    text: str
    """`GET /orders/{number}`."""

    @property
    def general(self) -> bool:
        """Whether the pattern matches more than one path."""
        return self.path.kind is not PathKind.EXACT


@record
class Grant:
    """Requests that one client may make to one port; without a pattern, any request and connection."""

    identity: str
    spot: Spot
    pattern: Pattern | None
    calls: tuple[ObservedCall, ...]
    """The observed calls that the grant is made from."""
    accepted: bool = False
    """Whether the user accepted what the grant opens beyond these calls."""
    connections: bool = True
    """Whether a grant without pattern also opens connections that carry no HTTP."""
    declared: str = ""
    """What declares the calls in the manifests; empty if they were observed."""

    @property
    def general(self) -> bool:
        """Whether the grant opens more than the observed calls."""
        return bool(self.declared) or self.pattern is None or self.pattern.general

    @property
    def count(self) -> int:
        """Return the number of observed calls."""
        return 0 if self.declared else sum(call.count for call in self.calls)

    @property
    def paths(self) -> tuple[str, ...]:
        """Return the observed paths."""
        return tuple(dict.fromkeys(call.path for call in self.calls if call.path is not None))
