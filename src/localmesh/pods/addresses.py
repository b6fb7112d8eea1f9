"""Kubernetes addresses and the loopback addresses that stand for them: `127.a.b.c` for `10.a.b.c`. Pure."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from meshpolicy.core.match import NetworkMatch

CLUSTER = IPv4Network("10.0.0.0/8")
LOOPBACK = IPv4Network("127.0.0.0/8")
LOCALHOST = IPv4Address("127.0.0.1")
"""This machine's own address, which no pod has."""

Outside = Mapping[IPv4Address, IPv4Address]
"""Addresses outside 10/8, each with the loopback address that a test uses for it."""


def to_loopback(address: IPv4Address) -> IPv4Address:
    """Return the loopback address that stands for an address of the cluster."""
    if address not in CLUSTER:
        raise ValueError(f"{address} is not in {CLUSTER}")
    return IPv4Address(int(LOOPBACK.network_address) | int(address) & int(LOOPBACK.hostmask))


def to_cluster(address: IPv4Address) -> IPv4Address:
    """Return the address of the cluster that a loopback address stands for."""
    if address not in LOOPBACK:
        raise ValueError(f"{address} is not in {LOOPBACK}")
    return IPv4Address(int(CLUSTER.network_address) | int(address) & int(CLUSTER.hostmask))


def loopback_networks(network: IPv4Network | IPv6Network, outside: Outside) -> tuple[IPv4Network, ...]:
    """Return the loopback networks that stand for a policy's network; empty if no client here can be in it.

    A network inside 127/8 (Linkerd's localhost grant, R80) has none: here any user of the machine can bind
    any loopback address, and an app reaches itself past every policy anyway (M1).
    """
    if isinstance(network, IPv6Network) or network.subnet_of(LOOPBACK):
        return ()
    mapped = tuple(IPv4Network(there) for here, there in sorted(outside.items()) if here in network)
    if network.supernet_of(CLUSTER):
        return (LOOPBACK, *mapped)
    if network.subnet_of(CLUSTER):
        return (IPv4Network((int(to_loopback(network.network_address)), network.prefixlen)), *mapped)
    return mapped


def loopback_match(match: NetworkMatch, outside: Outside) -> tuple[NetworkMatch, ...]:
    """Return a policy's network and its exceptions as loopback networks.

    Those outside have addresses in 127/8, too: what all of it stands for leaves out those that it does not hold.
    """
    holes = [hole for network in match.exceptions for hole in loopback_networks(network, outside)]
    strangers = [IPv4Network(there) for here, there in sorted(outside.items()) if here not in match.cidr]
    return tuple(
        NetworkMatch(network, (*holes, *(strangers if network == LOOPBACK else ())))
        for network in loopback_networks(match.cidr, outside)
    )


def covers_everyone(matches: Iterable[NetworkMatch]) -> bool:
    """Whether one of the networks contains every address that a client can have here."""
    return any(match.cidr == LOOPBACK and not match.exceptions for match in matches)
