"""Linkerd's annotations: their names, and how the lists of ports in them are read (R8-R10). Pure."""

import re
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
BLANKS = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace() and sign not in "\x1c\x1d\x1e\x1f")
"""What may stand around a number of a list: Unicode's white space, as Rust trims it."""
NUMBER = re.compile(r"\+?0*([0-9]{1,5})")


def ports(text: str) -> Ports:
    """Return the ranges of a list such as `25,8000-8010`, as the controller reads it; one bad token empties all (R9).

    Source: linkerd2 `policy-controller/k8s/index/src/ports.rs`, `parse_portset`; numbers are Rust's.
    """
    found: list[range] = []
    for token in text.split(","):
        if not token.strip(BLANKS):
            continue
        first, dash, last = token.partition("-")
        low, high = _number(first), _number(last if dash else first)
        if low is None or high is None or low > high:
            return ()
        found.append(range(low, high + 1))
    return tuple(found)


def holds(annotations: Mapping[str, str], name: str, port: int) -> bool:
    """Whether the annotation lists the port."""
    return any(port in part for part in ports(annotations.get(name, "")))


def _number(text: str) -> int | None:
    """Return a port: digits, perhaps after a plus sign and any number of zeros."""
    found = NUMBER.fullmatch(text.strip(BLANKS))
    number = int(found[1]) if found else 0
    return number if 1 <= number <= 65535 else None
