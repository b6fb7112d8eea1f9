"""The node's piece of the pod network: 10.244.N.0/24, where N is the first that no other local mesh has taken."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from localmesh.errors import BadInput
from localmesh.pods.addresses import played
from localmesh.pods.pod import OUTBOUND_PORT

CLAIM_PORT = OUTBOUND_PORT
"""A port that each pod listens on; on the node's address, a socket that stands for the claim to its network.

The kernel frees it at any exit.
"""


@dataclass(frozen=True, slots=True)
class NodeNetwork:
    """The addresses of one node and its pods, as policies speak of them."""

    network: IPv4Network

    @property
    def node(self) -> IPv4Address:
        """Where the kubelet's probes come from."""
        return self.network[1]

    def pods(self) -> Iterator[IPv4Address]:
        """Yield the addresses that pods are given, in order."""
        return (address for address in self.network.hosts() if address != self.node)


@contextmanager
def claimed() -> Iterator[NodeNetwork]:
    """Hold a piece of the pod network for this process."""
    for number in range(256):
        found = NodeNetwork(IPv4Network(f"10.244.{number}.0/24"))
        with socket.socket() as claim:
            try:
                claim.bind((str(played(found.node)), CLAIM_PORT))
                # A second bind would succeed until somebody listens, were the address to be reused.
                claim.listen(1)
            except OSError as error:
                refusal = error
                continue
            yield found
            return
    raise BadInput(
        f"no address from 127.244.0.1 to 127.244.255.1 can be bound: {refusal.strerror}",
        hint="the local mesh needs all of 127.0.0.0/8 on the loopback interface, as Linux has it",
    )
