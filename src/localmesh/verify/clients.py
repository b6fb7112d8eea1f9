"""Who calls: every identity, strangers, certificates that must not be accepted, and headers that lie."""

import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from localmesh.identity.authority import Authority
from localmesh.pods.addresses import LOCALHOST, to_cluster
from meshidentity.certificates import Issuer, Leaf, Validity
from meshpolicy.core.client import Arrival, Client

HOUR = timedelta(hours=1)
ALPN = {True: ["h2"], False: ["http/1.1"]}


@dataclass(frozen=True, slots=True)
class VerifyClient:
    """A client of the verification, and how a server's proxy must see it."""

    name: str
    source: IPv4Address
    """The loopback address to come from."""
    identity: str = ""
    """The identity in the client's certificate; empty if it has none."""
    leaf: Leaf | None = None
    tls: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    """What it writes into every request."""
    fault: str = ""
    """Why its certificate must not be accepted; empty: it must be."""

    @property
    def seen(self) -> Client:
        """Return it as a server's proxy must see it, if it gets that far."""
        arrival = Arrival.MESHED_HTTP if self.tls else Arrival.PLAIN
        return Client(to_cluster(self.source), arrival, self.identity)

    def context(self, anchor: str, folder: Path, *, http2: bool = False) -> ssl.SSLContext | None:
        """Return what it speaks TLS with; None in plain text. The server must prove its own identity, too."""
        if not self.tls:
            return None
        found = ssl.create_default_context(cadata=anchor)
        found.minimum_version = ssl.TLSVersion.TLSv1_3
        found.set_alpn_protocols(ALPN[http2])
        if self.leaf:
            # The only way to hand a key to `ssl` is a file: private, and gone at once.
            with tempfile.NamedTemporaryFile("w", dir=folder) as file:
                file.write(self.leaf.chain_pem + self.leaf.key_pem)
                file.flush()
                found.load_cert_chain(file.name)
        return found


def meshed(name: str, identity: str, source: IPv4Address, authority: Authority) -> VerifyClient:
    """Return a client with a certificate of the mesh."""
    return VerifyClient(name, source, identity, authority.issuer.leaf(identity, Validity.lasting(HOUR)), tls=True)


def strangers(node: IPv4Address | None) -> Iterator[VerifyClient]:
    """Yield those without an identity."""
    yield VerifyClient("unmeshed", LOCALHOST)
    yield VerifyClient("TLS without a certificate", LOCALHOST, tls=True)
    if node:
        yield VerifyClient("node", node)


def lookalikes(identity: str, authority: Authority) -> Iterator[VerifyClient]:
    """Yield accounts of the mesh whose names resemble one: other people, with certificates of their own."""
    account, _, rest = identity.partition(".")
    namespace, _, tail = rest.partition(".")
    names = {
        f"{account} of another namespace": f"{account}.{namespace}-other.{tail}",
        f"account {account}-other": f"{account}-other.{rest}",
        f"account other-{account}": f"other-{account}.{rest}",
        f"{account} with a longer name": f"{identity}.example.com",
    }
    for name, found in names.items():
        yield meshed(name, found, LOCALHOST, authority)


def unaccepted(client: VerifyClient, authority: Authority, now: datetime | None = None) -> Iterator[VerifyClient]:
    """Yield copies of a client whose certificates name the same identity and must not be accepted (R69)."""
    now = now or datetime.now(UTC)
    issuer, name = authority.issuer, client.identity
    good, day = Validity.lasting(HOUR, now), timedelta(days=1)
    signer = issuer.leaf(name, good)
    forged = Issuer(signer.x509, signer.key).leaf(name, good)
    leaves = {
        "another authority": Authority.create(authority.domain, now).issuer.leaf(name, good),
        "expired": issuer.leaf(name, Validity.lasting(HOUR, now - day)),
        "not yet valid": issuer.leaf(name, Validity.lasting(HOUR, now + day)),
        "not for clients": issuer.server([name], [], good),
        "signed by a pod": replace(forged, issuer_pem=signer.pem + signer.issuer_pem),
        "without its issuer": replace(signer, issuer_pem=""),
    }
    for fault, leaf in leaves.items():
        yield replace(client, name=f"{client.name}, certificate {fault}", leaf=leaf, fault=fault)


def liars(client: VerifyClient, granted: str, node: IPv4Address | None) -> Iterator[VerifyClient]:
    """Yield copies of a client that write into their requests that they are somebody who is granted more (R86)."""
    lies = {
        "l5d-client-id": granted,
        "x-forwarded-client-cert": f'By=spiffe://x;Hash=0;Subject="";DNS={granted}',
        "x-forwarded-for": str(to_cluster(node or LOCALHOST)),
        "forwarded": f"for={to_cluster(node or LOCALHOST)}",
        "x-envoy-original-path": "/ready",
        "x-rewrite-url": "/ready",
        "x-http-method-override": "GET",
    }
    for header, value in lies.items():
        yield replace(client, name=f"{client.name} with {header}", headers=((header, value),))
