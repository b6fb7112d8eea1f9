"""Who calls and what they send, as far as the server's proxy can tell (R62, R69-R71). Pure values."""

from collections.abc import Iterable
from enum import StrEnum

from meshpolicy.core.match import Address, NetworkMatch
from meshpolicy.record import record

ANYONE = "anyone"
"""Every client, in words."""


class Traffic(StrEnum):
    """What a client sends, by the words of a case."""

    HTTP = "http"
    HTTP2 = "http2"
    GRPC = "grpc"
    TCP = "tcp"
    TLS = "tls"

    @property
    def is_http(self) -> bool:
        """Whether these bytes are HTTP of some version."""
        return self in (Traffic.HTTP, Traffic.HTTP2, Traffic.GRPC)


class Arrival(StrEnum):
    """The kinds of clients, as the server's proxy tells them apart (R62)."""

    PLAIN = "A"
    """Unmeshed, or past its own proxy."""
    MESHED_HTTP = "C"
    MESHED_OPAQUE = "D"
    MESHED_TO_PORT = "E"
    """mTLS to the port itself: transparent mode, and the proxy's own ports."""


@record
class Client:
    """Who calls, as far as the server's proxy can tell."""

    address: Address | None
    """None where the manifests do not say it."""
    arrival: Arrival = Arrival.PLAIN
    identity: str = ""
    """The verified one; empty for an unmeshed client."""
    known_networks: tuple[NetworkMatch, ...] = ()
    """Networks that hold the client for certain, though its address is not known."""
    in_every_network: bool = False
    """Whether an unknown address is taken to lie in every network that is asked about."""

    by_ipv6: bool = False
    """Whether it calls by IPv6, though its address is not known."""

    def within(self, networks: Iterable[NetworkMatch]) -> bool:
        """Whether some network holds the client (R36)."""
        if self.address is not None:
            return any(network.accepts(self.address) for network in networks)
        return any(
            network.everywhere
            or network in self.known_networks
            or (self.in_every_network and not network.cidr.is_loopback)
            for network in networks
        )
