"""Which loopback addresses play which addresses of a cluster."""

from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localmesh.pods.addresses import CLUSTER, LOOPBACK, covers_everyone, loopback_match, to_cluster, to_loopback
from meshpolicy.core.match import NetworkMatch

OUTSIDE = {IPv4Address("192.0.2.7"): IPv4Address("127.250.0.7")}
INSIDE = st.ip_addresses(v=4, network=CLUSTER)


@pytest.mark.parametrize(("cluster", "loopback"), [("10.244.0.7", "127.244.0.7"), ("10.0.0.1", "127.0.0.1")])
def test_an_address_is_played_by(cluster: str, loopback: str) -> None:
    assert IPv4Address(loopback) == to_loopback(IPv4Address(cluster))
    assert IPv4Address(cluster) == to_cluster(IPv4Address(loopback))


@pytest.mark.parametrize("address", ["192.0.2.7", "127.0.0.1", "11.0.0.0"])
def test_no_address_out_of_the_cluster_is_played(address: str) -> None:
    with pytest.raises(ValueError, match=address):
        to_loopback(IPv4Address(address))


@pytest.mark.parametrize(
    ("cidr", "exceptions", "address", "accepted"),
    [
        ("0.0.0.0/0", [], "127.0.0.1", True),
        ("10.0.0.0/8", [], "127.0.0.1", True),
        ("10.244.0.0/16", [], "127.244.3.4", True),
        ("10.244.0.0/16", [], "127.0.0.1", False),
        ("10.244.0.7/32", [], "127.244.0.7", True),
        ("10.244.0.7/32", [], "127.244.0.8", False),
        ("10.244.0.0/16", ["10.244.3.0/24"], "127.244.3.4", False),
        ("10.244.0.0/16", ["10.244.3.0/24"], "127.244.4.4", True),
        ("0.0.0.0/0", ["10.0.0.0/8"], "127.244.4.4", False),
        ("192.0.2.0/24", [], "127.250.0.7", True),
        ("192.0.2.0/24", [], "127.250.0.8", False),
        ("192.0.2.0/24", ["192.0.2.7/32"], "127.250.0.7", False),
        ("172.16.0.0/12", [], "127.0.0.1", False),
        ("127.0.0.1/32", [], "127.0.0.1", False),
        ("127.0.0.0/8", [], "127.244.0.7", False),
        ("::/0", [], "127.0.0.1", False),
    ],
)
def test_a_client_is_in_a_network(cidr: str, exceptions: list[str], address: str, accepted: bool) -> None:
    match = NetworkMatch(ip_network(cidr), tuple(ip_network(hole) for hole in exceptions))
    found = loopback_match(match, OUTSIDE)
    assert accepted == any(network.accepts(ip_address(address)) for network in found)


@given(INSIDE, INSIDE, st.integers(8, 32))
def test_a_network_of_the_cluster_holds_who_plays_its_addresses(
    client: IPv4Address, base: IPv4Address, length: int
) -> None:
    match = NetworkMatch(ip_network((base, length), strict=False))
    (found,) = loopback_match(match, {})
    assert match.accepts(client) == found.accepts(to_loopback(client))


@pytest.mark.parametrize(
    ("match", "everyone"),
    [
        (NetworkMatch(LOOPBACK), True),
        (NetworkMatch(LOOPBACK, (ip_network("127.1.0.0/16"),)), False),
        (NetworkMatch(ip_network("127.244.0.0/16")), False),
    ],
)
def test_everyone_is_covered_by_all_of_loopback(match: NetworkMatch, everyone: bool) -> None:
    assert everyone == covers_everyone([match])
