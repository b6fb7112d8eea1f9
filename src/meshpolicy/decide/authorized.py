"""Whether a grant applies to a client (R81-R84). Pure."""

from collections.abc import Iterable

from meshpolicy.core.client import Arrival, Client
from meshpolicy.core.policy import Authorization, TlsAuthenticated, TlsUnauthenticated, Unauthenticated


def authorized(grants: Iterable[Authorization], client: Client) -> Authorization | None:
    """Return the first grant that applies to a client; their order decides nothing but the label (R26)."""
    return next((grant for grant in grants if applies(grant, client)), None)


def applies(grant: Authorization, client: Client) -> bool:
    """Whether a network holds the address AND the authentication holds (R81, R82)."""
    return client.within(grant.networks) and authenticated(grant, client)


def authenticated(grant: Authorization, client: Client) -> bool:
    """Whether the client is whom a grant means (R82-R84)."""
    match grant.authentication:
        case Unauthenticated():
            return True
        case TlsUnauthenticated():
            return client.arrival is not Arrival.PLAIN
        case TlsAuthenticated(identities):
            return bool(client.identity) and any(identity.accepts(client.identity) for identity in identities)
