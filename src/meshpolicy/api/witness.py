"""One call, as an example of a set of calls in an answer."""

from collections.abc import Mapping

from meshpolicy.analysis import regions
from meshpolicy.analysis.curl import witness_curl
from meshpolicy.analysis.words import witness_words
from meshpolicy.core.match import NEXT_LINE
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.record import record


@record
class Witness:
    """One call: who makes it, and what is sent."""

    text: str
    """The call in words."""
    identity: str
    """The name in the client's certificate; empty: an unmeshed client."""
    address: str
    """The client's; empty: any."""
    protocol: str
    """`http`, `http2`, `grpc`, `tcp` or `tls`."""
    method: str
    path: str
    authority: str
    """The host that is asked for; empty: any."""
    headers: Mapping[str, tuple[str, ...]]
    """The values of each header, by its name in lower case."""
    service: str
    """The Service through which alone it is so, as NAMESPACE/NAME:PORT; empty: any way."""
    curl: str
    """The command that makes the call; empty where curl cannot."""

    def __str__(self) -> str:
        return self.text


def witness(cluster: Cluster, server: Ref, port: int, found: regions.Witness) -> Witness:
    """Return one call to a server's port."""
    client, request = found.client, found.request
    return Witness(
        witness_words(found, cluster.settings),
        client.identity,
        "" if client.address is None else str(client.address),
        str(found.traffic),
        request.method,
        request.path,
        request.authority,
        {name: tuple(text.split(NEXT_LINE)) for name, text in request.headers.items()},
        found.service,
        witness_curl(cluster, server, port, found),
    )
