"""Whether one grant admits every client that another grant admits. Pure."""

from meshpolicy.core.match import IdentityMatch, NetworkMatch
from meshpolicy.core.policy import Authorization, TlsAuthenticated, TlsUnauthenticated, Unauthenticated


def covers(wide: Authorization, narrow: Authorization) -> bool:
    """Whether `wide` admits all clients of `narrow`, as far as a comparison of their patterns shows."""
    return _networks(wide, narrow) and _authentication(wide, narrow)


def open_to_all(grant: Authorization) -> bool:
    """Whether a grant admits everyone from everywhere."""
    return isinstance(grant.authentication, Unauthenticated) and any(n.everywhere for n in grant.networks)


def _networks(wide: Authorization, narrow: Authorization) -> bool:
    return all(any(_holds(w, n) for w in wide.networks) for n in narrow.networks)


def _holds(wide: NetworkMatch, narrow: NetworkMatch) -> bool:
    if wide == narrow:
        return True
    same = wide.cidr.version == narrow.cidr.version
    return same and not wide.exceptions and wide.cidr.supernet_of(narrow.cidr)  # type: ignore[arg-type] # same version


def _authentication(wide: Authorization, narrow: Authorization) -> bool:
    match wide.authentication, narrow.authentication:
        case Unauthenticated(), _:
            return True
        case TlsUnauthenticated(), TlsUnauthenticated() | TlsAuthenticated():
            return True
        case TlsAuthenticated(some), TlsAuthenticated(others):
            return all(any(_means(s, o) for s in some) for o in others)
        case _:
            return False


def _means(wide: IdentityMatch, narrow: IdentityMatch) -> bool:
    if wide == narrow:
        return True
    if narrow.exact:
        return wide.accepts(narrow.pattern)
    return not wide.exact and (wide.pattern == "*" or narrow.pattern.endswith(wide.pattern[1:]))
