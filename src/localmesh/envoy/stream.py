"""What a listener does with a stream of bytes: forward it, ask who it is first, or close it (R95, R96)."""

from localmesh.envoy import Json, accesslog
from localmesh.envoy.authorization import Peers, Reach, reach, rules
from localmesh.envoy.message import extension
from localmesh.pods.pod import Pod
from meshpolicy.core.policy import Authorization

NOBODY = "nobody"
"""A cluster that there never is: whoever is to be forwarded to it is closed."""


def forward(pod: Pod, cluster: str, **fields: object) -> list[Json]:
    """Return the filters that forward to the app."""
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
    """Return the filters that accept a connection, close it, and write that into the log.

    Where TLS ends here, that is after the handshake, which tells who came.
    """
    # Envoy asks for a limit of what is kept until then, which is nothing.
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
    """Return the filters that forward whom a grant holds for.

    Envoy asks for it at a stream's first byte. The app is connected to no sooner, so that one who speaks first (SMTP,
    MySQL) says nothing to a stranger.
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
                    # Envoy names the grant that held for shadow rules alone.
                    shadow_rules=found,
                ),
                *forward(pod, cluster, upstream_connect_mode="ON_DOWNSTREAM_DATA", max_early_data_bytes=65536),
            ]
