"""Grants as Envoy's rules, read by a small evaluator and compared with `meshpolicy` (R81-R84)."""

import re
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localmesh.envoy.authorization import Peers, Reach, identity_matcher, reach, rules
from localmesh.pods.addresses import CLUSTER, to_loopback
from meshpolicy.core.client import Arrival, Client
from meshpolicy.core.match import IdentityMatch, NetworkMatch
from meshpolicy.core.policy import Authorization, TlsAuthenticated, TlsUnauthenticated, Unauthenticated
from meshpolicy.core.ref import Ref
from meshpolicy.decide.authorized import applies

KNOWN, STRANGERS = Peers(terminated=True, outside={}), Peers(terminated=False, outside={})
IDENTITIES = ["a.web.x", "b.web.x", "web.x", "spiffe://x/a.web.x", "a.bweb.x"]
PATTERNS = ["*", "*.web.x", "a.web.x", "spiffe://x/a.web.x", "*.x", "axweb.x"]
NETWORKS = [ip_network(text) for text in ("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "192.0.2.0/24")]

ADDRESSES = st.sampled_from([IPv4Address(text) for text in ("10.1.2.3", "10.1.2.4", "10.2.0.1")])
MATCHES = st.builds(
    NetworkMatch, st.sampled_from(NETWORKS), st.lists(st.sampled_from(NETWORKS[2:]), max_size=2).map(tuple)
)
AUTHENTICATIONS = st.one_of(
    st.just(Unauthenticated()),
    st.just(TlsUnauthenticated()),
    st.builds(TlsAuthenticated, st.lists(st.sampled_from(PATTERNS).map(IdentityMatch), max_size=3).map(tuple)),
)
GRANTS = st.builds(
    Authorization, st.just(Ref("", "Grant", "", "it")), st.lists(MATCHES, max_size=3).map(tuple), AUTHENTICATIONS
)
CLIENTS = st.one_of(
    st.builds(Client, ADDRESSES),
    st.builds(Client, ADDRESSES, st.just(Arrival.MESHED_HTTP), st.sampled_from(["", *IDENTITIES])),
)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_pattern_means_the_same_identities(pattern: str, identity: str) -> None:
    """R84: neither `*` nor a suffix means a SPIFFE id."""
    match = IdentityMatch(pattern)
    assert match.accepts(identity) == _string(identity_matcher(match), identity)


@pytest.mark.parametrize("pattern", ["*", "*.x"])
@pytest.mark.parametrize("subject", ["", "CN=a.web.x", "O=a.web.x"])
def test_a_subject_is_never_an_identity(pattern: str, subject: str) -> None:
    assert not _string(identity_matcher(IdentityMatch(pattern)), subject)


@given(GRANTS, CLIENTS)
def test_a_rule_lets_in_whom_the_grant_means(grant: Authorization, client: Client) -> None:
    peers = KNOWN if client.arrival is Arrival.MESHED_HTTP else STRANGERS
    found = rules([grant], peers)
    principals = [p for policy in found["policies"].values() for p in policy["principals"]]
    assert applies(grant, client) == any(_holds(principal, client) for principal in principals)


@given(GRANTS, CLIENTS)
def test_reach_promises_what_holds(grant: Authorization, client: Client) -> None:
    peers = KNOWN if client.arrival is Arrival.MESHED_HTTP else STRANGERS
    match reach([grant], peers):
        case Reach.EVERYONE:
            assert applies(grant, client)
        case Reach.NOBODY:
            assert not applies(grant, client)
        case Reach.SOME:
            assert rules([grant], peers)["policies"]


def test_grants_of_one_name_are_joined() -> None:
    one, other = (
        Authorization(Ref("", "Grant", "", "it"), (NetworkMatch(n),), Unauthenticated()) for n in NETWORKS[2:4]
    )
    assert len(rules([one, other], STRANGERS)["policies"]["Grant it"]["principals"]) == 2


def _holds(principal: dict[str, Any], client: Client) -> bool:
    ((kind, value),) = principal.items()
    match kind:
        case "any":
            return True
        case "and_ids":
            return all(_holds(part, client) for part in value["ids"])
        case "or_ids":
            return any(_holds(part, client) for part in value["ids"])
        case "not_id":
            return not _holds(value, client)
        case "direct_remote_ip":
            assert isinstance(client.address, IPv4Address)
            assert client.address in CLUSTER
            network = ip_network(f"{value['address_prefix']}/{value['prefix_len']}")
            return ip_address(to_loopback(client.address)) in network
        case "custom":
            san = value["typed_config"]["san_matcher"]
            kind = "URI" if "://" in client.identity else "DNS"
            meshed = client.arrival is not Arrival.PLAIN and bool(client.identity)
            return meshed and kind == san["san_type"] and _string(san["matcher"], client.identity)
        case _:
            raise AssertionError(kind)


def _string(matcher: dict[str, Any], value: str) -> bool:
    if "exact" in matcher:
        return bool(matcher["exact"] == value)
    return re.fullmatch(matcher["safe_regex"]["regex"], value) is not None
