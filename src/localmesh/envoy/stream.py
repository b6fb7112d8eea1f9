"""What a listener does with a stream of bytes: forward it, ask who it is first, or close it (R95, R96)."""

from localmesh.envoy import Json, accesslog
from localmesh.envoy.authorization import Peers, Reach, reach, rules
from localmesh.envoy.message import extension
from localmesh.pods.pod import Pod
from meshpolicy.core.policy import Authorization


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


def close() -> list[Json]:
    """Return the filters that close at once: accepted, then nothing."""
    kind = "filters.network.direct_response.v3.Config"
    return [extension("envoy.filters.network.direct_response", kind, response={"inline_string": ""})]


def authorized(pod: Pod, cluster: str, authorizations: tuple[Authorization, ...], peers: Peers) -> list[Json]:
    """Return the filters that forward whom a grant holds for.

    Envoy asks for it at a stream's first byte. The app is connected to no sooner, so that one who speaks first (SMTP,
    MySQL) says nothing to a stranger.
    """
    match reach(authorizations, peers):
        case Reach.EVERYONE:
            return forward(pod, cluster)
        case Reach.NOBODY:
            return close()
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
