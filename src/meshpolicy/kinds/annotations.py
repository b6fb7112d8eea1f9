"""Linkerd's annotations: their names, and how the lists of ports in them are read (R8-R10). Pure."""

from collections.abc import Mapping

INJECT = "linkerd.io/inject"
DEFAULT_POLICY = "config.linkerd.io/default-inbound-policy"
OPAQUE_PORTS = "config.linkerd.io/opaque-ports"
SKIP_INBOUND = "config.linkerd.io/skip-inbound-ports"
SKIP_OUTBOUND = "config.linkerd.io/skip-outbound-ports"
REQUIRE_IDENTITY = "config.linkerd.io/proxy-require-identity-inbound-ports"
CONTROL_PLANE_LABEL = "linkerd.io/control-plane-ns"
WORKLOAD_NAMESPACE_LABEL = "linkerd.io/workload-ns"

DEFAULT_OPAQUE = frozenset({25, 587, 3306, 4444, 5432, 6379, 9300, 11211})
DEFAULT_SKIPPED = frozenset({4567, 4568})
INBOUND_PORT = 4143
CONTROL_PORT = 4190
ADMIN_PORT = 4191
PROXY_PORTS = {"linkerd-proxy": INBOUND_PORT, "linkerd-admin": ADMIN_PORT}
"""The names that the injected sidecar gives its ports; a template does not hold them yet."""

Ports = tuple[range, ...]


def ports(text: str) -> Ports:
    """Return the ranges of a list such as `25,8000-8010`; one bad token empties all of it (R9)."""
    found: list[range] = []
    for token in filter(None, (part.strip() for part in text.split(","))):
        first, dash, last = map(str.strip, token.partition("-"))
        if not (_number(first) and (_number(last) or not dash)):
            return ()
        low, high = int(first), int(last or first)
        if not 1 <= low <= high <= 65535:
            return ()
        found.append(range(low, high + 1))
    return tuple(found)


def holds(annotations: Mapping[str, str], name: str, port: int) -> bool:
    """Whether the annotation lists the port."""
    return any(port in part for part in ports(annotations.get(name, "")))


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5
