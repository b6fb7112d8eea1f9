"""Calls that are not granted, and why. Pure."""

from collections.abc import Sequence
from enum import StrEnum

from meshpolicy.core.errors import Place
from meshpolicy.generate.choice import Said
from meshpolicy.record import record, replace


class Why(StrEnum):
    """Why calls are not granted."""

    ONCE = "seen too seldom"
    UNMESHED = "unmeshed caller"
    BY_ADDRESS = "to an address"
    NOT_FOUND = "unknown path"
    """Only answered with 404."""
    FAILED = "failed"
    """Only answered with 4xx or 5xx, or with an unknown status."""
    REFUSED = "refused by a policy"
    FORBIDDEN = "forbidden by you"
    PROBE = "health check"
    """A probe of the kubelet that the manifests declare; it is granted as a probe."""
    GRPC_PROBE = "gRPC probe"
    """A gRPC probe of the kubelet that the manifests declare; Linkerd authorizes no route for it."""
    UNPLACED = "unknown server"
    NO_PROXY = "no proxy decides"
    GOVERNED = "port has a Server"
    """The port already has a Server, which allows these calls, or never did."""
    NOT_LET = "port has a Server, which does not let it pass"
    """The port already has a Server, which refuses these calls."""
    UNKNOWN_LET = "port has a Server, and it is not known whether that lets it pass"
    UNTELLABLE = "no route can express it"
    DECLARED = "needed, and not observed"
    """The manifests declare a call that the policies would refuse."""
    OUTSIDE = "needed by a caller without a known identity"
    """The manifests declare a call by a caller that no grant to an identity can admit."""
    UNSEEN = "the traffic would not show it"
    """The port may carry other protocols than HTTP, but the traffic can only show HTTP."""


SETTLED = frozenset({Why.FORBIDDEN, Why.PROBE, Why.GOVERNED})
"""The reasons that need no decision by the user."""
GRANTABLE = frozenset({Why.ONCE, Why.BY_ADDRESS, Why.NOT_FOUND, Why.FAILED, Why.REFUSED, Why.DECLARED})
"""The reasons that the user can overrule."""


@record
class Aside:
    """Calls that are not granted."""

    why: Why
    said: Said
    count: int
    place: Place
    hint: str = ""

    @property
    def open(self) -> bool:
        """Whether the user must decide about these calls."""
        return self.why not in SETTLED

    @property
    def grantable(self) -> bool:
        """Whether the calls are granted if the user accepts them."""
        return self.why in GRANTABLE


def together(found: Sequence[Aside]) -> tuple[Aside, ...]:
    """Return the calls that were set aside, with equal ones merged."""
    alike: dict[tuple[Why, Said], Aside] = {}
    for one in found:
        known = alike.get((one.why, one.said))
        alike[one.why, one.said] = one if known is None else replace(known, count=known.count + one.count)
    order = list(Why)
    return tuple(sorted(alike.values(), key=lambda one: (order.index(one.why), str(one.said))))
