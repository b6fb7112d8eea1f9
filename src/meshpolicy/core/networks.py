"""Networks as Linkerd's controller reads them, and addresses as Kubernetes does. Pure.

A network is an address by itself, or one before a slash and a length.

Sources: linkerd2 `policy-controller/k8s/api/src/policy/network.rs`, Rust's `std::net`,
and `parser.rs` of the crate `ipnet` 2.12.
"""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

PADDED = re.compile(r"(?<![0-9a-fA-F])0+(?=[0-9]+(\.|$))")
OCTETS = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
LENGTH = {4: re.compile(r"[0-9]{1,2}"), 6: re.compile(r"[0-9]{1,3}")}
GROUPS = 8


def parse_network(text: str) -> IPv4Network | IPv6Network | None:
    """Return a network; None where the controller reads none: a scope, a mask in place of a length, blanks."""
    address, slash, length = text.partition("/")
    if "%" in address:
        return None
    try:
        found = ip_address(_as_in_networks(address) if slash else address)
    except ValueError:
        return None
    if not slash:
        return ip_network(found)
    if not LENGTH[found.version].fullmatch(length) or int(length) > found.max_prefixlen:
        return None
    return ip_network(f"{found}/{length}", strict=False)


def read_cidr(text: str) -> IPv4Network | IPv6Network:
    """Return a network as Kubernetes takes it since 1.36.

    Raises ValueError for one without a length, with bits beyond it, with a mask, or IPv4 in IPv6.
    """
    found, length = ip_network(text), text.partition("/")[2]
    if length != str(found.prefixlen) or (found.version == 6 and found.network_address.ipv4_mapped is not None):
        raise ValueError(text)
    return found


def is_cidr(text: str) -> bool:
    """Whether Kubernetes takes a text for a network."""
    try:
        read_cidr(text)
    except ValueError:
        return False
    return True


def is_address(text: str) -> bool:
    """Whether a text is an IP address to Kubernetes: without leading zeros, a zone, or IPv4 in IPv6."""
    try:
        found = ip_address(text)
    except ValueError:
        return False
    return "%" not in text and getattr(found, "ipv4_mapped", None) is None


def _as_in_networks(address: str) -> str:
    """Return an address as other readers take it: before a slash octets may be padded, and `::` may mean nothing."""
    head, colon, last = address.rpartition(":")
    if OCTETS.fullmatch(last):
        last = PADDED.sub("", last)
    groups = len([group for group in address.split(":") if group]) + ("." in last)
    if groups == GROUPS and address.count("::") == 1 and not address.endswith("::"):
        head = head.replace("::", ":").removeprefix(":").removesuffix(":")
    return f"{head}{colon}{last}"
