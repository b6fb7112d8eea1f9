"""Authorizations as Envoy RBAC rules, which match clients by address and verified identity (R81-R84)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from typing import assert_never

from localmesh.envoy import Json
from localmesh.envoy.message import extension
from localmesh.pods.addresses import Outside, covers_everyone, loopback_match
from meshpolicy.core.match import IdentityMatch, NetworkMatch
from meshpolicy.core.policy import Authentication, Authorization, TlsAuthenticated, TlsUnauthenticated, Unauthenticated

ANY: Json = {"any": True}
_LABEL = "[a-z0-9_-]+"


@dataclass(frozen=True, slots=True)
class Peers:
    """What is known about all clients of one filter chain."""

    terminated: bool
    """Whether this proxy terminates their TLS, and so knows the client's identity."""
    outside: Outside
    """Addresses outside the cluster's range, each with the loopback address that represents it."""


class Reach(Enum):
    """Who may open a connection, as far as this is known before its first byte."""

    EVERYONE = "everyone"
    NOBODY = "nobody"
    SOME = "some"


def reach(authorizations: Iterable[Authorization], peers: Peers) -> Reach:
    """Return whether everyone, no one or only some clients are authorized; only for some must Envoy check them."""
    found = [principal for a in authorizations if (principal := _principal(a, peers))]
    if not found:
        return Reach.NOBODY
    return Reach.EVERYONE if ANY in found else Reach.SOME


def rules(authorizations: Iterable[Authorization], peers: Peers) -> Json:
    """Return rules that allow every client with an authorization; each rule has the name of its authorization."""
    policies: dict[str, Json] = {}
    for authorization in authorizations:
        if principal := _principal(authorization, peers):
            name = str(authorization.ref)
            policy = policies.setdefault(name, {"permissions": [ANY], "principals": []})
            policy["principals"].append(principal)
    return {"action": "ALLOW", "policies": policies}


def _principal(authorization: Authorization, peers: Peers) -> Json | None:
    networks = [n for match in authorization.networks for n in loopback_match(match, peers.outside)]
    identity = _authentication(authorization.authentication, peers)
    if not networks or identity is None:
        return None
    parts = [] if covers_everyone(networks) else [_either([_network(match) for match in networks])]
    parts += [] if identity == ANY else [identity]
    if not parts:
        return ANY
    return parts[0] if len(parts) == 1 else {"and_ids": {"ids": parts}}


def _authentication(authentication: Authentication, peers: Peers) -> Json | None:
    match authentication:
        case Unauthenticated():
            return ANY
        case TlsUnauthenticated():
            return ANY if peers.terminated else None
        case TlsAuthenticated():
            if not peers.terminated or not authentication.identities:
                return None
            return _either([_identity(match) for match in authentication.identities])
        case _:
            assert_never(authentication)


def _identity(match: IdentityMatch) -> Json:
    """Return a principal for the identity, matched as a DNS SAN or a URI SAN: the two kinds never match each other."""
    kind = "URI" if "://" in match.pattern else "DNS"
    matcher = {"san_type": kind, "matcher": identity_matcher(match)}
    name = "envoy.rbac.principals.mtls_authenticated"
    return {"custom": extension(name, "rbac.principals.mtls_authenticated.v3.Config", san_matcher=matcher)}


def identity_matcher(match: IdentityMatch) -> Json:
    """Return a string matcher; a suffix or `*` never matches a `spiffe://` ID (R84)."""
    if match.exact:
        return {"exact": match.pattern}
    suffix = re.escape(match.pattern[1:])
    return {"safe_regex": {"regex": rf"{_LABEL}(\.{_LABEL})*{suffix}"}}


def _network(match: NetworkMatch) -> Json:
    inside = _address(match.cidr)
    if not match.exceptions:
        return inside
    holes = _either([_address(hole) for hole in match.exceptions])
    return {"and_ids": {"ids": [inside, {"not_id": holes}]}}


def _address(network: object) -> Json:
    assert isinstance(network, IPv4Network)  # noqa: S101 `loopback_match` returns no other
    return {"direct_remote_ip": cidr(network.network_address, network.prefixlen)}


def cidr(address: IPv4Address, length: int = 32) -> Json:
    """Return a network as Envoy's CidrRange."""
    return {"address_prefix": str(address), "prefix_len": length}


def _either(choices: list[Json]) -> Json:
    return choices[0] if len(choices) == 1 else {"or_ids": {"ids": choices}}
