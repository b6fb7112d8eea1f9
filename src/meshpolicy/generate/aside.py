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
    """Answered by 404 alone."""
    FAILED = "failed"
    """Answered by 4xx or 5xx alone, or by nobody knows what."""
    REFUSED = "refused by a policy"
    FORBIDDEN = "forbidden by you"
    PROBE = "health check"
    """The kubelet's, which the manifests declare: it is granted as such."""
    GRPC_PROBE = "gRPC probe"
    """The kubelet's, which the manifests declare: Linkerd opens no route to it."""
    UNPLACED = "unknown server"
    NO_PROXY = "no proxy decides"
    GOVERNED = "port has a Server"
    """One that is there already, and that lets these calls pass, or never did."""
    NOT_LET = "port has a Server, which does not let it pass"
    """One that is there already."""
    UNKNOWN_LET = "port has a Server, and it is not known whether that lets it pass"
    UNTELLABLE = "no route can express it"
    DECLARED = "needed, and not observed"
    """The manifests declare it, and the policies would refuse it."""
    OUTSIDE = "needed by a caller without a known identity"
    """Declared as needed, by a caller that no grant to an identity can admit."""
    UNSEEN = "the traffic would not show it"
    """A port that may carry other than HTTP, where the traffic can show HTTP alone."""


SETTLED = frozenset({Why.FORBIDDEN, Why.PROBE, Why.GOVERNED})
"""Reasons that ask nobody to decide anything."""
GRANTABLE = frozenset({Why.ONCE, Why.BY_ADDRESS, Why.NOT_FOUND, Why.FAILED, Why.REFUSED, Why.DECLARED})
"""Reasons that somebody can overrule."""


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
        """Whether somebody must decide about it."""
        return self.why not in SETTLED

    @property
    def grantable(self) -> bool:
        """Whether it is granted as soon as somebody accepts it."""
        return self.why in GRANTABLE


def together(found: Sequence[Aside]) -> tuple[Aside, ...]:
    """Return what was set aside, the same calls as one."""
    alike: dict[tuple[Why, Said], Aside] = {}
    for one in found:
        known = alike.get((one.why, one.said))
        alike[one.why, one.said] = one if known is None else replace(known, count=known.count + one.count)
    order = list(Why)
    return tuple(sorted(alike.values(), key=lambda one: (order.index(one.why), str(one.said))))
