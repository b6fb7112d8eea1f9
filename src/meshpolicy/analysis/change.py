"""How the outcome of calls changed between two states of the manifests. Pure values."""

from enum import StrEnum

from meshpolicy.analysis.client_calls import IdentityChange
from meshpolicy.analysis.regions import Region
from meshpolicy.core.ref import Ref
from meshpolicy.record import record


class Change(StrEnum):
    """What became of some calls."""

    OPENED = "opened"
    """The requests were refused, and are allowed now."""
    CLOSED = "closed"
    """The requests were allowed, and are refused now."""
    UNKNOWN = "unknown"
    """The requests may be opened or closed; the manifests do not decide."""
    REROUTED = "re-routed"
    """Allowed before and after, through another route."""
    REGRANTED = "regranted"
    """Allowed before and after, through the same route, by none of the grants of before."""

    @property
    def changes_requests(self) -> bool:
        """Whether the outcome of some request changes, or may change."""
        return self in (Change.OPENED, Change.CLOSED, Change.UNKNOWN)


@record
class Changed:
    """Calls to one port that changed."""

    change: Change
    server: Ref
    port: int
    region: Region | None
    """The calls; None if nothing is known about the calls to this port."""
    before: tuple[Ref, ...] = ()
    """The grants that admitted the clients; of a re-routed request the routes."""
    after: tuple[Ref, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why the change is unknown."""
    caller: IdentityChange | None = None
    """The workload that makes the calls, if they change because it calls under another identity; otherwise None."""
