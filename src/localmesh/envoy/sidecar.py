"""A pod's sidecar: all that it accepts, and all that its app can call."""

from collections.abc import Sequence

from localmesh.envoy import Json, inbound, outbound
from localmesh.envoy.bootstrap import bootstrap
from localmesh.envoy.clusters import clusters
from localmesh.envoy.endpoints import Destination
from localmesh.envoy.inbound import InboundPort
from localmesh.pods.addresses import Outside
from localmesh.pods.pod import Pod

proxy_url = outbound.proxy_url


def sidecar(
    pod: Pod,
    ports: Sequence[InboundPort],
    destinations: Sequence[Destination],
    secret: str,
    outside: Outside | None = None,
) -> Json:
    """Return the configuration of a pod's Envoy.

    The files that it reads (`sds.write_identity`, `sds.write_trust` of a meshed pod, and an endpoint file for each
    destination) must be there before it starts.
    """
    listeners = [inbound.listener(pod, port, outside or {}) for port in ports]
    apps = [inbound.app(port) for port in ports]
    called = [cluster for destination in destinations for cluster in clusters(pod, destination)]
    return bootstrap(pod, [*listeners, outbound.listener(pod, destinations, secret)], [*apps, *called])
