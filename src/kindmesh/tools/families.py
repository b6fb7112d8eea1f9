"""Whether pods get IPv6 addresses: Linkerd sets no routes for them here, so such traffic would bypass the sidecars."""

from collections.abc import Iterable

from kindmesh.tools.kube import Kube, Object

WAY_OUT = "use a cluster whose pods have IPv4 addresses alone; on kind that is `ipFamily: ipv4`"


def ipv6_addresses(pods: Iterable[Object]) -> dict[str, str]:
    """Return the IPv6 address of each pod that has one and is not in its node's network, by namespace and name."""
    found: dict[str, str] = {}
    for pod in (one for one in pods if not one["spec"].get("hostNetwork")):
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        addresses = [one["ip"] for one in pod["status"].get("podIPs", []) if ":" in one["ip"]]
        found |= {name: addresses[0]} if addresses else {}
    return found


def ipv6_networks(kube: Kube) -> list[str]:
    """Return where the cluster gives pods IPv6 addresses: ranges of nodes, and pods of kube-system."""
    nodes = kube.items("nodes")
    ranges = {cidr for node in nodes for cidr in node["spec"].get("podCIDRs", []) if ":" in cidr}
    pods = ipv6_addresses(kube.items("-n", "kube-system", "pods"))
    return [*sorted(ranges), *(f"{name} has {address}" for name, address in sorted(pods.items()))]
