"""All resources of a pod's sidecar, inbound and outbound."""

from collections.abc import Iterator, Sequence

from localmesh.envoy import inbound, outbound
from localmesh.envoy.inbound import InboundPort
from localmesh.envoy.wire import Resource
from localmesh.pods.addresses import Outside
from localmesh.pods.pod import Pod
from localmesh.pods.spans import SpanExport

proxy_url = outbound.proxy_url


def sidecar(
    pod: Pod,
    ports: Sequence[InboundPort],
    secret: str,
    outside: Outside | None = None,
    export: SpanExport | None = None,
) -> Iterator[Resource]:
    """Yield the resources that a pod's Envoy receives at once; it requests its app's destinations on demand."""
    outside = outside or {}
    for port in ports:
        yield inbound.app(port)
        yield inbound.listener(pod, port, outside, export)
        yield from inbound.routes(port, outside)
    yield outbound.listener(pod, secret, export)
