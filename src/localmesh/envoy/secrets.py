"""The secrets of a sidecar: its certificate with the key, and the trust anchors. They are never written to disk."""

from collections.abc import Iterable

from localmesh.envoy.kinds import Kind
from localmesh.envoy.wire import Resource
from meshidentity.certificates import Leaf

IDENTITY = "identity"
"""Name of the secret with the pod's certificate and key; one resource holds both, so that they always match."""
TRUST = "trust"
"""Name of the secret with the trust anchors that must have issued a peer's certificate chain."""
SERVER = "server"
"""Name of the secret with an ingress's certificate for clients outside the mesh."""


def certificate(leaf: Leaf, name: str = IDENTITY) -> Resource:
    """Return a certificate and its key as a Secret resource."""
    chain, key = {"inline_string": leaf.chain_pem}, {"inline_string": leaf.key_pem}
    return _secret(name, {"tls_certificate": {"certificate_chain": chain, "private_key": key}})


def trust(anchors: Iterable[str]) -> Resource:
    """Return the trust anchors (PEM) as a Secret resource; there are several while an anchor is being replaced."""
    return _secret(TRUST, {"validation_context": {"trusted_ca": {"inline_string": "".join(anchors)}}})


def _secret(name: str, content: dict[str, object]) -> Resource:
    return Resource(Kind.SECRET, name, {"name": name, **content})
