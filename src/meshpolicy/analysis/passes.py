"""Rules of NetworkPolicies that admit traffic, in the form of a manifest. Pure."""

from collections.abc import Mapping

from meshpolicy.decide.connection import CONTROL_PORTS, DNS_PORT, ControlPlane

PassRule = dict[str, object]


def passing(way: str, namespace: str, labels: Mapping[str, str], *ports: tuple[int, str]) -> PassRule:
    """Return a rule to (`to`) or from (`from`) pods of a namespace, for ports with their protocols."""
    peer: dict[str, object] = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    if labels:
        peer["podSelector"] = {"matchLabels": dict(labels)}
    return {way: [peer], "ports": [{"port": port, "protocol": protocol} for port, protocol in ports]}


def to_dns() -> PassRule:
    """Return the rule that admits egress to the DNS server (N16)."""
    return passing("to", "kube-system", {"k8s-app": "kube-dns"}, (DNS_PORT, "UDP"), (DNS_PORT, "TCP"))


def to_control_plane(namespace: str, part: ControlPlane) -> PassRule:
    """Return the rule that admits egress to a part of the control plane; `destination` runs the policy controller."""
    component = "identity" if part is ControlPlane.IDENTITY else "destination"
    return passing("to", namespace, {"linkerd.io/control-plane-component": component}, (CONTROL_PORTS[part], "TCP"))
