"""Writes Envoy configuration for pods: pure functions from values to dictionaries that are dumped as JSON.

What a caller needs, by module (all else is detail):

command     `binary() -> Path`; `command(pod) -> tuple[str, ...]`, which runs a sidecar
sidecar     `sidecar(pod, ports, destinations, secret) -> Json`, a pod's whole bootstrap;
            `proxy_url(pod, secret) -> str`, the app's HTTP_PROXY
inbound     `InboundPort(number, socket, policy)`
endpoints   `Destination(name, hosts, port)`: what an app can call, by names without port;
            `service_hosts(service, namespace, caller)`: the names of a Service;
            `Endpoint(address, port, identity, opaque)`, `LocalEndpoint(socket)`: who is ready behind it;
            `endpoints(destination, found) -> Json`, to be moved into `endpoints_file(pod, destination)`
ingress     `ingress(pod, doors) -> Json`, the bootstrap of a Gateway; `IngressListener`, `IngressRoute`

The secrets' files (`localmesh.identity.sds`) and an endpoint file for each destination must be there before it starts.
"""

from typing import Any

Json = dict[str, Any]
"""A message of Envoy's API in its JSON form."""
