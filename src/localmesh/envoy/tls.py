"""Both ends of mutual TLS between sidecars, and how the client announces what it will send.

The server name is the server's identity. A client that tunnels a stream marks it with our own protocol name in ALPN,
as Linkerd marks it in its transport header (client kind D of R62).
"""

from localmesh.envoy import Json
from localmesh.envoy.bootstrap import ADS
from localmesh.envoy.endpoints import Hop
from localmesh.envoy.message import extension
from localmesh.envoy.secrets import IDENTITY, SERVER, TRUST
from localmesh.pods.pod import Pod

OPAQUE = "pingpong.opaque"
"""The ALPN protocol of a tunnelled stream."""
HTTP = ("h2", "http/1.1")
TLS = "transport_sockets.tls.v3"
VERSIONS = {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"}
NOBODY = "nobody.invalid"


def server(*, alpn: tuple[str, ...], demand: bool) -> Json:
    """Return the server end; it verifies a client certificate if one is sent, and requires one if `demand` (R69)."""
    return extension(
        "envoy.transport_sockets.tls",
        f"{TLS}.DownstreamTlsContext",
        common_tls_context={
            "tls_params": VERSIONS,
            "alpn_protocols": list(alpn),
            "tls_certificate_sds_secret_configs": [_secret(IDENTITY)],
            "validation_context_sds_secret_config": _secret(TRUST),
        },
        require_client_certificate=demand,
        # A resumed session would not verify again a certificate that has expired in the meantime.
        disable_stateless_session_resumption=True,
        disable_stateful_session_resumption=True,
    )


def public_server() -> Json:
    """Return the server end of an ingress for clients outside the mesh."""
    return extension(
        "envoy.transport_sockets.tls",
        f"{TLS}.DownstreamTlsContext",
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "alpn_protocols": list(HTTP),
            "tls_certificate_sds_secret_configs": [_secret(SERVER)],
        },
    )


def client(hop: Hop) -> Json:
    """Return the client end for a hop; the endpoint's hostname is the identity that the server must prove."""
    if hop is Hop.PLAIN:
        return extension("envoy.transport_sockets.raw_buffer", "transport_sockets.raw_buffer.v3.RawBuffer")
    return _client([OPAQUE] if hop is Hop.MESHED_OPAQUE else [], auto_host_sni=True, auto_sni_san_validation=True)


def no_client(pod: Pod) -> Json:
    """Return a client end that trusts no server: the default without a chosen hop must not be plain text."""
    if not pod.meshed:
        return client(Hop.PLAIN)
    return _client([], sni=NOBODY, auto_sni_san_validation=True)


def _client(alpn: list[str], **fields: object) -> Json:
    return extension(
        "envoy.transport_sockets.tls",
        f"{TLS}.UpstreamTlsContext",
        common_tls_context={
            "tls_params": VERSIONS,
            **({"alpn_protocols": alpn} if alpn else {}),
            "tls_certificate_sds_secret_configs": [_secret(IDENTITY)],
            "validation_context_sds_secret_config": _secret(TRUST),
        },
        max_session_keys=0,
        **fields,
    )


def _secret(name: str) -> Json:
    return {"name": name, "sds_config": ADS}
