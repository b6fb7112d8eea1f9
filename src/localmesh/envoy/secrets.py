"""The secrets of a sidecar: its certificate with the key, and the trust anchors. They go from memory to memory."""

from collections.abc import Iterable

from localmesh.envoy.kinds import Kind
from localmesh.envoy.wire import Resource
from meshidentity.certificates import Leaf

IDENTITY = "identity"
"""The pod's own certificate and key, which one resource holds: nobody ever sees one of them without the other."""
TRUST = "trust"
"""The trust anchors that a peer's certificate must lead to."""
SERVER = "server"
"""The certificate of an ingress, for those outside the mesh."""


def certificate(leaf: Leaf, name: str = IDENTITY) -> Resource:
    """Return a certificate as a sidecar is told it."""
    chain, key = {"inline_string": leaf.chain_pem}, {"inline_string": leaf.key_pem}
    return _secret(name, {"tls_certificate": {"certificate_chain": chain, "private_key": key}})


def trust(anchors: Iterable[str]) -> Resource:
    """Return the trust anchors (PEM); more than one while an anchor is being replaced."""
    return _secret(TRUST, {"validation_context": {"trusted_ca": {"inline_string": "".join(anchors)}}})


def _secret(name: str, content: dict[str, object]) -> Resource:
    return Resource(Kind.SECRET, name, {"name": name, **content})
