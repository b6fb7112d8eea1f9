"""The secrets of a sidecar, as documents that Envoy watches (file-based SDS).

A certificate and its key stand in one document, and a document is replaced by a move: no reader ever sees the key of
one certificate beside another, and a rotation needs neither a restart nor a new connection.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from localmesh.files import make_folder, write
from localmesh.identity.certificates import Leaf

IDENTITY = "identity"
"""The pod's own certificate and key."""
TRUST = "trust"
"""The trust anchors that a peer's certificate must lead to."""
SERVER = "server"
"""The certificate of an ingress, for those outside the mesh."""


def secret_file(folder: Path, name: str) -> Path:
    """Return where a secret stands below a pod's folder of secrets."""
    return folder / f"sds-{name}.json"


def write_identity(folder: Path, leaf: Leaf, name: str = IDENTITY) -> None:
    """Put a certificate in place, or replace it while traffic flows."""
    chain, key = {"inline_string": leaf.chain_pem}, {"inline_string": leaf.key_pem}
    _write(folder, name, {"tls_certificate": {"certificate_chain": chain, "private_key": key}})


def write_trust(folder: Path, anchors: Iterable[str]) -> None:
    """Put the trust anchors (PEM) in place; more than one while an anchor is being replaced."""
    _write(folder, TRUST, {"validation_context": {"trusted_ca": {"inline_string": "".join(anchors)}}})


def _write(folder: Path, name: str, secret: dict[str, object]) -> None:
    resource = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
        "name": name,
        **secret,
    }
    write(secret_file(make_folder(folder), name), json.dumps({"resources": [resource]}))
