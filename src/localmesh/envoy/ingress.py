"""An ingress: forwards requests from outside, received on 127.0.0.1, to the Services in a Gateway's routes.

It calls them as any meshed pod does, and their policies decide what it may request.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from localmesh.envoy import Json, accesslog, tracing
from localmesh.envoy.clusters import of_ingress
from localmesh.envoy.connection import BAD_GATEWAY, SIGNS, Codec, http, told
from localmesh.envoy.endpoints import Destination
from localmesh.envoy.filters import header_changes, redirect
from localmesh.envoy.kinds import Kind
from localmesh.envoy.outbound import forwards
from localmesh.envoy.routes import Entry, entries
from localmesh.envoy.tls import public_server
from localmesh.envoy.wire import Resource
from localmesh.pods.pod import Pod
from localmesh.pods.spans import SpanExport
from meshpolicy.core.policy import HttpRoute

NO_BACKEND = 500
"""The status that the Gateway API requires for a rule without an existing Service."""


@dataclass(frozen=True, slots=True)
class IngressRoute:
    """One rule of a Gateway's route, and the Services behind it with their weights."""

    route: HttpRoute
    """The route with this rule only; its authorizations are ignored here."""
    backends: tuple[tuple[Destination, int], ...]


@dataclass(frozen=True, slots=True)
class IngressListener:
    """A listener of the Gateway: its port on this machine, and its routes."""

    name: str
    address: IPv4Address
    port: int
    offers: tuple[IngressRoute, ...]
    tls: bool = False
    """Whether it terminates TLS, with the certificate for clients outside the mesh (`secrets.SERVER`)."""


def ingress(pod: Pod, listeners: Sequence[IngressListener], export: SpanExport | None = None) -> Iterator[Resource]:
    """Yield the resources of a Gateway's Envoy."""
    called = {
        destination: None for listener in listeners for offer in listener.offers for destination, _ in offer.backends
    }
    yield from (of_ingress(pod, destination) for destination in called)
    for listener in listeners:
        yield Resource(Kind.LISTENER, listener.name, _listener(pod, listener, export))
        yield Resource(Kind.ROUTES, listener.name, _route_configuration(listener))


def _route_configuration(listener: IngressListener) -> Json:
    backends = {offer.route: offer.backends for offer in reversed(listener.offers)}
    matches = entries(tuple(offer.route for offer in listener.offers))
    host = {
        "name": listener.name,
        "domains": ["*"],
        "routes": list(_routes(matches, backends)),
        "response_headers_to_remove": SIGNS,
    }
    return {"name": listener.name, "virtual_hosts": [host], "validate_clusters": False}


def _listener(pod: Pod, listener: IngressListener, export: SpanExport | None) -> Json:
    manager = http(
        listener.name,
        codec=Codec.AUTO,
        routes=told(listener.name),
        filters=[],
        replies=BAD_GATEWAY,
        log=accesslog.outbound_http(pod),
        default_host="unknown",
        **tracing.ingress(pod, export),
    )
    chain: Json = {"filters": [manager]}
    if listener.tls:
        chain["transport_socket"] = public_server()
    return {
        "name": listener.name,
        "address": {"socket_address": {"address": str(listener.address), "port_value": listener.port}},
        "enable_reuse_port": False,
        "traffic_direction": "INBOUND",
        "filter_chains": [chain],
    }


def _routes(
    matches: Sequence[Entry], backends: Mapping[HttpRoute, tuple[tuple[Destination, int], ...]]
) -> Iterator[Json]:
    for entry in matches:
        common = {"name": str(entry.route.ref), "match": entry.match}
        if answer := redirect(entry.rule.filters):
            yield common | {"redirect": answer}
        elif weights := [(found, weight) for found, weight in backends[entry.route] if weight]:
            for route in forwards(entry.match, _action(weights)):
                yield common | route | header_changes(entry.rule.filters)
        else:
            yield common | {"direct_response": {"status": NO_BACKEND}}


def _action(weights: list[tuple[Destination, int]]) -> Json:
    if len(weights) == 1:
        return {"cluster": weights[0][0].name}
    shares = [{"name": found.name, "weight": weight} for found, weight in weights]
    return {"weighted_clusters": {"clusters": shares}}
