"""The inbound side of a sidecar: one listener per container port, configured by the port's policy.

The first bytes of a connection select its filter chain (R62, R63):

A  plain text
B  TLS for another server name than the pod's identity: the application's own TLS, forwarded as bytes
C  mutual TLS for the pod's identity: a request from a meshed client
D  the same with our protocol in ALPN: an opaque stream from a meshed client
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from localmesh.envoy import Json, stream, tls
from localmesh.envoy.authorization import Peers
from localmesh.envoy.connection import Codec, http1, http_versions
from localmesh.envoy.inboundhttp import requests, route_configuration
from localmesh.envoy.kinds import Kind
from localmesh.envoy.message import extension
from localmesh.envoy.wire import Resource
from localmesh.pods.addresses import Outside
from localmesh.pods.pod import Pod
from localmesh.pods.spans import SpanExport
from meshpolicy.core.policy import HttpRoute, HttpRule, PortPolicy, Protocol

_CODEC = {Protocol.HTTP1: Codec.HTTP1, Protocol.HTTP2: Codec.HTTP2, Protocol.GRPC: Codec.HTTP2}
"""Codecs of declared protocols: plain-text connections are not subject to detection."""
_STREAMS = {Protocol.OPAQUE, Protocol.TLS}
_DETECTED = ["http/1.0", "http/1.1", "h2c"]


@dataclass(frozen=True, slots=True)
class InboundPort:
    """A container port: its number, the app's socket for it, and its policy."""

    number: int
    socket: Path
    policy: PortPolicy

    @property
    def cluster(self) -> str:
        """The name of the Envoy cluster for the app behind the port."""
        return f"app_{self.number}"


def app(port: InboundPort) -> Resource:
    """Return the cluster whose endpoint is the app's socket."""
    address = {"pipe": {"path": str(port.socket)}}
    content = {
        "name": port.cluster,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": port.cluster,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
        # An app that declares HTTP/1 may not understand another version, whichever version the client speaks.
        "typed_extension_protocol_options": http1() if port.policy.protocol is Protocol.HTTP1 else http_versions(),
    }
    return Resource(Kind.CLUSTER, port.cluster, content)


def routes(port: InboundPort, outside: Outside) -> Iterator[Resource]:
    """Yield the routes of a port: one set for clients whose TLS ends here, and one for all others."""
    policy = effective(port.policy)
    for terminated in (True, False):
        yield route_configuration(port.cluster, policy, Peers(terminated, outside))


def listener(pod: Pod, port: InboundPort, outside: Outside, export: SpanExport | None = None) -> Resource:
    """Return the listener of a port."""
    return Resource(Kind.LISTENER, f"inbound_{port.number}", _listener(pod, port, outside, export))


def _listener(pod: Pod, port: InboundPort, outside: Outside, export: SpanExport | None) -> Json:
    address = {"socket_address": {"address": str(pod.local), "port_value": port.number}}
    found: Json = {
        "name": f"inbound_{port.number}",
        "address": address,
        "enable_reuse_port": True,
        "traffic_direction": "INBOUND",
    }
    if not pod.meshed or port.policy.skipped:
        return found | {"filter_chains": [{"filters": stream.forward(pod, port.cluster)}]}
    return found | _inspected(effective(port.policy).protocol) | {"filter_chains": _chains(pod, port, outside, export)}


def _inspected(protocol: Protocol) -> Json:
    inspectors = ["tls_inspector.v3.TlsInspector"]
    if protocol is Protocol.UNKNOWN:
        inspectors.append("http_inspector.v3.HttpInspector")
    names = {kind: f"envoy.filters.listener.{kind.partition('.')[0]}" for kind in inspectors}
    # A silent client of an opaque port may wait for a server that speaks first; other ports close it (R63).
    streams = protocol in _STREAMS
    return {
        "listener_filters": [extension(names[kind], f"filters.listener.{kind}") for kind in inspectors],
        "listener_filters_timeout": "1s" if streams else "10s",
        "continue_on_listener_filters_timeout": streams,
    }


def _chains(pod: Pod, port: InboundPort, outside: Outside, export: SpanExport | None) -> list[Json]:
    policy = effective(port.policy)
    known, strangers = Peers(terminated=True, outside=outside), Peers(terminated=False, outside=outside)

    def bytes_from(peers: Peers) -> list[Json]:
        return stream.authorized(pod, port.cluster, policy.authorizations, peers)

    def requests_from(peers: Peers, codec: Codec) -> list[Json]:
        return [requests(pod, port.number, peers, codec, export)]

    # An opaque stream to a port that declares HTTP is refused, whatever the policies allow (R64).
    declared = _CODEC.get(policy.protocol)
    meshed = {"server_names": [pod.identity], "transport_protocol": "tls"}
    chains = [
        _chain(
            {**meshed, "application_protocols": [tls.OPAQUE]},
            stream.close(pod, terminated=True) if declared else bytes_from(known),
            tls.server(alpn=(tls.OPAQUE,), demand=True),
        ),
        _chain(meshed, requests_from(known, Codec.AUTO), tls.server(alpn=tls.HTTP, demand=False)),
        _chain(
            {"transport_protocol": "tls"},
            stream.close(pod, terminated=False) if declared else bytes_from(strangers),
        ),
        _chain(
            {"transport_protocol": "raw_buffer"},
            requests_from(strangers, declared) if declared else bytes_from(strangers),
        ),
    ]
    if policy.protocol is Protocol.UNKNOWN:
        detected = {"transport_protocol": "raw_buffer", "application_protocols": _DETECTED}
        chains.append(_chain(detected, requests_from(strangers, Codec.AUTO)))
    return chains


def effective(policy: PortPolicy) -> PortPolicy:
    """Return the policy; an invalid one is replaced, as in Linkerd, by a policy that answers 403 to everyone (R56)."""
    if not policy.invalid:
        return policy
    refusal = HttpRoute(ref=policy.invalid, rules=(HttpRule(),))
    return replace(
        policy, protocol=Protocol.UNKNOWN, authorizations=(), http_routes=(refusal,), grpc_routes=(), rate_limit=None
    )


def _chain(match: Json, filters: list[Json], transport: Json | None = None) -> Json:
    return {
        "filter_chain_match": match,
        "filters": filters,
        **({"transport_socket": transport} if transport else {}),
    }
