"""Values with defaults: pods, grants, routes and policies."""

import os
from dataclasses import replace
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from typing import Any

from localmesh.envoy.endpoints import Endpoint
from localmesh.envoy.inbound import InboundPort
from localmesh.pods.addresses import to_loopback
from localmesh.pods.pod import Pod
from meshpolicy.core.match import HttpMatch, IdentityMatch, NetworkMatch, PathKind, PathMatch
from meshpolicy.core.policy import (
    Authorization,
    Filter,
    HttpRoute,
    HttpRule,
    PortPolicy,
    Protocol,
    TlsAuthenticated,
    Unauthenticated,
)
from meshpolicy.core.ref import Ref

ANYWHERE = (NetworkMatch(ip_network("0.0.0.0/0")), NetworkMatch(ip_network("::/0")))
SERVER = Ref("policy.linkerd.io", "Server", "web", "server-http")
_NET = f"10.{100 + os.getpid() // 250 % 100}.{1 + os.getpid() % 250}"
"""Of this process, so that two test runs on one machine do not meet."""


def identity(account: str) -> str:
    """Return the name of a ServiceAccount of the namespace `web`."""
    return f"{account}.web.serviceaccount.identity.linkerd.cluster.local"


def make_pod(folder: Path, account: str, number: int, *, meshed: bool = True) -> Pod:
    """Return a pod that runs as `account`."""
    address = IPv4Address(f"{_NET}.{number}")
    name = f"{account}-{number}"
    return Pod(
        name=name,
        namespace="web",
        service_account=account,
        workload=Ref("apps", "Deployment", "web", account),
        address=address,
        local=to_loopback(address),
        labels={},
        containers=(),
        meshed=meshed,
        identity=identity(account) if meshed else "",
        folder=folder / name,
    )


def grant(*identities: str, networks: tuple[NetworkMatch, ...] = ANYWHERE, name: str = "grant") -> Authorization:
    """Return a grant to some identities, or to anybody if none is named."""
    matches = tuple(IdentityMatch(pattern) for pattern in identities)
    authentication = TlsAuthenticated(matches) if matches else Unauthenticated()
    return Authorization(Ref("policy.linkerd.io", "AuthorizationPolicy", "web", name), networks, authentication)


def route(
    path: str,
    *grants: Authorization,
    method: str | None = None,
    name: str = "route",
    filters: tuple[Filter, ...] = (),
) -> HttpRoute:
    """Return a route for a path and all below it, or `=` before it for this path alone."""
    kind = PathKind.EXACT if path.startswith("=") else PathKind.PREFIX
    match = HttpMatch(PathMatch(kind, path.removeprefix("=")), method)
    ref = Ref("policy.linkerd.io", "HTTPRoute", "web", name)
    return HttpRoute(ref, (HttpRule((match,), filters),), authorizations=grants)


def policy(port: int, protocol: Protocol = Protocol.HTTP1, **fields: Any) -> PortPolicy:
    """Return the policy of a port."""
    return PortPolicy(Ref("apps", "Deployment", "web", "server"), port, SERVER, protocol, **fields)


def at(pod: Pod, port: int) -> Endpoint:
    """Return a pod's port as an endpoint that other pods are told of."""
    return Endpoint(pod.local, port, pod.identity)


def on(pod: Pod, found: PortPolicy, socket_name: str = "http.sock") -> InboundPort:
    """Return a port of a pod with its policy."""
    return InboundPort(found.port, pod.app / socket_name, replace(found, workload=pod.workload))
