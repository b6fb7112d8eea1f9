"""Calls that the manifests declare and the policies would refuse. Pure values."""

from collections.abc import Callable, Collection, Sequence

from meshpolicy.core.errors import Place
from meshpolicy.core.match import PathKind, PathMatch
from meshpolicy.core.ref import Ref
from meshpolicy.generate.grant import ANY_REQUEST, CONNECT, Grant, Pattern
from meshpolicy.generate.spot import Spot
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record
from meshpolicy.traffic.call import Called, Caller, CallerKind, ObservedCall, Outcome, Side, Transport

SOURCE = "declared"
Port = tuple[Ref, int]
"""A port of a workload."""


@record
class Needed:
    """A call that the manifests declare and the policies would refuse."""

    port: Port
    client: str
    """The caller, in words."""
    place: Place
    """The place of the declaration."""
    what: str
    """The variable, argument or field that declares it."""
    identity: str = ""
    """The caller's identity; empty if it has none, or if its workload is not in the manifests."""
    hint: str = ""
    """What to do about a caller without an identity; empty otherwise."""
    http: bool = False
    """Whether the call is certainly HTTP."""
    method: str = ""
    path: str = ""
    """The path; empty for any."""
    sure: bool = True
    """Whether the call is certainly needed and refused."""

    @property
    def request(self) -> str:
        """Return the request in words, as calls are printed."""
        if not self.http:
            return CONNECT
        return f"{self.method} {self.path}" if self.path else ANY_REQUEST

    def grant(self, spot: Spot, *, opaque: bool, connections: bool) -> Grant:
        """Return the grant for the call; `connections` says whether the port accepts other protocols than HTTP."""
        pattern = None
        if self.http and self.path and not opaque:
            pattern = Pattern(self.method, PathMatch(PathKind.EXACT, self.path), self.request)
        return Grant(
            self.identity,
            spot,
            pattern,
            (self._call(spot),),
            accepted=True,
            connections=connections,
            declared=self.what,
        )

    def _call(self, spot: Spot) -> ObservedCall:
        """Return the declared call as if it had been observed, with a count of 0."""
        server = Called(spot.namespace, workload=spot.workloads[0].ref.name, port=spot.port)
        return ObservedCall(
            SOURCE, self.place, Side.SERVER, Caller(CallerKind.IDENTITY, self.identity), server,
            Transport.MTLS, Outcome.ALLOWED, self.http, self.method or None, None, self.path or None,
        )  # fmt: skip


FindNeeded = Callable[[Cluster, Collection[Port]], Sequence[Needed]]
"""A function that finds the needed calls to some ports that the policies of a cluster would refuse."""


def nothing_needed(after: Cluster, ports: Collection[Port]) -> Sequence[Needed]:
    """Return no calls, if declared needs are not considered."""
    del after, ports
    return ()
