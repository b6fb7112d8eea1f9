"""Handling of TCP streams: forward, forward only authorized clients, or close (R95, R96)."""

from localmesh.envoy import Json, accesslog
from localmesh.envoy.authorization import Peers, Reach, reach, rules
from localmesh.envoy.message import extension
from localmesh.pods.pod import Pod
from meshpolicy.core.policy import Authorization

NOBODY = "nobody"
"""Name of a cluster that never exists: a connection forwarded to it is closed."""


def forward(pod: Pod, cluster: str, **fields: object) -> list[Json]:
    """Return the filters that forward a stream to the app."""
    return [
        extension(
            "envoy.filters.network.tcp_proxy",
            "filters.network.tcp_proxy.v3.TcpProxy",
            stat_prefix=cluster,
            cluster=cluster,
            access_log=accesslog.inbound_tcp(pod),
            **fields,
        )
    ]


def close(pod: Pod, *, terminated: bool) -> list[Json]:
    """Return the filters that accept a connection, close it and log that.

    If TLS ends here, they close it after the handshake, which reveals the client's identity.
    """
    # Envoy requires a buffer limit for the time until then; nothing is buffered.
    waits = {"upstream_connect_mode": "ON_DOWNSTREAM_TLS_HANDSHAKE", "max_early_data_bytes": 1}
    return [
        extension(
            "envoy.filters.network.tcp_proxy",
            "filters.network.tcp_proxy.v3.TcpProxy",
            stat_prefix=NOBODY,
            cluster=NOBODY,
            access_log=accesslog.refused_tcp(pod),
            **(waits if terminated else {}),
        )
    ]


def authorized(pod: Pod, cluster: str, authorizations: tuple[Authorization, ...], peers: Peers) -> list[Json]:
    """Return the filters that forward streams of authorized clients only.

    Envoy checks this at the stream's first byte, and connects to the app only then, so that a server that speaks first
    (SMTP, MySQL) sends nothing to an unauthorized client.
    """
    match reach(authorizations, peers):
        case Reach.EVERYONE:
            return forward(pod, cluster)
        case Reach.NOBODY:
            return close(pod, terminated=peers.terminated)
        case Reach.SOME:
            return [
                extension(
                    "envoy.filters.network.rbac",
                    "filters.network.rbac.v3.RBAC",
                    stat_prefix=cluster,
                    rules=(found := rules(authorizations, peers)),
                    # Envoy reports which rule matched for shadow rules only.
                    shadow_rules=found,
                ),
                *forward(pod, cluster, upstream_connect_mode="ON_DOWNSTREAM_DATA", max_early_data_bytes=65536),
            ]
